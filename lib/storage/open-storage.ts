import { ZooCacheError } from '../errors/zoocache.error.js';
import type { MemoryItem } from './memory/memory-item.js';
import { MemoryStorage, type MemoryStorageOptions } from './memory/memory-storage.js';
import { parseMemoryUrl } from './memory/memory-url.js';

const SHARED_SCHEMES: readonly string[] = ['redis', 'rediss', 'redis+sentinel', 'redis+cluster', 'lmdb'];

/**
 * Opens the storage a URL names: `memory://`, with the parameters `maxBytes`, `maxEntries` and `serialize`.
 *
 * @throws ZooCacheError `UNKNOWN_STORAGE` for every other scheme, `INVALID_OPTION` for wrong parameters.
 */
export function openStorage<T extends MemoryItem>(
  url: string,
  options: Pick<MemoryStorageOptions<T>, 'onRemove'> = {},
): MemoryStorage<T> {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1].toLowerCase();
  if (scheme === 'memory') return new MemoryStorage({ ...parseMemoryUrl(url), ...options });
  if (scheme !== undefined && SHARED_SCHEMES.includes(scheme)) {
    throw new ZooCacheError('UNKNOWN_STORAGE', {
      what: `This version stores in the memory of its process only, not in ${scheme}`,
      name: `'${withoutPassword(url)}'`,
      next: "Use 'memory://', in one process: others do not hear its writes",
    });
  }
  throw new ZooCacheError('UNKNOWN_STORAGE', {
    what: 'No storage is known by this URL',
    name: `'${withoutPassword(url)}'`,
    next: "Use 'memory://' or 'memory://?maxBytes=256mb&maxEntries=100000'",
  });
}

/** Messages end up in logs; what stands before the host does not. */
function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/?#]*@/, '//');
}
