import { resolve } from 'node:path';
import { ZooCacheError } from '../../errors/zoocache.error.js';
import { parseBytes } from '../../support/bytes.js';

/** What an LMDB environment's URL says. */
export interface LmdbUrl {
  /** Absolute path of the directory that holds the environment and nothing else. */
  readonly directory: string;
  /**
   * Bytes that stored values may take on disk.
   *
   * @default 1_073_741_824 (1 GiB)
   */
  readonly maxBytes: number;
}

const DEFAULT_BYTES = 1024 ** 3;
const FEWEST_BYTES = 1024 ** 2;
const WRITTEN = "'lmdb:./cache' or 'lmdb:///var/cache/shop?maxBytes=256mb'";

/**
 * What a URL such as `lmdb:./cache` or `lmdb:///var/cache/shop?maxBytes=256mb` asks for.
 *
 * @throws ZooCacheError `UNKNOWN_STORAGE` for another kind of URL, one without a directory, or one that names a host;
 * `INVALID_OPTION` for a parameter that is unknown, repeated or has no sensible value.
 */
export function parseLmdbUrl(url: string): LmdbUrl {
  const [, place, query] = /^lmdb:([^?]*)(?:\?(.*))?$/is.exec(url) ?? [];
  if (place === undefined) throw unreadable(url, 'An LMDB environment has a URL of its own');
  return { directory: resolve(parsePlace(place, url)), maxBytes: parseQuery(query ?? '', url) };
}

function parsePlace(place: string, url: string): string {
  if (/^\/\/[^/]/.test(place))
    throw unreadable(url, 'An LMDB environment is on this machine, and its URL names no host');
  const path = decoded(place.replace(/^\/\//, ''));
  if (path === undefined || path.includes('\0'))
    throw unreadable(url, 'The path of an LMDB environment cannot be read');
  if (path === '') throw unreadable(url, 'An LMDB environment is in a directory');
  return path;
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

function parseQuery(query: string, url: string): number {
  let maxBytes: number | undefined;
  for (const [name, text] of new URLSearchParams(query)) {
    if (name !== 'maxBytes') {
      throw new ZooCacheError('INVALID_OPTION', {
        what: `An LMDB environment does not know this parameter of '${url}'`,
        name: `'${name}'`,
        next: 'It knows maxBytes',
      });
    }
    if (maxBytes !== undefined) {
      throw new ZooCacheError('INVALID_OPTION', {
        what: `A parameter of '${url}' is given twice`,
        name: `'${name}'`,
        next: 'Give it once',
      });
    }
    maxBytes = parseBytes(text);
    if (maxBytes < FEWEST_BYTES) {
      throw new ZooCacheError('INVALID_OPTION', {
        what: 'An LMDB environment of so few bytes would hold next to nothing',
        name: `'maxBytes=${text}'`,
        next: "Give at least '1mb'",
      });
    }
  }
  return maxBytes ?? DEFAULT_BYTES;
}

function unreadable(url: string, what: string): ZooCacheError {
  return new ZooCacheError('UNKNOWN_STORAGE', { what, name: `'${url}'`, next: `Write it like ${WRITTEN}` });
}
