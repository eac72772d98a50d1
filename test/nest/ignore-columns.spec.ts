import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import {
  CacheQuery,
  ZooCacheModule,
  ZooCacheService,
  type EntityOptions,
  type ZooCacheOptions,
} from '../../lib/index.js';
import { temporaryDirectory } from '../conformance/temporary-directory.js';
import '../support/lmdb.js';
import { database, KeptLog, Product, start } from './application.js';

let source: DataSource;

@Injectable()
class Catalog {
  @CacheQuery('1h')
  async listed(): Promise<{ readonly products: Map<string, Product> }> {
    const products = await source.getRepository(Product).find();
    return { products: new Map(products.map((product) => [product.name, product])) };
  }
}

async function open(options: ZooCacheOptions, feature?: EntityOptions, log = new KeptLog()) {
  const features = feature === undefined ? [] : [ZooCacheModule.forFeature([[Product, feature]])];
  const app = await start({ options, imports: [...features, database()], providers: [Catalog], log });
  source = app.get<DataSource>(getDataSourceToken());
  await source.manager.save(Product, { name: 'Rope', price: 10 });
  // Where others have a say, what was written is pending until its release has come back.
  const cache = app.get(ZooCacheService);
  const settled = () => cache.position();
  await settled();
  /** Reads until the answer comes from the cache: a storage that others share has it a moment after it was loaded. */
  const untilCached = async (read: () => Promise<unknown>) => {
    let before: number;
    do {
      before = cache.stats().hits;
      await read();
    } while (cache.stats().hits === before);
  };
  return { products: source.getRepository(Product), catalog: app.get(Catalog), log, settled, untilCached };
}

const directory = temporaryDirectory();

describe.each<ZooCacheOptions>([
  { storage: 'memory://' },
  { storage: 'memory://?serialize=true' },
  { storage: `lmdb:${directory}`, prefix: 'far', l1: false },
  { storage: `lmdb:${directory}`, prefix: 'near' },
])('an entity with ignored columns in %j', (place) => {
  it.each([
    ['entities', { entities: { Product: { ignoreColumns: ['price'] } } }, undefined],
    ['forFeature()', {}, { ignoreColumns: ['price'] }],
  ])('is saved without them after a load and after a hit, as %s say', async (_where, options, feature) => {
    const { products, catalog, settled, untilCached } = await open({ ...place, ...options }, feature);
    for (const time of ['load', 'hit']) {
      const product = (await products.findOneBy({ id: 1 }))!;
      const listed = (await catalog.listed()).products.get(product.name)!;
      expect([time, product.price, listed.price]).toEqual([time, 10, 10]);
      // It stays as it was until another column is written.
      await untilCached(() => products.findOneBy({ id: 1 }));
      await products.increment({ id: 1 }, 'price', 5);
      expect((await products.findOneBy({ id: 1 }))!.price).toBe(10);
      await products.save(Object.assign(product, { name: `${time} 1` }));
      await products.save(Object.assign(listed, { name: `${time} 2` }));
      expect(await source.query('SELECT name, price FROM product')).toEqual([{ name: `${time} 2`, price: 15 }]);
      await products.update(1, { name: 'Rope', price: 10 });
      await settled();
      if (time === 'load')
        for (const read of [() => products.findOneBy({ id: 1 }), () => catalog.listed()]) await read();
    }
  });
});

describe('an application', () => {
  it('warns once of answers that hold ignored columns, and only then', async () => {
    const { products, log } = await open({ entities: { Product: { ignoreColumns: ['price'] } } });
    const warnings = (): string[] => log.lines.filter((line) => line.includes('ignoreColumns'));
    await products.find({ select: { name: true } });
    expect(warnings()).toEqual([]);
    await products.findOneBy({ id: 1 });
    await products.find();
    expect(warnings()).toEqual([expect.stringMatching(/^warn A cached answer reads 'price' of Product,/)]);
  });

  it('does not start with ignored columns that are none, or for all entities at once', async () => {
    await expect(open({ entities: { Product: { ignoreColumns: ['prize'] } } })).rejects.toThrow(/Did you mean 'price'/);
    await expect(open({}, { ignoreColumns: ['id'] })).rejects.toThrow(/part of the primary key/);
    await expect(open({ entities: { '*': { ignoreColumns: ['price'] } } })).rejects.toThrow(
      /given to each entity by its name/,
    );
  });
});
