import { AsyncLocalStorage } from 'node:async_hooks';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { getCachedRepositoryToken, ZooCacheModule, type CachedRepository } from 'nestjs-zoocache';
import { DataSource, type FindManyOptions } from 'typeorm';
import { compare, type Contender } from '../harness/measure.js';
import { report, times, type Finding } from '../harness/scenario.js';
import { ENTITIES, Post, Product } from '../world/entities.js';
import { onPostgres } from '../world/postgres-server.js';
import { fillShop } from '../world/shop.js';

const PAGE: FindManyOptions<Post> = {
  relations: { author: true, tags: true, comments: true },
  order: { id: 'DESC' },
  take: 100,
};

/**
 * Reads of cached repositories that are answered from memory, against the same calls on PostgreSQL, in CPU time of the
 * application: what the server does and the wait for it come on top of the uncached side.
 */
await report(() =>
  onPostgres(async (options) => {
    class ShopModule {}
    Module({
      imports: [
        ZooCacheModule.forRoot(),
        TypeOrmModule.forRoot({ ...options, entities: ENTITIES, synchronize: true }),
        ZooCacheModule.forFeature([Product, Post]),
      ],
    })(ShopModule);
    const app = await NestFactory.createApplicationContext(ShopModule, { logger: ['error'] });
    // What the module makes every await of the process pay on Node 20 is paid by most applications anyway.
    new AsyncLocalStorage<number>().run(1, () => undefined);
    const { manager } = app.get(DataSource);
    await fillShop(manager);
    const products = app.get<CachedRepository<Product>>(getCachedRepositoryToken(Product));
    const posts = app.get<CachedRepository<Post>>(getCachedRepositoryToken(Post));

    const row = await compare([
      repeated('uncached', () => manager.findOneBy(Product, { id: 1 })),
      repeated('cached', () => products.findOneBy({ id: 1 })),
    ]);
    const page = await compare([
      repeated('uncached', () => manager.find(Post, PAGE)),
      repeated('cached', () => posts.find(PAGE)),
    ]);
    const builder = await compare([
      repeated('uncached', () => manager.createQueryBuilder(Product, 'p').where('p.id = :id', { id: 1 }).getOne()),
      repeated('cached', () => products.createQueryBuilder('p').where('p.id = :id', { id: 1 }).getOne()),
    ]);
    await app.close();
    return [
      finding('findOneBy({ id }) in memory', row, 0.01),
      finding('100 entities with three relations in memory', page, 0.02),
      finding('getOne() of a query builder in memory', builder, 0.3),
    ];
  }),
);

function repeated(name: string, call: () => Promise<unknown>): Contender {
  return {
    name,
    async run(count) {
      for (let i = 0; i < count; i++) await call();
    },
  };
}

function finding(title: string, { ratios, nanoseconds }: Awaited<ReturnType<typeof compare>>, limit: number): Finding {
  const ratio = ratios.get('cached')!;
  const microseconds = (nanoseconds.get('cached')! / 1_000).toFixed(2);
  return {
    case: title,
    measured: `${times(ratio, 4)}, ${microseconds} us`,
    target: `at most ${limit} x the call on PostgreSQL`,
    isMet: ratio.median <= limit,
  };
}
