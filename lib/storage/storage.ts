import type { Reach } from '../support/reach.js';

/**
 * A place for bytes that many processes may share.
 *
 * A storage is any key-value store: it needs no scripts and no order, because whether an entry is valid is decided when
 * it is read. It may forget at any time, and it may be slow; it must not return bytes it was not given (what it changes or
 * mixes up is found out by a sum, but for counters, which are plain numbers). Keys are texts of
 * any characters, and two that differ are two keys, also where UTF-8 makes the same bytes of them (half a surrogate pair).
 * Every method may be called concurrently, and may reject: then the read goes to the database.
 */
export interface CacheStorage {
  /** How far it is shared; the bus must be shared as widely. @default 'network' */
  readonly reach?: Reach;
  /** The bytes last set under the key, or `undefined` when there are none (never set, expired, evicted, deleted). */
  get(key: string): Promise<Uint8Array | undefined>;
  /** What `get` resolves to, at once: for storages that wait for nothing, such as memory that processes share. May throw. */
  getNow?(key: string): Uint8Array | undefined;
  /** Keeps the bytes for `ttlMs` milliseconds (`Infinity`: no expiry), in place of what the key held. */
  set(key: string, bytes: Uint8Array, ttlMs: number): Promise<void>;
  /** Forgets the key; `true` when it held something. */
  delete(key: string): Promise<boolean>;
  /**
   * Forgets every key that starts with `prefix`. `''` is every key that this storage may hold; one that cannot tell its
   * own keys from those of others rejects it. One that cannot list its keys keeps them, which costs room and no freshness.
   */
  clear(prefix: string): Promise<void>;
  /**
   * The bytes of several keys in one round trip, in the order of the keys. Reads of one turn of the event loop come by it, up to
   * 500 of them; without it, each by `get`.
   */
  getMany?(keys: readonly string[]): Promise<(Uint8Array | undefined)[]>;
  /** Keeps the bytes only if the key holds nothing; `true` for the one of concurrent callers that did. */
  add?(key: string, bytes: Uint8Array, ttlMs: number): Promise<boolean>;
  /**
   * Adds to the whole number that the key holds as decimal text, or to `initial` when it holds nothing, and returns the
   * sum; atomic, and keeps the lifetime. `undefined` when the key holds anything else.
   */
  increment?(key: string, by: number, initial: number): Promise<number | undefined>;
  /** Gives what the key holds a new lifetime from now on (`Infinity`: no expiry); `false` when it holds nothing. */
  touch?(key: string, ttlMs: number): Promise<boolean>;
  /** Closes what the storage opened; may be called twice. */
  close?(): Promise<void>;
}
