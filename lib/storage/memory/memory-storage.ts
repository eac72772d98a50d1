import { ZooCacheError } from '../../errors/zoocache.error.js';
import { GhostKeys } from './ghost-keys.js';
import type { MemoryItem } from './memory-item.js';

/** Why an item left the storage. */
export type RemovalReason = 'evicted' | 'replaced' | 'deleted' | 'cleared';

/** Bounds of a {@link MemoryStorage}. */
export interface MemoryLimits {
  /**
   * Bytes of all items together.
   *
   * @default 67_108_864 (64 MiB)
   */
  readonly maxBytes?: number;
  /**
   * Number of items. A full collection of the garbage collector walks them all: at the default it stays below 50 ms.
   *
   * @default 100_000
   */
  readonly maxEntries?: number;
}

/** Bounds and the listener of a {@link MemoryStorage}. */
export interface MemoryStorageOptions<T extends MemoryItem> extends MemoryLimits {
  /**
   * Whether whoever uses the storage is to put bytes into it in the place of objects.
   *
   * @default false
   */
  readonly serialize?: boolean;
  /** Called once for every item that leaves, when it has left; it may use the storage. */
  readonly onRemove?: (item: T, reason: RemovalReason) => void;
}

/** What an absent limit means. */
export const DEFAULT_MEMORY_LIMITS = { maxBytes: 64 * 1024 * 1024, maxEntries: 100_000 } as const;

const NONE = 0;
const SMALL = 1;
const MAIN = 2;

const MOST_USES = 3;
const SMALL_SHARE = 0.1;

/**
 * Items in the memory of this process, bounded by bytes and by number.
 *
 * Eviction is S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023), weighed by bytes and
 * by number alike. A newcomer enters a small queue of a tenth of the room; what is not used there leaves by its end, so
 * a scan over keys used once passes through that tenth and cannot flush the rest. What is used moves on to the main
 * queue, where every use (up to three) buys one more round. Keys that left the small queue are remembered as hashes:
 * one that comes back soon enters the main queue at once. A use only counts up a number in the item, which is why a
 * read is one map lookup, writes no link, and allocates nothing.
 */
export class MemoryStorage<T extends MemoryItem> {
  readonly maxBytes: number;
  readonly maxEntries: number;
  /** See {@link MemoryStorageOptions.serialize}. */
  readonly wantsBytes: boolean;

  /** See {@link MemoryStorageOptions.onRemove}; whoever is handed an open storage sets it. */
  onRemove: ((item: T, reason: RemovalReason) => void) | undefined;

  private readonly items = new Map<string, T>();
  private readonly small = new Queue<T>(SMALL);
  private readonly main = new Queue<T>(MAIN);
  private readonly ghosts = new GhostKeys();

  /** @throws ZooCacheError `INVALID_OPTION` for a limit that is not a positive number. */
  constructor(options: MemoryStorageOptions<T> = {}) {
    this.maxBytes = limitOf('maxBytes', options.maxBytes);
    this.maxEntries = limitOf('maxEntries', options.maxEntries);
    this.wantsBytes = options.serialize ?? false;
    this.onRemove = options.onRemove;
  }

  /** Number of items held. */
  get entries(): number {
    return this.items.size;
  }

  /** Bytes of all items held. */
  get bytes(): number {
    return this.small.bytes + this.main.bytes;
  }

  /** The item under the key; counts as a use. */
  get(key: string): T | undefined {
    const item = this.items.get(key);
    if (item !== undefined && item.uses < MOST_USES) item.uses++;
    return item;
  }

  /** The item under the key, without counting as a use. */
  peek(key: string): T | undefined {
    return this.items.get(key);
  }

  /**
   * Stores the item in place of what its key held, evicting others until it fits.
   *
   * A replacement inherits the uses of its predecessor, so that an answer loaded anew stays as wanted as it was.
   * `false` when the item is larger than the whole storage: then its key holds nothing, because what it held before
   * was to be replaced.
   */
  set(item: T): boolean {
    const former = this.items.get(item.key);
    if (former === item) return true;
    const formerQueue = former?.queue;
    if (former !== undefined) this.take(former);
    const fits = item.bytes <= this.maxBytes;
    let evicted: T | undefined;
    if (fits) {
      item.uses = former === undefined ? 0 : former.uses;
      const isWanted = formerQueue === MAIN || (formerQueue === undefined && this.ghosts.recall(item.key));
      evicted = this.enter(item, isWanted ? this.main : this.small);
    }
    // Listeners run when the storage is whole again, because they may use it.
    if (former !== undefined) this.left(former, 'replaced');
    this.tellOf(evicted);
    return fits;
  }

  /** Lets an item that is held take more room than before, or less; it leaves if that is more than there is. */
  resize(item: T, bytes: number): void {
    const queue = item.queue === MAIN ? this.main : this.small;
    this.take(item);
    item.bytes = bytes;
    if (bytes <= this.maxBytes) this.tellOf(this.enter(item, queue));
    else this.left(item, 'evicted');
  }

  /** Forgets the key; what it held, if anything. */
  delete(key: string): T | undefined {
    const item = this.items.get(key);
    if (item !== undefined) this.remove(item);
    return item;
  }

  /** Forgets this very item, and not another that took its key since; `true` when it was held. */
  remove(item: T, reason: RemovalReason = 'deleted'): boolean {
    if (this.items.get(item.key) !== item) return false;
    this.take(item);
    this.left(item, reason);
    return true;
  }

  /** Forgets everything, also which keys left before. */
  clear(): void {
    const items = [...this.items.values()];
    this.ghosts.forget();
    for (const item of items) this.take(item);
    for (const item of items) this.left(item, 'cleared');
  }

  /** The keys held, in no promised order; the storage may be changed on the way. */
  keys(): MapIterator<string> {
    return this.items.keys();
  }

  /** The items held, in no promised order; the storage may be changed on the way. */
  values(): MapIterator<T> {
    return this.items.values();
  }

  /** Takes an item into a queue; what had to leave for it, chained by `newer`. */
  private enter(item: T, queue: Queue<T>): T | undefined {
    const evicted = this.makeRoomFor(item);
    queue.enter(item);
    this.items.set(item.key, item);
    return evicted;
  }

  private tellOf(evicted: T | undefined): void {
    while (evicted !== undefined) {
      const item = evicted;
      evicted = item.newer;
      item.newer = undefined;
      this.left(item, 'evicted');
    }
  }

  /** Evicts until the item fits; what left, chained by `newer`. Room is made first, so that no limit is exceeded ever and no newcomer evicts itself. */
  private makeRoomFor(item: T): T | undefined {
    let evicted: T | undefined;
    while (this.items.size >= this.maxEntries || this.bytes + item.bytes > this.maxBytes) {
      const victim = this.nextVictim();
      this.items.delete(victim.key);
      victim.newer = evicted;
      evicted = victim;
    }
    return evicted;
  }

  /** Takes the item to evict out of its queue; ends, because every round removes an item, moves one on, or lowers a count. */
  private nextVictim(): T {
    for (;;) {
      if (this.main.oldest === undefined || this.isSmallFull()) {
        const item = this.small.oldest as T;
        this.small.leave(item);
        if (item.uses === 0) {
          this.ghosts.remember(item.key, this.items.size);
          return item;
        }
        item.uses = 0;
        this.main.enter(item);
      } else {
        const item = this.main.oldest;
        this.main.leave(item);
        if (item.uses === 0) return item;
        item.uses--;
        this.main.enter(item);
      }
    }
  }

  private isSmallFull(): boolean {
    return this.small.bytes > this.maxBytes * SMALL_SHARE || this.small.entries > this.maxEntries * SMALL_SHARE;
  }

  private take(item: T): void {
    this.items.delete(item.key);
    (item.queue === MAIN ? this.main : this.small).leave(item);
  }

  private left(item: T, reason: RemovalReason): void {
    if (this.onRemove !== undefined) this.onRemove(item, reason);
  }
}

/** Items in the order they came, linked through themselves. */
class Queue<T extends MemoryItem> {
  entries = 0;
  bytes = 0;
  oldest: T | undefined = undefined;
  private newest: T | undefined = undefined;

  constructor(private readonly id: typeof SMALL | typeof MAIN) {}

  enter(item: T): void {
    item.queue = this.id;
    item.older = this.newest;
    item.newer = undefined;
    if (this.newest === undefined) this.oldest = item;
    else this.newest.newer = item;
    this.newest = item;
    this.entries++;
    this.bytes += item.bytes;
  }

  leave(item: T): void {
    if (item.older === undefined) this.oldest = item.newer;
    else item.older.newer = item.newer;
    if (item.newer === undefined) this.newest = item.older;
    else item.newer.older = item.older;
    item.queue = NONE;
    item.older = undefined;
    item.newer = undefined;
    this.entries--;
    this.bytes -= item.bytes;
  }
}

function limitOf(name: 'maxBytes' | 'maxEntries', limit: number = DEFAULT_MEMORY_LIMITS[name]): number {
  if (typeof limit === 'number' && limit > 0) return limit;
  throw new ZooCacheError('INVALID_OPTION', {
    what: `A limit of the memory storage must be a positive number of ${name === 'maxBytes' ? 'bytes' : 'entries'}`,
    name: `${name} = ${String(limit)}`,
    next: `Give a positive number, or leave it out for ${DEFAULT_MEMORY_LIMITS[name]}`,
  });
}
