/**
 * A place for bytes that many processes may share.
 *
 * A storage is any key-value store: it needs no scripts and no order, because whether an entry is valid is decided when
 * it is read. It may forget at any time, and it may be slow; it must not return bytes it was not given.
 */
export interface CacheStorage {
  /** The bytes last set under the key, or `undefined` when there are none (never set, expired, evicted, deleted). */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Keeps the bytes for `ttlMs` milliseconds (`Infinity`: no expiry), in place of what the key held. */
  set(key: string, bytes: Uint8Array, ttlMs: number): Promise<void>;
  /** Forgets the key; `true` when it held something. */
  delete(key: string): Promise<boolean>;
  /** Forgets every key that starts with `prefix`; `''` is every key. */
  clear(prefix: string): Promise<void>;
  /** The bytes of several keys in one round trip, in the order of the keys. */
  getMany?(keys: readonly string[]): Promise<(Uint8Array | undefined)[]>;
  /** Closes what the storage opened; may be called twice. */
  close?(): Promise<void>;
}
