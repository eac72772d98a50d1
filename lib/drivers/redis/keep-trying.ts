import { LONGEST_RETRY_MS } from './connection-times.js';
import type { RedisClient } from './redis-client.js';

/**
 * Lets a client go on where ioredis gives up, although it was told never to: when no sentinel answers and nothing says how
 * long to wait, or when a failover is announced while it is asking them, its attempt ends, and the client with it.
 *
 * @returns what ends that, to be called before the client is closed for good
 */
export function keepTrying(client: RedisClient): () => void {
  let revival: NodeJS.Timeout | undefined;
  let isOver = false;
  client.on('end', () => {
    if (isOver) return;
    revival = setTimeout(() => {
      client.connect().catch(() => undefined);
    }, LONGEST_RETRY_MS).unref();
  });
  return () => {
    isOver = true;
    clearTimeout(revival);
  };
}
