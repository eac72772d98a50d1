import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createCache } from 'cache-manager';
import { Keyv } from 'keyv';
import { ZooCacheService, cacheManagerStorage, keyvStorage, type CacheStorage } from '../../lib/index.js';
import { MapStorage } from '../../lib/testing/index.js';
import { Gate } from '../engine/engine-fixture.js';
import { start } from '../nest/application.js';

/** A storage that can do no more than it must, and fails when it is told to. */
class PlainStorage implements CacheStorage {
  readonly reach = 'process';
  failing: 'get' | 'set' | 'delete' | undefined;
  /** What storing waits for. */
  storing: Promise<unknown> | undefined;
  private readonly map = new MapStorage(new Map(), { now: () => Date.now() });

  async get(key: string): Promise<Uint8Array | undefined> {
    if (this.failing === 'get') throw new Error('away');
    return this.map.get(key);
  }

  async set(key: string, bytes: Uint8Array, ttlMs: number): Promise<void> {
    if (this.failing === 'set') throw new Error('away');
    const { storing } = this;
    this.storing = undefined;
    await storing;
    return this.map.set(key, bytes, ttlMs);
  }

  async delete(key: string): Promise<boolean> {
    if (this.failing === 'delete') throw new Error('away');
    return this.map.delete(key);
  }

  async clear(prefix: string): Promise<void> {
    if (this.failing === 'delete') throw new Error('away');
    return this.map.clear(prefix);
  }
}

class TouchingStorage extends PlainStorage {
  async touch(key: string, ttlMs: number): Promise<boolean> {
    const bytes = await this.get(key);
    if (bytes !== undefined) await this.set(key, bytes, ttlMs);
    return bytes !== undefined;
  }
}

const startCache = async (storage: CacheStorage) => (await start({ options: { storage } })).get(ZooCacheService);

/** What all of them measure lifetimes by. */
function moveTime(): (ms: number) => void {
  let time = Date.now();
  jest.spyOn(Date, 'now').mockImplementation(() => time);
  return (ms) => (time += ms);
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** A storage that failed is left alone for half a second. */
const untilTried = () => new Promise((resolve) => setTimeout(resolve, 600));

afterEach(() => void jest.restoreAllMocks());

describe.each<[string, () => CacheStorage]>([
  ['Keyv', () => keyvStorage(new Keyv())],
  ['cache-manager', () => cacheManagerStorage(createCache())],
  ['a storage that can do no more than it must', () => new PlainStorage()],
  ['a storage that can touch and not count', () => new TouchingStorage()],
])('a counter in %s', (_, storage) => {
  it('keeps its lifetime while it is counted on', async () => {
    const pass = moveTime();
    const cache = await startCache(storage());
    await cache.set('set', 5, { ttl: '10s' });
    await cache.add('added', 5, { ttl: '10s' });
    await cache.increment('touched', 5);
    await cache.touch('touched', '10s');
    await cache.increment('lasting', 5);
    const names = ['set', 'added', 'touched', 'lasting'];
    const step = () => Promise.all(names.map((name) => cache.increment(name)));
    pass(6_000);
    expect([await step(), await step()]).toEqual([Array(4).fill(6), Array(4).fill(7)]);
    pass(3_900);
    expect(await cache.getMany(names)).toEqual(Array(4).fill(7));
    pass(200);
    expect(await cache.getMany(names)).toEqual([undefined, undefined, undefined, 7]);
    expect(await step()).toEqual([1, 1, 1, 8]);
  });

  it('stops where the next number could not be told from its neighbour', async () => {
    const cache = await startCache(storage());
    await cache.increment('a', Number.MAX_SAFE_INTEGER);
    await expect(cache.increment('a')).rejects.toMatchObject({ code: 'WRONG_VALUE' });
    expect(await cache.decrement('a')).toBe(Number.MAX_SAFE_INTEGER - 1);
  });

  it('lives for as long as it was told last', async () => {
    const pass = moveTime();
    const cache = await startCache(storage());
    await cache.set('longer', 5, { ttl: '1s' });
    await cache.set('for ever', 5, { ttl: '1s' });
    await cache.touch('longer', '10s');
    await cache.touch('for ever', null);
    const step = async () => [await cache.increment('longer'), await cache.increment('for ever')];
    expect(await step()).toEqual([6, 6]);
    pass(9_000);
    expect(await step()).toEqual([7, 7]);
    pass(2_000);
    expect(await step()).toEqual([1, 8]);
  });
});

it('A text is not counted on, nor lost, in a storage that cannot count', async () => {
  const cache = await startCache(new PlainStorage());
  await cache.set('key', '1');
  await expect(cache.increment('key')).rejects.toMatchObject({ code: 'WRONG_VALUE' });
  expect(await cache.get('key')).toBe('1');
});

describe('a counter in a storage of one process that fails', () => {
  it.each(['get', 'set'] as const)('is not begun anew, and who counts is told: %s', async (failing) => {
    const storage = new PlainStorage();
    const cache = await startCache(storage);
    await cache.increment('counter', 5);
    storage.failing = failing;
    await expect(cache.increment('counter')).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    storage.failing = undefined;
    await untilTried();
    expect(await cache.increment('counter')).toBe(6);
  });

  it.each<[string, (cache: ZooCacheService) => Promise<unknown>]>([
    ['deleted', (cache) => cache.delete('counter')],
    ['cleared', (cache) => cache.clear()],
  ])('is not counted on when it could not be %s', async (_what, remove) => {
    const storage = new PlainStorage();
    const cache = await startCache(storage);
    await cache.increment('counter', 5);
    storage.failing = 'delete';
    await remove(cache);
    await untilTried();
    await expect(cache.increment('counter')).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    storage.failing = undefined;
    await untilTried();
    expect(await cache.increment('counter')).toBe(1);
  });
});

describe('a key of one process, in a storage that cannot count', () => {
  it.each<
    [string, (cache: ZooCacheService) => Promise<unknown>, (cache: ZooCacheService) => Promise<unknown>, unknown]
  >([
    ['counted, and then set', (cache) => cache.increment('key'), (cache) => cache.set('key', 100), 100],
    ['counted, and then deleted', (cache) => cache.increment('key'), (cache) => cache.delete('key'), undefined],
    ['touched, and then set', (cache) => cache.touch('key', '1h'), (cache) => cache.set('key', 100), 100],
    ['touched, and then popped', (cache) => cache.touch('key', '1h'), (cache) => cache.pop('key'), undefined],
    ['set, and then counted', (cache) => cache.set('key', 100), (cache) => cache.increment('key'), 101],
  ])('holds what was done to it last: %s', async (_, first, last, held) => {
    const storage = new PlainStorage();
    const cache = await startCache(storage);
    await cache.set('key', 5);
    const stored = new Gate();
    storage.storing = stored.opened;
    const begun = first(cache);
    await turns(10);
    const ended = last(cache);
    // As long as the last takes, were it not to come behind the first.
    await turns(10);
    stored.open();
    await Promise.all([begun, ended]);
    expect(await cache.get('key')).toBe(held);
  });
});

it('A key to which nothing could be added holds nothing, in memory either', async () => {
  const storage = new PlainStorage();
  const cache = await startCache(storage);
  storage.failing = 'set';
  expect(await cache.add('key', 'text', { tags: [] })).toBe(false);
  expect(await cache.has('key')).toBe(false);
});
