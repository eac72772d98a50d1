import { ZooCacheError } from '../../errors/zoocache.error.js';

/** What a command takes. */
export type RedisArgument = string | Uint8Array | number;

/** Commands that travel together; each has its own answer, as `[error, reply]`. */
export interface RedisPipeline {
  getBuffer(key: string): unknown;
  call(command: string, ...args: RedisArgument[]): unknown;
  exec(): Promise<[error: Error | null, reply: unknown][] | null>;
}

/**
 * A client of ioredis 5 or 6, as far as this package uses it: a `Redis` (one server, or what its sentinels name) or a
 * `Cluster`.
 *
 * Described by shape, because the types of an optional package must not be needed where it is not installed, and because
 * the two versions have classes of their own.
 */
export interface RedisClient {
  readonly status: string;
  readonly isCluster: boolean;
  readonly options: { readonly keyPrefix?: string | undefined; readonly enableOfflineQueue?: boolean | undefined };
  getBuffer(key: string): Promise<Buffer | null>;
  mgetBuffer(keys: string[]): Promise<(Buffer | null)[]>;
  call(command: string, ...args: RedisArgument[]): Promise<unknown>;
  pipeline(): RedisPipeline;
  /** Where a `Redis` writes its commands, while it is connected. */
  readonly stream?: { cork(): void; uncork(): void } | undefined;
  /** For each slot of a `Cluster` its nodes, the primary first, as far as they are known; a `Redis` has none. */
  readonly slots?: readonly (readonly string[])[] | undefined;
  /** The nodes of a `Cluster`; a `Redis` has none. */
  nodes?(role: 'master'): RedisClient[];
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  once(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
  connect(): Promise<void>;
  quit(): Promise<unknown>;
  /** @param reconnect whether it is to connect again by itself */
  disconnect(reconnect?: boolean): void;
}

/**
 * A client that a user made and hands in.
 *
 * @param where what it was handed to, as the reader of an error knows it (`redisStorage()`)
 * @throws ZooCacheError `INVALID_ARGUMENT` for what is no client of ioredis, `INVALID_OPTION` for one that puts a prefix
 * before keys: it would not before the pattern of a SCAN, so that `clear()` would find nothing
 */
export function checkRedisClient(client: unknown, where: string): RedisClient {
  const given = client as Partial<RedisClient> | null | undefined;
  if (typeof given?.mgetBuffer !== 'function' || typeof given.pipeline !== 'function') {
    throw new ZooCacheError('INVALID_ARGUMENT', {
      what: 'This is not a client of ioredis',
      name: where,
      next: "Give 'new Redis(…)' or 'new Cluster(…)' of the package ioredis, or use a URL instead",
    });
  }
  const { keyPrefix } = given.options ?? {};
  if (keyPrefix) {
    throw new ZooCacheError('INVALID_OPTION', {
      what: `A client that puts '${keyPrefix}' before every key cannot be searched for keys`,
      name: where,
      next: "Give one without keyPrefix, and use the option 'prefix' of this module",
    });
  }
  return given as RedisClient;
}
