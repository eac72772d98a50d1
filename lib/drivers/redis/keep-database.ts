import type { RedisClient } from './redis-client.js';

/**
 * Lets a client be connected in no database but its own: where it may not or cannot SELECT that, ioredis says so and goes on
 * in database 0, among the keys of others.
 */
export function keepDatabase(client: RedisClient): void {
  client.on('error', (error) => {
    if ((error as { command?: { readonly name: string } }).command?.name === 'select') client.disconnect(true);
  });
}
