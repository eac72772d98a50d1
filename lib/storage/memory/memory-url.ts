import { ZooCacheError } from '../../errors/zoocache.error.js';
import { parseBytes } from '../../support/bytes.js';
import type { MemoryLimits } from './memory-storage.js';

/** What a memory storage's URL says. */
export interface MemoryUrl extends MemoryLimits {
  /**
   * Values are kept as bytes, as in a storage that processes share, and every hit decodes its own.
   *
   * @default false
   */
  readonly serialize?: boolean;
}

const WRITTEN = "'memory://?maxBytes=256mb&maxEntries=100000'";

/**
 * What a URL such as `memory://?maxBytes=256mb&maxEntries=100000&serialize=true` asks for.
 *
 * @throws ZooCacheError `UNKNOWN_STORAGE` for another kind of URL or one that names a host or path, `INVALID_OPTION` for
 * a parameter that is unknown, repeated or has no sensible value.
 */
export function parseMemoryUrl(url: string): MemoryUrl {
  const [, place, query] = /^memory:(?:\/\/)?([^?]*)(?:\?(.*))?$/is.exec(url) ?? [];
  if (place === undefined || (place !== '' && place !== '/')) {
    throw new ZooCacheError('UNKNOWN_STORAGE', {
      what: 'A memory storage has no host and no path',
      name: `'${url}'`,
      next: `Write it like ${WRITTEN}`,
    });
  }
  const asked: { -readonly [Name in keyof MemoryUrl]: MemoryUrl[Name] } = {};
  for (const [name, text] of new URLSearchParams(query ?? '')) {
    if (name !== 'maxBytes' && name !== 'maxEntries' && name !== 'serialize') {
      throw new ZooCacheError('INVALID_OPTION', {
        what: `The memory storage does not know this parameter of '${url}'`,
        name: `'${name}'`,
        next: 'It knows maxBytes, maxEntries and serialize',
      });
    }
    if (asked[name] !== undefined) {
      throw new ZooCacheError('INVALID_OPTION', {
        what: `A parameter of '${url}' is given twice`,
        name: `'${name}'`,
        next: 'Give it once',
      });
    }
    if (name === 'serialize') asked.serialize = parseSwitch(text);
    else asked[name] = name === 'maxBytes' ? parseBytes(text) : parseEntries(text);
  }
  return asked;
}

function parseSwitch(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new ZooCacheError('INVALID_OPTION', {
    what: 'serialize is on or off',
    name: `'${text}'`,
    next: "Write 'serialize=true' or 'serialize=false'",
  });
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
