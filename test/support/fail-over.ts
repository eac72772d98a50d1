import { Redis } from 'ioredis';
import { askLauncher, type RedisConnection } from './connections.js';

let own: Promise<unknown> | undefined;

/** Sentinels that this spec file has to itself: with those of all, a failover would break what other specs ask meanwhile. */
export async function ownSentinels(): Promise<string> {
  own ??= askLauncher('redis-sentinel {}');
  return ((await own) as RedisConnection).url;
}

/** Has the sentinels of a `redis+sentinel://` URL make a replica the primary; returns when they have begun. */
export async function failOver(url: string): Promise<void> {
  const [, host, port, name] = /^redis\+sentinel:\/\/([^:]+):(\d+)[^/]*\/(\w+)/.exec(url)!;
  const sentinel = new Redis({ host, port: Number(port) });
  try {
    // They refuse while the last one is not over, or while a replica is not known to be well yet.
    while (!(await isAccepted(sentinel, name)));
  } finally {
    sentinel.disconnect();
  }
}

async function isAccepted(sentinel: Redis, name: string): Promise<boolean> {
  try {
    return (await sentinel.call('SENTINEL', 'FAILOVER', name)) === 'OK';
  } catch (error) {
    if (/INPROG|NOGOODSLAVE/.test((error as Error).message)) return false;
    throw error;
  }
}
