import { expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { ZooCacheModule, ZooCacheService, type ZooCacheOptions } from '../../lib/index.js';
import { KeptLog, Product, database, start } from '../nest/application.js';
import { connectionTo, describeNeeding } from '../support/services.js';
import { databases } from '../support/test-database.js';

/** An application that shares a Redis with the others of its prefix, as one in another process does. */
async function startOne(
  prefix: string,
  dataSource?: DataSourceOptions,
  l1?: ZooCacheOptions['l1'],
): Promise<INestApplication> {
  const { url } = await connectionTo('redis');
  const imports = [dataSource === undefined ? database() : TypeOrmModule.forRoot(dataSource)];
  return start({ options: { storage: url, prefix, l1 }, imports });
}

async function startSeveral(count = 2, l1?: ZooCacheOptions['l1']): Promise<ZooCacheService[]> {
  const prefix = randomUUID();
  const services: ZooCacheService[] = [];
  while (services.length < count) services.push((await startOne(prefix, undefined, l1)).get(ZooCacheService));
  return services;
}

const notLoaded = (): never => {
  throw new Error('It was loaded');
};

describeNeeding('redis', 'The values of several processes', () => {
  it('replace each other, whoever sets them', async () => {
    const [one, other] = await startSeveral();
    await one.set('key', 'first', { tags: [] });
    expect(await other.get('key')).toBe('first');
    await other.set('key', 'second', { tags: [] });
    expect(await one.get('key')).toBe('second');
  });

  it('are stored by a process that closes right after, as a script does, and has no failure to report', async () => {
    const { url } = await connectionTo('redis');
    const prefix = randomUUID();
    const failures: unknown[] = [];
    const options = { storage: url, prefix, onError: (failure: unknown) => failures.push(failure) };
    const script = await Test.createTestingModule({ imports: [ZooCacheModule.forRoot(options)] })
      .setLogger(new KeptLog())
      .compile();
    await script.init();
    await script.get(ZooCacheService).getOrLoad('report', () => 'for all');
    await script.close();
    expect(failures).toEqual([]);
    const other = await startOne(prefix);
    expect(await other.get(ZooCacheService).get('report')).toBe('for all');
  });

  it('leave nothing to report where a process that loads for all closes right after, or while it is at it', async () => {
    const { url } = await connectionTo('redis');
    for (const goesOn of [false, true]) {
      const failures: unknown[] = [];
      const options = {
        storage: url,
        prefix: randomUUID(),
        flight: 'shared',
        onError: (each: unknown) => failures.push(each),
      } as const;
      const script = await Test.createTestingModule({ imports: [ZooCacheModule.forRoot(options)] })
        .setLogger(new KeptLog())
        .compile();
      await script.init();
      let end!: () => void;
      const loading = new Promise<string>((resolve) => (end = () => resolve('for all')));
      const loaded = script.get(ZooCacheService).getOrLoad('report', () => (goesOn ? loading : 'for all'));
      if (!goesOn) await loaded;
      await script.close();
      end();
      await loaded;
      await pause(50);
      expect(failures).toEqual([]);
    }
  });

  it('are none of a process whose cache is off, and it leaves others nothing old', async () => {
    const { url } = await connectionTo('redis');
    for (const storage of [url, 'memory://']) {
      const options = { storage, bus: url, prefix: randomUUID() };
      const other = (await start({ options })).get(ZooCacheService);
      const off = (await start({ options: { ...options, enabled: false } })).get(ZooCacheService);
      await other.setMany({ set: 'old', number: 1, deleted: 'old', popped: 'old', kept: 'old' }, { tags: [] });
      expect(await off.getMany(['set', 'number', 'kept'])).toEqual([undefined, undefined, undefined]);
      expect(await off.has('kept')).toBe(false);
      await off.setMany({ set: 'new', number: 2, fresh: 'new' }, { tags: [] });
      expect([await off.add('added', 'new'), await off.touch('kept', '5m')]).toEqual([false, false]);
      expect([await off.delete('deleted'), await off.pop('popped')]).toEqual([false, undefined]);
      const keys = ['set', 'number', 'fresh', 'added', 'deleted', 'popped'];
      expect(await off.getMany(keys)).toEqual(keys.map(() => undefined));
      expect(await other.getMany(keys)).toEqual(keys.map(() => undefined));
      expect(await other.get('kept')).toBe('old');
      expect(await off.explain('set')).toMatchObject({ reason: 'bypassed', because: 'disabled' });
    }
  });

  it('go to one process when several add or pop them', async () => {
    const [one, other] = await startSeveral();
    const added = await Promise.all([one.add('key', 'of one'), other.add('key', 'of the other')]);
    expect(added.filter(Boolean)).toHaveLength(1);
    const value = added[0] ? 'of one' : 'of the other';
    expect(await Promise.all([one.get('key'), other.get('key')])).toEqual([value, value]);
    const popped = await Promise.all([one.pop('key'), other.pop('key')]);
    expect(popped.filter((each) => each !== undefined)).toEqual([value]);
    expect(await Promise.all([one.has('key'), other.has('key')])).toEqual([false, false]);
  });

  it('live as long as the last touch says, and not at all after a touch of 0', async () => {
    const [one, other, third] = await startSeveral(3);
    await one.setMany({ long: 1, short: 2, gone: 3, text: 'kept near' }, { ttl: '1s', tags: [] });
    expect(await other.getMany(['long', 'short', 'gone'])).toEqual([1, 2, 3]);
    expect(await other.touch('long', '1m')).toBe(true);
    expect(await other.touch('text', '1m')).toBe(true);
    expect(await other.touch('gone', 0)).toBe(true);
    expect(await one.get('gone')).toBeUndefined();
    await pause(1_100);
    expect(await third.getMany(['long', 'short', 'text'])).toEqual([1, undefined, 'kept near']);
    for (const key of ['long', 'text']) await one.touch(key, '100ms');
    await pause(200);
    for (const each of [one, other, third])
      expect(await each.getMany(['long', 'text'])).toEqual([undefined, undefined]);
  });

  it('are kept by nobody and nowhere for a lifetime of 0, and leave nothing of before', async () => {
    const [one, other] = await startSeveral();
    await one.setMany({ text: 'old', number: 1 }, { tags: [] });
    expect(await other.getMany(['text', 'number'])).toEqual(['old', 1]);
    await one.setMany({ text: 'new', number: 2, fresh: 'new' }, { ttl: 0, tags: [] });
    expect(await one.add('added', 'new', { ttl: 0 })).toBe(false);
    const keys = ['text', 'number', 'fresh', 'added'];
    expect(await one.getMany(keys)).toEqual(keys.map(() => undefined));
    expect(await other.getMany(keys)).toEqual(keys.map(() => undefined));
    expect(await one.explain('text')).toMatchObject({ reason: 'bypassed', because: 'ttl 0' });
  });

  it('are counted by all of them together', async () => {
    const [one, other] = await startSeveral();
    const counts = await Promise.all([one, other, one, other].map((each) => each.increment('visits', 2)));
    expect(counts.sort((a, b) => a - b)).toEqual([2, 4, 6, 8]);
    expect(await one.get('visits')).toBe(8);
    expect(await other.touch('visits', 0)).toBe(true);
    expect(await one.increment('visits')).toBe(1);
  });
});

describeNeeding('redis', 'Whole numbers without tags', () => {
  it('are counted on whoever set or added them, and what else is there is not', async () => {
    const [one, other] = await startSeveral();
    await one.set('set', 41, { tags: [] });
    expect(await other.increment('set')).toBe(42);
    await other.set('set', 5, { tags: [] });
    expect([await one.get('set'), await one.increment('set')]).toEqual([5, 6]);
    expect(await one.add('added', 1, { tags: [] })).toBe(true);
    expect(await other.add('added', 7, { tags: [] })).toBe(false);
    expect(await other.decrement('added')).toBe(0);
    await one.set('text', 'a', { tags: [] });
    await one.set('tagged', 1, { tags: ['tag'] });
    for (const key of ['text', 'tagged']) {
      await expect(other.increment(key)).rejects.toMatchObject({ code: 'WRONG_VALUE' });
    }
  });

  it('take the place of what is not valid any more, though it still lies in the storage', async () => {
    const [one, other] = await startSeveral();
    for (const key of ['counted', 'added']) await one.set(key, 7, { tags: ['tag'] });
    await one.invalidate('tag');
    expect(await other.increment('counted')).toBe(1);
    expect(await other.add('added', 2, { tags: [] })).toBe(true);
    expect(await one.getMany(['counted', 'added'])).toEqual([1, 2]);
  });

  it('are counted in each process where each has its own memory', async () => {
    const { url } = await connectionTo('redis');
    const app = await start({ options: { storage: 'memory://', bus: url, prefix: randomUUID() } });
    const cache = app.get(ZooCacheService);
    await cache.set('set', 41, { tags: [] });
    expect([await cache.increment('set'), await cache.increment('set')]).toEqual([42, 43]);
    expect(await cache.increment('new')).toBe(1);
    await cache.delete('set');
    expect(await cache.increment('set')).toBe(1);
  });
});

describeNeeding('redis', 'Prefixes that begin alike', () => {
  it('share no names, and are cleared each for itself', async () => {
    const { url } = await connectionTo('redis');
    const base = randomUUID();
    const caches: ZooCacheService[] = [];
    for (const prefix of [base, `${base}:u`, `${base}:`, `${base}::u`, `${base}%3A`]) {
      caches.push((await start({ options: { storage: url, prefix } })).get(ZooCacheService));
    }
    const [first, ...others] = caches;
    await first.increment('u:n', 5);
    for (const [at, each] of others.entries()) {
      expect(await each.get('n')).toBeUndefined();
      await each.set('key', `of ${at}`, { tags: [] });
      await each.increment('count', at);
    }
    await first.clear();
    for (const [at, each] of others.entries()) {
      expect(await each.getMany(['key', 'count'])).toEqual([`of ${at}`, at]);
    }
    expect(await first.get('u:n')).toBeUndefined();
  });
});

describeNeeding('redis', 'What is in the storage and in no memory', () => {
  const LARGE = 'x'.repeat(10_000);
  const SMALL_TIER = { maxBytes: 4_000 };

  it('is read all the same when it is too large for memory', async () => {
    const [one, other] = await startSeveral(2, SMALL_TIER);
    expect(await one.getOrLoad('loaded', () => LARGE)).toBe(LARGE);
    await one.set('set', LARGE, { tags: [] });
    expect(await one.add('added', LARGE, { tags: ['tag'] })).toBe(true);
    for (const each of [one, other]) {
      expect(await each.getOrLoad('loaded', notLoaded)).toBe(LARGE);
      expect(await each.getMany(['set', 'added'])).toEqual([LARGE, LARGE]);
      expect(await each.add('added', 'again')).toBe(false);
    }
    expect(await other.touch('set', '1m')).toBe(true);
    expect(await other.pop('set')).toBe(LARGE);
    await other.invalidate('tag');
    expect(await one.has('added')).toBe(false);
  });

  it('is no dependency that gets lost: an answer made of it is not kept', async () => {
    const [one, other] = await startSeveral(2, SMALL_TIER);
    await one.getOrLoad('large', () => LARGE, { tags: ['tag'] });
    const lengthOf = (text: string) =>
      other.getOrLoad('length', async () => (await other.getOrLoad('large', () => text)).length);
    expect(await lengthOf('new')).toBe(10_000);
    await one.invalidate('tag');
    expect(await lengthOf('new')).toBe(3);
  });

  it('is read many at once where memory keeps none of it', async () => {
    const [one, other] = await startSeveral(2, false);
    await one.setMany({ a: 1, b: 2, c: 3 }, { tags: [] });
    expect(await other.getMany(['a', 'b', 'c'])).toEqual([1, 2, 3]);
  });

  it.each([
    ['with', undefined],
    ['without', false],
  ] as const)('is explained in each process, %s memory in front', async (_, l1) => {
    const [one, other] = await startSeveral(2, l1);
    expect(await other.explain('key')).toMatchObject({ isCached: false, reason: 'never-loaded' });
    await one.getOrLoad('key', () => 'value', { tags: ['tag'], ttl: '5m' });
    await one.increment('visits');
    const found = await other.explain('key');
    expect(found).toMatchObject({ isCached: true, dependencies: ['tag', "the key 'key'"] });
    expect(found.isCached && found.expiresInMs).toBeGreaterThan(200_000);
    expect(await other.explain('visits')).toMatchObject({ isCached: true, dependencies: [], expiresInMs: null });
    expect(other.stats()).toMatchObject({ entries: 0, hits: 0, misses: 0 });
    await one.invalidate('tag');
    expect(await other.explain('key')).toMatchObject({ isCached: false, reason: 'invalidated', by: { tags: ['tag'] } });
    await one.getOrLoad('key', () => 'value', { tags: ['tag'] });
    expect(await other.explain('key')).toMatchObject({ isCached: true });
    await other.get('key');
    await one.delete('key');
    expect(await other.explain('key')).toMatchObject({
      isCached: false,
      by: { kind: 'set() or delete()', met: ["the key 'key'"] },
      summary: expect.stringMatching(/^not cached: invalidated .* ago by set\(\) or delete\(\) of the key$/),
    });
  });
});

describeNeeding('redis', 'What a process finds in the storage when it starts', () => {
  describeNeeding('postgres', 'on PostgreSQL,', () => {
    /** Two programs, one before the other, and what happened to the database in between past all of them. */
    async function startTwoAround(sql: string, isCleared = false): Promise<readonly number[]> {
      const { createOptions } = databases().find(({ family }) => family === 'postgres')!;
      const options = await createOptions([Product]);
      const psql = new pg.Client({ ...(await connectionTo('postgres')), database: options.database as string });
      await psql.connect();
      try {
        await psql.query(`CREATE TABLE migrations (id int, name text); INSERT INTO migrations VALUES (1, 'First')`);
        const prefix = randomUUID();
        const countIn = (app: INestApplication): Promise<number> =>
          app.get(ZooCacheService).getOrLoad('products', () => app.get(DataSource).getRepository(Product).count());
        const one = await startOne(prefix, options);
        if (isCleared) await one.get(ZooCacheService).clear();
        const before = await countIn(one);
        await psql.query(`INSERT INTO product (name) VALUES ('Zebra'); ${sql}`);
        const other = await startOne(prefix, options);
        return [before, await countIn(other), await countIn(one)];
      } finally {
        await psql.end();
      }
    }

    it('is what was stored there before, when no migration has run since', async () => {
      expect(await startTwoAround('')).toEqual([0, 0, 0]);
    });

    it('is gone for everybody when one has, because nobody heard of what it changed', async () => {
      expect(await startTwoAround(`INSERT INTO migrations VALUES (2, 'Second')`)).toEqual([0, 1, 1]);
    });

    it('is gone as well when nobody can tell, because a clear() took the note of the last one', async () => {
      expect(await startTwoAround(`INSERT INTO migrations VALUES (2, 'Second')`, true)).toEqual([0, 1, 1]);
    });
  });
});
