import { NestFactory } from '@nestjs/core';
import { ZooCacheModule, ZooCacheService } from 'nestjs-zoocache';
import { Redis } from 'ioredis';
import { setTimeout as pause } from 'node:timers/promises';
import { offer } from '../harness/arm.js';

/** How long a load takes that the fleet should do once, in milliseconds. */
const LOAD_MS = 20;

/** One of several processes on one Redis, each of which wants the same cold answers; their loads are counted there. */
const [url] = process.argv.slice(2);
// Without a database: processes with a database in memory have each their own, and share no answers of it.
const module = ZooCacheModule.forRoot({ storage: url, flight: 'shared' });
const app = await NestFactory.createApplicationContext(module, { logger: ['error'] });
const zooCache = app.get(ZooCacheService);
const counter = new Redis(url);
let round = 0;

offer({
  async cold(count) {
    const key = `cold:${round++}`;
    const load = async (): Promise<object> => {
      await counter.incr('loads');
      await pause(LOAD_MS);
      return { key };
    };
    await Promise.all(Array.from({ length: count }, () => zooCache.getOrLoad(key, load)));
  },
});
