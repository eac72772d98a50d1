import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { DataSource, type EntityManager, Repository } from 'typeorm';
import {
  CacheQuery,
  NoCache,
  ZooCacheError,
  ZooCacheService,
  type CachedExplanation,
  type Explanation,
  type InvalidationTarget,
  type MissExplanation,
  type ZooCacheOptions,
} from '../../lib/index.js';
import { ZOO_CACHE_CLOCK } from '../../lib/nest/tokens.js';
import { Product, start } from '../nest/application.js';

/** A clock that stands still until it is moved. */
class HandClock {
  time = 0;
  now = () => this.time;
  exact = () => this.time;
}

@Injectable()
class Catalog {
  constructor(@InjectRepository(Product) readonly products: Repository<Product>) {}

  @CacheQuery('5m')
  byId(id: number, manager?: EntityManager): Promise<Product | null> {
    return (manager?.getRepository(Product) ?? this.products).findOneBy({ id });
  }

  @CacheQuery({ ttl: 'never', tags: ['reports:daily'] })
  all(): Promise<Product[]> {
    return this.products.find();
  }

  @CacheQuery({ unless: () => true })
  unfit(): Promise<number> {
    return this.products.count();
  }

  @CacheQuery(0)
  never(): Promise<number> {
    return this.products.count();
  }

  @CacheQuery()
  random(): Promise<unknown> {
    return this.products.query('SELECT random()');
  }

  @CacheQuery()
  failing(): Promise<unknown> {
    return Promise.reject(new Error('no'));
  }

  @NoCache()
  @CacheQuery()
  fresh(): Promise<number> {
    return this.products.count();
  }

  plain(): number {
    return 1;
  }

  notAMethod = 1;
}

@Injectable()
class Plainer extends Catalog {
  override all(): Promise<Product[]> {
    return this.products.find();
  }
}

@Injectable()
class Nothing {
  plain(): number {
    return 1;
  }
}

async function startShop(options?: string | ZooCacheOptions) {
  const clock = new HandClock();
  const app = await start({
    options,
    providers: [Catalog, Plainer, Nothing],
    override: (builder) => builder.overrideProvider(ZOO_CACHE_CLOCK).useValue(clock),
  });
  const dataSource = app.get(DataSource);
  const products = dataSource.getRepository(Product);
  await products.insert([
    { id: 1, name: 'Zebra', price: 10 },
    { id: 2, name: 'Gnu', price: 20 },
  ]);
  const catalog = app.get(Catalog);
  const cache = app.get(ZooCacheService);
  const byId = (id: number) => cache.explain(catalog, 'byId', id);
  return { app, clock, dataSource, products, catalog, cache, byId };
}

function hit(explanation: Explanation): CachedExplanation {
  if (!explanation.isCached) throw new Error(explanation.summary);
  return explanation;
}

function miss(explanation: Explanation): MissExplanation {
  if (explanation.isCached) throw new Error(explanation.summary);
  return explanation;
}

/** The write that an answer fell by. */
function culprit(explanation: Explanation) {
  const { reason, by } = miss(explanation);
  expect(reason).toBe('invalidated');
  return by!;
}

describe('explain() of what is cached', () => {
  it('tells since when, on what it depends, and until when', async () => {
    const { cache, clock, byId, catalog } = await startShop();
    await catalog.byId(1);
    const position = await cache.position();
    await cache.invalidate('something else');
    clock.time = 60_000;
    const explained = hit(await byId(1));
    expect(explained).toMatchObject({ key: 'Catalog.byId(1)', isCached: true, since: position, lastMiss: undefined });
    expect(explained.dependencies).toEqual(['Product:1']);
    expect(explained.expiresInMs).toBeGreaterThan(3 * 60_000);
    expect(explained.expiresInMs).toBeLessThanOrEqual(4 * 60_000);
    expect(explained.summary).toMatch(/^cached, expires in 3m( \d+s)?; depends on Product:1$/);
  });

  it('names tags as they were written, and says null where nothing expires', async () => {
    const { cache, catalog } = await startShop();
    await catalog.all();
    const explained = hit(await cache.explain(catalog, 'all'));
    expect(explained.dependencies).toContain('reports:daily');
    expect(explained.dependencies.length).toBeGreaterThan(1);
    expect(explained.dependencies.every((words) => /^(Product\b|reports:daily$)/.test(words))).toBe(true);
    expect(explained.expiresInMs).toBeNull();
    expect(explained.summary).toMatch(/^cached, does not expire; depends on /);
  });

  it('spells values and columns as the README does', async () => {
    const { cache, products } = await startShop();
    await cache.getOrLoad('named', () => products.findBy({ name: 'Gnu' }));
    const { dependencies } = hit(await cache.explain('named'));
    expect(dependencies).toEqual(
      expect.arrayContaining(["Product.name set to 'gnu'", "Product.name = 'gnu'", 'Product:2']),
    );
    await products.insert({ id: 3, name: 'Okapi' });
    expect(hit(await cache.explain('named')).dependencies).toEqual(dependencies);
    await products.update(1, { name: 'Gnu' });
    expect(culprit(await cache.explain('named')).met[0]).toMatch(/^Product\.name (set to|=) 'gnu'/);
  });

  it('does the same for a key, which may depend on nothing', async () => {
    const { cache, products } = await startShop();
    await cache.getOrLoad('count', () => products.findOneBy({ id: 2 }), { tags: ['a:b'], ttl: '10s' });
    await cache.set('plain', undefined, { ttl: null });
    expect(hit(await cache.explain('count'))).toMatchObject({ key: 'count', dependencies: ['Product:2', 'a:b'] });
    expect(hit(await cache.explain('plain')).summary).toBe('cached, does not expire; depends on nothing');
  });

  it('tells by what the answer before it fell, since whoever asks has mostly loaded it anew', async () => {
    const { byId, catalog, products } = await startShop();
    await catalog.byId(1);
    await products.update(1, { price: 11 });
    await catalog.byId(1);
    const { lastMiss } = hit(await byId(1));
    expect(lastMiss).toMatchObject({ isCached: false, reason: 'invalidated' });
    expect(lastMiss!.by!.tables).toMatchObject([{ table: 'Product', rows: ['1'] }]);
  });

  it('changes nothing: no count, no removal, and no use that would keep an entry', async () => {
    const { cache, catalog, products, byId } = await startShop();
    await catalog.byId(1);
    await products.update(1, { price: 11 });
    const before = cache.stats();
    const first = await byId(1);
    expect(await byId(1)).toEqual(first);
    expect(cache.stats()).toEqual(before);
    expect(before.entries).toBe(1);
  });

  it('does not keep an entry from being evicted', async () => {
    const { cache } = await startShop('memory://?maxEntries=20');
    for (let i = 0; i < 20; i++) await cache.set(`key ${i}`, i);
    for (let i = 0; i < 10; i++) await cache.explain('key 0');
    for (let i = 20; i < 40; i++) await cache.set(`key ${i}`, i);
    expect(miss(await cache.explain('key 0')).reason).toBe('evicted');
  });

  it('answers with frozen objects', async () => {
    const { byId, catalog, products } = await startShop();
    await catalog.byId(1);
    const cached = hit(await byId(1));
    await products.update(1, { price: 11 });
    const by = culprit(await byId(1));
    for (const part of [cached, cached.dependencies, by, by.tables, by.tables[0], by.tables[0].rows, by.met, by.tags]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});

describe('explain() of what is not cached', () => {
  it('says never-loaded for what nobody asked for', async () => {
    const { cache, byId } = await startShop();
    expect(miss(await byId(1))).toEqual({
      key: 'Catalog.byId(1)',
      isCached: false,
      reason: 'never-loaded',
      by: undefined,
      because: undefined,
      agoMs: undefined,
      summary: 'not cached: never loaded',
    });
    expect(miss(await cache.explain('key')).reason).toBe('never-loaded');
  });

  it.each([false, true])('says expired, and when; asked for since then: %p', async (isAskedFor) => {
    const { cache, clock } = await startShop();
    await cache.set('key', 1, { ttl: '10s' });
    const { expiresInMs } = hit(await cache.explain('key'));
    clock.time += expiresInMs! + 3_000;
    if (isAskedFor) await cache.get('key');
    expect(cache.stats().entries).toBe(isAskedFor ? 0 : 1);
    const explained = miss(await cache.explain('key'));
    expect(explained).toMatchObject({ reason: 'expired', agoMs: 3_000 });
    expect(explained.summary).toBe('not cached: expired 3s ago');
  });

  it('says evicted for what had to make room, and for how long', async () => {
    const { cache, clock, byId, catalog } = await startShop('memory://?maxEntries=10');
    await catalog.byId(1);
    for (let i = 0; i < 40; i++) await cache.set(`key ${i}`, i);
    clock.time = 250;
    expect(miss(await byId(1))).toMatchObject({ reason: 'evicted', agoMs: 250 });
  });

  it('says deleted for what was removed by hand', async () => {
    const { cache } = await startShop();
    for (const remove of [() => cache.delete('key'), () => cache.pop('key'), () => cache.touch('key', 0)]) {
      await cache.set('key', 1);
      await remove();
      expect(miss(await cache.explain('key'))).toMatchObject({ reason: 'deleted', agoMs: 0 });
    }
  });

  it('says forgotten where so much has left since that never-loaded might be wrong', async () => {
    const { cache } = await startShop();
    await cache.set('key', 1);
    await cache.delete('key');
    for (let i = 0; i < 20_000; i++) {
      await cache.set('other', i);
      await cache.set(`key ${i}`, i);
      await cache.delete(`key ${i}`);
    }
    expect(miss(await cache.explain('key')).reason).toBe('forgotten');
    expect(miss(await cache.explain('key 10000')).reason).toBe('deleted');
  });

  it('says forgotten of keys too long to be remembered, and of no others', async () => {
    const { cache } = await startShop();
    const key = 'k'.repeat(500);
    expect(miss(await cache.explain(key)).reason).toBe('never-loaded');
    await cache.set(key, 1);
    expect(hit(await cache.explain(key)).isCached).toBe(true);
    await cache.delete(key);
    expect(miss(await cache.explain(key)).reason).toBe('forgotten');
    expect(miss(await cache.explain('a short one')).reason).toBe('never-loaded');
  });
});

describe('explain() of what went past the cache', () => {
  it('tells why, by the name under which the statistics count it', async () => {
    const { cache, catalog, dataSource } = await startShop();
    await catalog.unfit();
    await catalog.never();
    await catalog.random();
    await catalog.failing().catch(() => undefined);
    await cache.bypass(() => catalog.byId(1));
    await dataSource.transaction(() => catalog.byId(2));
    const because = async (explained: Promise<Explanation>) => miss(await explained).because;
    expect(await because(cache.explain(catalog, 'unfit'))).toBe('unless');
    expect(await because(cache.explain(catalog, 'never'))).toBe('ttl 0');
    expect(await because(cache.explain(catalog, 'random'))).toBe('random()');
    expect(await because(cache.explain(catalog, 'failing'))).toBe('load failed');
    expect(await because(cache.explain(catalog, 'byId', 1))).toBe('bypass');
    expect(await because(cache.explain(catalog, 'byId', 2))).toBe('transaction');
    const { bypasses } = cache.stats();
    expect(Object.keys(bypasses)).toEqual(expect.arrayContaining(['ttl 0', 'random()', 'bypass', 'transaction']));
  });

  it('tells of values that could not be kept', async () => {
    const { cache } = await startShop('memory://?maxBytes=10kb');
    await cache.getOrLoad('large', () => 'x'.repeat(100_000));
    await cache.getOrLoad('function', () => () => 1);
    await cache.set('ttl', 1, { ttl: 0 });
    expect(miss(await cache.explain('large')).because).toBe('too large');
    expect(miss(await cache.explain('function')).because).toBe('not storable');
    expect(miss(await cache.explain('ttl')).because).toBe('ttl 0');
  });

  it('knows without any call what is so at every call', async () => {
    const { cache, catalog, dataSource } = await startShop();
    expect(miss(await cache.explain(catalog, 'byId', 1, dataSource.manager))).toMatchObject({
      reason: 'bypassed',
      because: 'argument',
    });
    expect(miss(await cache.explain(catalog, 'fresh')).because).toBe('no-cache');
    const disabled = await startShop({ enabled: false });
    await disabled.catalog.byId(1);
    expect(miss(await disabled.byId(1)).because).toBe('disabled');
  });

  it('forgets about it when an answer is cached, and keeps it as what was the matter before', async () => {
    const { cache, catalog, byId } = await startShop();
    await cache.bypass(() => catalog.byId(1));
    await catalog.byId(1);
    expect(hit(await byId(1)).lastMiss).toMatchObject({ reason: 'bypassed', because: 'bypass', agoMs: 0 });
  });
});

describe('explain() of what a write invalidated', () => {
  it.each([false, true])('tells which one it was, whether or not somebody asked since: %p', async (isAskedFor) => {
    const { cache, clock, catalog, products } = await startShop();
    await cache.getOrLoad('one', () => products.findOneBy({ id: 1 }));
    await catalog.byId(1);
    const before = await cache.position();
    clock.time = 1_000;
    await products.update(1, { price: 11 });
    clock.time = 3_500;
    await products.update(1, { price: 12, name: 'Zorse' });
    if (isAskedFor) await cache.get('one');
    const by = culprit(await cache.explain('one'));
    expect(by).toMatchObject({
      kind: 'update',
      tables: [{ table: 'Product', kind: 'update', rows: ['1'], columns: ['price'] }],
      tags: [],
      met: ['Product:1'],
      outcome: 'committed',
      agoMs: 2_500,
    });
    expect(by.position > before).toBe(true);
    expect(culprit(await cache.explain(catalog, 'byId', 1))).toEqual(by);
    expect((await cache.explain('one')).summary).toBe('not cached: invalidated 2s ago by update of Product:1 (price)');
  });

  it.each<[string, (products: Repository<Product>) => Promise<unknown>, object]>([
    [
      'an insert',
      (products) => products.insert({ id: 3, name: 'Okapi' }),
      { kind: 'insert', rows: ['3'], columns: [] },
    ],
    ['a saved entity', (products) => products.save({ id: 1, price: 9 }), { kind: 'update', columns: ['price'] }],
    ['a delete', (products) => products.delete(2), { kind: 'delete', rows: ['2'], columns: [] }],
    ['an upsert', (products) => products.upsert({ id: 1, name: 'Z' }, ['id']), { kind: 'upsert' }],
    ['raw SQL', (products) => products.query('UPDATE product SET name = ?', ['x']), { kind: 'update', rows: 'some' }],
    ['DDL', (products) => products.query('CREATE INDEX i ON product (name)'), { kind: 'whole table', rows: 'all' }],
  ])('names table, rows and columns of %s', async (_, write, expected) => {
    const { cache, catalog, products } = await startShop();
    await catalog.all();
    await write(products);
    const by = culprit(await cache.explain(catalog, 'all'));
    expect(by.tables).toMatchObject([{ table: 'Product', ...expected }]);
    expect(by.met.length).toBeGreaterThan(0);
  });

  it('counts the statements of a transaction together, and tells nothing of one that is rolled back', async () => {
    const { cache, catalog, dataSource, products } = await startShop();
    await catalog.all();
    const rolledBack = dataSource.transaction(async (manager) => {
      await manager.update(Product, 1, { price: 1 });
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    expect((await cache.explain(catalog, 'all')).isCached).toBe(true);
    await dataSource.transaction(async (manager) => {
      await manager.update(Product, 1, { price: 1 });
      await manager.insert(Product, { id: 3, name: 'Okapi' });
      await manager.delete(Product, 2);
      expect((await cache.explain(catalog, 'all')).isCached).toBe(true);
      await cache.invalidate('other');
    });
    const by = culprit(await cache.explain(catalog, 'all'));
    expect(by).toMatchObject({ kind: 'several', tags: ['other'], outcome: 'committed' });
    expect(by.tables).toMatchObject([{ table: 'Product', kind: 'several' }]);
    expect(new Set(by.tables[0].rows)).toEqual(new Set(['1', '2', '3']));
    expect(await products.count()).toBe(2);
  });

  it('tells of invalidate() by hand, of rows, tables and tags', async () => {
    const { cache, catalog } = await startShop();
    const fallenBy = async (...targets: readonly InvalidationTarget[]) => {
      await catalog.all();
      await cache.invalidate(...targets);
      return culprit(await cache.explain(catalog, 'all'));
    };
    expect(await fallenBy('reports')).toMatchObject({ kind: 'invalidate()', tags: ['reports'], tables: [] });
    expect(await fallenBy(Product)).toMatchObject({
      kind: 'invalidate()',
      tables: [{ table: 'Product', kind: 'whole table', rows: 'all', columns: 'all' }],
    });
    expect((await cache.explain(catalog, 'all')).summary).toBe(
      'not cached: invalidated 0ms ago by invalidate() of Product',
    );
    expect(await fallenBy([Product, 1])).toMatchObject({ kind: 'invalidate()', tables: [{ rows: ['1'] }] });
  });

  it('tells of clear(), also for what was still loading', async () => {
    const { cache, catalog, byId } = await startShop();
    await catalog.byId(1);
    await cache.getOrLoad('loading', () => cache.clear());
    expect(culprit(await byId(1))).toMatchObject({ kind: 'clear()', tables: [], met: ['clear()'] });
    expect(culprit(await cache.explain('loading')).kind).toBe('clear()');
    expect((await byId(1)).summary).toBe('not cached: invalidated 0ms ago by clear()');
  });

  it('tells of a write while the answer was being loaded, which was therefore never stored', async () => {
    const { cache, products } = await startShop();
    await cache.getOrLoad('one', async () => {
      const one = await products.findOneBy({ id: 1 });
      await cache.invalidate([Product, 1]);
      return one;
    });
    expect(culprit(await cache.explain('one'))).toMatchObject({ kind: 'invalidate()', met: ['Product:1'] });
    const since = await cache.position();
    await cache.invalidate('a');
    await cache.set('late', 1, { tags: ['a:b'], since });
    expect(culprit(await cache.explain('late')).tags).toEqual(['a']);
  });

  it('says honestly that the write is longer ago than is remembered', async () => {
    const { cache, catalog, products, byId } = await startShop();
    await catalog.byId(1);
    await products.update(1, { price: 11 });
    for (let i = 0; i < 2_000; i++) await cache.invalidate('other');
    expect(miss(await byId(1))).toMatchObject({ reason: 'invalidated', by: undefined, agoMs: undefined });
    expect((await byId(1)).summary).toBe('not cached: invalidated by a write that is longer ago than is remembered');
  });

  it('keeps two applications apart: databases, tags of their prefixes, and instances', async () => {
    const one = await startShop({ prefix: 'one' });
    const other = await startShop({ prefix: 'other' });
    const count = ({ cache, products }: typeof one) =>
      cache.getOrLoad('count', () => products.count(), { tags: ['reports:daily'] });
    await count(one);
    await count(other);
    await one.products.delete(2);
    expect(culprit(await one.cache.explain('count')).tables).toMatchObject([{ table: 'Product', rows: ['2'] }]);
    expect((await other.cache.explain('count')).isCached).toBe(true);
    await count(one);
    await other.cache.invalidate('reports:daily');
    expect((await one.cache.explain('count')).isCached).toBe(true);
    expect(culprit(await other.cache.explain('count')).tags).toEqual(['reports:daily']);
    await expect(other.cache.explain(one.catalog, 'all')).rejects.toThrow(
      'belongs to another application: Catalog.all',
    );
  });
});

describe('explain() refuses', () => {
  const code = (explained: Promise<unknown>) =>
    explained.then(
      () => 'nothing',
      (error: ZooCacheError) => `${error.code}: ${error.message}`,
    );

  it.each<[string, (cache: ZooCacheService, catalog: Catalog) => Promise<unknown>, RegExp]>([
    ['a wrong key', (cache) => cache.explain(''), /^INVALID_KEY/],
    ['a number', (cache) => cache.explain(7 as never), /^INVALID_KEY/],
    ['no method', (cache, catalog) => cache.explain(catalog as never), /^INVALID_ARGUMENT: There is no such method/],
    ['null', (cache) => cache.explain(null as never, 'byId' as never), /^INVALID_ARGUMENT: There is no instance/],
    ['a name of a class', (cache) => cache.explain('Catalog' as never, 'byId' as never), /no instance to ask about/],
    ['a class', (cache) => cache.explain(Catalog as never, 'byId' as never), /Catalog\. Give the instance/],
    [
      'a slip',
      (cache, it) => cache.explain(it, 'byid' as never),
      /no such method: Catalog\.byid\. Did you mean 'byId'/,
    ],
    ['a property', (cache, catalog) => cache.explain(catalog, 'notAMethod'), /There is no such method/],
    [
      'a plain method',
      (cache, it) => cache.explain(it, 'plain'),
      /not cached: Catalog\.plain\. Decorate it.*byId, all/,
    ],
    ['an instance of nobody', (cache) => cache.explain(new Catalog(null!), 'all'), /Nest did not make this instance/],
  ])('%s, and says what to do', async (_, ask, expected) => {
    const { cache, catalog } = await startShop();
    expect(await code(ask(cache, catalog))).toMatch(expected);
  });

  it('a method that a subclass overrides without decorating it, and a class without cached methods', async () => {
    const { app, cache } = await startShop();
    expect(await code(cache.explain(app.get(Plainer), 'all'))).toMatch(/This method is not cached: Plainer\.all/);
    expect((await cache.explain(app.get(Plainer), 'byId', 1)).key).toBe('Plainer.byId(1)');
    expect(await code(cache.explain(app.get(Nothing), 'plain'))).toMatch(/no method of this instance is/);
  });
});
