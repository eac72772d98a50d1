import { mariadb } from './mariadb.mjs';
import { postgres } from './postgres.mjs';
import { redis } from './redis.mjs';

/** The servers that specs can ask for, by the name they ask with. */
export const services = { redis, postgres, mariadb };
