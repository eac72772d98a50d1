import { ZooCacheError } from '../../errors/zoocache.error.js';
import { parseBytes } from '../../support/bytes.js';
import type { MemoryLimits } from './memory-storage.js';

const WRITTEN = "'memory://?maxBytes=256mb&maxEntries=100000'";

/**
 * The limits that a URL such as `memory://?maxBytes=256mb&maxEntries=100000` asks for.
 *
 * @throws ZooCacheError `UNKNOWN_STORAGE` for another kind of URL or one that names a host or path, `INVALID_OPTION` for
 * a parameter that is unknown, repeated or has no sensible value.
 */
export function parseMemoryUrl(url: string): MemoryLimits {
  const [, place, query] = /^memory:(?:\/\/)?([^?]*)(?:\?(.*))?$/is.exec(url) ?? [];
  if (place === undefined || (place !== '' && place !== '/')) {
    throw new ZooCacheError('UNKNOWN_STORAGE', {
      what: 'A memory storage has no host and no path',
      name: `'${url}'`,
      next: `Write it like ${WRITTEN}`,
    });
  }
  const limits: { maxBytes?: number; maxEntries?: number } = {};
  for (const [name, text] of new URLSearchParams(query ?? '')) {
    if (name !== 'maxBytes' && name !== 'maxEntries') {
      throw new ZooCacheError('INVALID_OPTION', {
        what: `The memory storage does not know this parameter of '${url}'`,
        name: `'${name}'`,
        next: 'It knows maxBytes and maxEntries',
      });
    }
    if (limits[name] !== undefined) {
      throw new ZooCacheError('INVALID_OPTION', {
        what: `A parameter of '${url}' is given twice`,
        name: `'${name}'`,
        next: 'Give it once',
      });
    }
    limits[name] = name === 'maxBytes' ? parseBytes(text) : parseEntries(text);
  }
  return limits;
}

function parseEntries(text: string): number {
  const entries = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (entries >= 1 && Number.isSafeInteger(entries)) return entries;
  throw new ZooCacheError('INVALID_OPTION', {
    what: 'maxEntries is not a number of entries',
    name: `'${text}'`,
    next: 'Give a whole number from 1 up',
  });
}
