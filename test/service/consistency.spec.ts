import { Controller, Get, Injectable, UseInterceptors, type INestApplication } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { describe, expect, it } from '@jest/globals';
import supertest from 'supertest';
import type { DataSource } from 'typeorm';
import {
  CacheQuery,
  CacheResponse,
  ZooCacheInterceptor,
  ZooCacheService,
  cached,
  type ZooCacheOptions,
} from '../../lib/index.js';
import { ReferenceBus, ReferenceLog } from '../../lib/testing/index.js';
import { Gate } from '../engine/engine-fixture.js';
import { Product, start } from '../nest/application.js';

/** Hears of nothing that it does not ask for. */
class DeafBus extends ReferenceBus {
  override follow(): () => void {
    return () => {};
  }
}

type Consistency = NonNullable<ZooCacheOptions['consistency']>;

const NOW: Consistency = 'transparent';
const LATE: Consistency = { bounded: '1h' };

@Injectable()
class Catalog {
  loads = 0;

  @CacheQuery({ consistency: NOW })
  now(): Promise<number> {
    return Promise.resolve(++this.loads);
  }

  @CacheQuery({ consistency: LATE })
  late(): Promise<number> {
    return Promise.resolve(++this.loads);
  }

  @CacheQuery()
  unsaid(): Promise<number> {
    return Promise.resolve(++this.loads);
  }
}

@Controller()
@UseInterceptors(ZooCacheInterceptor)
class Web {
  loads = 0;

  @Get('now')
  @CacheResponse({ consistency: NOW })
  now(): object {
    return { loads: ++this.loads };
  }

  @Get('late')
  @CacheResponse({ consistency: LATE })
  late(): object {
    return { loads: ++this.loads };
  }

  @Get('unsaid')
  @CacheResponse()
  unsaid(): object {
    return { loads: ++this.loads };
  }
}

type Read = (app: INestApplication, consistency: Consistency | undefined) => Promise<number>;

let loads = 0;

const READS: readonly (readonly [string, Read])[] = [
  ['getOrLoad()', (app, consistency) => app.get(ZooCacheService).getOrLoad('key', () => ++loads, { consistency })],
  [
    'a method',
    (app, consistency) => {
      const catalog = app.get(Catalog);
      return consistency === NOW ? catalog.now() : consistency === LATE ? catalog.late() : catalog.unsaid();
    },
  ],
  [
    'a cached repository',
    async (app, consistency) => {
      const products = app.get<DataSource>(getDataSourceToken()).getRepository(Product);
      await cached(products, { consistency }).count();
      return app.get(ZooCacheService).stats().byName['Product.count'].loads;
    },
  ],
  [
    'a handler',
    async (app, consistency) => {
      const path = consistency === NOW ? '/now' : consistency === LATE ? '/late' : '/unsaid';
      return ((await supertest(app.getHttpServer()).get(path)).body as { loads: number }).loads;
    },
  ],
];

describe.each(READS)('How new an answer of %s must be', (_, read) => {
  it.each([
    ['now, where the application says nothing', undefined, undefined, true],
    ['what the application says', LATE, undefined, false],
    ['what it says itself: now, where others may be late', LATE, NOW, true],
    ['what it says itself: late, where others are new', NOW, LATE, false],
  ])('is %s', async (_what, consistency, own, isNew) => {
    const log = new ReferenceLog();
    const startOne = () =>
      start({
        options: { storage: 'memory://', bus: new DeafBus(log), consistency },
        providers: [Catalog],
        controllers: [Web],
      });
    const [app, other] = [await startOne(), await startOne()];
    const before = await read(app, own);
    expect(await read(app, own)).toBe(before);
    await other.get(ZooCacheService).clear();
    expect((await read(app, own)) > before).toBe(isNew);
  });
});

it('A value that is set inside a cached call which began in another life of the log is too old, and the key holds nothing', async () => {
  const log = new ReferenceLog();
  const startOne = async (): Promise<ZooCacheService> =>
    (await start({ options: { storage: 'memory://', bus: new ReferenceBus(log) } })).get(ZooCacheService);
  const [cache, other] = [await startOne(), await startOne()];
  for (let i = 0; i < 20; i++) await other.invalidate('tag');
  await cache.set('key', 'first', { tags: [] });
  const [begun, goOn] = [new Gate(), new Gate()];
  const load = cache.getOrLoad('load', async () => {
    begun.open();
    await goOn.opened;
    await cache.set('key', 'computed before', { tags: ['tag'] });
  });
  await begun.opened;
  log.lose(0);
  await other.invalidate('tag');
  await cache.waitFor(await other.position());
  goOn.open();
  await load;
  expect(await cache.has('key')).toBe(false);
  expect((await cache.explain('key')).summary).toMatch(/too old/);
});
