import { parseLmdbUrl } from '../drivers/lmdb/lmdb-url.js';
import { checkRedisUrl, isRedisUrl } from '../drivers/redis/redis-target.js';
import { ZooCacheError } from '../errors/zoocache.error.js';
import type { Reach } from '../support/reach.js';
import type { InvalidationBus } from './invalidation-bus.js';
import { LocalBus } from './local/local-bus.js';

const LOCAL = /^local:(?:\/\/)?$/;
const LMDB = /^lmdb:/i;

/**
 * How far the bus is shared that a URL names; nothing is opened.
 *
 * @throws ZooCacheError `INVALID_OPTION` for a URL that names none.
 */
export function reachOfBus(url: string): Reach {
  if (LOCAL.test(url)) return 'process';
  if (LMDB.test(url)) {
    parseLmdbUrl(url);
    return 'machine';
  }
  if (isRedisUrl(url)) {
    checkRedisUrl(url);
    return 'network';
  }
  throw new ZooCacheError('INVALID_OPTION', {
    what: 'There is no bus for this URL',
    name: `bus '${url.replace(/\/\/[^/?#]*@/, '//')}'`,
    next: "Use 'local:', 'lmdb:./directory' or 'redis://host:6379', or leave it out for what belongs to the storage",
  });
}

/**
 * Opens the bus a URL names: `local:` (this process only), `lmdb:` or one of Redis.
 *
 * @param prefix separates applications that share it
 * @throws ZooCacheError as {@link reachOfBus}; (rejects) `MISSING_PACKAGE` without the driver's package.
 */
export async function openBus(url: string, prefix: string): Promise<InvalidationBus> {
  switch (reachOfBus(url)) {
    case 'process':
      return new LocalBus();
    case 'machine': {
      const { openLmdbBus } = await import('./lmdb/lmdb-bus.js');
      return openLmdbBus(url, { prefix });
    }
    case 'network': {
      const { openRedisBus } = await import('./redis/open-redis-bus.js');
      return openRedisBus(url, { prefix });
    }
  }
}
