import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { cached } from '../../lib/typeorm/reads/cached-repository.js';
import { policyOf } from '../../lib/typeorm/entities/entity-options.js';
import { describeDatabases, openDataSource, databases } from '../support/databases.js';
import { listen } from './hearing.js';
import { Bill, ClosureBranch, entities, Goods, GoodsView, Maker, NoteSchema } from './reading.entities.js';
import { Reading } from './reading.js';

let reading: Reading;

beforeEach(() => {
  reading = new Reading({ Goods: { ttl: '1m' }, Bill: { operations: ['get', 'count'] } });
});
afterEach(() => reading.close());

async function openShop(database = databases()[0]): Promise<DataSource> {
  const dataSource = await openDataSource(database, entities);
  listen();
  Bill.useDataSource(dataSource);
  const maker = await dataSource.manager.save(Maker, { name: 'Acme' });
  await dataSource.manager.save(Goods, [
    { name: 'Anvil', price: 10, maker },
    { name: 'Rocket', price: 30 },
  ]);
  await dataSource.manager.save(Bill, [{ total: 10 }, { total: 20 }]);
  return dataSource;
}

describeDatabases('an entity that is cached automatically', (database) => {
  it('is read through the cache by ordinary repositories, managers and active records, and never too late', async () => {
    const dataSource = await openShop(database);
    const products = dataSource.getRepository(Goods);
    const { manager } = dataSource;
    const reads: (() => Promise<unknown>)[] = [
      () => products.findOneBy({ id: 1 }),
      () => products.find({ relations: { maker: true }, order: { id: 'ASC' } }),
      () => products.findAndCount({ order: { id: 'ASC' } }),
      () => manager.findBy(Goods, { name: 'Anvil' }),
      () => manager.findOneOrFail(Goods, { where: { name: 'Anvil' } }),
      () => manager.count(Goods),
      () => manager.existsBy('Goods', { id: 1 }),
      () => manager.sum(Goods, 'price'),
      () => products.maximum('price'),
      () => Bill.findOneByOrFail({ id: 1 }),
      () => Bill.countBy({ total: 10 }),
    ];
    for (const read of reads) {
      const first = await read();
      const statements = reading.statements(dataSource);
      expect([String(read), await read()]).toEqual([String(read), first]);
      expect([String(read), statements.take()]).toEqual([String(read), []]);
      await dataSource.query('UPDATE goods SET price = price + 1');
      await dataSource.query('UPDATE bill SET total = total + 1 WHERE id = 2');
      const [cachedAnswer, answer] = [await read(), await dataSource.transaction(read)];
      expect([String(read), cachedAnswer]).toEqual([String(read), answer]);
    }
  });

  it('loses no update, because what save() compares with comes from the database', async () => {
    const dataSource = await openShop(database);
    const products = dataSource.getRepository(Goods);
    const goods = (await products.findOneBy({ id: 1 }))!;
    await products.findOneBy({ id: 1 });
    // Something that nobody here hears of: the cache is as old as its lifetime allows, and saving must not trust it.
    await reading.unheard(() => dataSource.query('UPDATE goods SET price = 50 WHERE id = 1'));
    expect((await products.findOneBy({ id: 1 }))!.price).toBe(10);
    await products.save({ id: 1, price: 10 });
    expect((await products.findOneBy({ id: 1 }))!.price).toBe(10);
    expect(await dataSource.query('SELECT price FROM goods WHERE id = 1')).toEqual([{ price: 10 }]);

    await products.findOneBy({ id: 2 });
    await reading.unheard(() => dataSource.query(`UPDATE goods SET name = 'Shuttle' WHERE id = 2`));
    expect(await products.preload({ id: 2, price: 1 })).toMatchObject({ name: 'Shuttle', price: 1 });
    expect(goods.price).toBe(10);
  });

  it('is reloaded from the database, because whoever reloads does not believe what he has', async () => {
    const dataSource = await openShop(database);
    const bill = await Bill.findOneByOrFail({ id: 1 });
    await reading.unheard(() => dataSource.query('UPDATE bill SET total = 50 WHERE id = 1'));
    expect(await Bill.findOneByOrFail({ id: 1 })).toMatchObject({ total: 10 });
    await bill.reload();
    expect(bill.total).toBe(50);
    // What others get is as it was: reloading is one read past the cache.
    expect(await Bill.findOneByOrFail({ id: 1 })).toMatchObject({ total: 10 });
  });

  it('is removed, restored and saved with cascades past the cache too', async () => {
    const dataSource = await openShop(database);
    const products = dataSource.getRepository(Goods);
    const goods = (await products.find({ order: { id: 'ASC' } }))[0];
    await products.softRemove(goods);
    expect(await products.find()).toHaveLength(1);
    await products.recover(goods);
    expect(await products.count()).toBe(2);
    await products.remove(goods);
    expect(await products.exists({ where: { name: 'Anvil' } })).toBe(false);
    const makers = dataSource.getRepository(Maker);
    const maker = await makers.findOneOrFail({ where: { id: 1 }, relations: { goods: true } });
    expect(maker.goods).toEqual([]);
  });
});

describe('An entity that is cached automatically', () => {
  it('goes to the database for what was not named: other operations, entities, and query builders', async () => {
    const dataSource = await openShop();
    const statements = reading.statements(dataSource);
    for (let time = 0; time < 2; time++) {
      await Bill.find();
      await Bill.exists();
      await Bill.sum('total', {});
      await dataSource.manager.find(Maker);
      await dataSource.manager.createQueryBuilder(Goods, 'g').getMany();
    }
    expect(statements.take()).toHaveLength(10);
    expect(reading.bypasses()).toEqual({});
  });

  it('is the same entry in an automatic and in a cached repository that keep it for the same time', async () => {
    const dataSource = await openShop();
    await dataSource.getRepository(Goods).findOneBy({ id: 1 });
    const statements = reading.statements(dataSource);
    await cached(dataSource.getRepository(Goods)).findOneBy({ id: 1 });
    await cached(dataSource.getRepository(Goods), { ttl: '1m' }).findOne({ where: { id: 1 } });
    expect(statements.take()).toEqual([]);
    await cached(dataSource.getRepository(Goods), { ttl: '2m' }).findOneBy({ id: 1 });
    expect(statements.take()).toHaveLength(1);
  });

  it('is read from the transaction inside of one', async () => {
    const dataSource = await openShop();
    const products = dataSource.getRepository(Goods);
    await products.findOneBy({ id: 1 });
    await dataSource
      .transaction(async (manager) => {
        await manager.update(Goods, { id: 1 }, { name: 'inside' });
        expect((await manager.findOneBy(Goods, { id: 1 }))!.name).toBe('inside');
        expect((await products.findOneBy({ id: 1 }))!.name).toBe('inside');
        throw new Error('no');
      })
      .catch(() => undefined);
    expect((await products.findOneBy({ id: 1 }))!.name).toBe('Anvil');
  });

  it('is never answered where a query runner reads, as save() does before it compares', async () => {
    const dataSource = await openShop();
    const { manager } = dataSource.createQueryRunner();
    await dataSource.manager.findOneBy(Goods, { id: 1 });
    const statements = reading.statements(dataSource);
    await manager.findOneBy(Goods, { id: 1 });
    await manager.getRepository(Goods).findOneBy({ id: 1 });
    expect(statements.take()).toHaveLength(2);
  });

  it('is never answered inside of preload(), which older versions of TypeORM read by ordinary managers', async () => {
    const dataSource = await openShop();
    await dataSource.manager.find(Goods);
    dataSource.subscribers.push({
      listenTo: () => Bill,
      async afterLoad() {
        await dataSource.manager.find(Goods);
      },
    });
    await dataSource.manager.preload(Bill, { id: 1, total: 2 });
    expect(reading.bypasses()).toEqual({ preload: 1 });
    expect(reading.counts('Goods.find').hits).toBe(0);
  });

  it('hands what it depends on to the cached call that reads it', async () => {
    const dataSource = await openShop();
    const products = dataSource.getRepository(Goods);
    await products.findOneBy({ id: 1 });
    const read = () => reading.keep('outer', () => products.findOneBy({ id: 1 }));
    await read();
    await products.update({ id: 1 }, { name: 'Hammer' });
    expect((await read())!.name).toBe('Hammer');
  });

  it("is every entity with '*', unless it is named: trees, views and schemas", async () => {
    reading.close();
    reading = new Reading({ '*': {}, Goods: { ttl: 0 } });
    const dataSource = await openShop();
    const statements = reading.statements(dataSource);
    for (let time = 0; time < 2; time++) {
      await dataSource.manager.find(GoodsView);
      await dataSource.manager.find(NoteSchema);
      await dataSource.getTreeRepository(ClosureBranch).find();
      await Bill.find();
    }
    expect(statements.take()).toHaveLength(4);
    for (let time = 0; time < 2; time++) await dataSource.manager.find(Goods);
    expect(statements.take()).toHaveLength(2);
  });

  it('belongs to the application that switched it on, and to no other', async () => {
    const dataSource = await openShop();
    const other = new Reading({ Goods: { ttl: '5m' } });
    reading.reads.serve(dataSource);
    const products = dataSource.getRepository(Goods);
    for (let time = 0; time < 2; time++) await products.findOneBy({ id: 1 });
    expect([reading.counts('Goods.findOneBy').hits, other.counts('Goods.findOneBy').misses]).toEqual([1, 0]);
    other.reads.serve(dataSource);
    await products.findOneBy({ id: 1 });
    await other.load(() => products.findOneBy({ id: 1 }));
    expect([reading.counts('Goods.findOneBy').hits, other.counts('Goods.findOneBy').misses]).toEqual([2, 1]);
    // Only one of them has switched this one on.
    await other.load(() => Bill.count());
    expect(reading.counts('Bill.count').misses).toBe(1);
    other.close();
  });

  it('can be switched on for one of two DataSources', async () => {
    reading.close();
    reading = new Reading();
    const [one, two] = [await openShop(), await openShop()];
    reading.reads.switchOn(one, Goods, policyOf({ ttl: '1m' }, 'here'));
    reading.reads.switchOn(one, Goods, policyOf({ ttl: '1m' }, 'there'));
    expect(() => reading.reads.switchOn(one, Goods, policyOf({ ttl: '2m' }, 'there'))).toThrow(/two different ways/);
    for (let time = 0; time < 2; time++) {
      await one.manager.find(Goods);
      await two.manager.find(Goods);
    }
    expect(reading.counts('Goods.find')).toMatchObject({ hits: 1, misses: 1 });
  });

  it('is refused by name when no DataSource has it', () => {
    const dataSources = [{ isInitialized: true, entityMetadatas: [{ name: 'Goods' }, { name: 'Product' }] }];
    expect(() => reading.reads.check(dataSources)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_ENTITY', message: expect.stringMatching(/'Bill'/) }),
    );
    const misspelt = new Reading({ Prodct: {} });
    expect(() => misspelt.reads.check(dataSources)).toThrow(/Did you mean 'Product'/);
    // One that may have it is yet to be initialised.
    expect(() => misspelt.reads.check([{ isInitialized: false, entityMetadatas: [] }])).not.toThrow();
    misspelt.close();
  });
});
