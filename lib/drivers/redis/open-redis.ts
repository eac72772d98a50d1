import type { ClusterOptions, RedisOptions } from 'ioredis';
import { ZooCacheError } from '../../errors/zoocache.error.js';
import { nodeTimers, within } from '../../support/timers.js';
import { ConnectionTrouble, withoutCommand } from './connection-trouble.js';
import { CONNECT_TIMEOUT_MS, DISCONNECT_TIMEOUT_MS, LONGEST_RETRY_MS } from './connection-times.js';
import { keepDatabase } from './keep-database.js';
import { keepTrying } from './keep-trying.js';
import type { RedisClient } from './redis-client.js';
import type { RedisHost, RedisParts, RedisTarget } from './redis-target.js';

/** What ioredis 5 and 6 have in common, as far as it is needed to open a client; by shape, as {@link RedisClient}. */
export interface RedisDriver {
  readonly Redis: new (options: object) => RedisClient;
  readonly Cluster: new (nodes: RedisHost[], options: object) => RedisClient;
}

/** How a client is opened, besides what its URL says. */
export interface OpenRedisOptions {
  /**
   * Milliseconds after which a command without an answer fails, unless the URL has `commandTimeout`.
   *
   * @default 5000
   */
  readonly commandTimeoutMs?: number;
  /** What `CLIENT LIST` shows, unless the URL has `connectionName`. @default 'zoocache' */
  readonly connectionName?: string;
  /** Hears what goes wrong with the connection, about once for each attempt; commands reject besides. */
  readonly onError?: (error: Error) => void;
  /** Loads the driver; a bundler may give all of a CommonJS package as `default`. @default `import('ioredis')` */
  readonly load?: () => Promise<RedisDriver | { readonly default: RedisDriver }>;
}

/** A client, and who closes it. */
export interface RedisConnection {
  readonly client: RedisClient;
  /** Whether it was opened here; a client that a user handed in is his to close. */
  readonly isOwned: boolean;
  /**
   * Resolves when the first attempt to connect is over, whether it succeeded or not; never rejects. A lazy client that a user
   * handed in begins it when this is first asked for.
   *
   * Commands fail at once while there is no connection, so who wants the first ones to succeed waits for it.
   */
  readonly attempted: Promise<void>;
  /** Why there is no connection, where that is known. Absent for a client that a user handed in, who hears of it. */
  readonly trouble?: ConnectionTrouble;
  /**
   * Tells that a command was not answered in time: unless the server answers a PING in that time, the connection is given
   * up for a new one. TCP itself takes a quarter of an hour to find out that the other side is gone, and while there is no
   * connection commands fail at once, where each would wait for its timeout.
   */
  suspect(): void;
  /** Waits for the answers under way, and closes what was opened here; may be called twice. */
  close(): Promise<void>;
}

const DEFAULT_COMMAND_TIMEOUT_MS = 5_000;
/** Finds out about a peer that went without a word while nothing is sent. */
const DEFAULT_KEEP_ALIVE_MS = 5_000;
/** Redirections come one after the other while slots move; more of them are a cluster that does not know itself. */
const MOST_REDIRECTIONS = 4;
const SLOTS_REFRESH_MS = 5_000;
/** A sentinel's own connection only tells of failovers; without it the next attempt to connect finds out. */
const SENTINEL_RETRY_MS = 5_000;

/**
 * Opens a client of ioredis that connects by itself, and again whenever the connection is lost, for as long as it is open.
 *
 * Returns as soon as the driver is loaded: a Redis that is away is no error of the application. Meanwhile commands reject
 * at once instead of queueing (`enableOfflineQueue: false`), because whoever waits for the cache could have asked the
 * database; and a command that was under way when the connection broke rejects and is not sent again
 * (`maxRetriesPerRequest: 0`), because nobody knows whether it took effect.
 *
 * @throws ZooCacheError `MISSING_PACKAGE` when ioredis cannot be loaded
 */
export async function openRedis(target: RedisTarget, options: OpenRedisOptions = {}): Promise<RedisConnection> {
  const driver = await loadDriver(target, options.load ?? (() => import('ioredis')));
  return new OwnedConnection(makeClient(driver, target.parts, options), options.onError);
}

/** A client that a user made: used as it is, heard by him, and closed by him. */
export function borrowRedis(client: RedisClient): RedisConnection {
  return {
    client,
    isOwned: false,
    get attempted() {
      return attemptOf(client);
    },
    suspect: () => {},
    close: () => Promise.resolve(),
  };
}

/**
 * Where nothing may queue (`enableOfflineQueue: false`), the commands fail that come before the first attempt is over, among
 * them the one that would have made a lazy client begin.
 */
async function attemptOf(client: RedisClient): Promise<void> {
  if (client.options.enableOfflineQueue !== false) return;
  if (client.status === 'wait') client.connect().catch(() => undefined);
  if (['connecting', 'connect'].includes(client.status)) await firstAttempt(client);
}

async function loadDriver(target: RedisTarget, load: NonNullable<OpenRedisOptions['load']>): Promise<RedisDriver> {
  try {
    const loaded = await load();
    return 'Redis' in loaded ? loaded : loaded.default;
  } catch (cause) {
    throw new ZooCacheError('MISSING_PACKAGE', {
      what: `The package ioredis is needed to reach Redis and could not be loaded`,
      name: `'${target.label}'`,
      next: "Run 'npm install ioredis'",
      cause,
    });
  }
}

/** What only ioredis 6 knows: it would speak another protocol by default. */
interface NewerOptions {
  readonly protocol: 2;
  readonly replyMapping: 'legacy';
}

function makeClient({ Redis, Cluster }: RedisDriver, parts: RedisParts, options: OpenRedisOptions): RedisClient {
  const common: RedisOptions & NewerOptions = {
    protocol: 2,
    replyMapping: 'legacy',
    username: parts.username,
    password: parts.password,
    tls: parts.tls,
    family: parts.family ?? 0,
    connectTimeout: parts.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    commandTimeout: parts.commandTimeoutMs ?? options.commandTimeoutMs ?? DEFAULT_COMMAND_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    keepAlive: parts.keepAliveMs ?? DEFAULT_KEEP_ALIVE_MS,
    connectionName: parts.connectionName ?? options.connectionName ?? 'zoocache',
    maxRetriesPerRequest: 0,
  };
  if (parts.kind === 'cluster') {
    const cluster: ClusterOptions = {
      redisOptions: common,
      enableOfflineQueue: false,
      clusterRetryStrategy: retryDelay,
      // A command whose node is away fails at once; the cluster's own view is refreshed by MOVED and from time to time.
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      maxRedirections: MOST_REDIRECTIONS,
      slotsRefreshInterval: SLOTS_REFRESH_MS,
    };
    return new Cluster([...parts.hosts], cluster);
  }
  const single: RedisOptions = {
    ...common,
    db: parts.database,
    enableOfflineQueue: false,
    retryStrategy: retryDelay,
    // A primary that became a replica keeps its connections; what is to be reached is the primary.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
  if (parts.kind === 'standalone') {
    const [place] = parts.hosts;
    return new Redis({ ...single, ...(place ?? { path: parts.socketPath }) });
  }
  const viaSentinels: RedisOptions = {
    ...single,
    sentinels: [...parts.hosts],
    name: parts.masterName,
    sentinelUsername: parts.sentinelUsername,
    sentinelPassword: parts.sentinelPassword,
    enableTLSForSentinelMode: parts.tls !== undefined,
    sentinelTLS: parts.tls,
    sentinelCommandTimeout: common.commandTimeout,
    sentinelRetryStrategy: retryDelay,
    sentinelReconnectStrategy: () => SENTINEL_RETRY_MS,
    failoverDetector: true,
  };
  return new Redis(viaSentinels);
}

/** 50 ms, then twice as long each time, and never longer than a quarter of a second. */
function retryDelay(attempts: number): number {
  return Math.min(50 * 2 ** (Math.min(attempts, 10) - 1), LONGEST_RETRY_MS);
}

class OwnedConnection implements RedisConnection {
  readonly isOwned = true;
  readonly attempted: Promise<void>;
  readonly trouble: ConnectionTrouble;
  private readonly giveUp: () => void;
  private closing: Promise<void> | undefined;
  private isProbing = false;

  constructor(
    readonly client: RedisClient,
    onError: ((error: Error) => void) | undefined,
  ) {
    this.attempted = firstAttempt(client);
    keepDatabase(client);
    this.trouble = new ConnectionTrouble(client);
    // Errors of a handshake carry the command that failed, which holds the password.
    client.on('error', (error) => onError?.(withoutCommand(error as Error)));
    this.giveUp = keepTrying(client);
  }

  suspect(): void {
    // Which node of a cluster is meant is not known; its view is refreshed from time to time, and nodes change with it.
    if (this.isProbing || this.client.isCluster || this.client.status !== 'ready') return;
    this.isProbing = true;
    void this.probe();
  }

  private async probe(): Promise<void> {
    try {
      await this.client.call('PING');
    } catch (error) {
      // A user who may not PING was answered.
      const isAnswer = (error as Error).name === 'ReplyError';
      if (!isAnswer && this.closing === undefined && this.client.status === 'ready') this.client.disconnect(true);
    } finally {
      this.isProbing = false;
    }
  }

  close(): Promise<void> {
    this.closing ??= this.quit();
    return this.closing;
  }

  private async quit(): Promise<void> {
    this.giveUp();
    if (this.client.status === 'ready') {
      // Behind the answers to all that was sent; a server that is stopped gives none, and keeps no application from ending.
      const late = (): Error => new Error('no answer');
      await within(nodeTimers, DISCONNECT_TIMEOUT_MS, this.client.quit(), late).catch(() => undefined);
    }
    this.client.disconnect();
  }
}

/** The first of what ends an attempt to connect; of a cluster, the primaries are to be connected too. */
function firstAttempt(client: RedisClient): Promise<void> {
  return new Promise((resolve) => {
    const failed = () => resolve();
    for (const event of ['error', 'close', 'end']) client.once(event, failed);
    client.once('ready', () => {
      if (client.nodes === undefined) resolve();
      else void Promise.all(client.nodes('master').map(connectPrimary)).then(() => resolve());
    });
  });
}

/** A node is connected by the first command it gets, which makes those that follow fail; so it is connected before. */
async function connectPrimary(node: RedisClient): Promise<void> {
  if (node.status === 'wait') await node.connect().catch(() => undefined);
}
