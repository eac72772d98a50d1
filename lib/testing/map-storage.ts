import type { CacheStorage } from '../storage/storage.js';
import { monotonicClock, type Clock } from '../support/clock.js';

interface Kept {
  readonly bytes: Uint8Array;
  /** By the clock of the storage that set it. */
  readonly expiresMs: number;
}

/** What several {@link MapStorage}s share: keys and what they hold, for them to read. */
export type MapPlace = Map<string, Kept>;

/**
 * The contract of a storage in its plainest form, with every optional method that waits: a reference for implementations, and
 * a storage for tests. Nothing is evicted, and what has expired stays in the map until its key is used again.
 *
 * Storages over one `place` share what they hold, as the connections of several processes would.
 */
export class MapStorage implements CacheStorage {
  readonly reach = 'process';

  /** @param clock what lifetimes are measured by; the same for all storages of one place */
  constructor(
    private readonly place: MapPlace = new Map(),
    private readonly clock: Clock = monotonicClock,
  ) {}

  get(key: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.read(key));
  }

  getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    return Promise.resolve(keys.map((key) => this.read(key)));
  }

  set(key: string, bytes: Uint8Array, ttlMs: number): Promise<void> {
    this.keep(key, bytes, ttlMs);
    return Promise.resolve();
  }

  add(key: string, bytes: Uint8Array, ttlMs: number): Promise<boolean> {
    if (this.find(key) !== undefined) return Promise.resolve(false);
    this.keep(key, bytes, ttlMs);
    return Promise.resolve(true);
  }

  increment(key: string, by: number, initial: number): Promise<number | undefined> {
    const kept = this.find(key);
    const text = kept === undefined ? String(initial) : Buffer.from(kept.bytes).toString('latin1');
    if (!/^-?\d+$/.test(text)) return Promise.resolve(undefined);
    const sum = Number(text) + by;
    this.place.set(key, { bytes: Buffer.from(String(sum)), expiresMs: kept?.expiresMs ?? Infinity });
    return Promise.resolve(sum);
  }

  delete(key: string): Promise<boolean> {
    return Promise.resolve(this.find(key) !== undefined && this.place.delete(key));
  }

  touch(key: string, ttlMs: number): Promise<boolean> {
    const kept = this.find(key);
    if (kept !== undefined) this.keep(key, kept.bytes, ttlMs);
    return Promise.resolve(kept !== undefined);
  }

  clear(prefix: string): Promise<void> {
    for (const key of this.place.keys()) if (key.startsWith(prefix)) this.place.delete(key);
    return Promise.resolve();
  }

  private read(key: string): Uint8Array | undefined {
    const kept = this.find(key);
    return kept && new Uint8Array(kept.bytes);
  }

  private find(key: string): Kept | undefined {
    const kept = this.place.get(key);
    if (kept === undefined || this.clock.now() < kept.expiresMs) return kept;
    this.place.delete(key);
    return undefined;
  }

  private keep(key: string, bytes: Uint8Array, ttlMs: number): void {
    this.place.set(key, { bytes: new Uint8Array(bytes), expiresMs: this.clock.now() + ttlMs });
  }
}
