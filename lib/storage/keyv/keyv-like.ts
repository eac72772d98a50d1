/** What is used of a Keyv: version 5, and 4, whose `get` takes many keys where `getMany` is missing. */
export interface KeyvLike {
  get(key: string): Promise<unknown>;
  get(keys: string[]): Promise<unknown[]>;
  getMany?(keys: string[]): Promise<unknown[]>;
  set(key: string, value: string, ttlMs?: number): Promise<unknown>;
  delete(key: string): Promise<boolean>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  off(event: 'error', listener: (error: unknown) => void): unknown;
  readonly namespace?: string | undefined;
  /** What it keeps values in: a Map, or an adapter. */
  readonly opts: { readonly store?: unknown };
  /** Present when the store can list what it holds. */
  readonly iterator?: ((argument: undefined) => AsyncIterable<unknown>) | undefined;
}

/** What is used of a cache of cache-manager: version 7, and 6, whose first releases have no `stores`. */
export interface CacheManagerLike {
  get(key: string): Promise<unknown>;
  set(key: string, value: string, ttlMs?: number): Promise<unknown>;
  del(key: string): Promise<unknown>;
  readonly stores?: readonly KeyvLike[] | undefined;
}
