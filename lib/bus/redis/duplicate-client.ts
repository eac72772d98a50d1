import { CONNECT_TIMEOUT_MS, DISCONNECT_TIMEOUT_MS, LONGEST_RETRY_MS } from '../../drivers/redis/connection-times.js';
import { keepDatabase } from '../../drivers/redis/keep-database.js';
import { keepTrying } from '../../drivers/redis/keep-trying.js';
import { ZooCacheError } from '../../errors/zoocache.error.js';
import type { LinkClient, LinkConnection } from './redis-link.js';

/** A client of ioredis that somebody made, as far as another is made like it. */
interface Duplicable {
  readonly isCluster?: boolean;
  readonly options: { readonly redisOptions?: object };
  duplicate(...args: unknown[]): LinkClient;
}

/**
 * Another client to where a given one leads, which fails at once what it cannot send, sends nothing twice, and is closed by
 * who asked for it.
 *
 * @param where what the client was handed to, as the reader of an error knows it (`redisBus()`)
 * @throws ZooCacheError `INVALID_ARGUMENT` for what is no client of ioredis
 */
export function duplicateClient(given: unknown, where: string, commandTimeoutMs: number): LinkConnection {
  const model = given as Partial<Duplicable> | null | undefined;
  if (typeof model?.duplicate !== 'function' || typeof model.options !== 'object') {
    throw new ZooCacheError('INVALID_ARGUMENT', {
      what: 'This is not a client of ioredis',
      name: where,
      next: "Give 'new Redis(…)' or 'new Cluster(…)' of the package ioredis, or use a URL instead",
    });
  }
  const client = duplicateOf(model as Duplicable, commandTimeoutMs);
  keepDatabase(client);
  const giveUp = keepTrying(client);
  const close = async (): Promise<void> => {
    giveUp();
    client.disconnect();
  };
  return { client, attempted: firstAttempt(client), close };
}

function duplicateOf(model: Duplicable, commandTimeoutMs: number): LinkClient {
  const forEachConnection = {
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: commandTimeoutMs,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    // What was under way when the connection broke may have taken effect: a mark sent again after its release stays open.
    maxRetriesPerRequest: 0,
    reconnectOnError: null,
    // Positions are numbers: as texts, '10' comes before '9'.
    stringNumbers: false,
  };
  const forAll = { lazyConnect: false, enableOfflineQueue: false, enableAutoPipelining: false };
  if (!model.isCluster) {
    // Sentinels lead a client that reads from replicas to servers which refuse the log.
    const role = 'master';
    return model.duplicate({ ...forEachConnection, ...forAll, role, retryStrategy: retryDelay });
  }
  return model.duplicate([], {
    ...forAll,
    clusterRetryStrategy: retryDelay,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    redisOptions: { ...model.options.redisOptions, ...forEachConnection },
  });
}

/** A model that gives up after some attempts would leave the bus without a connection for ever. */
function retryDelay(attempts: number): number {
  return Math.min(50 * attempts, LONGEST_RETRY_MS);
}

function firstAttempt(client: LinkClient): Promise<void> {
  return new Promise((resolve) => {
    // Stays for all errors to come: without a listener ioredis prints them.
    for (const event of ['ready', 'error', 'close', 'end']) client.on(event, () => resolve());
  });
}
