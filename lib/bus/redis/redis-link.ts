import { ConnectionTrouble, withoutCommand } from '../../drivers/redis/connection-trouble.js';
import type { RedisConnection } from '../../drivers/redis/open-redis.js';
import type { RedisArgument, RedisClient } from '../../drivers/redis/redis-client.js';
import { ZooCacheError } from '../../errors/zoocache.error.js';
import type { Script } from './script.js';

/** A client of ioredis 5 or 6, with what only the bus uses. */
export interface LinkClient extends RedisClient {
  readonly options: RedisClient['options'] & { connectionName?: string | null; readonly db?: number };
  nodes?(role: 'all' | 'master'): LinkClient[];
  subscribe(channel: string): Promise<unknown>;
  disconnect(reconnect?: boolean): void;
}

/** A client that connects by itself, again and again, and fails commands at once while it is not connected. */
export interface LinkConnection extends Pick<RedisConnection, 'attempted' | 'close'> {
  readonly client: LinkClient;
}

/**
 * Answers of a server that is not, or not yet, or no longer the primary; and the silence of one that may be gone without
 * a word. Another connection finds the one that is: by its sentinels, its cluster, its name.
 */
const WRONG_SERVER = /^(READONLY|MOVED|ASK|LOADING|MASTERDOWN|CLUSTERDOWN|Too many Cluster|Command timed out)/;

/** What Redis before 7 says to the first line of a script with flags. */
const NO_FLAGS = /compiling script.*'#'/;

/** What a server says to the number of a database that it does not have. */
const NO_DATABASE = /DB index is out of range|invalid DB index/;

/** The connection that a bus has to itself, and what its failures mean. */
export class RedisLink {
  private readonly trouble: ConnectionTrouble;
  private isClosed = false;

  /**
   * @param place what is connected, as the reader of an error knows it
   */
  constructor(
    private readonly connection: LinkConnection,
    private readonly place: string,
  ) {
    this.trouble = new ConnectionTrouble(connection.client);
  }

  /** The first attempt to connect is over; without a rejection, because commands say what came of it. */
  get attempted(): Promise<void> {
    return this.connection.attempted;
  }

  /**
   * Runs a script in one round trip, or in two on a server that has not seen it (any more).
   *
   * @throws ZooCacheError `BUS_FAILED`, `UNSUPPORTED_SERVER` for a Redis before 7, or `INVALID_OPTION` where the database does
   *   not exist
   */
  async run(script: Script, keys: readonly string[], args: readonly RedisArgument[]): Promise<unknown> {
    try {
      return await this.client.call('evalsha', script.digest, keys.length, ...keys, ...args);
    } catch (error) {
      if (!messageOf(error).startsWith('NOSCRIPT')) throw this.failure(error);
    }
    try {
      return await this.client.call('eval', script.text, keys.length, ...keys, ...args);
    } catch (error) {
      throw this.failure(error);
    }
  }

  /** Names the connection now, and every time it is made again; on a cluster, that to every node. */
  async setName(name: string): Promise<void> {
    const { client } = this;
    const nodes = client.nodes?.('all') ?? [client];
    try {
      await Promise.all(
        nodes
          .filter((node) => node.options.connectionName !== name)
          .map(async (node) => {
            node.options.connectionName = name;
            if (node.status === 'ready') await node.call('client', 'SETNAME', name);
          }),
      );
    } catch (error) {
      throw this.failure(error);
    }
  }

  /** Whether a connection of this name is known; `undefined` when a server does not say. */
  async hasNamed(name: string): Promise<boolean | undefined> {
    const { client } = this;
    try {
      const lists = await Promise.all(
        (client.nodes?.('master') ?? [client]).map((node) => node.call('client', 'LIST')),
      );
      return lists.some((list) => String(list).includes(` name=${name} `));
    } catch {
      return undefined;
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.client.disconnect();
    await this.connection.close();
  }

  private get client(): LinkClient {
    return this.connection.client;
  }

  private failure(error: unknown): ZooCacheError {
    const message = messageOf(error);
    if (NO_FLAGS.test(message)) {
      return new ZooCacheError('UNSUPPORTED_SERVER', {
        what: 'The bus needs scripts with flags, which this server does not know',
        name: this.place,
        next: 'Use Redis 7 or newer, or any Valkey',
        cause: error,
      });
    }
    if (isOfWrongServer(error) && this.client.status === 'ready') this.client.disconnect(true);
    const reason = this.trouble.reason ?? withoutCommand(error);
    if (NO_DATABASE.test(messageOf(reason))) {
      return new ZooCacheError('INVALID_OPTION', {
        what: `There is no database ${this.client.options.db} in this Redis`,
        name: this.place,
        next: 'Leave the number of the database out, or give one below what `CONFIG GET databases` says: 16, unless it was set',
        cause: reason,
      });
    }
    return new ZooCacheError('BUS_FAILED', {
      what: `Redis did not do what the bus asked (${messageOf(reason)})`,
      name: this.place,
      next: this.isClosed ? 'The bus was closed; open another one' : nextStep(messageOf(reason)),
      cause: reason,
    });
  }
}

/** Whether the connection leads to a server that does not serve the log, so that another one should be made. */
export function isOfWrongServer(error: unknown): boolean {
  return WRONG_SERVER.test(messageOf(error));
}

function nextStep(message: string): string {
  if (/NOPERM|can't run this command|can't access/.test(message)) {
    return `Allow the user what the scripts of the bus call: ${PERMISSIONS}`;
  }
  return 'See whether the server can be reached and is healthy; what failed is tried again';
}

const PERMISSIONS =
  '+eval +evalsha +info +time +hmget +hgetall +hset +hdel +xadd +xlen +xrange +unlink +publish +subscribe ' +
  '+client|setname +client|list; in a cluster +cluster|slots +cluster|info; in another database than 0 +select';

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
