import { LmdbEnvironment } from '../../drivers/lmdb/lmdb-environment.js';
import { parseLmdbUrl } from '../../drivers/lmdb/lmdb-url.js';
import type { Clock } from '../../support/clock.js';
import type { CacheStorage } from '../storage.js';
import { ExpirySweep, expiryRow } from './expiry-sweep.js';
import { rangeOf, storedKey } from './stored-key.js';

/** Values without an expiry stand behind all others in the order of expiries, the oldest first. */
const NEVER = 1e15;

/** Keys removed by one commit of {@link LmdbStorage.clear}: longer commits keep other writers waiting. */
const CLEARED_AT_ONCE = 1000;

const NOTHING = Buffer.alloc(0);

/**
 * Opens the storage that a URL such as `lmdb:./cache?maxBytes=256mb` names.
 *
 * @param clock one that all processes which share the storage read: see {@link LmdbStorage}; that of the environment when absent
 * @throws ZooCacheError like `parseLmdbUrl` and {@link LmdbEnvironment.open}
 */
export async function openLmdbStorage(url: string, clock?: Clock): Promise<LmdbStorage> {
  const place = parseLmdbUrl(url);
  const environment = await LmdbEnvironment.open(place);
  return new LmdbStorage(environment, place.maxBytes, clock ?? environment.commonClock);
}

/**
 * Bytes in a file that the processes of one machine share, and that outlives them.
 *
 * LMDB knows no lifetimes, so each value has the time of its expiry beside it. It must mean the same to processes that
 * start after the one that stored, and it may, since all of them are on one machine and read one clock: that of the kernel,
 * so that a wall clock that is set back does not keep values for longer. Where a file outlives the kernel it is the wall
 * clock. Lifetimes only bound how long an answer may be used; whether it is valid is never judged by a clock.
 *
 * An expired value is a miss. What has expired leaves, and what would be next to expire leaves early for lack of room,
 * a little with every few writes: see {@link ExpirySweep}.
 */
export class LmdbStorage implements CacheStorage {
  readonly reach = 'machine';

  private readonly sweep: ExpirySweep;
  private isClosed = false;

  constructor(
    private readonly environment: LmdbEnvironment,
    maxBytes: number,
    private readonly clock: Clock,
  ) {
    this.sweep = new ExpirySweep(environment, maxBytes);
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.getNow(key);
  }

  getNow(key: string): Uint8Array | undefined {
    return this.read(storedKey(key), this.clock.now());
  }

  async getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    const now = this.clock.now();
    return keys.map((key) => this.read(storedKey(key), now));
  }

  async set(key: string, bytes: Uint8Array, ttlMs: number): Promise<void> {
    const now = this.clock.now();
    const stored = storedKey(key);
    const put = this.environment.write(({ entries }) =>
      entries.batch(() => this.put(stored, bytes, expiryOf(now, ttlMs))),
    );
    await Promise.all([put, this.sweep.afterWrite(bytes.length, now)]);
  }

  async delete(key: string): Promise<boolean> {
    const { lmdb } = this.environment;
    const bytes = storedKey(key);
    const held = this.read(bytes, this.clock.now()) !== undefined;
    return (await this.environment.write(({ entries }) => entries.remove(bytes, lmdb.IF_EXISTS))) && held;
  }

  async clear(prefix: string): Promise<void> {
    if (prefix === '') {
      await this.environment.write(({ entries, expiries }) =>
        Promise.all([entries.clearAsync(), expiries.clearAsync()]),
      );
      return;
    }
    const { start: first, end } = rangeOf(prefix);
    for (let start = first; ;) {
      const { entries } = this.environment.tables;
      entries.resetReadTxn();
      const keys = [...entries.getKeys({ start, end, limit: CLEARED_AT_ONCE })];
      if (keys.length === 0) return;
      await this.environment.write((tables) =>
        tables.entries.batch(() => keys.forEach((key) => void tables.entries.remove(key))),
      );
      // On from the last one: what others store meanwhile in front of it was not there when this was asked for.
      start = keys[keys.length - 1];
    }
  }

  async add(key: string, bytes: Uint8Array, ttlMs: number): Promise<boolean> {
    const stored = storedKey(key);
    for (;;) {
      const { entries } = this.environment.tables;
      const now = this.clock.now();
      entries.resetReadTxn();
      const held = entries.getEntry(stored);
      if (held !== undefined && held.version! > now) return false;
      const put = () => this.put(stored, bytes, expiryOf(now, ttlMs));
      // Of concurrent callers one finds the key as all of them saw it; the others look again.
      const isFirst = await this.environment.write((tables) =>
        held === undefined
          ? tables.entries.ifNoExists(stored, put)
          : tables.entries.ifVersion(stored, held.version!, put),
      );
      if (isFirst) return true;
    }
  }

  async increment(key: string, by: number, initial: number): Promise<number | undefined> {
    const stored = storedKey(key);
    return this.environment.write(({ entries }) =>
      entries.transaction(() => {
        const now = this.clock.now();
        const held = entries.getEntry(stored);
        const isHeld = held !== undefined && held.version! > now;
        const sum = (isHeld ? wholeNumber(held.value) : initial) + by;
        if (!Number.isSafeInteger(sum)) return undefined;
        this.put(stored, Buffer.from(String(sum)), isHeld ? held.version! : expiryOf(now, Infinity));
        return sum;
      }),
    );
  }

  async touch(key: string, ttlMs: number): Promise<boolean> {
    const stored = storedKey(key);
    return this.environment.write(({ entries }) =>
      entries.transaction(() => {
        const now = this.clock.now();
        const value = this.read(stored, now);
        if (value === undefined) return false;
        this.put(stored, value, expiryOf(now, ttlMs));
        return true;
      }),
    );
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.environment.close();
  }

  /** A copy, which is the caller's own. */
  private read(key: Buffer, now: number): Uint8Array | undefined {
    const entry = this.environment.tables.entries.getEntry(key);
    return entry !== undefined && entry.version! > now ? entry.value : undefined;
  }

  /** To be called inside a batch or a transaction: a value must not be without its row. */
  private put(key: Buffer, bytes: Uint8Array, expiry: number): void {
    const { entries, expiries } = this.environment.tables;
    void entries.put(key, bytes as Buffer, expiry);
    void expiries.put(expiryRow(expiry, key), NOTHING);
  }
}

function expiryOf(now: number, ttlMs: number): number {
  return ttlMs === Infinity ? NEVER + now : now + ttlMs;
}

/** What decimal text stands for, `NaN` for any other text. */
function wholeNumber(bytes: Buffer): number {
  const text = bytes.toString('latin1');
  return /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
}
