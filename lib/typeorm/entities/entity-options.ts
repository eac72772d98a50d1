import { EntitySchema } from 'typeorm';
import { boundIn, checkConsistency, type Consistency } from '../../engine/consistency.js';
import { ZooCacheError } from '../../errors/zoocache.error.js';
import { checkOptions, isAnything, type OptionCheck } from '../../support/check-options.js';
import { closestTo } from '../../support/did-you-mean.js';
import { parseDuration, type Duration } from '../../support/duration.js';

/**
 * Kinds of reads: `'get'` one row, `'find'` a list (with its count), `'count'`, `'exists'`, and `'aggregate'` (sums,
 * averages, minima and maxima).
 */
export type ReadOperation = 'get' | 'find' | 'count' | 'exists' | 'aggregate';

/** How the reads of one entity are cached. */
export interface CachedEntityOptions {
  /**
   * How long an answer is kept: milliseconds, or a string such as `'5m'`; a random part of up to 10 % is cut off.
   *
   * `0` caches nothing; `null` or `'never'` keeps it until it is invalidated or evicted. It is part of the key: reads with
   * different lifetimes share no answers.
   *
   * @default the `ttl` that the module's `entities` give the entity, else the module's `defaultTtl`
   */
  readonly ttl?: Duration | undefined;

  /**
   * Which reads are answered from the cache; others go to the database. An empty list is none, and one with `'all'` is all.
   *
   * @default 'all'
   */
  readonly operations?: 'all' | ReadOperation | readonly ('all' | ReadOperation)[] | undefined;

  /**
   * Keeps the answers apart from those of others who read the same entity.
   *
   * @default '': equal reads with the same `ttl` share their answers, whoever asks
   */
  readonly prefix?: string | undefined;

  /**
   * How new an answer must be. In one process every level is as good as the strictest.
   *
   * @default the module's `consistency`
   */
  readonly consistency?: Consistency | undefined;
}

/** How the ordinary reads of one entity are cached, and what its writes invalidate. */
export interface EntityOptions extends CachedEntityOptions {
  /**
   * Columns that nobody's answers need be new in, by the names of their properties (`'views'`, `'counters.views'`): a
   * write that changes only these invalidates nothing, so what an answer says of them may be as old as its lifetime.
   * For hot counters. With `operations: []` it holds for the answers of methods, and ordinary reads are not cached.
   *
   * `@UpdateDateColumn` and `@VersionColumn` have to be listed too, or `save()` writes more than the counter. Keys,
   * foreign keys, discriminators and `@DeleteDateColumn` cannot be ignored. With single-table inheritance it holds for all
   * classes of the table. Where several applications of one process use the database, all of them must ignore a column.
   * Other processes are not told of such a write, and may be old in a column that they do not ignore.
   *
   * What an answer said of such a column is not written back: `save()` and `upsert()` of an entity from the cache leave
   * the column as it is in the database, unless its property was set to another value. Only the very objects that the
   * cache handed out are known; `save({ ...product })` writes what it is given.
   *
   * @default none
   */
  readonly ignoreColumns?: readonly string[] | undefined;

  /**
   * Whether `save()` puts the rows it wrote back into the cache, so that the next `findOneBy` of their id need not load
   * them. They are put there when the transaction has been committed, and only if nobody else wrote them meanwhile.
   *
   * It does something on PostgreSQL (with the driver `pg`), which tells whole rows to whoever writes them, and where
   * `'get'` is among the operations; elsewhere it is accepted and does nothing. Left out are entities of which a row is
   * more than a row of their table (eager relations, relation ids, virtual columns, several key columns or a transformed
   * one), tables with triggers, partitions or row-level security, and what is saved with `transaction: false`.
   *
   * @default false
   */
  readonly cacheOnSave?: boolean | undefined;
}

/** {@link CachedEntityOptions} or {@link EntityOptions}, checked. */
export interface EntityPolicy {
  /** Undefined: whatever the application says of the entity. */
  readonly ttlMs: number | undefined;
  readonly operations: ReadonlySet<ReadOperation>;
  readonly prefix: string;
  /** How old an answer may be, in milliseconds; undefined: whatever the application says. */
  readonly boundMs: number | undefined;
  /** Undefined: whatever the application says of the entity. */
  readonly ignoreColumns?: readonly string[];
  readonly cachesOnSave?: boolean;
  /** What a developer is told of it, where no application was there yet that could tell. */
  readonly warnings?: readonly string[];
}

const OPERATIONS: readonly ReadOperation[] = ['get', 'find', 'count', 'exists', 'aggregate'];

const CHECKS: Readonly<Record<keyof CachedEntityOptions, OptionCheck>> = {
  ttl: isAnything,
  operations: isAnything,
  prefix: (value) => (typeof value === 'string' ? undefined : 'a text'),
  consistency: checkConsistency,
};

const ENTITY_CHECKS: Readonly<Record<keyof EntityOptions, OptionCheck>> = {
  ...CHECKS,
  ignoreColumns: (value) =>
    Array.isArray(value) && value.every((name) => typeof name === 'string')
      ? undefined
      : "a list of properties, such as ['views']",
  cacheOnSave: (value) => (typeof value === 'boolean' ? undefined : 'true or false'),
};

/** What is cached where nothing is said. */
export const EVERYTHING: EntityPolicy = {
  ttlMs: undefined,
  operations: new Set(OPERATIONS),
  prefix: '',
  boundMs: undefined,
};

/**
 * The policy that the options of a cached repository stand for.
 *
 * @param where whose options they are, as the reader of an error knows it
 * @throws ZooCacheError `INVALID_OPTION` or `INVALID_DURATION`
 */
export function policyOf(options: unknown, where: string): EntityPolicy {
  checkOptions(options, where, CHECKS);
  const { ttl, operations = 'all', prefix = '' } = options as CachedEntityOptions;
  return {
    ttlMs: ttl === undefined ? undefined : parseDuration(ttl, `the ttl of ${where}`),
    operations: new Set(listOf(operations, where)),
    prefix,
    boundMs: boundIn(options as CachedEntityOptions),
  };
}

/**
 * The policy that the options of an entity stand for.
 *
 * @param where whose options they are, as the reader of an error knows it
 * @throws ZooCacheError `INVALID_OPTION` or `INVALID_DURATION`
 */
export function entityPolicyOf(options: unknown, where: string): EntityPolicy {
  checkOptions(options, where, ENTITY_CHECKS);
  const { ignoreColumns, cacheOnSave = false, ...others } = options as EntityOptions;
  return { ...policyOf(others, where), ignoreColumns, cachesOnSave: cacheOnSave };
}

/** The name by which people know an entity. */
export function entityNameOf(entity: unknown): string {
  if (typeof entity === 'string') return entity;
  if (typeof entity === 'function') return entity.name || 'an anonymous class';
  return entity instanceof EntitySchema ? entity.options.name : String((entity as { name?: unknown }).name);
}

/** Whether two policies cache alike. */
export function isSamePolicy(one: EntityPolicy, other: EntityPolicy): boolean {
  return (
    one.ttlMs === other.ttlMs &&
    one.prefix === other.prefix &&
    one.boundMs === other.boundMs &&
    one.cachesOnSave === other.cachesOnSave &&
    one.ignoreColumns?.join('\n') === other.ignoreColumns?.join('\n') &&
    one.operations.size === other.operations.size &&
    [...one.operations].every((operation) => other.operations.has(operation))
  );
}

function listOf(operations: unknown, where: string): ReadOperation[] {
  const list: unknown[] = Array.isArray(operations) ? operations : [operations];
  return list.flatMap((operation) => {
    if (operation === 'all') return OPERATIONS;
    if (OPERATIONS.includes(operation as ReadOperation)) return operation as ReadOperation;
    const meant = typeof operation === 'string' ? closestTo(operation, OPERATIONS) : undefined;
    throw new ZooCacheError('INVALID_OPTION', {
      what: `${where} does not know this kind of read`,
      name: `operations: ${typeof operation === 'string' ? `'${operation}'` : typeof operation}`,
      next: meant === undefined ? `There are 'all', '${OPERATIONS.join("', '")}'` : `Did you mean '${meant}'`,
    });
  });
}
