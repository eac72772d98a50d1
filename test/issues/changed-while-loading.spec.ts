import { describe, expect, it } from '@jest/globals';
import { ZooCacheService } from '../../lib/index.js';
import { Gate } from '../engine/engine-fixture.js';
import { start } from '../nest/application.js';

/** What a key holds when something is done to it while it is being loaded. */
async function heldAfter(change: (cache: ZooCacheService) => Promise<unknown>): Promise<unknown> {
  const cache = (await start()).get(ZooCacheService);
  const [begun, end] = [new Gate(), new Gate()];
  const loading = cache.getOrLoad('rate', async () => {
    begun.open();
    await end.opened;
    return 'loaded';
  });
  await begun.opened;
  await change(cache);
  // Called later, so it must not get what the load before found.
  const joining = cache.getOrLoad('rate', () => 'loaded anew');
  end.open();
  expect(await loading).toBe('loaded');
  expect(await joining).not.toBe('loaded');
  return cache.get('rate');
}

describe('a key that is being loaded, in the memory of one process', () => {
  it.each<[string, (cache: ZooCacheService) => Promise<unknown>, unknown]>([
    ['set', (cache) => cache.set('rate', 'set'), 'set'],
    ['set many', (cache) => cache.setMany({ rate: 'set' }), 'set'],
    ['added', (cache) => cache.add('rate', 'set'), 'set'],
    ['counted', (cache) => cache.increment('rate'), 1],
    ['deleted', (cache) => cache.delete('rate'), 'loaded anew'],
    ['popped', (cache) => cache.pop('rate'), 'loaded anew'],
    ['touched with 0', (cache) => cache.touch('rate', 0), 'loaded anew'],
    ['set for no time', (cache) => cache.set('rate', 'set', { ttl: 0 }), 'loaded anew'],
    ['set and deleted', async (cache) => [await cache.set('rate', 1), await cache.delete('rate')], 'loaded anew'],
  ])('does not go back to what was loaded when it was %s meanwhile', async (_, change, held) => {
    expect(await heldAfter(change)).toBe(held);
  });

  it('holds what its load sets itself, and the next call finds it', async () => {
    const cache = (await start()).get(ZooCacheService);
    const load = async () => {
      await cache.set('rate', 'set');
      return 'returned';
    };
    expect(await cache.getOrLoad('rate', load)).toBe('returned');
    expect(await cache.getOrLoad('rate', load)).toBe('set');
  });

  it('is stored as ever when something is done to other keys', async () => {
    const cache = (await start()).get(ZooCacheService);
    await cache.getOrLoad('rate', async () => {
      await cache.set('rat', 'set');
      await cache.namespace('shop').delete('rate');
      return 'loaded';
    });
    expect(await cache.get('rate')).toBe('loaded');
  });
});
