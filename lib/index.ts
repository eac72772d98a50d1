import 'reflect-metadata';

export { ZooCacheModule } from './zoocache.module.js';
export { ZooCacheService } from './zoocache.service.js';
export type { GetOrLoadOptions, SetOptions, ZooCacheStats } from './zoocache.service.js';
export type { ZooCachePosition } from './engine/position.js';
export type {
  ZooCacheAsyncOptions,
  ZooCacheModuleExtras,
  ZooCacheOptions,
  ZooCacheOptionsFactory,
} from './zoocache.options.js';
export type { FeatureEntity } from './nest/feature.js';
export { getCachedRepositoryToken, InjectCachedRepository } from './nest/inject-cached-repository.decorator.js';
export { cached, CachedRepository } from './typeorm/reads/cached-repository.js';
export type { CachedEntityOptions, EntityOptions, ReadOperation } from './typeorm/entities/entity-options.js';
export { zooCacheProvider } from './typeorm/reads/zoo-cache-provider.js';
export { CacheQuery } from './nest/cache-query.decorator.js';
export type { CacheQueryOptions } from './nest/cache-query.options.js';
export type { Consistency } from './engine/consistency.js';
export { Invalidates } from './nest/invalidates.decorator.js';
export { NoCache } from './nest/no-cache.decorator.js';
export type { InvalidationTarget } from './nest/targets.js';
export { ZOO_CACHE_BUS, ZOO_CACHE_OPTIONS, ZOO_CACHE_STORAGE } from './nest/tokens.js';
export { CacheResponse } from './http/cache-response.decorator.js';
export type { CacheResponseOptions } from './http/cache-response.options.js';
export { ZooCacheInterceptor } from './http/zoocache.interceptor.js';
export type { RegisteredClass } from './codec/bytes/class-names.js';
export type { CachedExplanation, ExplainedWrite, Explanation, MissExplanation } from './observability/explanation.js';
export type { ExplainedTable, WriteKind } from './observability/write-words.js';
export { ZooCacheError } from './errors/zoocache.error.js';
export type { ZooCacheErrorCode, ZooCacheErrorDetails } from './errors/zoocache.error.js';
export type { SwallowedFailure } from './events/failure-reporter.js';
export type { NameStatistics } from './events/statistics.js';
export { FORGOTTEN, INCARNATION_CHANGED } from './bus/invalidation-bus.js';
export type {
  BusInvalidation,
  BusState,
  InvalidationBus,
  LocalLog,
  LogRecord,
  NewRecord,
  RecordKind,
} from './bus/invalidation-bus.js';
export type { CacheStorage } from './storage/storage.js';
export { redisBus } from './bus/redis/open-redis-bus.js';
export type { OpenRedisBusOptions } from './bus/redis/open-redis-bus.js';
export { redisStorage } from './storage/redis/redis-storage.js';
export { cacheManagerStorage } from './storage/keyv/cache-manager-storage.js';
export { keyvStorage } from './storage/keyv/keyv-storage.js';
export type { AdaptedStorageOptions } from './storage/keyv/adapted-reach.js';
export type { CacheManagerLike, KeyvLike } from './storage/keyv/keyv-like.js';
export type { Reach } from './support/reach.js';
export type { Duration } from './support/duration.js';
