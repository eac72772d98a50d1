import type { StoredValue } from '../codec/copy/stored-value.js';
import type { CacheKey } from '../keys/cache-key.js';
import type { Invalidation, Tag } from '../tags/tag.js';
import { OneAtATime } from '../support/one-at-a-time.js';
import { keyTag } from '../tags/user-tag.js';
import type { Absences } from './absences.js';
import type { EngineParts } from './engine-parts.js';
import type { Entry } from './entry.js';
import { isCounter, type Exchange } from './exchange.js';
import type { FollowedLog } from './log/followed-log.js';
import type { NamedLoads } from './named-loads.js';
import type { NearEntries, PutOptions } from './near-entries.js';
import type { Validity } from './validity.js';

/** What a value is put with; without a token it is too old for the key, which then holds nothing. */
type PutInPlace = Omit<PutOptions, 'token'> & { readonly token: number | undefined };

/** A value that is to be put or added. */
interface Newcomer extends PutOptions {
  readonly value: unknown;
  readonly stored: StoredValue;
  /** To be asked once. */
  readonly stayedRight: () => boolean;
}

/** The keys that users name themselves, where other processes have a say: what one does to them all others see. */
export class AmongOthers {
  private readonly turns = new OneAtATime();

  constructor(
    private readonly parts: Pick<EngineParts, 'prefix' | 'copier' | 'sharedEntries'>,
    private readonly log: FollowedLog,
    private readonly validity: Validity,
    private readonly near: NearEntries,
    private readonly exchange: Exchange,
    private readonly absences: Absences,
    private readonly named: NamedLoads,
  ) {}

  /**
   * Stores a value: first all processes forget what they hold under the key, and from then on the value counts. Of two that
   * are put at the same time, the one whose turn comes later in the log stays, or none.
   */
  async put(key: CacheKey, value: unknown, { ttlMs, tags, token }: PutInPlace): Promise<boolean> {
    if (ttlMs === 0 || token === undefined) {
      await this.remove(key);
      return this.refuse(key, token === undefined ? 'too old' : 'ttl 0');
    }
    if (!this.near.isOpen) {
      // Others must not go on with what the key held before.
      await this.remove(key);
      return false;
    }
    const stored = this.parts.copier.store(value);
    const stayedRight = this.validity.watch(tags, token);
    return this.inTurn(key, () => this.putNow(key, { value, stored, ttlMs, tags, token, stayedRight }));
  }

  private async putNow(key: CacheKey, { value, stored, ttlMs, tags, stayedRight }: Newcomer): Promise<boolean> {
    const { sharedEntries } = this.parts;
    const position = await this.log.invalidate(this.forgettingOf(key));
    const isRight = stayedRight();
    this.near.drop(key);
    if (position === undefined || !isRight || this.mayBeWritten(tags)) {
      await sharedEntries?.delete(key);
      return false;
    }
    if (this.mayCount(value, tags)) return sharedEntries!.setCounter(key, value, ttlMs);
    const entry = this.near.entryOf(key, stored, { tags: [...tags, this.tagOf(key)], token: position, ttlMs });
    if (!this.near.admit(entry)) return false;
    // Before memory, which may have no room for it, and then it tells nobody any more what it depends on.
    const sharing = this.exchange.share(entry, ttlMs);
    const isNear = this.near.store(entry);
    if (await sharing) return true;
    // A counter may lie there, which nothing in the log makes invalid.
    await sharedEntries?.delete(key);
    return isNear;
  }

  /**
   * The same only where the key holds nothing; of concurrent callers one succeeds. Where the storage cannot do that in one
   * step, that is so for the callers of this process.
   */
  async add(key: CacheKey, value: unknown, options: PutOptions): Promise<boolean> {
    if (options.ttlMs === 0) return this.refuse(key, 'ttl 0');
    if (!this.near.isOpen) return false;
    const { copier, sharedEntries } = this.parts;
    const stored = copier.store(value);
    const newcomer = { ...options, value, stored, stayedRight: this.validity.watch(options.tags, options.token) };
    if (sharedEntries?.canAdd !== false) return this.addNow(key, newcomer);
    return this.turns.run(key, () => this.addNow(key, newcomer));
  }

  /** Storages have a shortest lifetime, and no lifetime is not to be cached. Of another life of the log nobody knows. */
  private refuse(key: CacheKey, because: string): false {
    this.absences.noteBypass(key, because);
    return false;
  }

  private async addNow(key: CacheKey, { value, stored, ttlMs, tags, token, stayedRight }: Newcomer): Promise<boolean> {
    const { sharedEntries } = this.parts;
    const found = await this.exchange.find(key);
    // Also where the log was lost while this waited, and its token means something else.
    if (!stayedRight() || found !== undefined || this.mayBeWritten(tags)) return false;
    // Somebody else in this process may have been faster.
    if (sharedEntries === undefined && this.near.peek(key) !== undefined) return false;
    this.named.overtake(key);
    if (this.mayCount(value, tags)) {
      const isFirst = await this.addOver(key, () => sharedEntries!.addCounter(key, value, ttlMs));
      return isFirst ?? sharedEntries!.setCounter(key, value, ttlMs);
    }
    const entry = this.near.entryOf(key, stored, { tags: [...tags, this.tagOf(key)], token, ttlMs });
    if (sharedEntries === undefined) return this.near.keep(entry);
    const bytes = this.exchange.sealed(entry, ttlMs);
    if (!this.near.admit(entry)) return false;
    this.near.store(entry);
    const isFirst =
      (await this.addOver(key, () => sharedEntries.add(key, bytes, ttlMs))) ??
      (await sharedEntries.set(key, bytes, ttlMs));
    if (!isFirst) this.near.drop(key);
    return isFirst;
  }

  /** Adds where nothing valid lies in the storage; undefined where that cannot do so in one step. */
  private async addOver(key: CacheKey, add: () => Promise<boolean | undefined>): Promise<boolean | undefined> {
    const isFirst = await add();
    return isFirst === false && (await this.removeInvalid(key)) ? add() : isFirst;
  }

  /** Removes what lies in the storage and is not valid any more; false when there is nothing of that kind, or nobody can tell. */
  private async removeInvalid(key: CacheKey): Promise<boolean> {
    const { exchange, log } = this;
    if (log.obstacle(0) !== undefined) return false;
    const held = await exchange.fetch(key);
    if (exchange.isAhead(held) && (await log.catchUp(0)) === false) return false;
    if (held !== undefined && exchange.bringNear(key, held) !== undefined) return false;
    return this.parts.sharedEntries!.delete(key);
  }

  /** Removes a key; what it held. */
  remove(key: CacheKey): Promise<Entry | undefined> {
    return this.inTurn(key, () => this.removeNow(key));
  }

  private async removeNow(key: CacheKey): Promise<Entry | undefined> {
    const found = await this.exchange.find(key);
    const isFirst = (await this.parts.sharedEntries?.delete(key)) ?? true;
    await this.log.invalidate(this.forgettingOf(key));
    this.near.drop(key);
    this.absences.noteGone(key, 'deleted');
    return isFirst ? found : undefined;
  }

  /** Gives what a key holds a new lifetime from now on, in all processes; false if nothing valid was there. */
  async touch(key: CacheKey, ttlMs: number): Promise<boolean> {
    if (ttlMs === 0) return (await this.remove(key)) !== undefined;
    const entry = await this.exchange.find(key);
    if (entry === undefined) return false;
    // What memory has no room for is held by no memory elsewhere that could keep it for longer.
    if (isCounter(entry) || entry.nodes === undefined) {
      // Not between two halves of a step that is counted here.
      return this.turns.run(key, async () => (await this.parts.sharedEntries!.touch(key, ttlMs)) === true);
    }
    // Others hold it for as long as it was to live when they brought it, so it is put once more.
    const token = this.validity.position;
    const tags = this.validity.tagsOf(entry.nodes).filter((tag) => tag !== this.tagOf(key));
    return this.put(key, entry.copy(entry.value), { ttlMs, tags, token });
  }

  /** Whether counters are those of the storage. */
  get counts(): boolean {
    return this.parts.sharedEntries !== undefined;
  }

  /**
   * Counts in the shared storage; undefined when the key holds no counter.
   *
   * @throws ZooCacheError `UNSUPPORTED` where the storage cannot count and other processes may count too; `STORAGE_FAILED`
   * where it fails to
   */
  async increment(key: CacheKey, by: number, initial: number): Promise<number | undefined> {
    const sharedEntries = this.parts.sharedEntries!;
    this.named.overtake(key);
    if (sharedEntries.canCount || this.log.isShared) {
      const sum = await sharedEntries.increment(key, by, initial);
      if (sum !== undefined || !(await this.removeInvalid(key))) return sum;
      return sharedEntries.increment(key, by, initial);
    }
    return this.turns.run(key, async () => {
      const entry = await this.exchange.find(key);
      if (entry !== undefined && !isCounter(entry)) return undefined;
      return sharedEntries.countAlone(key, by, initial);
    });
  }

  /** Whether a value is kept so that it can be counted on: a whole number without tags, which nobody need judge. */
  private mayCount(value: unknown, tags: Iterable<Tag>): value is number {
    const { sharedEntries } = this.parts;
    if (sharedEntries === undefined || !Number.isSafeInteger(value) || Object.is(value, -0)) return false;
    return [...tags].length === 0 && (sharedEntries.canCount || !this.log.isShared);
  }

  /**
   * Where this process counts by itself, not between two halves of a step:
   *
   *     increment: read 5 ................... store 6
   *     set:              store 100                        lost, though it has been awaited
   */
  private inTurn<T>(key: CacheKey, action: () => Promise<T>): Promise<T> {
    const { sharedEntries } = this.parts;
    const countsHere = sharedEntries !== undefined && !sharedEntries.canCount && !this.log.isShared;
    return countsHere ? this.turns.run(key, action) : action();
  }

  /** Whether somebody may be writing what this names whose mark is lost: in a quarantine no value of it can be judged. */
  private mayBeWritten(tags: Iterable<Tag>): boolean {
    return [...tags].length > 0 && this.log.obstacle(Infinity) !== undefined;
  }

  private forgettingOf(key: CacheKey): Invalidation {
    return { touches: [this.tagOf(key)], sweeps: [] };
  }

  private tagOf(key: CacheKey): Tag {
    return keyTag(this.parts.prefix, key);
  }
}
