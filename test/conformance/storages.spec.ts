import { describe, expect, it } from '@jest/globals';
import KeyvRedis from '@keyv/redis';
import { createCache } from 'cache-manager';
import { Keyv } from 'keyv';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { RedisTarget } from '../../lib/drivers/redis/redis-target.js';
import { cacheManagerStorage } from '../../lib/storage/keyv/cache-manager-storage.js';
import { keyvStorage } from '../../lib/storage/keyv/keyv-storage.js';
import { openLmdbStorage } from '../../lib/storage/lmdb/lmdb-storage.js';
import { openRedisStorage } from '../../lib/storage/redis/redis-storage.js';
import type { CacheStorage } from '../../lib/storage/storage.js';
import { MapStorage, storageConformance, type StorageConformanceOptions } from '../../lib/testing/index.js';
import { redisVersions } from '../support/redis-versions.js';
import { connectionTo, describeNeeding, type Need } from '../support/services.js';
import { temporaryDirectory } from './temporary-directory.js';

interface Implementation extends StorageConformanceOptions {
  readonly name: string;
  readonly needs?: Need;
  readonly open: () => CacheStorage | Promise<CacheStorage>;
}

/** One place for all storages that are opened of it. */
function shared<T>(place: T, open: (place: T) => CacheStorage): () => CacheStorage {
  return () => open(place);
}

/** A connection of its own for each storage, which is closed with it. */
async function openOnRedis(adapt: (keyv: Keyv) => CacheStorage, settings: object): Promise<CacheStorage> {
  const keyv = new Keyv(new KeyvRedis((await connectionTo('redis')).url), settings);
  const storage = adapt(keyv);
  const close = async () => {
    await storage.close?.();
    await keyv.disconnect();
  };
  return Object.assign(Object.create(storage) as CacheStorage, { close });
}

const deflating = {
  compress: async (text: string) => deflateRawSync(text).toString('base64'),
  decompress: async (text: string) => inflateRawSync(Buffer.from(text, 'base64')).toString(),
};

const directory = temporaryDirectory();

const IMPLEMENTATIONS: readonly Implementation[] = [
  {
    name: 'MapStorage',
    open: shared(new Map(), (place) => new MapStorage(place)),
    capabilities: ['getMany', 'add', 'increment', 'touch'],
  },
  {
    name: 'LMDB',
    open: () => openLmdbStorage(`lmdb:${directory}`),
    capabilities: ['getMany', 'add', 'increment', 'touch', 'getNow'],
  },
  ...redisVersions.flatMap(({ version, load }) =>
    (['redis', 'redis-cluster', 'redis-sentinel'] as const).map((needs): Implementation => ({
      name: `${needs} by ${version}`,
      needs,
      open: async () => openRedisStorage(new RedisTarget((await connectionTo(needs)).url), { load }),
      capabilities: ['getMany', 'add', 'increment', 'touch'],
      clears: 'prefixes',
    })),
  ),
  { name: 'Keyv on a Map', open: shared(new Keyv(), (keyv) => keyvStorage(keyv)), capabilities: ['getMany'] },
  {
    name: 'Keyv that compresses',
    open: shared(new Keyv({ compression: deflating }), (keyv) => keyvStorage(keyv)),
    capabilities: ['getMany'],
  },
  {
    name: 'Keyv on Redis',
    needs: 'redis',
    open: () => openOnRedis((keyv) => keyvStorage(keyv), { namespace: 'keyv on redis' }),
    capabilities: ['getMany'],
  },
  {
    name: 'cache-manager',
    open: shared(createCache(), (cache) => cacheManagerStorage(cache)),
    capabilities: ['getMany'],
  },
  {
    name: 'cache-manager on two stores',
    open: shared(createCache({ stores: [new Keyv({ namespace: 'first' }), new Keyv()] }), (cache) =>
      cacheManagerStorage(cache),
    ),
    capabilities: ['getMany'],
  },
  {
    name: 'cache-manager on Redis',
    needs: 'redis',
    open: () =>
      openOnRedis((keyv) => cacheManagerStorage(createCache({ stores: [keyv] })), {
        namespace: 'cache-manager on redis',
      }),
    capabilities: ['getMany'],
  },
];

for (const { name, needs, open, ...options } of IMPLEMENTATIONS) {
  const describeIt = needs === undefined ? describe : describeNeeding.bind(undefined, needs);

  describeIt(name, () => {
    it.each(storageConformance(open, options))('$title', async ({ run }) => {
      await expect(run()).resolves.toBeUndefined();
    });
  });
}
