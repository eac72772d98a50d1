import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { InjectDataSource, InjectRepository } from '@nestjs/typeorm';
import { DataSource, Repository } from 'typeorm';
import { CacheQuery, ZooCacheService, type CacheQueryOptions, type InvalidationTarget } from '../../lib/index.js';
import { Product, start } from './application.js';

class Unknown {}

/** A service whose cached method reads nothing that TypeORM could show, and depends on these all the same. */
async function startDepending(dependsOn: readonly InvalidationTarget[], more: CacheQueryOptions = {}) {
  @Injectable()
  class Stock {
    calls = 0;

    constructor(
      @InjectRepository(Product) readonly products: Repository<Product>,
      @InjectDataSource() readonly dataSource: DataSource,
    ) {}

    @CacheQuery({ ...more, dependsOn })
    counted(): Promise<number> {
      return Promise.resolve(++this.calls);
    }

    @CacheQuery()
    around(): Promise<number> {
      return this.counted();
    }
  }
  const app = await start({ providers: [Stock] });
  const stock = app.get(Stock);
  await stock.products.insert([
    { id: 1, name: 'Zebra' },
    { id: 2, name: 'Gnu' },
  ]);
  return { stock, products: stock.products, cache: app.get(ZooCacheService) };
}

const counted = (stock: { counted(): Promise<number> }) => stock.counted();

describe('dependsOn', () => {
  it.each<[string, InvalidationTarget]>([
    ['its class', Product],
    ['its name', 'Product'],
  ])('makes every write to the table of an entity count, named by %s', async (_, target) => {
    const { stock, products } = await startDepending([target]);
    expect([await counted(stock), await counted(stock)]).toEqual([1, 1]);
    await products.insert({ id: 3, name: 'Okapi' });
    expect(await counted(stock)).toBe(2);
    await products.update(3, { price: 1 });
    expect(await counted(stock)).toBe(3);
    await products.delete(3);
    expect([await counted(stock), await counted(stock)]).toEqual([4, 4]);
  });

  it('makes the writes to one row count, and no others', async () => {
    for (const target of [[Product, 1], 'Product:1'] as const) {
      const { stock, products } = await startDepending([target]);
      expect(await counted(stock)).toBe(1);
      await products.update(2, { price: 1 });
      expect(await counted(stock)).toBe(1);
      await products.update(1, { price: 1 });
      expect(await counted(stock)).toBe(2);
    }
  });

  it('takes tags, beside those of `tags`', async () => {
    const { stock, cache } = await startDepending(['prices:today'], { tags: ['reports'] });
    expect(await counted(stock)).toBe(1);
    await cache.invalidate('prices');
    expect(await counted(stock)).toBe(2);
    await cache.invalidate('reports');
    expect(await counted(stock)).toBe(3);
    const explained = await cache.explain(stock, 'counted');
    expect(explained.isCached && explained.dependencies).toEqual(['reports', 'prices:today']);
  });

  it('holds for a cached answer that was made from this one', async () => {
    const { stock, products } = await startDepending([Product]);
    expect(await stock.around()).toBe(1);
    await products.update(1, { price: 1 });
    expect(await stock.around()).toBe(2);
  });

  it('makes the start fail for an entity that no DataSource has, rather than leave answers unkept', async () => {
    await expect(startDepending([Unknown])).rejects.toMatchObject({ code: 'UNKNOWN_ENTITY', subject: 'Unknown' });
    await expect(startDepending([[Unknown, 1]])).rejects.toMatchObject({ code: 'UNKNOWN_ENTITY' });
  });

  it.each<[unknown, string, RegExp]>([
    [
      { dependsOn: Product },
      'INVALID_OPTION',
      /dependsOn\. It must be a list of entities, rows as \[Entity, id\], and/,
    ],
    [{ dependsOn: [Product, 42] }, 'INVALID_TAG', /A tag must be a string: 42/],
    [{ dependsOn: ['a::b'] }, 'INVALID_TAG', /'a::b'/],
    [{ dependOn: [Product] }, 'INVALID_OPTION', /Did you mean 'dependsOn'/],
  ])('is checked when the class is defined: %p', (options, code, message) => {
    const decorate = () => {
      class Wrong {
        @CacheQuery(options as never)
        method(): number {
          return 1;
        }
      }
      return Wrong;
    };
    expect(decorate).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) as never }));
  });
});
