import { describe, expect, it } from '@jest/globals';
import { ZooCacheService, type ZooCacheOptions } from '../../lib/index.js';
import { MapStorage, ReferenceBus, ReferenceLog } from '../../lib/testing/index.js';
import { Gate } from '../engine/engine-fixture.js';
import { start } from '../nest/application.js';

describe.each<[string, () => ZooCacheOptions]>([
  ['memory', () => ({})],
  ['memory, beside a bus', () => ({ bus: new ReferenceBus(new ReferenceLog()) })],
  ['a storage', () => ({ storage: new MapStorage() })],
  ['a storage, beside a bus', () => ({ storage: new MapStorage(), bus: new ReferenceBus(new ReferenceLog()) })],
])('In %s', (_, options) => {
  it.each<[string, (cache: ZooCacheService) => Promise<unknown>, unknown]>([
    ['a value that is added', (cache) => cache.add('key', 'added', { tags: [] }), 'added'],
    ['a number that is added', (cache) => cache.add('key', 7), 7],
    ['a counter that is begun', (cache) => cache.increment('key', 3), 3],
    ['nothing, where the key is to be over at once', (cache) => cache.touch('key', 0), undefined],
  ])('%s while the key is being loaded stays', async (_what, change, held) => {
    const cache = (await start({ options: options() })).get(ZooCacheService);
    const [begun, end] = [new Gate(), new Gate()];
    const loading = cache.getOrLoad('key', async () => {
      begun.open();
      await end.opened;
      return 'loaded';
    });
    await begun.opened;
    await change(cache);
    end.open();
    expect(await loading).toBe('loaded');
    expect(await cache.get('key')).toBe(held);
  });
});
