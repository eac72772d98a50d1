import type { CacheKey } from '../keys/cache-key.js';
import { snapshotOf } from '../support/snapshot.js';
import type { Frame } from './context.js';
import type { KeptArguments, ReadPlan } from './read-plan.js';

/** What answers a read that memory does not answer, by what was asked with. */
export type Load<T> = (args: readonly unknown[]) => T | PromiseLike<T>;

/** A read that memory did not answer, on its way to somebody who loads. A hit makes none: it would be its only object. */
export interface ReadRequest<T> {
  readonly key: CacheKey;
  readonly plan: ReadPlan;
  readonly load: Load<T>;
  /** What the cached method was called with. */
  readonly args: KeptArguments;
  /** What was known about the caller when he asked. */
  readonly frame: Frame | undefined;
}

/**
 * The arguments of a caller who has his promise before anything is loaded, and goes on.
 *
 *     const counts = states.map((state) => builder.where('state = :state', { state }).getCount());
 *
 * Each call has a key of its own, and what it asks with is the same object: loaded later, all would be answered, under all
 * those keys, what the last one asked for.
 */
export function keptArguments({ keep }: ReadPlan, args: readonly unknown[]): KeptArguments {
  return keep === undefined ? snapshotOf(args) : keep(args);
}
