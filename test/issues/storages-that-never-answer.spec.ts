import { expect, it } from '@jest/globals';
import { ZooCacheService, type CacheStorage } from '../../lib/index.js';
import { MapStorage, ReferenceBus, ReferenceLog } from '../../lib/testing/index.js';
import { start } from '../nest/application.js';

/** A storage that answers reads, and of its writes none that is told to it while it is silent. */
class SilentStorage extends MapStorage {
  isSilent = false;
  /** Called when it is told to remove something. */
  onDelete?: () => void;

  override set(...args: Parameters<MapStorage['set']>): Promise<void> {
    return this.unlessSilent(() => super.set(...args));
  }

  override add(...args: Parameters<MapStorage['add']>): Promise<boolean> {
    return this.unlessSilent(() => super.add(...args));
  }

  override increment(...args: Parameters<MapStorage['increment']>): Promise<number | undefined> {
    return this.unlessSilent(() => super.increment(...args));
  }

  override touch(...args: Parameters<MapStorage['touch']>): Promise<boolean> {
    return this.unlessSilent(() => super.touch(...args));
  }

  override delete(key: string): Promise<boolean> {
    this.onDelete?.();
    return this.unlessSilent(() => super.delete(key));
  }

  override clear(prefix: string): Promise<void> {
    return this.unlessSilent(() => super.clear(prefix));
  }

  private unlessSilent<T>(action: () => Promise<T>): Promise<T> {
    return this.isSilent ? new Promise(() => {}) : action();
  }
}

/** The same where it can do no more than it must. */
function plain(storage: SilentStorage): CacheStorage {
  return {
    reach: 'process',
    get: (key) => storage.get(key),
    set: (key, bytes, ttlMs) => storage.set(key, bytes, ttlMs),
    delete: (key) => storage.delete(key),
    clear: (prefix) => storage.clear(prefix),
  };
}

async function startCache(storage: CacheStorage, isShared: boolean): Promise<ZooCacheService> {
  const bus = isShared ? new ReferenceBus(new ReferenceLog()) : undefined;
  const application = await start({ options: { storage, bus, onError: () => undefined } });
  return application.get(ZooCacheService);
}

/** Long enough for a write that was given up, for a clear() after that, and for the rest of a storage that failed. */
const LONG_MS = 3_500;

it.each<[string, (cache: ZooCacheService) => Promise<unknown>, unknown]>([
  ['set()', (cache) => cache.set('key', 'text', { tags: [] }), undefined],
  ['set() of a number', (cache) => cache.set('key', 7), undefined],
  ['setMany()', (cache) => cache.setMany({ key: 'text', other: 'text' }, { tags: [] }), undefined],
  ['add()', (cache) => cache.add('new', 'text', { tags: [] }), false],
  ['delete()', (cache) => cache.delete('key'), false],
  ['pop()', (cache) => cache.pop('key'), undefined],
  ['touch()', (cache) => cache.touch('key', '1h'), false],
  ['increment()', (cache) => cache.increment('key').catch((error: { code: string }) => error.code), 'STORAGE_FAILED'],
  ['clear()', (cache) => cache.clear(), undefined],
  ['clear() of a namespace', (cache) => cache.namespace('users').clear(), undefined],
])('Who calls %s of a storage that never answers goes on soon', async (_, call, outcome) => {
  const outcomes = [true, false].map(async (isShared) => {
    const storage = new SilentStorage();
    const cache = await startCache(isShared ? storage : plain(storage), isShared);
    await cache.set('key', 5);
    storage.isSilent = true;
    const late = new Promise((resolve) => setTimeout(() => resolve('nothing yet'), LONG_MS).unref());
    return Promise.race([call(cache), late]);
  });
  expect(await Promise.all(outcomes)).toEqual([outcome, outcome]);
});

it('What a storage never said it had removed is not found, and is removed when it answers again', async () => {
  const storage = new SilentStorage();
  const cache = await startCache(storage, true);
  await cache.set('key', 5);
  expect(await storage.get('zoocache::u:key')).toBeDefined();
  storage.isSilent = true;
  await cache.delete('key');
  expect(await cache.get('key')).toBeUndefined();
  storage.isSilent = false;
  await new Promise((resolve) => setTimeout(resolve, LONG_MS));
  expect(await storage.get('zoocache::u:key')).toBeUndefined();
  expect(await cache.increment('key')).toBe(1);
});

it('What a storage never said it had removed is not found while that is tried again, and what replaces it is', async () => {
  const storage = new SilentStorage();
  const cache = await startCache(storage, true);
  await cache.set('key', 5);
  storage.isSilent = true;
  await cache.delete('key');
  // When it is tried again, the storage is read again as well.
  await new Promise<void>((resolve) => (storage.onDelete = resolve));
  expect(await storage.get('zoocache::u:key')).toBeDefined();
  expect(await cache.get('key')).toBeUndefined();
  storage.isSilent = false;
  await cache.set('key', 7);
  expect(await cache.get('key')).toBe(7);
});

it('A storage with so much in it that it takes seconds to clear is waited for, as long as it answers', async () => {
  let isCleared = false;
  class LargeStorage extends MapStorage {
    override async clear(prefix: string): Promise<void> {
      await new Promise((resolve) => setTimeout(resolve, LONG_MS));
      await super.clear(prefix);
      isCleared = true;
    }
  }
  const failures: unknown[] = [];
  const bus = new ReferenceBus(new ReferenceLog());
  const options = { storage: new LargeStorage(), bus, onError: (failure: unknown) => failures.push(failure) };
  await (await start({ options })).get(ZooCacheService).clear();
  expect([isCleared, failures]).toEqual([true, []]);
});
