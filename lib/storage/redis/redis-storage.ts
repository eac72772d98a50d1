import { ZooCacheError } from '../../errors/zoocache.error.js';
import { borrowRedis, openRedis, type OpenRedisOptions, type RedisConnection } from '../../drivers/redis/open-redis.js';
import { checkRedisClient, type RedisArgument, type RedisClient } from '../../drivers/redis/redis-client.js';
import type { Carriage } from '../../drivers/redis/carriage.js';
import type { RedisTarget } from '../../drivers/redis/redis-target.js';
import { bufferOf } from '../../support/buffer-of.js';
import type { CacheStorage } from '../storage.js';
import { clearKeys } from './clear-keys.js';
import { INCREMENT } from './increment-script.js';
import { type PendingCommand, sendTogether } from './send-together.js';

type Bytes = Uint8Array | undefined;

/** Whoever waits for what lies under a key. */
interface Reader {
  readonly resolve: (bytes: Bytes) => void;
  readonly reject: (error: unknown) => void;
}

interface PendingRead extends Reader {
  readonly key: string;
  /** Those who asked while it was under way. */
  joined: Reader[] | undefined;
}

/** Digits of what JavaScript can count on from, with a sign. */
const LONGEST_NUMBER = 17;

/** More in one command would hold up other clients of the server, and save nothing. */
const KEYS_PER_READ = 500;

/**
 * Bytes in Redis: one server, what its sentinels name, or a cluster.
 *
 * Reads of one turn of the event loop share one MGET, and a key is read once for all who ask while its answer is under
 * way: at 500 reads in flight one costs a fifth of a GET of its own. Writes of one turn share a pipeline.
 */
export class RedisStorage implements CacheStorage {
  readonly reach = 'network';
  private opens: Promise<void> | undefined;
  private connection: RedisConnection | undefined;
  private carriage: Carriage | undefined;
  private reads: PendingRead[] = [];
  private writes: PendingCommand[] = [];
  /** Writes without an answer, which reads by another connection might overtake. */
  private unanswered = 0;
  /** Reads without an answer that further readers of the key may join. */
  private readonly running = new Map<string, PendingRead>();
  private isFlushDue = false;

  constructor(private readonly opening: Promise<RedisConnection>) {
    // Who does not wait hears of it by the first command.
    opening.catch(() => {});
  }

  /**
   * Resolves when the first attempt to connect is over, whether it succeeded or not. Nobody needs to wait for it, because
   * commands do. Rejects with ZooCacheError `MISSING_PACKAGE` when there is no driver; so do all commands then.
   */
  get opened(): Promise<void> {
    return (this.opens ??= this.open());
  }

  get(key: string): Promise<Bytes> {
    return new Promise((resolve, reject) => this.ask(key, { resolve, reject }));
  }

  getMany(keys: readonly string[]): Promise<Bytes[]> {
    return new Promise((resolve, reject) => {
      const found: Bytes[] = [];
      let missing = keys.length;
      if (missing === 0) resolve(found);
      for (let at = 0; at < keys.length; at++) {
        const arrive = (bytes: Bytes): void => {
          found[at] = bytes;
          if (--missing === 0) resolve(found);
        };
        this.ask(keys[at], { resolve: arrive, reject });
      }
    });
  }

  private ask(key: string, { resolve, reject }: Reader): void {
    const running = this.running.get(key);
    if (running !== undefined) {
      (running.joined ??= []).push({ resolve, reject });
    } else if (isIllFormed(key)) {
      resolve(undefined);
    } else {
      const read = { key, resolve, reject, joined: undefined };
      this.reads.push(read);
      this.running.set(key, read);
      this.flushSoon();
    }
  }

  async set(key: string, bytes: Uint8Array, ttlMs: number): Promise<void> {
    if (isIllFormed(key)) return;
    await this.write(key, 'SET', key, bufferOf(bytes), ...lifetime(ttlMs));
  }

  async delete(key: string): Promise<boolean> {
    return !isIllFormed(key) && Number(await this.write(key, 'UNLINK', key)) > 0;
  }

  async add(key: string, bytes: Uint8Array, ttlMs: number): Promise<boolean> {
    if (isIllFormed(key)) return false;
    return (await this.write(key, 'SET', key, bufferOf(bytes), ...lifetime(ttlMs), 'NX')) !== null;
  }

  async increment(key: string, by: number, initial: number): Promise<number | undefined> {
    if (isIllFormed(key)) return undefined;
    const sum = await this.write(key, 'EVAL', INCREMENT, 1, key, by, initial + by);
    return sum === null ? undefined : Number(sum);
  }

  async touch(key: string, ttlMs: number): Promise<boolean> {
    if (isIllFormed(key)) return false;
    if (ttlMs !== Infinity) return Number(await this.write(key, 'PEXPIRE', key, Math.max(1, Math.ceil(ttlMs)))) === 1;
    // PERSIST answers the same for a key that has no lifetime and for one that is not there.
    const answers = [this.write(key, 'PERSIST', key), this.write(key, 'EXISTS', key)];
    return Number((await Promise.all(answers))[1]) === 1;
  }

  /** @throws ZooCacheError `INVALID_ARGUMENT` for an empty prefix: all keys of a Redis may belong to others. */
  async clear(prefix: string): Promise<void> {
    if (prefix === '') {
      throw new ZooCacheError('INVALID_ARGUMENT', {
        what: 'An empty prefix stands for every key of the Redis, which others may use',
        name: "clear('')",
        next: 'Give the prefix of the keys to delete',
      });
    }
    this.running.clear();
    const { client } = await this.connected();
    try {
      await clearKeys(client, prefix);
    } catch (error) {
      throw this.explained(error);
    }
  }

  /** From now on, few values at a time come by the connection of a bus in the same server, together with its barriers. */
  travelBy(carriage: Carriage): void {
    this.carriage = carriage;
    carriage.isUsed = true;
  }

  async close(): Promise<void> {
    const connection = await this.opening.catch(() => undefined);
    await connection?.close();
  }

  private async open(): Promise<void> {
    const connection = await this.opening;
    await connection.attempted;
    this.connection = connection;
  }

  private async connected(): Promise<RedisConnection> {
    await this.opened;
    return this.connection!;
  }

  private write(key: string, command: string, ...args: RedisArgument[]): Promise<unknown> {
    // Who reads from now on is to see what was written, and not an answer that was under way before.
    this.running.delete(key);
    this.unanswered++;
    return new Promise((resolve, reject) => {
      this.writes.push({
        key,
        sendBy: (sender) => sender.call(command, ...args),
        resolve: (reply) => {
          this.unanswered--;
          resolve(reply);
        },
        reject: (error) => {
          this.unanswered--;
          reject(this.explained(error));
        },
      });
      this.flushSoon();
    });
  }

  /** Sends at the end of the turn: a microtask first, as ticks queued outside of one come before all promises. */
  private flushSoon(): void {
    if (this.isFlushDue) return;
    this.isFlushDue = true;
    queueMicrotask(() => process.nextTick(() => this.flush()));
  }

  private flush(): void {
    this.isFlushDue = false;
    const { reads, writes } = this;
    this.reads = [];
    this.writes = [];
    if (this.unanswered === 0 && this.carriage?.hasRoomFor(reads.length) === true) {
      // The connection is that of the bus, whose troubles are its own.
      this.answerAll(reads, this.carriage.read(keysOf(reads)), () => this.sendByOwn(reads, []));
    } else this.sendByOwn(reads, writes);
  }

  private sendByOwn(reads: PendingRead[], writes: PendingCommand[]): void {
    if (this.connection !== undefined) {
      this.send(this.connection.client, reads, writes);
      return;
    }
    this.connected().then(
      ({ client }) => this.send(client, reads, writes),
      (error: unknown) => {
        for (const read of reads) this.fail(read, error);
        for (const write of writes) write.reject(error);
      },
    );
  }

  private send(client: RedisClient, reads: PendingRead[], writes: PendingCommand[]): void {
    if (client.isCluster) {
      const commands = reads.map((read) => this.asCommand(read));
      sendTogether(client, commands);
    } else if (reads.length <= KEYS_PER_READ) {
      if (reads.length > 0) this.read(client, reads);
    } else {
      for (let from = 0; from < reads.length; from += KEYS_PER_READ) {
        this.read(client, reads.slice(from, from + KEYS_PER_READ));
      }
    }
    if (writes.length > 0) sendTogether(client, writes);
  }

  private read(client: RedisClient, reads: readonly PendingRead[]): void {
    this.answerAll(reads, client.mgetBuffer(keysOf(reads)), (error) => {
      for (const read of reads) this.fail(read, error);
    });
  }

  private answerAll(
    reads: readonly PendingRead[],
    replies: Promise<readonly (Buffer | null)[]>,
    otherwise: (error: unknown) => void,
  ): void {
    replies.then((found) => {
      for (let at = 0; at < reads.length; at++) this.answer(reads[at], found[at]);
    }, otherwise);
  }

  /** A cluster answers MGET for keys of one slot only. */
  private asCommand(read: PendingRead): PendingCommand {
    return {
      key: read.key,
      sendBy: (sender) => sender.getBuffer(read.key),
      resolve: (reply) => this.answer(read, reply),
      reject: (error) => this.fail(read, error),
    };
  }

  private answer(read: PendingRead, reply: Buffer | null): void {
    this.leave(read);
    const bytes = reply ?? undefined;
    read.resolve(bytes);
    if (read.joined === undefined) return;
    for (const reader of read.joined) {
      // Of bytes their reader knows whether they are still right; a number others may have counted on since it was asked for.
      if (isNumber(bytes)) this.ask(read.key, reader);
      else reader.resolve(bytes);
    }
  }

  private fail(read: PendingRead, error: unknown): void {
    this.leave(read);
    const explained = this.explained(error);
    read.reject(explained);
    for (const { reject } of read.joined ?? []) reject(explained);
  }

  /** Nobody joins it any more; after a write there may be a newer one of the key. */
  private leave(read: PendingRead): void {
    if (this.running.get(read.key) === read) this.running.delete(read.key);
  }

  /** The error, with why there is no connection if that is the matter. */
  private explained(error: unknown): unknown {
    const { message } = error as Error;
    if (message === 'Command timed out') this.connection?.suspect();
    const reason = this.connection?.trouble?.reason;
    return reason === undefined ? error : new Error(`${message} (${reason.message})`, { cause: reason });
  }
}

function isNumber(bytes: Bytes): boolean {
  return bytes !== undefined && bytes.length <= LONGEST_NUMBER && /^-?\d+$/.test(bufferOf(bytes).toString('latin1'));
}

function keysOf(reads: readonly PendingRead[]): string[] {
  return reads.map(({ key }) => key);
}

/**
 * A storage in the Redis that a URL names. Returns at once, and connects by itself.
 *
 * @param target read from the URL beforehand, so that a wrong one has failed already
 */
export function openRedisStorage(target: RedisTarget, options: OpenRedisOptions = {}): RedisStorage {
  return new RedisStorage(openRedis(target, options));
}

/**
 * A storage that uses a client of ioredis 5 or 6, a `Redis` or a `Cluster`, which stays yours to configure and to close.
 *
 * Set `maxRetriesPerRequest` low or `enableOfflineQueue: false`: with the defaults of ioredis commands wait long for a Redis
 * that is away.
 *
 * @throws ZooCacheError `INVALID_ARGUMENT` for anything else, `INVALID_OPTION` for a client with a `keyPrefix`
 */
export function redisStorage(client: RedisClient): RedisStorage {
  return new RedisStorage(Promise.resolve(borrowRedis(checkRedisClient(client, 'redisStorage()'))));
}

/** Redis counts in whole milliseconds, and knows no lifetime of none. */
function lifetime(ttlMs: number): RedisArgument[] {
  return ttlMs === Infinity ? [] : ['PX', Math.max(1, Math.ceil(ttlMs))];
}

/**
 * Whether half of a surrogate pair stands alone in the key: in UTF-8 all of them look alike, so that two keys would be one.
 * Such a key holds nothing.
 */
function isIllFormed(key: string): boolean {
  return !key.isWellFormed();
}
