import { createHash } from 'node:crypto';
import type { BytesCodec, Decoded } from '../codec/bytes/bytes-codec.js';
import { DAMAGED, opened, placeOf, sealed, type OpenedEnvelope } from '../codec/bytes/envelope.js';
import { undecodable } from '../codec/bytes/undecodable.js';
import { ZooCacheError } from '../errors/zoocache.error.js';
import type { FailureReporter } from '../events/failure-reporter.js';
import type { CacheStorage } from '../storage/storage.js';
import { wallClock, type Clock } from '../support/clock.js';
import { bufferOf } from '../support/buffer-of.js';
import { SharedDeadline } from '../support/shared-deadline.js';
import type { Timers } from '../support/timers.js';
import type { Tag } from '../tags/tag.js';
import { isOfUsers } from '../tags/user-tag.js';
import { StorageDebts } from './storage-debts.js';
import { noAnswer, StorageReads } from './storage-reads.js';

/** How long a read waits for the storage before it goes to the database, in milliseconds. */
const READ_BUDGET_MS = 100;

/**
 * How long whoever stores, removes or counts waits for it, in milliseconds. A store that queues its commands until its server
 * is back would keep him for as long as that is away.
 */
const WRITE_BUDGET_MS = 1_000;

/** What is said to have failed. */
const READING = 'reading from the storage';

/** How long a storage that failed is left alone. */
const REST_MS = 500;

/** Longer keys are cut, and what was cut off is hashed. */
const LONGEST_KEY = 200;

/** What a shared storage is used with. */
export interface SharedEntriesParts {
  readonly storage: CacheStorage;
  readonly prefix: string;
  readonly codec: Pick<BytesCodec, 'encode' | 'decode'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly timers: Timers;
  readonly failures: FailureReporter;
  /**
   * What this process knows of its databases. Tags name columns, so entries of processes that know others are unreadable,
   * unless they depend on none.
   */
  readonly schema: () => string;
}

/** What lay under a key, and in which life of the log it was asked for: an entry, or the number that a counter has reached. */
export interface Fetched {
  readonly held: OpenedEnvelope | number;
  readonly incarnation: string;
}

/** What is on its way, or there at once; undefined: there is nothing under the key. */
export type Fetching = Promise<Fetched | undefined> | Fetched | undefined;

/** What is stored of an answer. */
export interface StoredAnswer {
  /** See {@link SharedEntries.encode}. */
  readonly bytes: Uint8Array;
  readonly tags: readonly Tag[];
  readonly token: number;
  readonly ttlMs: number;
}

/**
 * Entries in a storage that processes share: bytes under the prefix, each with all that decides whether it is valid.
 *
 * Nothing here fails: what cannot be read in time is not there, what cannot be written is not kept, and a storage that
 * fails is left alone for a while, so that it costs no read its patience.
 */
export class SharedEntries {
  private restUntil = -Infinity;
  /** How much has been asked of the storage that has not answered. */
  private attempts = 0;
  /** Called when it has answered all. */
  private ended: (() => void) | undefined;
  private readonly deadline: SharedDeadline;
  private readonly writeDeadline: SharedDeadline;
  private readonly reads: StorageReads;
  private readonly head: string;
  /** Of all keys under the prefix. */
  private readonly place: number;
  private readonly debts: StorageDebts;

  constructor(private readonly parts: SharedEntriesParts) {
    this.head = headOf(parts.prefix);
    this.place = placeOf(this.head);
    this.deadline = new SharedDeadline(parts, READ_BUDGET_MS);
    this.writeDeadline = new SharedDeadline(parts, WRITE_BUDGET_MS);
    this.reads = new StorageReads(parts.storage, this.deadline, (error) => this.rest(READING, error));
    this.debts = new StorageDebts(parts.timers, this.head, async (name) => (await this.remove(name)) !== undefined);
  }

  /**
   * The entry under the key, if it is of this life of the log; whether it is valid is for the caller to judge. A counter is
   * a number.
   */
  fetch(key: string, incarnation: string): Fetching {
    const name = this.nameToRead(key);
    if (name === undefined) return undefined;
    if (this.parts.storage.getNow !== undefined) return this.fetched(key, this.readNow(name), incarnation);
    return new Promise((resolve) => this.reads.read(name, (bytes) => resolve(this.fetched(key, bytes, incarnation))));
  }

  /** The same for somebody with a promise of his own: `done` is called once, perhaps at once; it must not throw. */
  fetchFor(key: string, incarnation: string, done: (fetched: Fetched | undefined) => void): void {
    const name = this.nameToRead(key);
    if (name === undefined) done(undefined);
    else if (this.parts.storage.getNow !== undefined) done(this.fetched(key, this.readNow(name), incarnation));
    else this.reads.read(name, (bytes) => done(this.fetched(key, bytes, incarnation)));
  }

  /** Where the key lies; undefined where it is not asked for. */
  private nameToRead(key: string): string | undefined {
    if (this.isResting) return undefined;
    const name = this.nameOf(key);
    return this.debts.has(name) ? undefined : name;
  }

  private readNow(name: string): Uint8Array | undefined {
    try {
      return this.parts.storage.getNow!(name);
    } catch (error) {
      this.rest(READING, error);
      return undefined;
    }
  }

  private fetched(key: string, bytes: Uint8Array | undefined, incarnation: string): Fetched | undefined {
    if (bytes === undefined) return undefined;
    try {
      const envelope = opened(bytes, this.placeOf(key));
      if (envelope === DAMAGED) return this.discard(key);
      if (envelope?.isOf(this.lifeOf(incarnation)) === false && !envelope.isOf(incarnation)) return undefined;
      const held = envelope ?? counterIn(bytes)?.value;
      return held === undefined ? undefined : { held, incarnation };
    } catch (error) {
      this.rest(READING, error);
      return undefined;
    }
  }

  /** Gives way to the next answer that is stored, or goes by itself; until then it is neither asked for nor told of again. */
  private discard(key: string): undefined {
    const name = this.nameOf(key);
    if (this.debts.has(name)) return;
    this.debts.add(name);
    this.parts.failures.report('checking a stored answer', damaged(name));
  }

  /** The value in an envelope; undefined when it says nothing to this application. */
  valueIn(envelope: OpenedEnvelope): Decoded | undefined {
    return this.parts.codec.decode(envelope.value);
  }

  /**
   * The value of bytes that were a value before.
   *
   * @throws ZooCacheError `UNDECODABLE_VALUE` when they are none any more
   */
  decode(bytes: Uint8Array): unknown {
    const decoded = this.parts.codec.decode(bytes);
    if (decoded === undefined) throw undecodable(bytes);
    return decoded.value;
  }

  /**
   * The bytes of a value.
   *
   * @throws ZooCacheError `UNENCODABLE_VALUE`
   */
  encode(value: unknown): Uint8Array {
    return this.parts.codec.encode(value);
  }

  /** What is stored of an answer under its key, for others to judge. */
  sealed(key: string, { bytes, ...answer }: StoredAnswer, incarnation: string): Uint8Array {
    const { tags } = answer;
    // Nothing that processes know of databases says how it is to be judged: `add()` of one counts for all.
    const isOfAll = tags.length > 0 && tags.every((tag) => isOfUsers(this.parts.prefix, tag));
    const life = isOfAll ? incarnation : this.lifeOf(incarnation);
    return sealed({ ...answer, incarnation: life, value: bytes }, this.placeOf(key));
  }

  /** Stores bytes; false when that failed. */
  async set(key: string, bytes: Uint8Array, ttlMs: number): Promise<boolean> {
    const name = this.nameOf(key);
    // Before it is sent, or what is paid meanwhile would remove it.
    const wasOwed = this.debts.delete(name);
    const done = await this.write(async (storage) => {
      await storage.set(name, bytes, ttlMs);
      return true;
    });
    if (wasOwed && done === undefined) this.debts.add(name);
    return done === true;
  }

  /** Stores what {@link increment} counts on; false when that failed, and then the key is to hold nothing. */
  async setCounter(key: string, value: number, ttlMs: number): Promise<boolean> {
    const isSet = await this.set(key, bytesOfCounter(value, this.untilOf(ttlMs)), ttlMs);
    if (!isSet) this.debts.add(this.nameOf(key));
    return isSet;
  }

  /** The same where the key holds nothing; undefined where the storage cannot do that. */
  addCounter(key: string, value: number, ttlMs: number): Promise<boolean | undefined> {
    return this.add(key, bytesOfCounter(value, this.untilOf(ttlMs)), ttlMs);
  }

  /** Whether the storage can do in one step what several processes may do at once. */
  get canAdd(): boolean {
    return this.parts.storage.add !== undefined;
  }

  get canCount(): boolean {
    return this.parts.storage.increment !== undefined;
  }

  /** Stores bytes if the key holds none; undefined where the storage cannot do that. */
  async add(key: string, bytes: Uint8Array, ttlMs: number): Promise<boolean | undefined> {
    const name = this.nameOf(key);
    if (!(await this.debts.payFor(name))) return undefined;
    return this.write(async (storage) => storage.add?.(name, bytes, ttlMs));
  }

  /** Whether there is anything under the key. */
  async holds(key: string): Promise<boolean> {
    return (await this.read(key)) !== undefined;
  }

  /** Forgets the key; whether it held anything. If that fails it is done when the storage is back. */
  async delete(key: string): Promise<boolean> {
    const name = this.nameOf(key);
    const removed = await this.remove(name);
    if (removed === undefined) this.debts.add(name);
    else this.debts.delete(name);
    return removed?.held === true;
  }

  /** Forgets the key as soon as `stored` has resolved, unless that fails: it is soon over by itself. */
  async leave(key: string, stored?: Promise<unknown>): Promise<void> {
    // Under way from now on: who waits for the answer before this would find nothing left to wait for in between.
    this.attempts++;
    try {
      await stored;
      await this.remove(this.nameOf(key));
    } finally {
      this.end();
    }
  }

  /** What a process before noted under a name, for those that come later. */
  async note(name: string): Promise<string | undefined> {
    const bytes = await this.read(`note:${name}`);
    return bytes && Buffer.from(bytes).toString();
  }

  async setNote(name: string, text: string): Promise<void> {
    await this.set(`note:${name}`, Buffer.from(text), Infinity);
  }

  /**
   * Forgets all keys that begin so, or everything under the prefix, however many they are. If that fails, everything goes
   * when the storage is back: what it holds cannot be listed while it is away.
   */
  async clear(keyHead = ''): Promise<void> {
    if ((await this.removeAll(this.head + keyHead)) === undefined) this.debts.add(this.head);
  }

  /**
   * Gives what the key holds a new lifetime; undefined where the storage cannot do that. One that can only read and write
   * stores it once more, unless it counts by itself: steps of other processes would be lost.
   */
  touch(key: string, ttlMs: number): Promise<boolean | undefined> {
    const name = this.nameOf(key);
    return this.write(async (storage) => {
      if (storage.increment !== undefined) return storage.touch?.(name, ttlMs);
      const bytes = await storage.get(name);
      if (bytes === undefined) return false;
      const counter = counterIn(bytes);
      if (counter === undefined && storage.touch !== undefined) return storage.touch(name, ttlMs);
      const renewed = counter === undefined ? bytes : bytesOfCounter(counter.value, this.untilOf(ttlMs));
      await storage.set(name, renewed, ttlMs);
      return true;
    });
  }

  /**
   * Counts in the storage; undefined when the key holds no counter. Rejects when that fails, because a count has no other
   * answer.
   *
   * @throws ZooCacheError `UNSUPPORTED` where the storage cannot count, `STORAGE_FAILED` where it fails to
   */
  async increment(key: string, by: number, initial: number): Promise<number | undefined> {
    const { storage } = this.parts;
    if (storage.increment !== undefined) {
      try {
        if (!(await this.debts.payFor(this.nameOf(key)))) throw noAnswer();
        return await this.writeDeadline.limit(storage.increment(this.nameOf(key), by, initial), noAnswer);
      } catch (error) {
        throw storageFailed(key, error);
      }
    }
    throw new ZooCacheError('UNSUPPORTED', {
      what: 'This storage cannot count without losing steps of other processes',
      name: storage.constructor.name,
      next: 'Count in a storage that can, such as redis:// or lmdb:, or in the database',
    });
  }

  /**
   * Counts in two steps, for a process that has the storage for itself; anything but a counter gives way. Undefined where the
   * next number could not be told from its neighbour.
   *
   * @throws ZooCacheError `STORAGE_FAILED`
   */
  async countAlone(key: string, by: number, initial: number): Promise<number | undefined> {
    const name = this.nameOf(key);
    const isPaid = await this.debts.payFor(name);
    const counted = await this.attempt('counting in the storage', async (storage) => {
      if (!isPaid) throw noAnswer();
      const bytes = await this.deadline.limit(storage.get(name), noAnswer);
      const { value, until } = (bytes && counterIn(bytes)) ?? { value: initial, until: Infinity };
      const sum = value + by;
      if (!Number.isSafeInteger(sum)) return { sum: undefined };
      const bytesOfSum = bytesOfCounter(sum, until);
      await this.writeDeadline.limit(storage.set(name, bytesOfSum, until - wallClock.now()), noAnswer);
      return { sum };
    });
    if (counted === undefined) throw storageFailed(key, noAnswer());
    return counted.sum;
  }

  /**
   * Waits for the answers under way, as long as a read does: what was loaded last would be lost with the connection, and each
   * shutdown report a failure. Nothing is removed any more that could not be until now.
   */
  async close(): Promise<void> {
    this.debts.close();
    if (this.attempts > 0) {
      const ended = new Promise<void>((resolve) => (this.ended = resolve));
      await this.deadline.limit(ended, noAnswer).catch(() => undefined);
    }
    // What a load asks for that goes on would find the connection closed, which is no failure.
    this.restUntil = Infinity;
  }

  /** What cannot count cannot tell either when a counter is over, which the next step has to know: it stands beside it. */
  private untilOf(ttlMs: number): number {
    return this.canCount ? Infinity : Math.ceil(wallClock.now() + ttlMs);
  }

  private lifeOf(incarnation: string): string {
    return `${incarnation} ${this.parts.schema()}`;
  }

  private nameOf(key: string): string {
    if (key.length <= LONGEST_KEY) return this.head + key;
    const hash = createHash('sha256').update(key).digest('base64url').slice(0, 27);
    return `${this.head}${key.slice(0, LONGEST_KEY / 2)}#${hash}`;
  }

  private placeOf(key: string): number {
    return placeOf(key, this.place);
  }

  private read(key: string): Promise<Uint8Array | undefined> {
    return this.attempt(READING, (storage) => this.deadline.limit(storage.get(this.nameOf(key)), noAnswer));
  }

  /** Removes what lies under a name, or all under the prefix; undefined when that failed. */
  private remove(name: string): Promise<{ readonly held: boolean } | undefined> {
    if (name === this.head) return this.removeAll(name);
    return this.write(async (storage) => ({ held: await storage.delete(name) }));
  }

  /** Removes all whose names begin so; undefined when that failed. */
  private removeAll(head: string): Promise<{ readonly held: boolean } | undefined> {
    return this.attempt('clearing the storage', async (storage) => {
      await this.whileAnswering(storage, storage.clear(head));
      return { held: true };
    });
  }

  /**
   * Waits for what may take long by itself, as long as the storage does in time what takes none: to remove what nobody has.
   * A long list is no storage that is dead.
   */
  private async whileAnswering(storage: CacheStorage, done: Promise<void>): Promise<void> {
    const late = noAnswer();
    for (;;) {
      try {
        return await this.writeDeadline.limit(done, () => late);
      } catch (error) {
        if (error !== late) throw error;
      }
      await this.writeDeadline.limit(storage.delete(this.head), noAnswer);
    }
  }

  private write<T>(action: (storage: CacheStorage) => Promise<T>): Promise<T | undefined> {
    const inTime = (storage: CacheStorage): Promise<T> => this.writeDeadline.limit(action(storage), noAnswer);
    return this.attempt('writing to the storage', inTime);
  }

  private async attempt<T>(doing: string, action: (storage: CacheStorage) => Promise<T>): Promise<T | undefined> {
    if (this.isResting) return undefined;
    this.attempts++;
    try {
      return await action(this.parts.storage);
    } catch (error) {
      this.rest(doing, error);
      return undefined;
    } finally {
      this.end();
    }
  }

  private end(): void {
    if (--this.attempts === 0) this.ended?.();
  }

  private get isResting(): boolean {
    return this.parts.clock.now() < this.restUntil;
  }

  private rest(doing: string, because: unknown): void {
    if (this.restUntil === Infinity) return;
    this.restUntil = this.parts.clock.now() + REST_MS;
    this.parts.failures.report(doing, because);
  }
}

/**
 * What the names of a prefix begin with, and no name of another prefix does: `shop::` and `shop:eu::`. To clear one is not
 * to clear those that are called like it.
 */
function headOf(prefix: string): string {
  return `${prefix.replaceAll('%', '%25').replace(/:(?=:|$)/g, '%3A')}::`;
}

function damaged(name: string): ZooCacheError {
  return new ZooCacheError('DAMAGED_ENTRY', {
    what: 'The storage returns other bytes than were stored',
    name: `'${name}'`,
    next: 'The answer is loaded again; look for what cuts, changes or mixes up bytes: a proxy, a column, a disk',
  });
}

function storageFailed(key: string, cause: unknown): ZooCacheError {
  if (cause instanceof ZooCacheError) return cause;
  return new ZooCacheError('STORAGE_FAILED', {
    what: 'The storage failed to count',
    name: `'${key.slice(2)}'`,
    next: 'Try again when it is back; the cause says what it reported',
    cause,
  });
}

/** Decimal text, as what counts by itself keeps it; and perhaps when it is over, by the wall clock. */
const COUNTER = /^(-?\d+)(?:~(\d+))?$/;

const LONGEST_COUNTER = 40;

/** A whole number that is counted on, and when it is over. */
interface Counter {
  readonly value: number;
  readonly until: number;
}

function bytesOfCounter(value: number, until: number): Uint8Array {
  return Buffer.from(until === Infinity ? String(value) : `${value}~${until}`);
}

function counterIn(bytes: Uint8Array): Counter | undefined {
  if (bytes.length > LONGEST_COUNTER) return undefined;
  const [, value, end = Infinity] = COUNTER.exec(bufferOf(bytes).toString('latin1')) ?? [];
  const until = Number(end);
  return value === undefined || until <= wallClock.now() ? undefined : { value: Number(value), until };
}
