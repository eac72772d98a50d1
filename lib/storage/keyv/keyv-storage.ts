import type { CacheStorage } from '../storage.js';
import { reachOf, type AdaptedStorageOptions } from './adapted-reach.js';
import { AdaptedStorage } from './adapted-storage.js';
import { hasMethods, notTheLibrary } from './check-library.js';
import type { KeyvLike } from './keyv-like.js';

/**
 * A storage in a Keyv (5, or 4), for whatever has a Keyv adapter: `keyvStorage(new Keyv(new KeyvRedis(url)))`.
 *
 * The Keyv stays the caller's: it may hold other things, which are left alone, and it is not disconnected. `clear`
 * deletes where the store can list what it holds, and else leaves what has become invalid until its lifetime is over.
 * There is no `add` and no `increment`, because Keyv has no operation that only one of several callers can win.
 *
 * @throws ZooCacheError `INVALID_ARGUMENT` for anything but a Keyv, `INVALID_OPTION` for unknown or wrong options.
 */
export function keyvStorage(keyv: KeyvLike, options: AdaptedStorageOptions = {}): CacheStorage {
  if (!isKeyv(keyv)) {
    throw notTheLibrary('keyvStorage() takes an instance of Keyv, and this is not one', keyv, {
      next: hasMethods(keyv, 'get', 'set', 'del')
        ? 'This looks like a cache of cache-manager, which cacheManagerStorage(cache) takes'
        : 'Write keyvStorage(new Keyv(store)), where the store is a Map or an adapter',
    });
  }
  const store = {
    keyvs: [keyv],
    get: (key: string) => keyv.get(key),
    getMany: (keys: string[]) => keyv.getMany?.(keys) ?? keyv.get(keys),
    set: (key: string, text: string, ttlMs: number) => keyv.set(key, text, ttlMs),
    delete: (key: string) => keyv.delete(key),
  };
  return new AdaptedStorage(store, reachOf(options, 'keyvStorage()', store.keyvs));
}

/** An adapter has the methods of a Keyv too, but keeps bytes and texts only. */
function isKeyv(value: unknown): value is KeyvLike {
  return hasMethods(value, 'get', 'set', 'delete', 'on', 'off') && typeof (value as KeyvLike).opts?.store === 'object';
}
