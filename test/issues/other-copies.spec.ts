import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { Injectable, type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { join } from 'node:path';
import { DataSource, Repository } from 'typeorm';
import { CacheQuery, ZooCacheService } from '../../lib/index.js';
import { database, KeptLog, Product, start } from '../nest/application.js';
import { CompiledLibrary } from '../support/compiled-library.js';

/*
 * Two versions of the package in one monorepo, and a service of each in one process: both hear all statements, but a load of
 * the one heard nothing of what the other answered from its cache, and kept lists that new rows did not drop.
 */

@Injectable()
class Catalog {
  /** What is asked of another application. */
  other: () => Promise<unknown> = () => Promise.resolve();

  constructor(@InjectRepository(Product) readonly products: Repository<Product>) {}

  @CacheQuery()
  async named(name: string): Promise<number[]> {
    return (await this.products.findBy({ name })).map(({ id }) => id);
  }

  @CacheQuery()
  through(): Promise<unknown> {
    return this.other();
  }
}

const library = CompiledLibrary.of(['.'], { packages: true });
const running: INestApplicationContext[] = [];

afterAll(() => library.remove());

/** An application with another copy of the library, which caches all ordinary reads. */
async function startOther(): Promise<INestApplicationContext> {
  const copy = (await import(join(library.directory, 'index.js'))) as typeof import('../../lib/index.js');
  expect(copy.ZooCacheService).not.toBe(ZooCacheService);
  const module = await Test.createTestingModule({
    imports: [copy.ZooCacheModule.forRoot({ entities: { '*': {} } }), database(), TypeOrmModule.forFeature([Product])],
    providers: [{ provide: 'cache', inject: [copy.ZooCacheService], useFactory: (cache: ZooCacheService) => cache }],
  })
    .setLogger(new KeptLog())
    .compile();
  const app = await module.init();
  running.push(app);
  return app;
}

afterEach(async () => {
  for (const app of running.splice(0)) await app.close();
});

describe('Another copy of the library in the process', () => {
  it('does not answer the reads of an application that is none of its own', async () => {
    const app = await start({ providers: [Catalog] });
    const other = await startOther();
    const catalog = app.get(Catalog);
    for (const ids of [[], [1]]) {
      expect([await catalog.named('new'), await catalog.named('new')]).toEqual([ids, ids]);
      await catalog.products.insert({ name: 'new' });
    }
    expect(app.get(ZooCacheService).stats()).toMatchObject({ loads: 2, hits: 2 });
    expect(other.get<ZooCacheService>('cache').stats()).toMatchObject({ hits: 0, misses: 0 });
  });

  it.each(['reads', 'values'])('has none of the %s it answers kept in an answer of this one', async (kind) => {
    const app = await start({ providers: [Catalog] });
    const other = await startOther();
    const catalog = app.get(Catalog);
    const products = other.get(DataSource).getRepository(Product);
    const cache = other.get<ZooCacheService>('cache');
    const ask = () => (kind === 'reads' ? products.countBy({ name: 'new' }) : cache.get('latest'));
    catalog.other = ask;
    for (const count of [0, 1, 2]) {
      await cache.set('latest', count);
      expect([await ask(), await catalog.through()]).toEqual([count, count]);
      await products.insert({ name: 'new' });
    }
    expect(app.get(ZooCacheService).stats()).toMatchObject({
      hits: 0,
      bypasses: { 'another copy of nestjs-zoocache': 3 },
    });
  });
});
