import { describe, expect, it } from '@jest/globals';
import { parseMemoryUrl } from '../../lib/storage/memory/memory-url.js';
import type { MemoryItem } from '../../lib/storage/memory/memory-item.js';
import type { MemoryStorage } from '../../lib/storage/memory/memory-storage.js';
import { openStorage, reachOfStorage } from '../../lib/storage/open-storage.js';
import { parseBytes } from '../../lib/support/bytes.js';

describe('a storage opened by its URL', () => {
  it.each([
    ['memory://', 64 * 1024 ** 2, 100_000],
    ['memory:', 64 * 1024 ** 2, 100_000],
    ['memory://?maxBytes=256mb&maxEntries=5000', 256 * 1024 ** 2, 5000],
    ['MEMORY://?maxBytes=1.5kb', 1536, 100_000],
  ])('%s holds up to %d bytes and %d entries', (url, maxBytes, maxEntries) => {
    const storage = openStorage(url) as MemoryStorage<MemoryItem>;
    expect([storage.maxBytes, storage.maxEntries]).toEqual([maxBytes, maxEntries]);
  });

  it.each([
    ['memory://', false],
    ['memory://?serialize=false', false],
    ['memory://?serialize=true&maxEntries=5', true],
  ])('%s wants bytes in the place of objects: %p', (url, wantsBytes) => {
    expect((openStorage(url) as MemoryStorage<MemoryItem>).wantsBytes).toBe(wantsBytes);
  });

  it.each([
    ['memory://', 'process'],
    ['lmdb:./dir', 'machine'],
    ['redis://localhost', 'network'],
    ['rediss://h:1', 'network'],
    ['redis+sentinel://a,b/m', 'network'],
    ['redis+cluster://a', 'network'],
  ])('%s is shared as far as a %s goes', (url, reach) => {
    expect(reachOfStorage(url)).toBe(reach);
  });

  it.each(['', 'memory', 'file:///tmp', 'memcached://h', 'memory://localhost', 'memory:///x'])(
    'the URL %p is refused with what is known instead',
    (url) => {
      expect(() => openStorage(url)).toThrow(expect.objectContaining({ code: 'UNKNOWN_STORAGE' }));
      expect(() => openStorage(url)).toThrow(/memory:\/\//);
    },
  );

  it('keeps the password of a URL out of the message, because messages end up in logs', () => {
    expect(() => openStorage('odd://user:secret@host:6379')).toThrow(/odd:\/\/host:6379/);
    expect(() => openStorage('odd://user:secret@host')).not.toThrow(/secret/);
  });

  it.each([
    ['memory://?serialise=true', 'serialise'],
    ['memory://?serialize=yes', 'yes'],
    ['memory://?maxbytes=1mb', 'maxbytes'],
    ['memory://?maxBytes=1mb&maxBytes=2mb', 'maxBytes'],
    ['memory://?maxBytes=1tb', '1tb'],
    ['memory://?maxBytes=', "''"],
    ['memory://?maxEntries=1.5', '1.5'],
    ['memory://?maxEntries=0', '0'],
  ])('%s is refused by name, because a parameter nobody reads is a limit nobody keeps', (url, named) => {
    expect(() => parseMemoryUrl(url)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(() => parseMemoryUrl(url)).toThrow(named);
  });
});

describe('a number of bytes', () => {
  it.each([
    ['1', 1],
    ['4096b', 4096],
    ['64mb', 64 * 1024 ** 2],
    [' 2 GB ', 2 * 1024 ** 3],
    ['0.5kb', 512],
  ])('%p is %d', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each(['', 'mb', '-1mb', '1e3', '0', '0.1', '1 mib', '9999999999gb', '1,5mb'])('%p is refused', (text) => {
    expect(() => parseBytes(text)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });
});
