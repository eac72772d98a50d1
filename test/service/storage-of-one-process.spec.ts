import { describe, expect, it } from '@jest/globals';
import { createCache } from 'cache-manager';
import { Keyv } from 'keyv';
import { ZooCacheService, cacheManagerStorage, keyvStorage, type ZooCacheOptions } from '../../lib/index.js';
import { MapStorage } from '../../lib/testing/index.js';
import { Gate } from '../engine/engine-fixture.js';
import { start } from '../nest/application.js';

const STORAGES: readonly (readonly [string, () => ZooCacheOptions['storage']])[] = [
  ['of Keyv', () => keyvStorage(new Keyv())],
  ['of cache-manager', () => cacheManagerStorage(createCache())],
  ['of its own', () => new MapStorage()],
];

const notLoaded = (): never => {
  throw new Error('It was loaded');
};

describe.each(STORAGES)('A storage %s that one process has for itself', (_, storage) => {
  async function startOne(l1: ZooCacheOptions['l1']): Promise<ZooCacheService> {
    return (await start({ options: { storage: storage(), l1 } })).get(ZooCacheService);
  }

  it.each([
    ['no memory', false],
    ['little memory', { maxEntries: 2 }],
  ] as const)('answers behind %s', async (_what, l1) => {
    const cache = await startOne(l1);
    const keys = ['a', 'b', 'c', 'd'];
    for (const key of keys) await cache.getOrLoad(key, () => `of ${key}`, { tags: ['tag'] });
    for (const key of keys) expect(await cache.getOrLoad(key, notLoaded)).toBe(`of ${key}`);
    await cache.invalidate('tag');
    for (const key of keys) expect(await cache.getOrLoad(key, () => 'new')).toBe('new');
    await cache.set('a', 'set', { tags: [] });
    expect(await cache.getMany(keys)).toEqual(['set', 'new', 'new', 'new']);
    expect(await cache.pop('a')).toBe('set');
    expect(await cache.has('a')).toBe(false);
    await cache.clear();
    expect(await cache.getMany(keys)).toEqual(keys.map(() => undefined));
  });

  it('holds what was set while the same key was loaded', async () => {
    const cache = await startOne(undefined);
    const [begun, end] = [new Gate(), new Gate()];
    const loading = cache.getOrLoad('key', async () => {
      begun.open();
      await end.opened;
      return 'loaded';
    });
    await begun.opened;
    await cache.set('key', 'set', { tags: [] });
    end.open();
    expect([await loading, await cache.get('key')]).toEqual(['loaded', 'set']);
  });

  it('keeps no value from a position of another life of the log, and nothing in its place', async () => {
    const [cache, other] = [await startOne(false), await startOne(false)];
    const since = await other.position();
    await cache.set('key', 'set', { tags: [] });
    await cache.set('key', 'too old', { tags: [], since });
    expect(await cache.has('key')).toBe(false);
    expect((await cache.explain('key')).summary).toMatch(/too old/);
    expect(await cache.add('key', 'too old', { tags: [], since })).toBe(false);
    expect(await cache.has('key')).toBe(false);
  });

  it('gives what it holds to one of those who pop it at once', async () => {
    const cache = await startOne(undefined);
    await cache.set('code', { of: 'Ann' });
    const popped = await Promise.all([cache.pop('code'), cache.pop('code'), cache.pop('code')]);
    expect(popped.filter((value) => value !== undefined)).toEqual([{ of: 'Ann' }]);
    await cache.set('code', 'again');
    expect(await Promise.all([cache.delete('code'), cache.delete('code')])).toEqual([true, false]);
  });

  it.each([7, { amount: 7 }])('renews the lifetime of %j', async (value) => {
    const cache = await startOne(undefined);
    await cache.set('key', value, { ttl: '1h' });
    expect([await cache.touch('key', 'never'), await cache.get('key')]).toEqual([true, value]);
    expect(await cache.explain('key')).toMatchObject({ isCached: true, expiresInMs: null });
    expect([await cache.touch('key', 0), await cache.has('key'), await cache.touch('key', '1h')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('counts, and adds for one of its callers', async () => {
    const cache = await startOne(false);
    const added = await Promise.all(['x', 'y', 'z'].map((value) => cache.add('key', value, { tags: [] })));
    expect(added).toEqual([true, false, false]);
    expect(await cache.get('key')).toBe('x');
    await cache.set('visits', 40, { tags: [] });
    const counts = await Promise.all([cache.increment('visits'), cache.increment('visits'), cache.increment('new')]);
    expect(counts).toEqual([41, 42, 1]);
    await expect(cache.increment('key')).rejects.toMatchObject({ code: 'WRONG_VALUE' });
  });
});

describe('A storage that takes its time', () => {
  class SlowStorage extends MapStorage {
    override async clear(prefix: string): Promise<void> {
      await new Promise(setImmediate);
      return super.clear(prefix);
    }
  }

  it('is empty when clear() resolves, so that counters start again', async () => {
    const cache = (await start({ options: { storage: new SlowStorage() } })).get(ZooCacheService);
    expect(await cache.increment('visits')).toBe(1);
    await cache.clear();
    expect(await cache.increment('visits')).toBe(1);
  });
});
