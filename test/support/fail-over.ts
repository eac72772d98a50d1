import { Redis } from 'ioredis';

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
