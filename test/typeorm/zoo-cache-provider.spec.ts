import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { cached } from '../../lib/typeorm/reads/cached-repository.js';
import { zooCacheProvider } from '../../lib/typeorm/reads/zoo-cache-provider.js';
import { databases, describeDatabases, openDataSource } from '../support/databases.js';
import { listen } from './hearing.js';
import { entities, Goods, Maker } from './reading.entities.js';
import { Reading } from './reading.js';

let reading: Reading;

beforeEach(() => {
  reading = new Reading();
});
afterEach(() => reading.close());

async function openShop(database = databases()[0], options: object = {}): Promise<DataSource> {
  const cache = { provider: zooCacheProvider, ...options };
  const dataSource = await openDataSource(database, entities, { cache });
  listen();
  const maker = await dataSource.manager.save(Maker, { name: 'Acme' });
  await dataSource.manager.save(Goods, [
    { name: 'Anvil', price: 10, maker },
    { name: 'Rocket', price: 30, maker },
  ]);
  return dataSource;
}

describeDatabases("what TypeORM's own cache is asked for, with zooCacheProvider", (database) => {
  it('is answered without a statement until something of it is written', async () => {
    const dataSource = await openShop(database);
    const { manager } = dataSource;
    const reads: (() => Promise<unknown>)[] = [
      () => manager.find(Goods, { cache: true, order: { id: 'ASC' } }),
      () => manager.find(Goods, { cache: 60_000, relations: { maker: true }, order: { id: 'ASC' }, take: 1 }),
      () => manager.findAndCount(Goods, { cache: { id: 'page', milliseconds: 1_000 }, order: { id: 'ASC' } }),
      () => manager.createQueryBuilder(Goods, 'g').cache(true).orderBy('g.id').getRawMany(),
      () => manager.createQueryBuilder(Goods, 'g').cache('sum').select('SUM(g.price)', 'sum').getRawOne(),
    ];
    for (const read of reads) {
      const first = await read();
      const statements = reading.statements(dataSource);
      expect([String(read), await read()]).toEqual([String(read), first]);
      expect([String(read), statements.take()]).toEqual([String(read), []]);
      await manager.increment(Goods, { id: 1 }, 'price', 1);
      const [cachedAnswer, answer] = [await read(), await dataSource.transaction(read)];
      expect([String(read), cachedAnswer]).toEqual([String(read), answer]);
    }
  });

  it('keeps the types of the rows, as the driver gave them', async () => {
    const dataSource = await openShop(database);
    await dataSource.manager.softDelete(Goods, { id: 1 });
    const read = () =>
      dataSource.manager.createQueryBuilder(Goods, 'g').withDeleted().cache(true).select('g.gone', 'gone').getRawMany();
    const first = await read();
    expect(await read()).toEqual(first);
    const entity = () => dataSource.manager.findOne(Goods, { where: { id: 1 }, withDeleted: true, cache: true });
    await entity();
    expect((await entity())!.gone).toBeInstanceOf(Date);
  });

  it('loses no update and shows no transaction, even where everything is cached', async () => {
    const dataSource = await openShop(database, { alwaysEnabled: true });
    const products = dataSource.getRepository(Goods);
    const read = async () => (await products.findOneBy({ id: 1 }))!.price;
    expect(await read()).toBe(10);
    // What it compares with is read here too, and nothing is written.
    await products.save({ id: 1, price: 10 });
    await reading.unheard(() => dataSource.query('UPDATE goods SET price = 50 WHERE id = 1'));
    expect(await read()).toBe(10);
    await products.save({ id: 1, price: 10 });
    expect(await dataSource.query('SELECT price FROM goods WHERE id = 1')).toEqual([{ price: 10 }]);
    await dataSource
      .transaction(async (manager) => {
        await manager.update(Goods, { id: 1 }, { price: 99 });
        expect((await manager.findOneBy(Goods, { id: 1 }))!.price).toBe(99);
        throw new Error('no');
      })
      .catch(() => undefined);
    expect(await read()).toBe(10);
  });
});

describe("What TypeORM's own cache is asked for, with zooCacheProvider", () => {
  it('is forgotten by its id, with the count and the page of the same read, and as a whole', async () => {
    const dataSource = await openShop();
    const cache = dataSource.queryResultCache!;
    const page = () =>
      dataSource.manager.findAndCount(Goods, {
        cache: { id: 'page', milliseconds: 60_000 },
        relations: { maker: true },
        take: 1,
      });
    const other = () => dataSource.manager.find(Goods, { cache: { id: 'other', milliseconds: 60_000 } });
    await page();
    await other();
    const statements = reading.statements(dataSource);
    await cache.remove(['page']);
    await other();
    expect(statements.take()).toEqual([]);
    await page();
    expect(statements.take()).toHaveLength(3);
    await cache.clear();
    await page();
    await other();
    expect(statements.take()).toHaveLength(4);
  });

  it('is told apart by types of parameters, ids and lifetimes', async () => {
    const dataSource = await openShop();
    const read = (value: unknown, id?: string, duration?: number) => {
      const builder = dataSource.manager.createQueryBuilder(Goods, 'g').where('g.name = :value', { value });
      return (id === undefined ? builder.cache(true) : builder.cache(id, duration)).getMany();
    };
    await read('1');
    const statements = reading.statements(dataSource);
    await read(true);
    await read('1', 'a');
    await read('1', 'b');
    await read('1', 'b', 5_000);
    expect(statements.take()).toHaveLength(4);
    await read('1');
    await read('1', 'b');
    expect(statements.take()).toEqual([]);
  });

  it('hands what it depends on to the cached call around it', async () => {
    const dataSource = await openShop();
    const find = () => dataSource.manager.find(Goods, { cache: true });
    await find();
    const read = () => reading.keep('outer', find);
    expect(await read()).toHaveLength(2);
    await dataSource.manager.insert(Goods, { name: 'Spring' });
    expect(await read()).toHaveLength(3);
    expect(reading.counts('outer')).toMatchObject({ loads: 2, fills: 2 });
  });

  it('stays with it when a cached repository is asked the same', async () => {
    const dataSource = await openShop();
    const products = cached(dataSource.getRepository(Goods));
    for (let time = 0; time < 2; time++) await products.find({ cache: true });
    expect(reading.counts('typeorm cache')).toMatchObject({ hits: 1, misses: 1 });
    expect(reading.counts('Goods.find').misses).toBe(0);
  });

  it('is never handed to the interface that makes JSON of it', async () => {
    const dataSource = await openShop();
    const refuse = () => Promise.reject(new Error('asked'));
    Object.assign(dataSource.queryResultCache!, { getFromCache: refuse, storeInCache: refuse });
    for (let time = 0; time < 2; time++) expect(await dataSource.manager.find(Goods, { cache: true })).toHaveLength(2);
  });

  it('shows a transaction its own pages, whoever reads them by its runner', async () => {
    const dataSource = await openShop();
    const options = { relations: { maker: true }, order: { id: 'ASC' }, take: 1, cache: true } as const;
    await dataSource.manager.find(Goods, options);
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query('DELETE FROM goods WHERE id = 1');
    const page = await reading.outside(() => runner.manager.find(Goods, options));
    expect(page.map(({ id }) => id)).toEqual([2]);
    await runner.rollbackTransaction();
  });

  it('goes to the database while no application has the DataSource', async () => {
    const dataSource = await openShop();
    reading.close();
    const statements = reading.statements(dataSource);
    for (let time = 0; time < 2; time++) {
      expect(await dataSource.manager.find(Goods, { cache: true })).toHaveLength(2);
    }
    expect(statements.take()).toHaveLength(2);
    expect(await dataSource.queryResultCache!.getFromCache({ duration: 1 })).toBeUndefined();
  });
});
