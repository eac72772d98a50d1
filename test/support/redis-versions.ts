import type { RedisDriver } from '../../lib/drivers/redis/open-redis.js';

/** The versions of ioredis that are supported, and how a spec hands them in. */
export const redisVersions: readonly { readonly version: string; readonly load: () => Promise<RedisDriver> }[] = [
  { version: 'ioredis 5', load: () => import('ioredis') },
  { version: 'ioredis 6', load: () => import('ioredis6') },
];
