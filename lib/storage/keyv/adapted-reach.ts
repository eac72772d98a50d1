import { types } from 'node:util';
import { checkOptions, isOneOf } from '../../support/check-options.js';
import type { Reach } from '../../support/reach.js';
import type { KeyvLike } from './keyv-like.js';

/** What cannot be seen of a store from outside. */
export interface AdaptedStorageOptions {
  /**
   * How far the store is shared.
   *
   * @default 'process' for a Map and the memory stores of cacheable, lru-cache and quick-lru, else 'network'
   */
  readonly reach?: Reach | undefined;
}

/** Classes of stores that live in the memory of their process. A bundler may rename them; then `reach` must be given. */
const MEMORY_STORES: readonly string[] = ['CacheableMemory', 'KeyvCacheableMemory', 'LRUCache', 'QuickLRU'];

/**
 * The reach that the options name, else that of the most widely shared store. What is unknown is taken for shared by
 * all: a bus that reaches too far costs time, one that does not reach far enough leaves answers stale.
 *
 * @throws ZooCacheError `INVALID_OPTION` for unknown or wrong options.
 */
export function reachOf(options: AdaptedStorageOptions, where: string, keyvs: readonly KeyvLike[]): Reach {
  checkOptions(options, where, { reach: isOneOf('process', 'machine', 'network') });
  if (options.reach !== undefined) return options.reach;
  return keyvs.length > 0 && keyvs.every(isInMemory) ? 'process' : 'network';
}

function isInMemory({ opts: { store } }: KeyvLike): boolean {
  return types.isMap(store) || MEMORY_STORES.includes((store as object | undefined)?.constructor?.name ?? '');
}
