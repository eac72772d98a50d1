import type { CacheKey } from '../keys/cache-key.js';
import type { Frame } from './context.js';
import type { ReadPlan } from './read-plan.js';

/** A read that memory did not answer, on its way to somebody who loads. A hit makes none: it would be its only object. */
export interface ReadRequest<T> {
  readonly key: CacheKey;
  readonly plan: ReadPlan;
  readonly load: () => T | PromiseLike<T>;
  /** What the cached method was called with. */
  readonly args: readonly unknown[];
  /** What was known about the caller when he asked. */
  readonly frame: Frame | undefined;
}
