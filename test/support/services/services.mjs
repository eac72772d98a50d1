import { mariadb } from './mariadb.mjs';
import { postgres } from './postgres.mjs';
import { redisCluster } from './redis-cluster.mjs';
import { redisSentinel } from './redis-sentinel.mjs';
import { redisTls } from './redis-tls.mjs';
import { redis } from './redis.mjs';

/** The servers that specs can ask for, by the name they ask with. */
export const services = {
  redis,
  'redis-cluster': redisCluster,
  'redis-sentinel': redisSentinel,
  'redis-tls': redisTls,
  postgres,
  mariadb,
};
