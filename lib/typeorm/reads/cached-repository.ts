import { Repository, TreeRepository, type ObjectLiteral } from 'typeorm';
import { hastyTimes } from '../../engine/consistency.js';
import { ZooCacheError } from '../../errors/zoocache.error.js';
import { shown } from '../../support/check-options.js';
import { cachedManager, isCachedManager } from './cached-manager.js';
import { CachedSource } from './cached-source.js';
import { policyOf, type CachedEntityOptions, type EntityPolicy } from '../entities/entity-options.js';
import type { EntityReads } from './entity-reads.js';
import { dataSourceOf } from './manager-hooks.js';

/**
 * A repository whose reads are answered from the cache, until something they read is written.
 *
 * Everything that finds, counts, sums or asks for existence is, and so are the query builders that it makes; writes are
 * those of any repository. It is injected by `@InjectCachedRepository()`, or made by {@link cached}; `instanceof` tells
 * it from others.
 *
 * Inside a transaction, with a lock, a query runner or TypeORM's `cache` option, and by `stream()`, it reads the database. An
 * answer is a private copy each time, or frozen where the module's `copy` says so. `find` and `findBy` with a list of
 * primary keys (`In`) answer in the order of the key, if no order is asked for.
 */
export abstract class CachedRepository<Entity extends ObjectLiteral> extends Repository<Entity> {
  /** Whether the value is a repository that reads through the cache, of whatever class. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Repository && isCachedManager(value.manager);
  }
}

/**
 * A repository like this one, with all its methods, that reads through the cache; the given one stays as it is.
 *
 * ```ts
 * const products = cached(dataSource.getRepository(Product), { ttl: '5m' });
 * ```
 *
 * Methods of a custom repository read through the cache too, as far as they read by `this`; those that touch `#private`
 * members throw, because JavaScript gives such members to the given repository only. The cache is that of the
 * application to which the repository's DataSource belongs; as long as there is none, reads go to the database. A
 * repository of a transaction, and one of MongoDB, is returned as it is.
 *
 * @param options the lifetime, and which reads; see {@link CachedEntityOptions}
 * @throws ZooCacheError `INVALID_OPTION` or `INVALID_DURATION`, `INVALID_ARGUMENT` for anything but a repository
 */
// oxlint-disable-next-line typescript/no-explicit-any -- to TypeORM 0.3 a Repository<T> of a generic T is no Repository<ObjectLiteral>
export function cached<R extends Repository<any>>(repository: R, options: CachedEntityOptions = {}): R {
  if (!isRepository(repository)) throw noRepository(repository);
  const policy = policyOf(options, 'cached()');
  return readThroughCache(repository, { ...policy, warnings: hastyTimes(options, 'cached()') });
}

/** The same for a policy, and for the reads of one application if they are given. */
export function readThroughCache<R extends Repository<ObjectLiteral>>(
  repository: R,
  policy: EntityPolicy,
  reads?: EntityReads,
): R {
  const manager = isCachedManager(repository.manager)
    ? (Object.getPrototypeOf(repository.manager) as R['manager'])
    : repository.manager;
  const dataSource = dataSourceOf(manager);
  const isBound = manager.queryRunner !== undefined || repository.queryRunner !== undefined;
  if (isBound || dataSource.options.type === 'mongodb') return repository;
  const source = new CachedSource(dataSource, repository.target, policy, reads);
  const copy = Object.create(
    Object.getPrototypeOf(repository) as object,
    Object.getOwnPropertyDescriptors(repository),
  ) as R;
  Object.assign(copy, { manager: cachedManager(manager, source) });
  if (copy instanceof TreeRepository) readTreesThrough(copy, repository as never, source);
  return copy;
}

/** Asked of its shape, because repositories of another copy of TypeORM have another class. */
function isRepository(value: unknown): boolean {
  const { manager, target } = (value ?? {}) as Partial<Repository<ObjectLiteral>>;
  return typeof manager === 'object' && target !== undefined && dataSourceOf(manager) !== undefined;
}

function noRepository(given: unknown): ZooCacheError {
  return new ZooCacheError('INVALID_ARGUMENT', {
    what: 'cached() takes a repository of TypeORM, and this is not one',
    name: shown(given),
    next: 'Give what @InjectRepository(Product) injects, or dataSource.getRepository(Product)',
  });
}

/** Builds trees of rows that belong to nobody else: shared answers are frozen, and cannot be grown onto. */
function readTreesThrough(
  copy: TreeRepository<ObjectLiteral>,
  original: TreeRepository<ObjectLiteral>,
  source: CachedSource,
): void {
  for (const name of ['findTrees', 'findDescendantsTree', 'findAncestorsTree'] as const) {
    const method = Reflect.get(copy, name) as (...args: unknown[]) => Promise<unknown>;
    const value = (...args: unknown[]): Promise<unknown> => method.apply(source.sharesAnswers ? original : copy, args);
    Object.defineProperty(copy, name, { value, writable: true, configurable: true, enumerable: false });
  }
}
