import type { CacheStorage } from '../storage.js';
import { reachOf, type AdaptedStorageOptions } from './adapted-reach.js';
import { AdaptedStorage } from './adapted-storage.js';
import { hasMethods, notTheLibrary } from './check-library.js';
import type { CacheManagerLike } from './keyv-like.js';

/**
 * A storage in a cache of cache-manager (7, or 6), such as that of Nest's `CACHE_MANAGER`.
 *
 * The cache stays the caller's: it may hold other things, which are left alone, and it is not disconnected. `clear`
 * deletes from the stores that can list what they hold, and else leaves what has become invalid until its lifetime is
 * over. There is no `add` and no `increment`, because cache-manager has no operation that only one of several callers
 * can win.
 *
 * Of several stores, cache-manager answers from the first that holds a key, and sets and deletes in all. A store in front
 * that is the process's own does not hear of what others set: for as long as it keeps an entry that has become invalid,
 * this process loads where the shared store could have answered. Give the shared store alone instead: ZooCache keeps a
 * tier in memory itself. With `nonBlocking`, calls resolve before the stores have done what was asked.
 *
 * @throws ZooCacheError `INVALID_ARGUMENT` for anything but a cache of cache-manager, `INVALID_OPTION` for unknown or wrong
 * options.
 */
export function cacheManagerStorage(cache: CacheManagerLike, options: AdaptedStorageOptions = {}): CacheStorage {
  if (!hasMethods(cache, 'get', 'set', 'del')) {
    throw notTheLibrary('cacheManagerStorage() takes a cache of cache-manager, and this is not one', cache, {
      next: hasMethods(cache, 'get', 'set', 'delete')
        ? 'This looks like a Keyv, which keyvStorage(keyv) takes'
        : 'Write cacheManagerStorage(createCache({ stores: [keyv] }))',
    });
  }
  const store = {
    keyvs: cache.stores ?? [],
    get: (key: string) => cache.get(key),
    // Before 7.1, `mget` asks for one key after the other.
    getMany: (keys: string[]) => Promise.all(keys.map((key) => cache.get(key))),
    set: (key: string, text: string, ttlMs: number) => cache.set(key, text, ttlMs),
    delete: (key: string) => cache.del(key),
  };
  return new AdaptedStorage(store, reachOf(options, 'cacheManagerStorage()', store.keyvs));
}
