/* What an application may write that is compiled with `exactOptionalPropertyTypes`; the spec beside it compiles it so. */
import { createCache } from 'cache-manager';
import { Cluster, Redis } from 'ioredis';
import { Keyv } from 'keyv';
import {
  cacheManagerStorage,
  keyvStorage,
  redisStorage,
  type AdaptedStorageOptions,
  type CachedEntityOptions,
  type CacheQueryOptions,
  type CacheResponseOptions,
  type EntityOptions,
  type GetOrLoadOptions,
  type OpenRedisBusOptions,
  type SetOptions,
  type ZooCacheAsyncOptions,
  type ZooCacheOptions,
} from '../../lib/index.js';

/** Each option is there, and undefined, as in `{ ttl: config.ttl }`. */
type Unset<Options> = { readonly [Name in keyof Options]-?: undefined };

export const takesUnset = {
  adapted: (unset: Unset<AdaptedStorageOptions>): AdaptedStorageOptions => unset,
  application: (unset: Unset<ZooCacheOptions>): ZooCacheOptions => unset,
  asynchronous: (unset: Unset<ZooCacheAsyncOptions>): ZooCacheAsyncOptions => unset,
  bus: (unset: Unset<OpenRedisBusOptions>): OpenRedisBusOptions => unset,
  entity: (unset: Unset<EntityOptions>): EntityOptions => unset,
  handler: (unset: Unset<CacheResponseOptions>): CacheResponseOptions => unset,
  load: (unset: Unset<GetOrLoadOptions>): GetOrLoadOptions => unset,
  method: (unset: Unset<CacheQueryOptions>): CacheQueryOptions => unset,
  near: (): ZooCacheOptions => ({ l1: { maxBytes: undefined, maxEntries: undefined } }),
  repository: (unset: Unset<CachedEntityOptions>): CachedEntityOptions => unset,
  value: (unset: Unset<SetOptions>): SetOptions => unset,
};

export const takesStores = {
  keyv: () => keyvStorage(new Keyv()),
  redis: () => [redisStorage(new Redis()), redisStorage(new Cluster([]))],
  cacheManager: () => cacheManagerStorage(createCache({ stores: [new Keyv()] })),
};
