import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Column, DataSource, Entity, EntitySchema, PrimaryColumn, Repository } from 'typeorm';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CacheQuery, ZooCacheError, ZooCacheService, type ZooCachePosition } from '../../lib/index.js';
import { ZOO_CACHE_CLOCK } from '../../lib/nest/tokens.js';
import { KeptLog, Product, start } from '../nest/application.js';

/** A clock that stands still until it is moved. */
class HandClock {
  time = 0;
  now = () => this.time;
  exact = () => this.time;
}

async function startCache() {
  const clock = new HandClock();
  const log = new KeptLog();
  const app = await start({ log, override: (builder) => builder.overrideProvider(ZOO_CACHE_CLOCK).useValue(clock) });
  const warnings = () => log.lines.filter((line) => line.startsWith('warn'));
  return { app, clock, warnings, cache: app.get(ZooCacheService), dataSource: app.get(DataSource) };
}

const FALSY = [null, undefined, false, 0, '', Number.NaN, -0];

describe('getOrLoad()', () => {
  it('loads once for all concurrent callers, and answers from memory then', async () => {
    const { cache } = await startCache();
    let loads = 0;
    const load = () => Promise.resolve(++loads);
    const answers = await Promise.all([cache.getOrLoad('key', load), cache.getOrLoad('key', load)]);
    expect([...answers, await cache.getOrLoad('key', load)]).toEqual([1, 1, 1]);
    expect(cache.stats().byName).toEqual({ getOrLoad: { hits: 1, misses: 2, loads: 1, fills: 1 } });
  });

  it.each(FALSY)('keeps %p, which is a value like any other', async (value) => {
    const { cache } = await startCache();
    let loads = 0;
    const load = () => (loads++, value);
    expect([await cache.getOrLoad('key', load), await cache.getOrLoad('key', load)]).toEqual([value, value]);
    expect(loads).toBe(1);
  });

  it('depends on what load asks of TypeORM', async () => {
    const { cache, dataSource } = await startCache();
    const products = dataSource.getRepository(Product);
    const count = () => cache.getOrLoad('count', () => products.count());
    expect(await count()).toBe(0);
    await products.insert({ name: 'Zebra' });
    expect(await count()).toBe(1);
  });

  it('keeps a value for its ttl, or the default of an hour, less a random tenth', async () => {
    const { cache, clock } = await startCache();
    let loads = 0;
    const load = () => ++loads;
    await cache.getOrLoad('short', load, { ttl: '10s' });
    await cache.getOrLoad('default', load);
    await cache.getOrLoad('never', load, { ttl: 'never' });
    clock.time = 8_999;
    expect(await cache.getOrLoad('short', load, { ttl: '10s' })).toBe(1);
    clock.time = 10_000;
    expect(await cache.getOrLoad('short', load, { ttl: '10s' })).toBe(4);
    clock.time = 3_239_000;
    expect(await cache.getOrLoad('default', load)).toBe(2);
    clock.time = 3_600_000;
    expect(await cache.getOrLoad('default', load)).toBe(5);
    clock.time = 1e12;
    expect(await cache.getOrLoad('never', load, { ttl: null })).toBe(3);
  });

  it('loads every time with a ttl of 0, whatever the key holds', async () => {
    const { cache } = await startCache();
    await cache.set('key', 'held');
    expect(await cache.getOrLoad('key', () => 'loaded', { ttl: 0 })).toBe('loaded');
    expect(await cache.get('key')).toBe('held');
    expect(cache.stats().bypasses).toEqual({ 'ttl 0': 1 });
  });

  it('depends on its tags, and is counted under its name', async () => {
    const { cache } = await startCache();
    let loads = 0;
    const read = () => cache.getOrLoad('key', () => ++loads, { tags: ['a:b'], name: 'reports', consistency: 'strict' });
    expect([await read(), await read()]).toEqual([1, 1]);
    await cache.invalidate('a');
    expect(await read()).toBe(2);
    expect(cache.stats().byName.reports).toEqual({ hits: 1, misses: 2, loads: 2, fills: 2 });
  });

  it('are counted under any name, and together under names without end', async () => {
    const { cache } = await startCache();
    const read = (name: string) => cache.getOrLoad('key', () => 1, { name });
    for (const name of ['__proto__', ...Array.from({ length: 3_000 }, (_, n) => `user ${n}`)]) await read(name);
    const { byName, hits } = cache.stats();
    expect(Object.keys(byName)).toEqual(expect.arrayContaining(['__proto__', 'user 0', 'other names']));
    expect(Object.keys(byName).length).toBeLessThan(2_100);
    expect(byName['other names'].hits).toBeGreaterThan(900);
    expect(hits).toBe(3_000);
    // A name that was known before keeps its own.
    await read('user 0');
    expect(cache.stats().byName['user 0'].hits).toBe(2);
  });

  it('rejects with what load throws, and stores nothing of it', async () => {
    const { cache } = await startCache();
    const fail = () => {
      throw new Error('no');
    };
    await expect(cache.getOrLoad('key', fail)).rejects.toThrow('no');
    expect(await cache.getOrLoad('key', () => 1)).toBe(1);
  });

  it.each<[unknown, unknown, string]>([
    ['', undefined, 'INVALID_KEY'],
    [7, undefined, 'INVALID_KEY'],
    ['k'.repeat(4_097), undefined, 'INVALID_KEY'],
    ['key', { ttl: 'soon' }, 'INVALID_DURATION'],
    ['key', { tll: 1 }, 'INVALID_OPTION'],
    ['key', { tags: ['a::b'] }, 'INVALID_TAG'],
    ['key', { tags: 'a' }, 'INVALID_OPTION'],
    ['key', { consistency: 'lax' }, 'INVALID_OPTION'],
    ['key', { consistency: { bound: '1s' } }, 'INVALID_OPTION'],
    ['key', { consistency: null }, 'INVALID_OPTION'],
  ])('rejects wrong arguments without loading: %p, %j', async (key, options, code) => {
    const { cache } = await startCache();
    let loads = 0;
    const read = cache.getOrLoad(key as string, () => ++loads, options as never);
    await expect(read).rejects.toBeInstanceOf(ZooCacheError);
    await expect(read).rejects.toMatchObject({ code });
    expect(loads).toBe(0);
  });
});

describe('Values stored by hand', () => {
  it.each(FALSY)('may be %p, and are told from nothing by has()', async (value) => {
    const { cache } = await startCache();
    expect([await cache.has('key'), await cache.get('key')]).toEqual([false, undefined]);
    await cache.set('key', value);
    expect([await cache.has('key'), await cache.get('key')]).toEqual([true, value]);
    expect(await cache.getOrLoad('key', () => 'loaded')).toBe(value);
  });

  it('are private copies on the way in and out', async () => {
    const { cache } = await startCache();
    const value = { list: [1] };
    const stored = cache.set('key', value);
    value.list.push(2);
    await stored;
    (await cache.get<typeof value>('key'))!.list.push(3);
    expect(await cache.get('key')).toEqual({ list: [1] });
  });

  it('come back in the order of the keys, and go in as pairs or as an object', async () => {
    const { cache } = await startCache();
    await cache.setMany({ a: 1, b: null });
    await cache.setMany(new Map([['c', 3]]), { ttl: '1m' });
    expect(await cache.getMany(['c', 'x', 'a', 'b'])).toEqual([3, undefined, 1, null]);
    expect(await cache.getMany(new Set<string>())).toEqual([]);
  });

  it.each<[string, (cache: ZooCacheService) => Promise<unknown>]>([
    ['a text for a list of keys', (cache) => cache.getMany('abc')],
    ['nothing for a list of keys', (cache) => cache.getMany(undefined as never)],
    ['a text for a list of pairs', (cache) => cache.setMany('ab' as never)],
    ['texts for pairs', (cache) => cache.setMany(['ab'] as never)],
    ['a pair without a value', (cache) => cache.setMany([['a']] as never)],
    ['no function to load with', (cache) => cache.getOrLoad('key', 5 as never)],
  ])('refuse %s, rather than take it for what nobody meant', async (_, call) => {
    const { cache } = await startCache();
    await expect(call(cache)).rejects.toMatchObject({ name: 'ZooCacheError', code: 'INVALID_ARGUMENT' });
    expect(cache.stats().entries).toBe(0);
  });

  it('are counted when they are asked for', async () => {
    const { cache } = await startCache();
    await cache.set('key', 1);
    await cache.getMany(['key', 'missing']);
    await cache.has('key');
    await cache.get('missing');
    expect(cache.stats().byName.get).toEqual({ hits: 2, misses: 2, loads: 0, fills: 0 });
  });

  it('are not overwritten by add(), of whose callers one succeeds', async () => {
    const { cache } = await startCache();
    expect(await Promise.all([cache.add('key', 1), cache.add('key', 2)])).toEqual([true, false]);
    expect(await cache.get('key')).toBe(1);
  });

  it('are removed by delete() and pop(), which one caller gets', async () => {
    const { cache } = await startCache();
    await cache.set('key', 1);
    expect([await cache.delete('key'), await cache.delete('key'), await cache.has('key')]).toEqual([
      true,
      false,
      false,
    ]);
    await cache.set('key', 2);
    expect(await Promise.all([cache.pop('key'), cache.pop('key')])).toEqual([2, undefined]);
  });

  it('expire after their ttl, which touch() renews', async () => {
    const { cache, clock } = await startCache();
    await cache.setMany({ touched: 1, left: 2 }, { ttl: '10s' });
    expect([await cache.touch('touched', '1m'), await cache.touch('missing', '1m')]).toEqual([true, false]);
    clock.time = 10_000;
    expect(await cache.getMany(['touched', 'left'])).toEqual([1, undefined]);
    expect(await cache.touch('touched', 0)).toBe(true);
    expect(await cache.has('touched')).toBe(false);
  });

  it('leave the key empty with a ttl of 0, rather than what it held before', async () => {
    const { cache } = await startCache();
    await cache.set('key', 'old');
    await cache.set('key', 'new', { ttl: 0 });
    expect(await cache.get('key')).toBeUndefined();
  });

  it('reject with the place that cannot be copied', async () => {
    const { cache } = await startCache();
    await expect(cache.set('key', { run: () => 1 })).rejects.toMatchObject({ code: 'UNCOPYABLE_VALUE' });
  });

  it.each<[string, (cache: ZooCacheService) => Promise<unknown>, string]>([
    ['an empty key', (cache) => cache.set('', 1), 'INVALID_KEY'],
    [
      'a key among many',
      (cache) =>
        cache.setMany([
          ['ok', 1],
          ['', 2],
        ]),
      'INVALID_KEY',
    ],
    ['an unknown option', (cache) => cache.set('key', 1, { tag: 'a' } as never), 'INVALID_OPTION'],
    ['a function for tags', (cache) => cache.set('key', 1, { tags: (() => []) as never }), 'INVALID_OPTION'],
    ['a wrong duration', (cache) => cache.touch('key', 'soon' as never), 'INVALID_DURATION'],
    ['a wrong position', (cache) => cache.set('key', 1, { since: '12' as never }), 'INVALID_ARGUMENT'],
    ['a key that is no text', (cache) => cache.getMany([7 as never]), 'INVALID_KEY'],
  ])('reject wrong arguments: %s', async (_, call, code) => {
    const { cache } = await startCache();
    await expect(call(cache)).rejects.toMatchObject({ code });
    expect(cache.stats().entries).toBe(0);
  });

  it('name the method that was given wrong options', async () => {
    const { cache } = await startCache();
    const wrong = { tll: 1 } as never;
    await expect(cache.set('key', 1, wrong)).rejects.toThrow('set() does not know this option: tll');
    await expect(cache.setMany({ key: 1 }, wrong)).rejects.toThrow('setMany() does not know this option: tll');
    await expect(cache.add('key', 1, wrong)).rejects.toThrow('add() does not know this option: tll');
    await expect(cache.add('key', 1, { ttl: 'soon' as never })).rejects.toThrow('the ttl of add()');
  });

  it('warn once of a number that was most likely meant in seconds', async () => {
    const { cache, warnings } = await startCache();
    for (const key of ['a', 'b']) await cache.set(key, 1, { ttl: 60 });
    for (const key of ['c', 'd']) await cache.getOrLoad(key, () => 1, { consistency: { bounded: 70 } });
    expect(warnings()).toEqual([
      expect.stringContaining("did you mean '60s'?"),
      "warn consistency.bounded of getOrLoad(): 70 is 70 milliseconds; did you mean '70s'?",
    ]);
  });

  it('are what an outer cached call depends on', async () => {
    const { cache } = await startCache();
    await cache.set('rate', 2, { tags: ['rates'], since: await cache.position() });
    const reads = {
      get: () => cache.getOrLoad('get', () => cache.get('rate')),
      getMany: () => cache.getOrLoad('getMany', () => cache.getMany(['rate'])),
      has: () => cache.getOrLoad('has', () => cache.has('rate')),
    };
    expect([await reads.get(), await reads.getMany(), await reads.has()]).toEqual([2, [2], true]);
    await cache.invalidate('rates');
    expect([await reads.get(), await reads.getMany(), await reads.has()]).toEqual([undefined, [undefined], false]);
  });

  it('are not read inside bypass(), and inside a transaction only if they depend on nothing', async () => {
    const { cache, dataSource } = await startCache();
    await cache.set('plain', 1);
    await cache.set('tagged', 2, { tags: ['tag'], since: await cache.position() });
    const both = () => cache.getMany(['plain', 'tagged']);
    expect(await cache.bypass(both)).toEqual([undefined, undefined]);
    expect(await dataSource.transaction(both)).toEqual([1, undefined]);
    expect(await both()).toEqual([1, 2]);
    expect(cache.stats().bypasses).toEqual({ bypass: 2, transaction: 1 });
    // Taken out for good, so it must not be lost.
    expect(await cache.bypass(() => cache.pop('tagged'))).toBe(2);
  });

  it('stay when the transaction around them rolls back, because they are part of none', async () => {
    const { cache, dataSource } = await startCache();
    await dataSource
      .transaction(async () => {
        await cache.set('key', 1);
        expect(await cache.increment('hits')).toBe(1);
        throw new Error('roll back');
      })
      .catch(() => undefined);
    expect(await cache.getMany(['key', 'hits'])).toEqual([1, 1]);
  });
});

describe('Counters', () => {
  it('count up and down from an initial value, in whatever order callers come', async () => {
    const { cache } = await startCache();
    expect(await Promise.all([cache.increment('a'), cache.increment('a'), cache.increment('a', 5)])).toEqual([1, 2, 7]);
    expect(await cache.decrement('a', 2)).toBe(5);
    expect(await cache.increment('b', 2, 10)).toBe(12);
    expect(await cache.decrement('c')).toBe(-1);
    expect(await cache.get('a')).toBe(5);
  });

  it('have no expiry, unless touch() gave them one, which counting keeps', async () => {
    const { cache, clock } = await startCache();
    await cache.increment('forever');
    await cache.increment('minute');
    await cache.touch('minute', '1m');
    clock.time = 50_000;
    expect(await cache.increment('minute')).toBe(2);
    clock.time = 60_000;
    expect(await cache.increment('minute')).toBe(1);
    clock.time = 1e12;
    expect(await cache.increment('forever')).toBe(2);
  });

  it('go on from a number that was set, and are emptied by clear()', async () => {
    const { cache } = await startCache();
    await cache.set('a', 41);
    expect(await cache.increment('a')).toBe(42);
    await cache.clear();
    expect(await cache.increment('a')).toBe(1);
  });

  it.each<[string, unknown, object]>([
    ['a text', '1', {}],
    ['a fraction', 1.5, {}],
    ['null', null, {}],
    ['a number that depends on a tag', 1, { tags: ['tag'] }],
  ])('refuse what is no counter: %s', async (_, value, options) => {
    const { cache } = await startCache();
    await cache.set('key', value, options);
    await expect(cache.increment('key')).rejects.toMatchObject({
      code: 'WRONG_VALUE',
      message: expect.stringContaining('key'),
    });
    expect(await cache.get('key')).toEqual(value);
  });

  it('count in whole numbers', async () => {
    const { cache } = await startCache();
    await expect(cache.increment('a', 0.5)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(cache.increment('a', 1n as never)).rejects.toThrow(
      '1n is not a whole number that can be counted with',
    );
    await expect(cache.decrement('a', 1, Number.NaN)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('stop where the next number could not be told from its neighbour', async () => {
    const { cache } = await startCache();
    await cache.set('a', Number.MAX_SAFE_INTEGER);
    await expect(cache.increment('a')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await cache.decrement('a')).toBe(Number.MAX_SAFE_INTEGER - 1);
  });
});

describe('Tags and positions', () => {
  it('make a value invalid when a write came between its position and its storing', async () => {
    const { cache } = await startCache();
    const since = await cache.position();
    await cache.set('key', 'old', { tags: ['tag'], since });
    await cache.invalidate('tag');
    await cache.set('key', 'computed before', { tags: ['tag'], since });
    expect(await cache.has('key')).toBe(false);
    expect(await cache.add('key', 'computed before', { tags: ['tag'], since })).toBe(false);
    await cache.set('key', 'computed after', { tags: ['tag'], since: cache.position() });
    expect(await cache.get('key')).toBe('computed after');
  });

  it('may be promised, for several values and for a new one likewise', async () => {
    const { cache } = await startCache();
    await cache.setMany({ a: 1, b: 2 }, { tags: ['tag'], since: cache.position() });
    expect(await cache.add('c', 3, { tags: ['tag'], since: cache.position() })).toBe(true);
    expect(await cache.getMany(['a', 'b', 'c'])).toEqual([1, 2, 3]);
    await cache.invalidate('tag');
    expect(await cache.getMany(['a', 'b', 'c'])).toEqual([undefined, undefined, undefined]);
  });

  it('take a position of another life of the log as too old for any value', async () => {
    const { cache } = await startCache();
    const other = (await startCache()).cache;
    await cache.set('key', 1);
    await cache.set('key', 2, { since: other.position() });
    expect(await cache.has('key')).toBe(false);
    await expect(cache.waitFor(await other.position())).resolves.toBeUndefined();
  });

  it('wait for nothing in one process, and refuse what is no position', async () => {
    const { cache } = await startCache();
    const position = await cache.position();
    await expect(cache.waitFor(position)).resolves.toBeUndefined();
    const [incarnation] = position.split(':');
    for (const wrong of ['', 'x', `${incarnation}:-1`, `${incarnation}:x`, `${incarnation}:999`, 7, undefined]) {
      await expect(cache.waitFor(wrong as ZooCachePosition)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
  });

  it('warn once when neither says since when a value is right, and take the present position', async () => {
    const { cache, warnings } = await startCache();
    await cache.set('a', 1, { tags: ['tag'] });
    await cache.setMany({ b: 2 }, { tags: ['tag'] });
    expect(await cache.getMany(['a', 'b'])).toEqual([1, 2]);
    expect(warnings()).toEqual([expect.stringContaining('position()')]);
    await cache.invalidate('tag');
    expect(await cache.getMany(['a', 'b'])).toEqual([undefined, undefined]);
  });

  it('count a value that is stored inside a cached call from the start of that call', async () => {
    const { cache, warnings } = await startCache();
    await cache.getOrLoad('outer', async () => {
      await cache.invalidate('tag');
      await cache.set('inner', 1, { tags: ['tag'] });
    });
    expect(await cache.has('inner')).toBe(false);
    await cache.getOrLoad('another', () => cache.set('inner', 1, { tags: ['tag'] }));
    expect(await cache.has('inner')).toBe(true);
    expect(warnings()).toEqual([]);
  });

  it('can be added from inside a cached call, and do nothing elsewhere but warn once', async () => {
    const { cache, warnings, dataSource } = await startCache();
    let loads = 0;
    const read = () =>
      cache.getOrLoad('key', () => {
        cache.addTags('reports:daily', 'Product:7');
        return ++loads;
      });
    expect([await read(), await read()]).toEqual([1, 1]);
    await cache.invalidate('reports');
    expect(await read()).toBe(2);
    await dataSource.getRepository(Product).insert({ id: 7, name: 'Zebra' });
    expect(await read()).toBe(3);
    expect(warnings()).toEqual([]);

    await dataSource.transaction(read);
    await cache.bypass(read);
    expect(warnings()).toEqual([]);
    cache.addTags('elsewhere');
    cache.addTags('elsewhere');
    expect(warnings()).toEqual([expect.stringContaining('addTags()')]);
    expect(() => cache.addTags('a::b')).toThrow(expect.objectContaining({ code: 'INVALID_TAG' }));
  });
});

@Entity()
class Shelf {
  @PrimaryColumn()
  hall!: number;

  @PrimaryColumn()
  place!: number;

  @Column({ default: '' })
  name!: string;
}

interface Keeper {
  id: number;
  name: string;
}

const KeeperSchema = new EntitySchema<Keeper>({
  name: 'Keeper',
  columns: { id: { type: Number, primary: true }, name: { type: String } },
});

@Injectable()
class Rows {
  calls = 0;

  constructor(
    @InjectRepository(Product) private readonly products: Repository<Product>,
    @InjectRepository(Shelf) private readonly shelves: Repository<Shelf>,
    @InjectRepository(KeeperSchema) private readonly keepers: Repository<Keeper>,
  ) {}

  @CacheQuery()
  product(id: number): Promise<Product | null> {
    this.calls++;
    return this.products.findOneBy({ id });
  }

  @CacheQuery()
  productCount(): Promise<number> {
    this.calls++;
    return this.products.count();
  }

  @CacheQuery()
  shelf(hall: number, place: number): Promise<Shelf | null> {
    this.calls++;
    return this.shelves.findOneBy({ hall, place });
  }

  @CacheQuery()
  keepersCount(): Promise<number> {
    this.calls++;
    return this.keepers.count();
  }

  @CacheQuery({ tags: ['Product'] })
  tagged(): Promise<string> {
    this.calls++;
    return Promise.resolve('tagged');
  }
}

describe('invalidate()', () => {
  async function startRows() {
    const app = await start({
      imports: [
        TypeOrmModule.forRoot({ type: 'sqljs', entities: [Product, Shelf, KeeperSchema], synchronize: true }),
        TypeOrmModule.forFeature([Shelf, KeeperSchema]),
      ],
      providers: [Rows],
    });
    const dataSource = app.get(DataSource);
    await dataSource.getRepository(Product).insert([{ name: 'one' }, { name: 'two' }]);
    await dataSource.getRepository(Shelf).insert([
      { hall: 1, place: 1 },
      { hall: 1, place: 2 },
    ]);
    const rows = app.get(Rows);
    /** Which of these answers had to be asked for again. */
    const asked = async () => {
      const answers = {
        one: () => rows.product(1),
        two: () => rows.product(2),
        count: () => rows.productCount(),
        shelf: () => rows.shelf(1, 1),
        otherShelf: () => rows.shelf(1, 2),
        keepers: () => rows.keepersCount(),
        tagged: () => rows.tagged(),
      };
      const again: string[] = [];
      for (const [name, ask] of Object.entries(answers)) {
        const before = rows.calls;
        await ask();
        if (rows.calls > before) again.push(name);
      }
      return again;
    };
    await asked();
    expect(await asked()).toEqual([]);
    return { cache: app.get(ZooCacheService), dataSource, asked };
  }

  const anyProduct = ['one', 'two', 'count', 'tagged'];

  it.each<[string, (one: Product) => unknown, string[]]>([
    ['a class: every answer that read its table', () => Product, anyProduct],
    ['its name', () => 'Product', anyProduct],
    ['a row: every answer that holds it, and every table-level answer', () => [Product, 1], ['one', 'count', 'tagged']],
    ['a row by name', () => 'Product:1', ['one', 'count', 'tagged']],
    ['an instance', (one) => one, ['one', 'count', 'tagged']],
    ['a row with a composite id', () => [Shelf, { hall: 1, place: 1 }], ['shelf']],
    ['a schema', () => KeeperSchema, ['keepers']],
    ['the name of a schema', () => 'Keeper', ['keepers']],
    ['a tag that nothing depends on', () => 'elsewhere', []],
  ])('takes %s', async (_, target, expected) => {
    const { cache, dataSource, asked } = await startRows();
    const one = await dataSource.getRepository(Product).findOneByOrFail({ id: 1 });
    await cache.invalidate(target(one) as never);
    expect(await asked()).toEqual(expected);
  });

  it('takes several targets, and does nothing at all if one of them is wrong', async () => {
    const { cache, asked } = await startRows();
    for (const wrong of ['a::b', class Unknown {}, [class Unknown {}, 1], { id: 1 }, 7, null, undefined]) {
      await expect(cache.invalidate(Product, 'reports', wrong as never)).rejects.toBeInstanceOf(ZooCacheError);
    }
    expect(await asked()).toEqual([]);
    await cache.invalidate([Shelf, { hall: 1, place: 2 }], [Product, 2]);
    expect(await asked()).toEqual(['two', 'count', 'otherShelf', 'tagged']);
  });

  it('waits for the commit of the transaction around it, and does nothing after a rollback', async () => {
    const { cache, dataSource, asked } = await startRows();
    await dataSource
      .transaction(async () => {
        await cache.invalidate(Product);
        throw new Error('roll back');
      })
      .catch(() => undefined);
    expect(await asked()).toEqual([]);
    await dataSource.transaction(async (manager) => {
      await manager.query('SELECT 1');
      await cache.invalidate(Product);
    });
    expect(await asked()).toEqual(anyProduct);
  });

  it('covers what lies below a tag, and not what lies beside or above it', async () => {
    const { cache } = await startCache();
    const since = await cache.position();
    for (const tag of ['a', 'a:b', 'a:b:c', 'a:bc', 'ab']) await cache.set(tag, tag, { tags: [tag], since });
    await cache.invalidate('a:b');
    expect(await cache.getMany(['a', 'a:b', 'a:b:c', 'a:bc', 'ab'])).toEqual(['a', undefined, undefined, 'a:bc', 'ab']);
  });
});

describe('bypass(), clear() and the statistics', () => {
  it('read past the cache and store nothing inside bypass(), which returns what its body returns', async () => {
    const { cache } = await startCache();
    let loads = 0;
    const read = () => cache.getOrLoad('key', () => ++loads);
    expect(await cache.bypass(read)).toBe(1);
    expect(cache.stats()).toMatchObject({ entries: 0, bypasses: { bypass: 1 } });
    expect(await read()).toBe(2);
    expect(await cache.bypass(read)).toBe(3);
    expect(cache.bypass(() => 'plain')).toBe('plain');
    for (const none of [5, null, undefined]) {
      expect(() => cache.bypass(none as never)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
    expect(await read()).toBe(2);
  });

  it('forget everything, also what is still being loaded, with clear()', async () => {
    const { cache } = await startCache();
    await cache.set('key', 1);
    let finish!: (value: number) => void;
    const loading = cache.getOrLoad('slow', () => new Promise<number>((resolve) => (finish = resolve)));
    await cache.clear();
    finish(2);
    await loading;
    expect(await cache.getMany(['key', 'slow'])).toEqual([undefined, undefined]);
    expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0 });
  });

  it('count what happened, and start again from 0', async () => {
    const { cache } = await startCache();
    cache.resetStats();
    await cache.getOrLoad('key', () => 1);
    await cache.getOrLoad('key', () => 1);
    await cache.invalidate('tag');
    const before = cache.stats();
    expect(before).toEqual({
      hits: 1,
      misses: 1,
      loads: 1,
      fills: 1,
      invalidations: 1,
      bypasses: {},
      errors: 0,
      entries: 1,
      bytes: expect.any(Number),
      byName: { getOrLoad: { hits: 1, misses: 1, loads: 1, fills: 1 } },
    });
    expect(before.bytes).toBeGreaterThan(100);
    cache.resetStats();
    expect(cache.stats()).toMatchObject({ hits: 0, misses: 0, loads: 0, fills: 0, invalidations: 0, entries: 1 });
    expect(before.hits).toBe(1);
  });
});
