import type { INestApplicationContext } from '@nestjs/common';
import { Redis } from 'ioredis';
import { open } from 'lmdb';
import { ZooCacheService, type ZooCacheOptions } from 'nestjs-zoocache';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, type FindManyOptions } from 'typeorm';
import { microsecondsEach, ratioInTurns } from '../harness/in-flight.js';
import { compare, median, type Contender, type Ratio } from '../harness/measure.js';
import { report, times, type Finding } from '../harness/scenario.js';
import { openApplication } from '../world/application.js';
import { ENTITIES, Post } from '../world/entities.js';
import { onPostgres } from '../world/postgres-server.js';
import { onRedis, type RedisServer } from '../world/redis-server.js';
import { Catalog, fillShop, openShop } from '../world/shop.js';

const KEYS = 2_000;
const KILOBYTE = { text: 'x'.repeat(1_000) };

const PAGE: FindManyOptions<Post> = {
  relations: { author: true, tags: true, comments: true },
  order: { id: 'DESC' },
  take: 100,
};

/** Hits where other processes have a say: in the memory tier, in Redis alone, and in LMDB. */
await report(async () => [
  ...(await onRedis(async (server) => [
    ...(await hitsInMemory(server, 'bus on Redis', { storage: 'memory://', bus: server.url })),
    ...(await hitsInMemory(server, 'storage and bus on Redis', { storage: server.url })),
    ...(await hitsInRedis(server)),
    ...(await pagesInRedis(server)),
  ])),
  ...(await hitsInLmdb()),
]);

async function hitsInMemory({ url }: RedisServer, title: string, options: ZooCacheOptions): Promise<Finding[]> {
  const [shared, bounded, single] = [
    await openShop({ ...options, prefix: 'near' }),
    await openShop({ ...options, prefix: 'bounded', consistency: { bounded: '5s' } }),
    await openShop(),
  ];
  const plain = new Redis(url);
  const [near, late, alone] = [shared, bounded, single].map((app) => app.get(Catalog));
  for (const catalog of [near, late, alone]) await catalog.byId(1);

  const findings: Finding[] = [];
  for (const inFlight of [50, 100, 200]) {
    const rates: number[] = [];
    for (let round = -3; round < 15; round++) {
      const each = await microsecondsEach(() => near.byId(1), { calls: 20_000, inFlight });
      if (round >= 0) rates.push(1e6 / each);
    }
    const rate = median(rates);
    findings.push({
      case: `transparent hit in memory, ${inFlight} in flight, ${title}`,
      measured: `${Math.round(rate / 1_000)},000 reads/s`,
      target: 'at least 500,000 reads/s',
      isMet: rate >= 500_000,
    });
  }
  const single1 = { calls: 500, inFlight: 1 };
  const roundTrips = await ratioInTurns(
    () => microsecondsEach(() => near.byId(1), single1),
    () => microsecondsEach(() => plain.ping(), single1),
  );
  const { ratios } = await compare([repeated('alone', () => alone.byId(1)), repeated('bounded', () => late.byId(1))]);
  plain.disconnect();
  await Promise.all([shared, bounded, single].map((app) => app.close()));
  return [
    ...findings,
    atMost(`transparent hit in memory, one at a time, ${title}`, roundTrips, 1.2, 'a bare round trip to Redis'),
    atMost(`bounded hit in memory, ${title}, CPU`, ratios.get('bounded')!, 1.3, 'the same in one process'),
  ];
}

/** 1 KB under keys that come up in turn, in an application without a memory tier. */
async function hitsInRedis({ url }: RedisServer): Promise<Finding[]> {
  const app = await openShop({ storage: url, l1: false, prefix: 'far' });
  const plain = new Redis(url);
  const { read, share } = await stored(app);
  for (let n = 0; n < KEYS; n++) await plain.set(`plain:${n}`, JSON.stringify(KILOBYTE));

  const findings: Finding[] = [];
  for (const { inFlight, calls, limit } of [
    { inFlight: 1, calls: 500, limit: 1.3 },
    { inFlight: 50, calls: 5_000, limit: 0.6 },
    { inFlight: 500, calls: 10_000, limit: 0.35 },
  ]) {
    const ratio = await ratioInTurns(
      () => microsecondsEach(read, { calls, inFlight }),
      () => microsecondsEach((n) => plain.getBuffer(`plain:${(n * 7) % KEYS}`), { calls, inFlight }),
    );
    findings.push(
      atMost(`hit of 1 KB in Redis, ${inFlight} in flight${share()}`, ratio, limit, 'getBuffer of ioredis'),
    );
  }
  plain.disconnect();
  await app.close();
  return findings;
}

function pagesInRedis({ url, admin }: RedisServer): Promise<readonly Finding[]> {
  return onPostgres(async (options) => {
    const app = await openApplication({ ...options, entities: ENTITIES }, { storage: url, l1: false, prefix: 'page' });
    const zooCache = app.get(ZooCacheService);
    const { manager } = app.get(DataSource);
    await fillShop(manager);
    const { host, port } = admin.options;
    const typeorm = await new DataSource({
      ...options,
      entities: ENTITIES,
      cache: { type: 'ioredis', options: { host, port } },
    }).initialize();

    const ownKeys = await admin.keys('page:*');
    // Two keys in turn: the answer of the last one is at hand for those who waited for its load.
    const ours = (n: number) => zooCache.getOrLoad(`posts ${n % 2}`, () => manager.find(Post, PAGE));
    const theirs = () => typeorm.manager.find(Post, { ...PAGE, cache: { id: 'posts', milliseconds: 3_600_000 } });
    await Promise.all([ours(0), ours(1), theirs()]);
    const few = { calls: 20, inFlight: 1 };
    const cached = () => microsecondsEach(ours, few);
    const uncached = await ratioInTurns(cached, () => microsecondsEach(() => manager.find(Post, PAGE), few));
    const byTypeorm = await ratioInTurns(cached, () => microsecondsEach(theirs, few));
    const bytes = await lengthOf(
      admin,
      (await admin.keys('page:*')).filter((key) => !ownKeys.includes(key)),
    );
    const typeormBytes = await lengthOf(admin, await admin.keys('posts*'));
    await typeorm.destroy();
    await app.close();

    const size = bytes / 2 / typeormBytes;
    return [
      atMost('hit of 100 entities with relations in Redis', uncached, 0.06, 'the find on PostgreSQL', 3),
      atMost('the same', byTypeorm, 0.08, "that of TypeORM's cache", 3),
      {
        case: 'the same, bytes in Redis',
        measured: `${size.toFixed(3)} x, ${Math.round(bytes / 2)} bytes`,
        target: "at most 0.1 x those of TypeORM's cache",
        isMet: size <= 0.1,
      },
    ];
  });
}

async function hitsInLmdb(): Promise<Finding[]> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-'));
  const [near, far, single] = [
    await openShop({ storage: `lmdb:${join(directory, 'near')}` }),
    await openShop({ storage: `lmdb:${join(directory, 'far')}`, l1: false }),
    await openShop(),
  ];
  const [nearCatalog, alone] = [near.get(Catalog), single.get(Catalog)];
  await Promise.all([nearCatalog.byId(1), alone.byId(1)]);
  const inMemory = await compare([repeated('alone', () => alone.byId(1)), repeated('near', () => nearCatalog.byId(1))]);
  const beyond = (inMemory.nanoseconds.get('near')! - inMemory.nanoseconds.get('alone')!) / 1_000;

  const bare = open(join(directory, 'bare.mdb'), { noSync: true });
  for (let n = 0; n < KEYS; n++) void bare.put(`plain:${n}`, KILOBYTE);
  await bare.committed;
  const { read, share } = await stored(far);
  const fromDisk = await compare([
    repeated('lmdb', async (n) => bare.get(`plain:${(n * 7) % KEYS}`) as unknown),
    repeated('far', read),
  ]);
  await Promise.all([near, far, single].map((app) => app.close()));
  await bare.close();
  await rm(directory, { recursive: true, force: true });
  return [
    {
      case: 'transparent hit in memory, storage and bus in LMDB, more than in one process',
      measured: `${beyond.toFixed(2)} us`,
      target: 'at most 10 us',
      isMet: beyond <= 10,
    },
    atMost(`hit of 1 KB in LMDB${share()}`, fromDisk.ratios.get('far')!, 1.3, 'get and decode of lmdb'),
  ];
}

/** Answers of 1 KB that an application holds under many keys; `share` says so when some were loaded again after all. */
async function stored(
  app: INestApplicationContext,
): Promise<{ read: (n: number) => Promise<unknown>; share: () => string }> {
  const zooCache = app.get(ZooCacheService);
  let loads = 0;
  let reads = 0;
  const read = (n: number): Promise<unknown> => {
    reads++;
    return zooCache.getOrLoad(`item:${(n * 7) % KEYS}`, async () => {
      loads++;
      return KILOBYTE;
    });
  };
  for (let n = 0; n < KEYS; n++) await read(n);
  [loads, reads] = [0, 0];
  return { read, share: () => (loads === 0 ? '' : ` (${((100 * loads) / reads).toFixed(1)} % were loaded)`) };
}

async function lengthOf(admin: Redis, keys: readonly string[]): Promise<number> {
  const lengths = await Promise.all(keys.map((key) => admin.strlen(key)));
  return lengths.reduce((sum, length) => sum + length, 0);
}

function repeated(name: string, call: (n: number) => Promise<unknown>): Contender {
  return {
    name,
    async run(count) {
      for (let n = 0; n < count; n++) await call(n);
    },
  };
}

function atMost(title: string, ratio: Ratio, limit: number, of: string, digits?: number): Finding {
  return {
    case: title,
    measured: times(ratio, digits),
    target: `at most ${limit} x ${of}`,
    isMet: ratio.median <= limit,
  };
}
