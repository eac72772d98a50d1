import { describe, expect, it } from '@jest/globals';
import { ZooCacheService } from '../../lib/index.js';
import { MapStorage } from '../../lib/testing/index.js';
import { Gate } from '../engine/engine-fixture.js';
import { start } from '../nest/application.js';

describe.each([
  ['in memory', () => undefined],
  ['in a storage', () => new MapStorage()],
])('an answer that was made of what the user keeps %s', (_, storage) => {
  const startCache = async () => (await start({ options: { storage: storage() } })).get(ZooCacheService);

  it.each<[string, (cache: ZooCacheService) => Promise<unknown>]>([
    ['get()', (cache) => cache.get('rate')],
    ['getMany()', async (cache) => (await cache.getMany(['other', 'rate']))[1]],
  ])('is made anew when that is set or removed: %s', async (_name, read) => {
    const cache = await startCache();
    const made = () => cache.getOrLoad('made', async () => `of ${String(await read(cache))}`);
    expect(await made()).toBe('of undefined');
    for (const rate of [1, 2.5, 'three']) {
      await cache.set('rate', rate);
      expect([await made(), await made()]).toEqual([`of ${rate}`, `of ${rate}`]);
    }
    await cache.delete('rate');
    expect(await made()).toBe('of undefined');
    await cache.setMany({ rate: 4 });
    expect(await made()).toBe('of 4');
    expect(await cache.pop('rate')).toBe(4);
    expect(await made()).toBe('of undefined');
  });

  it('is made anew when that is there, or not any more', async () => {
    const cache = await startCache();
    const made = () => cache.getOrLoad('made', () => cache.has('rate'));
    expect(await made()).toBe(false);
    await cache.set('rate', 1);
    expect([await made(), await made()]).toEqual([true, true]);
    await cache.delete('rate');
    expect(await made()).toBe(false);
  });

  it('is made anew also when it was made by loading that, or of an answer made of it', async () => {
    const cache = await startCache();
    const shop = cache.namespace('shop');
    const rate = () => shop.getOrLoad('rate', () => 1);
    const made = () => cache.getOrLoad('made', () => shop.getOrLoad('inner', async () => `of ${await rate()}`));
    expect([await made(), await made()]).toEqual(['of 1', 'of 1']);
    await shop.set('rate', 2);
    expect([await made(), await made()]).toEqual(['of 2', 'of 2']);
    await shop.set('rate', 3);
    expect(await made()).toBe('of 3');
  });

  it('is made anew also when that is set or removed while it is being made', async () => {
    const cache = await startCache();
    const changes = [() => cache.set('rate', 2), () => cache.delete('rate'), () => cache.set('rate', 3.5)];
    for (const change of changes) {
      const [asked, end] = [new Gate(), new Gate()];
      const made = cache.getOrLoad('made', async () => {
        const rate = await cache.get('rate');
        asked.open();
        await end.opened;
        return rate;
      });
      await asked.opened;
      await change();
      end.open();
      await made;
      expect(await cache.getOrLoad('made', () => cache.get('rate'))).toBe(await cache.get('rate'));
      await cache.delete('made');
    }
  });

  it('stays when other keys are set', async () => {
    const cache = await startCache();
    await cache.set('rate', 'one');
    const made = (load: () => unknown) => cache.getOrLoad('made', load);
    await made(() => cache.get('rate'));
    await cache.set('rates', 'two');
    await cache.namespace('shop').set('rate', 'two');
    expect(await made(() => 'anew')).toBe('one');
  });
});
