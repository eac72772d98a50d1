import { ZooCacheError } from '../errors/zoocache.error.js';
import type { InvalidationBus } from './invalidation-bus.js';
import { LocalBus } from './local/local-bus.js';

/**
 * Opens the bus a URL names; `local:` is the only kind in this version.
 *
 * @throws ZooCacheError `INVALID_OPTION` for any other URL.
 */
export function openBus(url: string): InvalidationBus {
  if (url === 'local:' || url === 'local://') return new LocalBus();
  throw new ZooCacheError('INVALID_OPTION', {
    what: 'This version orders invalidations inside one process only and knows no such bus',
    name: `bus '${url}'`,
    next: "Leave the option out, or write bus: 'local:'",
  });
}
