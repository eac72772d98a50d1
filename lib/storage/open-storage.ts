import { checkRedisUrl, isRedisUrl, RedisTarget } from '../drivers/redis/redis-target.js';
import { parseLmdbUrl } from '../drivers/lmdb/lmdb-url.js';
import { ZooCacheError } from '../errors/zoocache.error.js';
import type { Reach } from '../support/reach.js';
import type { MemoryItem } from './memory/memory-item.js';
import { MemoryStorage, type MemoryStorageOptions } from './memory/memory-storage.js';
import { parseMemoryUrl } from './memory/memory-url.js';
import type { CacheStorage } from './storage.js';

/**
 * How far the storage is shared that a URL names; nothing is opened.
 *
 * @throws ZooCacheError `UNKNOWN_STORAGE` for a scheme nobody knows, `INVALID_OPTION` for wrong parameters.
 */
export function reachOfStorage(url: string): Reach {
  switch (schemeOf(url)) {
    case 'memory':
      parseMemoryUrl(url);
      return 'process';
    case 'lmdb':
      parseLmdbUrl(url);
      return 'machine';
    case 'redis':
      checkRedisUrl(url);
      return 'network';
    default:
      throw new ZooCacheError('UNKNOWN_STORAGE', {
        what: 'There is no storage for this URL',
        name: `'${withoutPassword(url)}'`,
        next: "Use 'memory://', 'lmdb:./directory' or 'redis://host:6379', or give a CacheStorage instance",
      });
  }
}

/**
 * Opens the storage a URL names: `memory://` (with the parameters `maxBytes`, `maxEntries` and `serialize`), or one that
 * processes share: `lmdb:`, `redis://`, `rediss://`, `redis+sentinel://`, `redis+cluster://`.
 *
 * @throws ZooCacheError as {@link reachOfStorage}; (rejects) `MISSING_PACKAGE` without the driver's package.
 */
export function openStorage<T extends MemoryItem>(
  url: string,
  options: Pick<MemoryStorageOptions<T>, 'onRemove'> = {},
): MemoryStorage<T> | Promise<CacheStorage> {
  reachOfStorage(url);
  switch (schemeOf(url)) {
    case 'lmdb':
      return import('./lmdb/lmdb-storage.js').then(({ openLmdbStorage }) => openLmdbStorage(url));
    case 'redis':
      return import('./redis/redis-storage.js').then(({ openRedisStorage }) => openRedisStorage(new RedisTarget(url)));
    default:
      return new MemoryStorage({ ...parseMemoryUrl(url), ...options });
  }
}

/** The kind of storage. */
function schemeOf(url: string): string | undefined {
  return isRedisUrl(url) ? 'redis' : /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1].toLowerCase();
}

/** Messages end up in logs; what stands before the host does not. */
export function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/?#]*@/, '//').replace(/([?&]\w*password=)[^&]*/gi, '$1***');
}
