import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { ZooCacheService, type ZooCacheOptions } from '../../lib/index.js';
import { MapStorage, ReferenceBus, ReferenceLog } from '../../lib/testing/index.js';
import { Gate } from '../engine/engine-fixture.js';
import { Product, start } from '../nest/application.js';
import { connectionTo, describeNeeding } from '../support/services.js';

const PLACES: readonly (readonly [string, () => ZooCacheOptions])[] = [
  ['in memory', () => ({})],
  ['in memory as bytes', () => ({ storage: 'memory://?serialize=true' })],
  ['in memory, with a bus that others share', () => ({ bus: new ReferenceBus(new ReferenceLog()) })],
  ['in a storage', () => ({ storage: new MapStorage() })],
  ['in a storage alone', () => ({ storage: new MapStorage(), l1: false })],
];

/** What some keys hold, of the whole cache and of two namespaces that are called alike. */
async function held(cache: ZooCacheService): Promise<unknown> {
  const spaces = [cache, cache.namespace('a'), cache.namespace('ab'), cache.namespace('a:b')];
  return Promise.all(spaces.map((space) => space.getMany(['k', 'b::k', ':k', 'n'])));
}

describe.each(PLACES)('A namespace %s', (_, options) => {
  async function startOne() {
    const app = await start({ options: options() });
    return { cache: app.get(ZooCacheService), dataSource: app.get(DataSource) };
  }

  async function fill(cache: ZooCacheService): Promise<void> {
    for (const name of ['a', 'ab', 'a:b']) {
      const space = cache.namespace(name);
      await space.setMany({ k: `k of ${name}`, 'b::k': `b::k of ${name}`, ':k': `:k of ${name}` });
      await space.increment('n');
      await space.increment('n');
    }
    await cache.setMany({ k: 'k', 'b::k': 'b::k', ':k': ':k', n: 7 });
  }

  it('has keys of its own', async () => {
    const { cache } = await startOne();
    await fill(cache);
    expect(await held(cache)).toEqual([
      ['k', 'b::k', ':k', 7],
      ['k of a', 'b::k of a', ':k of a', 2],
      ['k of ab', 'b::k of ab', ':k of ab', 2],
      ['k of a:b', 'b::k of a:b', ':k of a:b', 2],
    ]);
    expect(await cache.namespace('a').namespace('b').get('k')).toBe('k of a:b');
    expect(await cache.namespace('a').pop('k')).toBe('k of a');
    expect(await cache.namespace('a').has('k')).toBe(false);
    expect(await cache.namespace('a').add('k', 'added')).toBe(true);
    expect(await cache.namespace('a').add('k', 'added twice')).toBe(false);
    expect(await cache.namespace('a').touch('k', '1h')).toBe(true);
    expect(await cache.namespace('a').delete('k')).toBe(true);
    expect(await cache.getMany(['k'])).toEqual(['k']);
  });

  it('is emptied by its clear(), with those in it and what is still being loaded, and nothing else is', async () => {
    const { cache } = await startOne();
    await fill(cache);
    const space = cache.namespace('a');
    const begun = new Gate();
    const end = new Gate();
    const loading = space.getOrLoad('slow', async () => {
      begun.open();
      await end.opened;
      return 'old';
    });
    await begun.opened;
    await space.clear();
    end.open();
    await loading;
    expect(await space.get('slow')).toBeUndefined();
    expect(await held(cache)).toEqual([
      ['k', 'b::k', ':k', 7],
      [undefined, undefined, undefined, undefined],
      ['k of ab', 'b::k of ab', ':k of ab', 2],
      [undefined, undefined, undefined, undefined],
    ]);
    expect(await space.increment('n')).toBe(1);
    await space.set('k', 'new');
    expect(await space.get('k')).toBe('new');
    await cache.clear();
    expect(await held(cache)).toEqual(Array.from({ length: 4 }, () => Array.from({ length: 4 })));
  });

  it('counts on from a number that was set, and what it loads depends on what that read', async () => {
    const { cache, dataSource } = await startOne();
    const space = cache.namespace('products');
    await space.set('visits', 40);
    expect(await space.increment('visits')).toBe(41);
    const count = () => space.getOrLoad('count', () => dataSource.getRepository(Product).count(), { tags: ['shop'] });
    expect([await count(), await count()]).toEqual([0, 0]);
    await dataSource.getRepository(Product).insert({ name: 'Zebra' });
    expect(await count()).toBe(1);
    await cache.invalidate('shop');
    expect(await space.has('count')).toBe(false);
  });

  it('is named by explain()', async () => {
    const { cache } = await startOne();
    const space = cache.namespace('users');
    await space.set('7', 'Ada');
    expect(await space.explain('7')).toMatchObject({ key: '7', isCached: true });
    expect(await cache.explain('7')).toMatchObject({ isCached: false });
    await space.clear();
    expect(await space.explain('7')).toMatchObject({
      isCached: false,
      reason: 'invalidated',
      by: { kind: 'clear()', met: [expect.stringContaining("the namespace 'users'")] },
    });
  });
});

describe('The name of a namespace', () => {
  it.each(['', ':', 'a:', ':a', 'a::b', 'a\u001fb', 'x'.repeat(97), 7, null, undefined, {}])(
    'is not %p',
    async (name) => {
      const cache = (await start()).get(ZooCacheService);
      expect(() => cache.namespace(name as never)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    },
  );

  it('is no excuse for a wrong key', async () => {
    const space = (await start()).get(ZooCacheService).namespace('a');
    for (const key of ['', 7, 'x'.repeat(4_097)]) {
      await expect(space.get(key as never)).rejects.toMatchObject({ code: 'INVALID_KEY' });
    }
  });
});

it('What a transaction sees of a namespace is what it sees of other keys', async () => {
  const app = await start();
  const cache = app.get(ZooCacheService);
  await cache.set('k', 1);
  await cache.namespace('a').set('k', 2);
  await cache.namespace('a').set('tagged', 3, { tags: ['t'], since: await cache.position() });
  await app.get(DataSource).transaction(async () => {
    expect([await cache.get('k'), await cache.namespace('a').get('k')]).toEqual([1, 2]);
    expect(await cache.namespace('a').get('tagged')).toBeUndefined();
  });
});

describeNeeding('redis', 'A namespace that processes share', () => {
  it('is emptied in all of them, with keys that are too long to be readable', async () => {
    const { url } = await connectionTo('redis');
    const options = { storage: url, prefix: randomUUID() };
    const [one, other] = [await start({ options }), await start({ options })].map((app) => app.get(ZooCacheService));
    const name = 'x'.repeat(96);
    const long = 'y'.repeat(1_000);
    await one.namespace(name).setMany({ k: 'value', [long]: 'value of the long one' });
    await one.namespace(name).set(`${long}n`, 1);
    await one.set('k', 'outside');
    expect(await other.namespace(name).getMany(['k', long, `${long}n`])).toEqual(['value', 'value of the long one', 1]);
    await other.namespace(name).clear();
    expect(await one.namespace(name).getMany(['k', long, `${long}n`])).toEqual([undefined, undefined, undefined]);
    expect(await other.get('k')).toBe('outside');
  });
});
