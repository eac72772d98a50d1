import { OneAtATime } from '../../support/one-at-a-time.js';
import type { Reach } from '../../support/reach.js';
import type { CacheStorage } from '../storage.js';
import { clearKeyv } from './clear-keyv.js';
import type { KeyvLike } from './keyv-like.js';
import { StoreErrors } from './store-errors.js';
import { bytesOfText, storedText } from './stored-text.js';

/** What another library does for a storage. */
export interface AdaptedStore {
  /** The Keyvs in which it keeps what it is given, as far as they can be seen. */
  readonly keyvs: readonly KeyvLike[];
  get(key: string): Promise<unknown>;
  getMany(keys: string[]): Promise<readonly unknown[]>;
  /** Resolves with `false` when the text was not taken. @param ttlMs 0: no expiry */
  set(key: string, text: string, ttlMs: number): Promise<unknown>;
  /** Resolves with `false` when there was nothing, if the library can tell. */
  delete(key: string): Promise<unknown>;
}

const isAlways = (): boolean => true;

/** A storage on what another library keeps texts in. The library's instance stays the caller's. */
export class AdaptedStorage implements CacheStorage {
  private readonly errors: StoreErrors;
  private readonly turns = new OneAtATime();

  constructor(
    private readonly store: AdaptedStore,
    readonly reach: Reach,
  ) {
    this.errors = new StoreErrors(store.keyvs);
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const isNothing = (value: unknown): boolean => value === undefined;
    return bytesOfText(key, await this.errors.during(() => this.store.get(key), isNothing));
  }

  async getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    // Keyv takes a key that begins with its namespace for one that has it already, but not among many keys.
    const beginsWithNamespace = ({ namespace }: KeyvLike): boolean =>
      keys.some((key) => key.startsWith(`${namespace}:`));
    if (this.store.keyvs.some(beginsWithNamespace)) return Promise.all(keys.map((key) => this.get(key)));
    const lacksSome = (values: readonly unknown[]): boolean => values.includes(undefined);
    const values = await this.errors.during(() => this.store.getMany([...keys]), lacksSome);
    return keys.map((key, index) => bytesOfText(key, values[index]));
  }

  async set(key: string, bytes: Uint8Array, ttlMs: number): Promise<void> {
    // Redis insists on whole milliseconds, and nothing at all would be the store's own default.
    const wholeMs = ttlMs === Infinity ? 0 : Math.max(1, Math.ceil(ttlMs));
    const answer = await this.errors.during(() => this.store.set(key, storedText(key, bytes), wholeMs), isAlways);
    if (answer === false) throw new Error('The store did not take what it was to keep');
  }

  /** In turn: of those in this process who delete a key at once, one finds something, also where the library cannot tell. */
  delete(key: string): Promise<boolean> {
    return this.turns.run(key, () => this.deleteNow(key));
  }

  private async deleteNow(key: string): Promise<boolean> {
    const held = await this.get(key);
    // Where the library can tell, it tells one of the processes that delete at once that there was something.
    const answer = await this.errors.during(() => this.store.delete(key), isAlways);
    return held !== undefined && answer !== false;
  }

  async clear(prefix: string): Promise<void> {
    for (const keyv of this.store.keyvs) await this.errors.during(() => clearKeyv(keyv, prefix), isAlways);
  }

  async close(): Promise<void> {
    this.errors.close();
  }
}
