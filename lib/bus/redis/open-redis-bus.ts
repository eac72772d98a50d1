import { openRedis, type OpenRedisOptions } from '../../drivers/redis/open-redis.js';
import { RedisTarget } from '../../drivers/redis/redis-target.js';
import { duplicateClient } from './duplicate-client.js';
import { logNames } from './log-names.js';
import { RedisBus, type RedisBusOptions } from './redis-bus.js';
import type { LinkClient, LinkConnection } from './redis-link.js';

/** What a bus in Redis can be told when it makes its own connections. */
export interface OpenRedisBusOptions extends RedisBusOptions {
  /** Separates applications that share a Redis. @default 'zoocache' */
  readonly prefix?: string | undefined;
  /**
   * Milliseconds after which a command without an answer fails, unless the URL has `commandTimeout`.
   *
   * @default 1_000
   */
  readonly commandTimeoutMs?: number | undefined;
}

const COMMAND_TIMEOUT_MS = 1_000;

/**
 * A bus in the Redis that a URL names: `redis://`, `rediss://`, `redis+unix://`, `redis+sentinel://`, `redis+cluster://`.
 *
 * Resolves as soon as the driver is loaded: a Redis that is away is no error of the application, and the first `hello`
 * waits for the first attempt to connect.
 *
 * @param url a text, or one that was checked before anything is opened
 * @throws ZooCacheError `INVALID_OPTION` for a URL or prefix that means nothing, `MISSING_PACKAGE` without ioredis
 */
export async function openRedisBus(
  url: string | RedisTarget,
  options: OpenRedisBusOptions & Pick<OpenRedisOptions, 'load'> = {},
): Promise<RedisBus> {
  const target = typeof url === 'string' ? new RedisTarget(url) : url;
  const { commandTimeoutMs = COMMAND_TIMEOUT_MS, load } = options;
  const another = async (): Promise<LinkConnection> => {
    const opened = await openRedis(target, { commandTimeoutMs, load });
    return { client: opened.client as LinkClient, attempted: opened.attempted, close: () => opened.close() };
  };
  const names = logNames(options.prefix);
  return new RedisBus(names, { first: await another(), another, place: `'${target.label}'` }, options);
}

/**
 * A bus by way of a client of ioredis 5 or 6 that you made, a `Redis` or a `Cluster`.
 *
 * The bus does not use the client itself: it makes connections with the same options, with settings of its own for retries
 * and timeouts, and closes those. Yours stays yours to close.
 *
 * @throws ZooCacheError `INVALID_ARGUMENT` for anything but a client of ioredis, `INVALID_OPTION` for an empty prefix
 */
export function redisBus(client: unknown, options: OpenRedisBusOptions = {}): RedisBus {
  const names = logNames(options.prefix);
  const another = () => duplicateClient(client, 'redisBus()', options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS);
  return new RedisBus(names, { first: another(), another, place: 'the Redis of redisBus()' }, options);
}
