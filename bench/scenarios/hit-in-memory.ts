import { LRUCache } from 'lru-cache';
import { ZooCacheService } from 'nestjs-zoocache';
import { AsyncLocalStorage } from 'node:async_hooks';
import { compare, type Contender } from '../harness/measure.js';
import { report, times, type Finding } from '../harness/scenario.js';
import type { Post, Product } from '../world/entities.js';
import { copyPost, copyProduct } from '../world/ideal-copy.js';
import { Catalog, openShop } from '../world/shop.js';

const FIND_OPTIONS = {
  where: { category: 'category 3', isActive: true },
  order: { price: 'DESC' as const, id: 'ASC' as const },
  skip: 0,
  take: 1,
};

/** Since Node 24 an AsyncLocalStorage in use does not make every await slower. */
const AWAITS_ARE_CHEAP = Number(process.versions.node.split('.')[0]) >= 24;

/** Reads that are answered from memory, against the least that any cache in memory could do. */
await report(async () => {
  const app = await openShop();
  const catalog = app.get(Catalog);
  const zooCache = app.get(ZooCacheService);
  // Node 20 makes every await slower once an AsyncLocalStorage is in use; the limit pays that too.
  const inUse = new AsyncLocalStorage<number>();
  inUse.run(1, () => undefined);

  const product = (await catalog.byId(1))!;
  const posts = await catalog.newest(100);
  await catalog.find(FIND_OPTIONS);
  await zooCache.getOrLoad('product:1', () => catalog.products.findOneBy({ id: 1 }), { tags: ['a', 'b'] });
  const lru = new LRUCache<string, object>({ max: 100_000 });
  lru.set('Catalog.byId(1)', product);
  lru.set('posts', posts);
  const frozen = await openShop({ copy: 'freeze' });
  const frozenCatalog = frozen.get(Catalog);
  await frozenCatalog.byId(1);

  const copied = (): Product => copyProduct(lru.get('Catalog.byId(1)') as Product);
  const limit = async (): Promise<Product> => copied();
  const one = await compare([
    repeated('limit', limit),
    repeated('@CacheQuery', () => catalog.byId(1)),
    repeated('getOrLoad', () => zooCache.getOrLoad('product:1', neverLoads)),
    repeated('find options', () => catalog.find(FIND_OPTIONS)),
  ]);
  const keyed = one.nanoseconds.get('find options')! - one.nanoseconds.get('@CacheQuery')!;

  const synchronous = await compare([
    {
      name: 'synchronous',
      run(count) {
        for (let i = 0; i < count; i++) copied();
      },
    },
    repeated('@CacheQuery', () => catalog.byId(1)),
  ]);
  const many = await compare([
    repeated('copy', async () => (lru.get('posts') as Post[]).map(copyPost)),
    repeated('@CacheQuery', () => catalog.newest(100)),
  ]);
  const shared = await compare([
    repeated('lru-cache', async () => lru.get('Catalog.byId(1)')),
    repeated('freeze', () => frozenCatalog.byId(1)),
  ]);
  await app.close();
  await frozen.close();

  return [
    ratioFinding('hit, one entity, @CacheQuery with an id', one.ratios.get('@CacheQuery')!, 1.5, 'the limit'),
    ratioFinding(
      'the same, against the limit without any await',
      synchronous.ratios.get('@CacheQuery')!,
      AWAITS_ARE_CHEAP ? 1.7 : Infinity,
      'the synchronous limit',
    ),
    ratioFinding('hit, one entity, getOrLoad with a key', one.ratios.get('getOrLoad')!, 1.5, 'the limit'),
    {
      case: 'hit keyed by find options, more than by an id',
      measured: `${(keyed / 1_000).toFixed(2)} us`,
      target: 'at most 1.2 us',
      isMet: keyed <= 1_200,
    },
    ratioFinding('hit, 100 entities with relations', many.ratios.get('@CacheQuery')!, 1.3, 'a copy written by hand'),
    ratioFinding("hit with copy: 'freeze'", shared.ratios.get('freeze')!, 1.3, 'an awaited lru-cache get'),
  ];
});

function repeated(name: string, call: () => Promise<unknown>): Contender {
  return {
    name,
    async run(count) {
      for (let i = 0; i < count; i++) await call();
    },
  };
}

function ratioFinding(
  title: string,
  ratio: { median: number; low: number; high: number },
  limit: number,
  of: string,
): Finding {
  const target = limit === Infinity ? `for information, of ${of}` : `at most ${limit} x ${of}`;
  return { case: title, measured: times(ratio), target, isMet: ratio.median <= limit };
}

function neverLoads(): never {
  throw new Error('the answer should have been in memory');
}
