import { describe, expect, it } from '@jest/globals';
import { resolve } from 'node:path';
import { parseLmdbUrl } from '../../lib/drivers/lmdb/lmdb-url.js';

describe('The URL of an LMDB environment', () => {
  it.each([
    ['lmdb:./cache', resolve('cache')],
    ['lmdb:cache/shop', resolve('cache/shop')],
    ['lmdb:../cache', resolve('../cache')],
    ['lmdb:/var/cache/shop', resolve('/var/cache/shop')],
    ['lmdb:///var/cache/shop', resolve('/var/cache/shop')],
    ['LMDB:///var/cache/shop/', resolve('/var/cache/shop')],
    ['lmdb:./with%20space%3F', resolve('with space?')],
  ])('%s names a directory', (url, directory) => {
    expect(parseLmdbUrl(url)).toEqual({ directory, maxBytes: 1024 ** 3 });
  });

  it('says how many bytes values may take', () => {
    expect(parseLmdbUrl('lmdb:./cache?maxBytes=256mb').maxBytes).toBe(256 * 1024 ** 2);
  });

  it.each([
    ['memory://', 'a URL of its own'],
    ['lmdb:', 'in a directory'],
    ['lmdb://', 'in a directory'],
    ['lmdb:?maxBytes=1gb', 'in a directory'],
    ['lmdb://host/cache', 'names no host'],
    ['lmdb://./cache', 'names no host'],
    ['lmdb:./%', 'cannot be read'],
    ['lmdb:./%00', 'cannot be read'],
  ])('%s is refused, and shown how it is written', (url, reason) => {
    expect(() => parseLmdbUrl(url)).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_STORAGE',
        subject: `'${url}'`,
        message: expect.stringContaining(reason),
      }),
    );
    expect(() => parseLmdbUrl(url)).toThrow(/Write it like 'lmdb:.\/cache'/);
  });

  it.each([
    ['mapSize=1gb', "'mapSize'"],
    ['maxBytes=1gb&maxBytes=2gb', "'maxBytes'"],
    ['maxBytes=much', "'much'"],
    ['maxBytes=1kb', "'maxBytes=1kb'"],
  ])('the parameters %s are refused', (query, subject) => {
    expect(() => parseLmdbUrl(`lmdb:./cache?${query}`)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', subject }),
    );
  });
});
