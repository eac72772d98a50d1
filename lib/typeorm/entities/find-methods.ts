import { isBarePrototype } from '../../support/bare-prototype.js';
import type { ReadOperation } from './entity-options.js';

/** A read that an EntityManager offers, as far as its answer can have a name. */
export interface FindMethod {
  readonly name: string;
  readonly operation: ReadOperation;
  /** What is asked: methods that answer the same to the same conditions have one kind. */
  readonly kind: string;
  /** What its argument, behind the entity, is: all options, conditions alone, or a column and conditions. */
  readonly takes: 'options' | 'where' | 'column';
}

/**
 * The reads that all others of managers, repositories and active records come down to.
 *
 * `findOneOrFail` and `findOneByOrFail` are not among them, since TypeORM makes them of those without `OrFail`.
 */
export const FIND_METHODS: readonly FindMethod[] = [
  { name: 'find', operation: 'find', kind: 'find', takes: 'options' },
  { name: 'findBy', operation: 'find', kind: 'find', takes: 'where' },
  { name: 'findAndCount', operation: 'find', kind: 'page', takes: 'options' },
  { name: 'findAndCountBy', operation: 'find', kind: 'page', takes: 'where' },
  { name: 'findOne', operation: 'get', kind: 'one', takes: 'options' },
  { name: 'findOneBy', operation: 'get', kind: 'one', takes: 'where' },
  { name: 'count', operation: 'count', kind: 'count', takes: 'options' },
  { name: 'countBy', operation: 'count', kind: 'count', takes: 'where' },
  { name: 'exists', operation: 'exists', kind: 'exists', takes: 'options' },
  { name: 'exist', operation: 'exists', kind: 'exists', takes: 'options' },
  { name: 'existsBy', operation: 'exists', kind: 'exists', takes: 'where' },
  { name: 'sum', operation: 'aggregate', kind: 'sum', takes: 'column' },
  { name: 'average', operation: 'aggregate', kind: 'average', takes: 'column' },
  { name: 'minimum', operation: 'aggregate', kind: 'minimum', takes: 'column' },
  { name: 'maximum', operation: 'aggregate', kind: 'maximum', takes: 'column' },
];

type Options = Readonly<Record<string, unknown>>;

/**
 * What a call asks with, in the form that is the same for all ways of asking it; or why it is not to be answered from
 * the cache.
 */
export function askedOf(method: FindMethod, args: readonly unknown[]): { asked: Options } | { reason: string } {
  if (method.takes === 'column') return { asked: stripped({ column: args[0], where: args[1] }, method) };
  if (method.takes === 'where') return { asked: stripped({ where: args[0] }, method) };
  const options = args[0] ?? {};
  // Options of a class may have getters, which the list of their own properties does not show.
  if (!isPlain(options)) return { reason: 'argument' };
  const { cache, lock, transaction, where } = options;
  // TypeORM's own cache, or none, was asked for.
  if (cache !== undefined) return { reason: 'cache option' };
  if (lock !== undefined) return { reason: 'lock' };
  if (transaction === true) return { reason: 'transaction' };
  // Without conditions findOne() throws, where findOneBy() answers with any row.
  if (method.kind === 'one' && !where) return { reason: 'argument' };
  return { asked: stripped(options, method) };
}

/** Whether a value is an object of nothing but its own properties. */
export function isPlain(value: unknown): value is Options {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === Object.prototype || isBarePrototype(prototype);
}

function stripped(options: Options, method: FindMethod): Options {
  const asked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || name === 'transaction') continue;
    // One row is all it takes, whatever it says.
    if (name === 'take' && method.kind === 'one') continue;
    asked[name] = name === 'order' ? sequence(value) : value;
  }
  return asked;
}

/** The order of properties, which a key does not show elsewhere, says by what to sort first. */
export function sequence(order: unknown): unknown {
  if (typeof order !== 'object' || order === null || Array.isArray(order)) return order;
  return Object.entries(order).map(([name, value]) => [name, sequence(value)]);
}
