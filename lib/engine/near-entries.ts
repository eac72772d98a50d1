import type { StoredValue } from '../codec/copy/stored-value.js';
import type { CacheKey } from '../keys/cache-key.js';
import { MemoryStorage } from '../storage/memory/memory-storage.js';
import type { Tag } from '../tags/tag.js';
import type { Absences } from './absences.js';
import type { EngineParts } from './engine-parts.js';
import { Entry } from './entry.js';
import { isOver, type Lifetimes } from './lifetimes.js';
import type { Node } from './node.js';
import type { Validity } from './validity.js';

/** What an entry and one of its nodes occupy beside the value and the key, in bytes; measured by the memory benchmark. */
const ENTRY_BYTES = 208;
const NODE_BYTES = 48;

/** How a value is kept that no load produced. */
export interface PutOptions {
  readonly ttlMs: number;
  readonly tags: Iterable<Tag>;
  /** The position before the value was computed: a write since then makes it invalid. */
  readonly token: number;
}

/** The entries in the memory of this process: each is judged when it is asked for, and why it left is noted. */
export class NearEntries {
  // Declared, as those of the engine are that a hit passes through.
  declare private readonly storage: MemoryStorage<Entry>;
  declare private readonly clock: EngineParts['clock'];
  declare private readonly validity: Validity;

  private isKeeping: boolean;

  /** Loads that started before this position must not be stored: everything was emptied since. */
  private clearedAt = 0;

  constructor(
    private readonly parts: Pick<EngineParts, 'isEnabled' | 'limits' | 'storage' | 'clock' | 'copier'>,
    validity: Validity,
    private readonly lifetimes: Lifetimes,
    private readonly absences: Absences,
  ) {
    this.isKeeping = parts.isEnabled;
    this.clock = parts.clock;
    this.validity = validity;
    this.storage = parts.storage ?? new MemoryStorage<Entry>(parts.limits);
    this.storage.onRemove = (entry, reason) => {
      validity.letGo(entry);
      if (reason === 'evicted') absences.noteGone(entry.key, 'evicted');
      else if (reason === 'cleared') absences.noteCleared(entry.key, validity.position - 1);
    };
  }

  /** False where nothing is cached, and once the engine has been closed. */
  get isOpen(): boolean {
    return this.isKeeping;
  }

  get count(): number {
    return this.storage.entries;
  }

  get bytes(): number {
    return this.storage.bytes;
  }

  /** Whether what comes from afar is kept too; the one place that is there without a tier is for who waits for the same load. */
  get isTier(): boolean {
    return this.storage.maxEntries > 1;
  }

  /** The valid entry of a key, or undefined; one that is not valid any more is removed on the way. */
  lookup(key: CacheKey): Entry | undefined {
    const entry = this.storage.get(key);
    if (entry === undefined) return undefined;
    if (!this.validity.isValid(entry)) this.absences.noteInvalidated(entry);
    else if (isOver(entry.expiresAt, this.clock)) this.absences.noteExpired(entry);
    else return entry;
    this.storage.delete(key);
    return undefined;
  }

  /** What is held under a key, valid or not; that it was asked for changes nothing. */
  peek(key: CacheKey): Entry | undefined {
    return this.storage.peek(key);
  }

  /**
   * An entry that is not kept yet, or undefined when it must not be.
   *
   * @throws what cannot be stored
   */
  make(key: CacheKey, value: unknown, { tags, token, ttlMs }: PutOptions): Entry | undefined {
    if (!this.mayKeep(token)) {
      if (this.isOpen) this.absences.noteCleared(key, token);
      return undefined;
    }
    return this.entryOf(key, this.parts.copier.store(value), { tags, token, ttlMs });
  }

  /** The same of a value that is out of reach already, for somebody who knows that it may be kept. */
  entryOf(key: CacheKey, stored: StoredValue, { tags, token, ttlMs }: PutOptions): Entry {
    const nodes = this.validity.hold(tags);
    return new Entry(
      key,
      bytesOf(key, stored, nodes),
      stored.value,
      stored.copy,
      nodes,
      token,
      this.lifetimes.endOf(ttlMs),
    );
  }

  /** Stores an entry if it is valid now and not too large; otherwise it lets go of its nodes. */
  keep(entry: Entry): boolean {
    return this.admit(entry) && this.store(entry);
  }

  /** Whether an entry is valid now; otherwise it lets go of its nodes. */
  admit(entry: Entry): boolean {
    if (this.validity.judge(entry)) return true;
    this.absences.noteInvalidated(entry);
    this.validity.letGo(entry);
    return false;
  }

  /** Stores an entry that was just admitted, unless it is too large; then it lets go of its nodes. */
  store(entry: Entry): boolean {
    if (this.storage.set(entry)) return true;
    this.absences.noteBypass(entry.key, 'too large');
    this.validity.letGo(entry);
    return false;
  }

  /**
   * Lets an entry hold its value as a load would have stored it.
   *
   * @throws what cannot be stored; the entry then is what it was
   */
  keepAs(entry: Entry, value: unknown): void {
    if (this.storage.peek(entry.key) !== entry) return;
    const stored = this.parts.copier.store(value);
    entry.value = stored.value;
    entry.copy = stored.copy;
    this.storage.resize(entry, bytesOf(entry.key, stored, entry.nodes!));
  }

  /** Stores a value that no load produced; false if it could not be kept, and then the key holds what it held before. */
  put(key: CacheKey, value: unknown, options: PutOptions): boolean {
    if (options.ttlMs === 0) {
      this.absences.noteBypass(key, 'ttl 0');
      return false;
    }
    const entry = this.make(key, value, options);
    return entry !== undefined && this.keep(entry);
  }

  /** Stores another value in the place of an entry, under its tags and for the rest of its lifetime. */
  replace(former: Entry, value: unknown): void {
    const tags = this.validity.tagsOf(former.nodes!);
    const entry = this.make(former.key as CacheKey, value, { tags, token: former.token, ttlMs: Infinity });
    if (entry === undefined) return;
    entry.expiresAt = former.expiresAt;
    this.keep(entry);
  }

  /** Removes a key; false if nothing valid was there. */
  delete(key: CacheKey): boolean {
    if (this.lookup(key) === undefined) return false;
    this.storage.delete(key);
    this.absences.noteGone(key, 'deleted');
    return true;
  }

  /** Removes what a key holds, because what was to replace it could not be kept; `because` says why, if nobody else did. */
  drop(key: string, because?: string): void {
    this.storage.delete(key);
    if (because !== undefined) this.absences.noteBypass(key, because);
  }

  /** Gives an entry a new lifetime from now on; false if nothing valid was there. */
  touch(key: CacheKey, ttlMs: number): boolean {
    const entry = this.lookup(key);
    if (entry === undefined) return false;
    if (ttlMs === 0) return this.delete(key);
    entry.expiresAt = this.lifetimes.endOf(ttlMs);
    return true;
  }

  /** Whether anything is kept that was right at `token`, since when everything may have been emptied. */
  mayKeep(token: number): boolean {
    return this.isOpen && token >= this.clearedAt;
  }

  /** Removes everything; what is older than this position is not kept any more. */
  clear(position: number): void {
    this.clearedAt = position;
    this.storage.clear();
  }

  /** Removes everything and keeps nothing from now on. */
  close(): void {
    this.isKeeping = false;
    this.storage.clear();
  }
}

function bytesOf(key: string, { bytes }: StoredValue, nodes: readonly Node[]): number {
  return bytes + ENTRY_BYTES + 2 * key.length + NODE_BYTES * nodes.length;
}
