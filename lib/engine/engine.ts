import type { OpenedEnvelope } from '../codec/bytes/envelope.js';
import type { StoredValue } from '../codec/copy/stored-value.js';
import type { LocalLog, LogRecord } from '../bus/invalidation-bus.js';
import type { FailureReporter } from '../events/failure-reporter.js';
import type { Statistics } from '../events/statistics.js';
import type { CacheKey } from '../keys/cache-key.js';
import { MemoryStorage, type MemoryLimits } from '../storage/memory/memory-storage.js';
import type { CoarseClock } from '../support/coarse-clock.js';
import { sizeOf, type Invalidation, type Tag } from '../tags/tag.js';
import { keyTag, prefixTag } from '../tags/user-tag.js';
import { widen } from '../tags/widen.js';
import { currentFrame, frameForLoad, runInFrame, type Frame } from './context.js';
import { Departures, type Departure } from './departures.js';
import { Entry, NEVER_JUDGED, NO_EXPIRY } from './entry.js';
import type { Absence, Finding } from './finding.js';
import type { Flight, Landing } from './flight.js';
import type { FleetFlight } from './fleet-flight.js';
import { followed, type FollowedLog } from './followed-log.js';
import { LoadCapture } from './load-capture.js';
import type { ReadPlan } from './read-plan.js';
import { RecentRecords } from './recent-records.js';
import { RunningLoads } from './running-loads.js';
import type { SharedEntries } from './shared-entries.js';
import { join, SingleFlight, wouldDeadlock } from './single-flight.js';
import { TagTable } from './tag-table.js';
import { WrittenAnswers } from './written-answers.js';

/*
 * What makes a cached answer valid
 * ================================
 *
 * THE PROMISE. An answer from the cache is what the database would have returned at some moment between the call and
 * the answer: never older than a write that was committed before the call, and never something that was not committed.
 *
 * HOW. All invalidations form one log, and each has a position [1]. Before a load asks the database anything it takes
 * its token: the position of the log. What it reads is at least as new as everything released up to that position.
 * While it runs, the tables and rows its statements name are captured as tags. The entry is (value, tags, token), and
 *
 *     an entry is valid  <=>  none of its tags was invalidated after its token, and none of them is pending.
 *
 * Validity is decided when reading, never when writing. That is what makes the plain race of every cache harmless:
 *
 *     reader: token 7, SELECT (old) ........................ store (old, token 7)      never served: 9 > 7
 *     writer:                        COMMIT, release at 9
 *
 * Invalidating is lazy for the same reason: it writes one position per tag, however many entries depend on it.
 *
 * A write has two steps, because a commit and its invalidation cannot happen at one instant. Before COMMIT the writer
 * marks its tags: from then on they are pending, so nothing that depends on them is served or stored. After COMMIT it
 * releases them at a new position, which kills what was loaded before. A reader between the two goes to the database,
 * where it sees whatever the database shows. A mark that is withdrawn after a rollback invalidates nothing: what was
 * valid before is valid again. If the outcome of COMMIT is unknown the mark is released as if it had succeeded.
 *
 *     without the mark:  writer COMMIT | reader: still valid, serves the old row | writer release
 *
 * One load runs per key; others join it. A joiner called after the load began, so it accepts the result only if it is
 * still valid; otherwise a load that began after its call serves it. What cannot be shared (the load failed, or what it
 * depends on is unknown) is loaded again by each caller.
 *
 * Inside a transaction nothing is read from or put into the cache: the transaction must see its own writes, and what it
 * reads may be its own past or somebody's uncommitted present. A load in which anything was written is not stored.
 *
 * FORGETTING is safe everywhere: an entry may be evicted at any time, and a tag the table no longer knows counts as
 * invalidated up to the floor (see TagTable).
 *
 * WHAT A HIT COSTS. Every entry remembers the position at which it was last found valid. Everything that can invalidate
 * advances the log, so an unchanged position answers at once; otherwise one comparison per table whose rows are quiet.
 *
 * WHAT IS NOT PROMISED. What the database does behind TypeORM's back (triggers, functions with side effects, other
 * programs) is not in the log, and a lifetime (ttl) bounds how long it can go unnoticed.
 *
 * [1] The idea of validating on read against a log of invalidations follows the certification of optimistic
 *     concurrency control (Kung and Robinson, 1981); leases and marks as in Memcache at Facebook (NSDI 2013).
 */

/** The parts an engine works with; handed in, so that a simulation can hand in its own. */
export interface EngineParts {
  /** Separates applications: `clear()` empties this one only. */
  readonly prefix: string;
  /** False: nothing is cached. */
  readonly isEnabled: boolean;
  /** Bounds of the storage that the engine makes for itself. */
  readonly limits?: MemoryLimits;
  /** The storage to use instead; the engine listens to what leaves it, so no two engines share one. */
  readonly storage?: MemoryStorage<Entry>;
  /** How many tags nobody holds are remembered for running loads; see {@link TagTable}. */
  readonly maxRememberedTags?: number;
  readonly log: FollowedLog | LocalLog;
  /** Entries that other processes see too; absent when each process has its own. */
  readonly sharedEntries?: SharedEntries;
  /** Lets one process load for all; absent when each loads for itself. */
  readonly fleet?: FleetFlight;
  /** How old an answer may be where nothing else is said, in milliseconds. @default 0 */
  readonly boundMs?: number;
  readonly clock: Pick<CoarseClock, 'now' | 'exact'>;
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
  /** Puts values out of reach, as copies or as bytes, and says how to hand them out. */
  readonly copier: { store(value: unknown): StoredValue };
  readonly statistics: Statistics;
  readonly failures: FailureReporter;
  /** The tags of what a result holds, for results that reached the load by other ways than its own queries. */
  readonly tagsOfResult?: (result: unknown, captured: ReadonlySet<Tag>) => Iterable<Tag>;
}

/** How much of a lifetime may be cut at random, so that entries filled together do not expire together. */
const TTL_JITTER = 0.1;

/** Closer to its end than this, in milliseconds, an entry's lifetime is judged by the exact clock. */
const NEAR_EXPIRY_MS = 1_000;

/** More tags than this are widened from rows to their tables. */
const MAX_TAGS = 300;

/** As many of the tags that an answer fell by are remembered: enough to find the write. */
const MAX_NOTED_TAGS = 4;

/** How long an entry of a shared storage is kept in memory, as a share of its lifetime: only the storage knows what is left. */
const NEAR_SHARE = 0.1;

/** How many tags that nobody here holds are remembered for the entries of a shared storage. */
const REMEMBERED_FOR_OTHERS = 50_000;

/** How the keys begin that users chose. */
const USER_KEYS = 'u:';

/** What lay under a key of the shared storage, and in which life of the log it was asked for. */
interface Fetched {
  readonly held: OpenedEnvelope | number;
  readonly incarnation: string;
}

/** The plan of what has a key that means the same in all processes. */
const EVERYWHERE: Pick<ReadPlan, 'isLocal'> = {};

const NO_ARGUMENTS: readonly unknown[] = Object.freeze([]);

/** Answers reads: from memory when it holds a valid entry, else by loading, once for all who ask. */
export class Engine {
  readonly prefix: string;
  readonly statistics: Statistics;

  private readonly storage: MemoryStorage<Entry>;
  private readonly log: FollowedLog;
  private readonly shared: SharedEntries | undefined;
  /** Whether other processes have a say in what is cached. */
  readonly isShared: boolean;
  private readonly running: RunningLoads;
  private table: TagTable;
  private readonly flights = new SingleFlight();
  private readonly unfollow: () => void;

  /** The storing of what was loaded last, where other processes see it. */
  private sharing: Promise<void> = Promise.resolve();

  /** Kept for {@link explain} alone. */
  private readonly departures = new Departures();
  /** For the same, and for {@link putWritten}. */
  private records = new RecentRecords();
  private readonly written = new WrittenAnswers();

  /** Up to where this engine has applied the log. */
  private applied: number;

  /** Grows with everything that can make an entry invalid, also where the position stays: a mark of this process. */
  private revision = 0;

  /** Why nothing is cached at all, if so. */
  private offBecause: string | undefined;

  /** Loads that started before this position must not be stored: the cache was emptied since. */
  private clearedAt = 0;

  constructor(private readonly parts: EngineParts) {
    this.prefix = parts.prefix;
    this.statistics = parts.statistics;
    this.log = followed(parts.log);
    this.offBecause = parts.isEnabled ? undefined : 'disabled';
    this.running = new RunningLoads(() => parts.clock.now());
    this.shared = parts.sharedEntries;
    this.isShared = this.log.isShared;
    this.table = this.newTable();
    this.storage = parts.storage ?? new MemoryStorage<Entry>(parts.limits);
    this.storage.onRemove = (entry, reason) => {
      this.forget(entry);
      if (reason === 'evicted') this.note(entry.key, { reason: 'evicted', at: parts.clock.now() });
      else if (reason === 'cleared') this.noteCleared(entry.key, this.applied - 1);
    };
    this.applied = this.log.position;
    this.unfollow = this.log.follow({
      apply: (record) => this.apply(record),
      startOver: (position, pending) => this.startOver(position, pending),
    });
  }

  get entries(): number {
    return this.storage.entries;
  }

  get bytes(): number {
    return this.storage.bytes;
  }

  /** Names the present life of the log. */
  get incarnation(): string {
    return this.log.incarnation;
  }

  /** Where the log stands. */
  get position(): number {
    return this.log.position;
  }

  /** Resolves when everything up to a position of this life of the log has been applied, or when that cannot be known. */
  async waitFor(position: number): Promise<void> {
    const { incarnation } = this.log;
    while (this.log.position < position && this.log.incarnation === incarnation) {
      if ((await this.log.catchUp(0)) !== true) return;
    }
  }

  /** Where the log stands, for somebody who computes a value and hands it to {@link put}. */
  takePosition(): number {
    const { position } = this.log;
    this.running.lease(position);
    return position;
  }

  /** The same once everything that this process has written is in the log. */
  async takeSettledPosition(): Promise<number> {
    const position = await this.log.settled();
    this.running.lease(position);
    return position;
  }

  /** Whether an entry depends on the tag, or on any below it; of a storage that others share nobody knows. */
  knows(tag: Tag): boolean {
    return this.shared !== undefined || this.table.knows(tag);
  }

  /** Whether anything is running or held that should not be once everybody has gone home; for checks after tests. */
  get isAtRest(): boolean {
    return this.running.size === 0 && this.flights.size === 0 && this.table.openMarks === 0;
  }

  /** Stops listening and lets go of everything; reads go to the database from now on. May be called twice. */
  close(): void {
    this.offBecause = 'closed';
    this.unfollow();
    this.written.forget();
    this.storage.clear();
  }

  /**
   * The answer named by `key`: from memory, or by `load`, which is called before this function returns unless the
   * answer is here or on its way.
   *
   * The promise rejects only with what `load` throws.
   */
  read<T>(
    key: CacheKey,
    plan: ReadPlan,
    load: () => T | PromiseLike<T>,
    args: readonly unknown[] = NO_ARGUMENTS,
  ): Promise<T> {
    if (this.offBecause !== undefined) return this.bypass(this.offBecause, load);
    const frame = currentFrame();
    if (frame !== undefined) {
      const reason = bypassOf(frame);
      if (reason !== undefined) return this.bypass(reason, load, key);
    }
    if (this.isShared) return this.readAmongOthers(key, plan, load, args, frame);
    return this.answerNow<T>(key, plan, frame) ?? this.loadAnew(key, plan, load, args, frame);
  }

  /**
   * The same where other processes write: first everything is applied that was appended before the call. What a storage
   * of all processes holds is asked for meanwhile, so that a read waits for one round trip and not for two.
   */
  private readAmongOthers<T>(
    key: CacheKey,
    plan: ReadPlan,
    load: () => T | PromiseLike<T>,
    args: readonly unknown[],
    frame: Frame | undefined,
  ): Promise<T> {
    const boundMs = this.boundOf(plan);
    const obstacle = this.log.obstacle(boundMs);
    if (obstacle !== undefined) return this.bypass(obstacle, load, key);
    const barrier = this.log.catchUp(boundMs);
    if (barrier === undefined) return this.readCaughtUp(key, plan, load, args, frame);
    const fetching = this.storage.peek(key) === undefined ? this.fetch(key, plan) : undefined;
    return barrier.then((isPassed) =>
      isPassed
        ? this.readCaughtUp(key, plan, load, args, frame, fetching)
        : this.bypass(this.log.obstacle(0) ?? 'bus away', load, key),
    );
  }

  private boundOf(plan: ReadPlan): number {
    return plan.boundMs ?? this.parts.boundMs ?? 0;
  }

  private readCaughtUp<T>(
    key: CacheKey,
    plan: ReadPlan,
    load: () => T | PromiseLike<T>,
    args: readonly unknown[],
    frame: Frame | undefined,
    fetching?: Promise<Fetched | undefined>,
  ): Promise<T> {
    const answer = this.answerNow<T>(key, plan, frame);
    if (answer !== undefined) return answer;
    const fetched = fetching ?? this.fetch(key, plan);
    if (fetched === undefined) return this.loadAnew(key, plan, load, args, frame);
    const answerOrLoad = (held: Fetched | undefined): Promise<T> => {
      // Whoever asked for the same meanwhile may have brought it. It is answered at once: what is brought next may take its
      // place, where few have one.
      const entry = held === undefined ? undefined : (this.lookup(key) ?? this.bringNear(key, held));
      const answer = entry === undefined ? undefined : this.answerOf<T>(entry, plan, frame);
      return answer ?? this.loadAnew(key, plan, load, args, frame);
    };
    return fetched.then((held) =>
      this.isAhead(held) ? Promise.resolve(this.log.catchUp(0)).then(() => answerOrLoad(held)) : answerOrLoad(held),
    );
  }

  /** The answer of an entry that is valid as far as is known now. */
  private answerNow<T>(key: CacheKey, plan: ReadPlan, frame: Frame | undefined): Promise<T> | undefined {
    const entry = this.lookup(key);
    return entry === undefined ? undefined : this.answerOf<T>(entry, plan, frame);
  }

  private answerOf<T>(entry: Entry, plan: ReadPlan, frame: Frame | undefined): Promise<T> | undefined {
    const answer = this.answerFrom<T>(entry);
    if (answer === undefined) return undefined;
    if (frame?.load !== undefined) this.hand(entry, frame.load);
    plan.counters.hits++;
    return answer;
  }

  private loadAnew<T>(
    key: CacheKey,
    plan: ReadPlan,
    load: () => T | PromiseLike<T>,
    args: readonly unknown[],
    frame: Frame | undefined,
  ): Promise<T> {
    if (plan.ttlMs === 0) return this.bypass('ttl 0', load, key);
    plan.counters.misses++;
    return this.loadOrJoin(key, plan, load, args, frame);
  }

  /** What the shared storage holds under the key, not judged yet; undefined where there is no such storage. */
  private fetch(key: CacheKey, plan: Pick<ReadPlan, 'isLocal'>): Promise<Fetched | undefined> | undefined {
    if (this.shared === undefined || plan.isLocal === true) return undefined;
    const { incarnation } = this.log;
    return this.shared.fetch(key, incarnation).then((held) => (held === undefined ? undefined : { held, incarnation }));
  }

  /** Whether somebody stored it who is ahead of this process, which must know what happened up to then to judge it. */
  private isAhead(fetched: Fetched | undefined): boolean {
    return typeof fetched?.held === 'object' && fetched.held.token > this.applied;
  }

  /** The entry that was fetched, if it is valid; it is in the memory of this process from now on. */
  private bringNear(key: CacheKey, { held, incarnation }: Fetched): Entry | undefined {
    if (typeof held === 'number') return new Entry(key, 0, held, itself, [], this.applied, NO_EXPIRY);
    const { token, ttlMs } = held;
    if (incarnation !== this.log.incarnation || token > this.applied || token < this.clearedAt) return undefined;
    const decoded = this.shared!.valueIn(held);
    if (decoded === undefined) return undefined;
    try {
      const entry = this.makeEntry(key, decoded.value, held.tags() as Tag[], token, ttlMs * NEAR_SHARE);
      return entry !== undefined && this.keep(entry) ? entry : undefined;
    } catch (error) {
      this.parts.failures.report('copying a stored value', error);
      return undefined;
    }
  }

  /** Why a read of the code running now would go past the cache, or undefined if it would not. */
  get reasonToBypass(): string | undefined {
    if (this.offBecause !== undefined) return this.offBecause;
    const frame = currentFrame();
    return frame === undefined ? undefined : bypassOf(frame);
  }

  /** Calls `load` past the cache and counts why; `key` is that of the answer, where it has one. */
  bypass<T>(reason: string, load: () => T | PromiseLike<T>, key?: CacheKey): Promise<T> {
    this.statistics.bypass(reason);
    if (key !== undefined) this.noteBypass(key, reason);
    try {
      return Promise.resolve(load());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The valid entry of a key, or undefined; one that is not valid any more is removed on the way. */
  lookup(key: CacheKey): Entry | undefined {
    const entry = this.storage.get(key);
    if (entry === undefined) return undefined;
    if (!this.isValid(entry)) this.noteInvalidated(entry);
    else if (this.isExpired(entry)) this.note(key, { reason: 'expired', at: entry.expiresAt });
    else return entry;
    this.storage.delete(key);
    return undefined;
  }

  /** The valid entry of a key, wherever it is held; a promise only where other processes have a say. */
  find(key: CacheKey): Entry | undefined | Promise<Entry | undefined> {
    return this.isShared ? this.findAmongOthers(key) : this.lookup(key);
  }

  private async findAmongOthers(key: CacheKey): Promise<Entry | undefined> {
    const boundMs = this.parts.boundMs ?? 0;
    if (this.log.obstacle(boundMs) !== undefined) return undefined;
    const barrier = this.log.catchUp(boundMs);
    const fetching = this.storage.peek(key) === undefined ? this.fetch(key, EVERYWHERE) : undefined;
    if (barrier !== undefined && !(await barrier)) return undefined;
    const near = this.lookup(key);
    if (near !== undefined) return near;
    const held = await (fetching ?? this.fetch(key, EVERYWHERE));
    if (this.isAhead(held)) await this.log.catchUp(0);
    return held === undefined ? undefined : (this.lookup(key) ?? this.bringNear(key, held));
  }

  /** What is known of a key. Changes nothing: no count, no use of the entry, and one that is worthless stays. */
  explain(key: CacheKey): Finding {
    if (this.offBecause !== undefined) {
      return { absent: { reason: 'bypassed', because: this.offBecause, agoMs: undefined } };
    }
    const departure = this.departures.of(key);
    const lastAbsence = departure === undefined ? undefined : this.absenceAfter(departure);
    const entry = this.storage.peek(key);
    if (entry === undefined) {
      return { absent: lastAbsence ?? { reason: this.departures.haveForgotten ? 'forgotten' : 'never-loaded' } };
    }
    const nodes = entry.nodes!;
    if (!this.table.isQuietSince(nodes, entry.token)) return { absent: this.absenceAfter(this.overtaken(entry)) };
    if (this.isExpired(entry)) return { absent: { reason: 'expired', agoMs: this.since(entry.expiresAt) } };
    return {
      present: {
        since: entry.since,
        tags: nodes.map((node) => this.table.tagOf(node)),
        expiresInMs: entry.expiresAt === NO_EXPIRY ? Infinity : entry.expiresAt - this.parts.clock.exact(),
        lastAbsence,
      },
    };
  }

  /** A private copy of what an entry holds; whatever load runs around the caller depends on it from now on. */
  copyOf<T>(entry: Entry): T {
    this.dependOn(entry);
    return entry.copy(entry.value) as T;
  }

  /** Whatever load runs around the caller depends on the entry from now on. */
  dependOn(entry: Entry): void {
    const load = currentFrame()?.load;
    if (load !== undefined) this.hand(entry, load);
  }

  /**
   * Stores a value that no load produced; false if it could not be kept, and then the key holds what it held before.
   *
   * @param token the position before the value was computed: a write since then makes it invalid.
   */
  put(key: CacheKey, value: unknown, options: { ttlMs: number; tags: Iterable<Tag>; token: number }): boolean {
    if (options.ttlMs === 0) {
      this.noteBypass(key, 'ttl 0');
      return false;
    }
    const entry = this.makeEntry(key, value, options.tags, options.token, options.ttlMs);
    return entry !== undefined && this.keep(entry);
  }

  /**
   * The same where other processes have a say: first they forget what they hold under the key, and from then on the value
   * counts. Of two that are put at the same time, the one whose turn comes later in the log stays, or none.
   */
  async putAmongOthers(
    key: CacheKey,
    value: unknown,
    { ttlMs, tags, token }: { ttlMs: number; tags: Iterable<Tag>; token: number },
  ): Promise<boolean> {
    const stored = this.parts.copier.store(value);
    const { table } = this;
    const nodes = table.hold(widen(tags, MAX_TAGS), token);
    const position = await this.log.invalidate(this.forgettingOf(key));
    const isRight = table === this.table && table.isQuietSince(nodes, token);
    table.letGo(nodes);
    this.storage.delete(key);
    if (position === undefined || !isRight) {
      await this.shared?.delete(key);
      return false;
    }
    const entry = this.entryOf(key, stored, [...tags, keyTag(this.prefix, key)], position, ttlMs);
    if (!this.keep(entry)) return false;
    await this.share(entry, ttlMs);
    return true;
  }

  /** The same only where the key holds nothing; of concurrent callers one succeeds, where the storage knows of them. */
  async addAmongOthers(
    key: CacheKey,
    value: unknown,
    { ttlMs, tags, token }: { ttlMs: number; tags: Iterable<Tag>; token: number },
  ): Promise<boolean> {
    const stored = this.parts.copier.store(value);
    if ((await this.findAmongOthers(key)) !== undefined) return false;
    const entry = this.entryOf(key, stored, [...tags, keyTag(this.prefix, key)], token, ttlMs);
    if (this.shared === undefined) return this.storage.peek(key) === undefined && this.keep(entry);
    const bytes = this.sealedOf(entry, ttlMs);
    if (!this.keep(entry)) return false;
    let isFirst = await this.shared.add(key, bytes, ttlMs);
    if (isFirst === false) {
      // What lies there is not valid any more, unless somebody was faster.
      const held = await this.fetch(key, EVERYWHERE);
      const other = held === undefined ? undefined : this.bringNear(key, held);
      if (other === undefined && (await this.shared.delete(key))) isFirst = await this.shared.add(key, bytes, ttlMs);
    } else if (isFirst === undefined) isFirst = await this.shared.set(key, bytes, ttlMs);
    if (!isFirst) this.storage.delete(key);
    return isFirst === true;
  }

  /** Whether counters are those of the storage. */
  get countsAmongOthers(): boolean {
    return this.shared !== undefined;
  }

  /**
   * Counts in the shared storage; undefined when the key holds no counter.
   *
   * @throws ZooCacheError `UNSUPPORTED` where the storage cannot count; and what it rejects with
   */
  countAmongOthers(key: CacheKey, by: number, initial: number): Promise<number | undefined> {
    return this.shared!.increment(key, by, initial);
  }

  /** Removes a key in every process; what it held. */
  async removeAmongOthers(key: CacheKey): Promise<Entry | undefined> {
    const found = await this.findAmongOthers(key);
    const isFirst = (await this.shared?.delete(key)) ?? true;
    await this.log.invalidate(this.forgettingOf(key));
    this.storage.delete(key);
    this.note(key, { reason: 'deleted', at: this.parts.clock.now() });
    return isFirst ? found : undefined;
  }

  private forgettingOf(key: CacheKey): Invalidation {
    return { touches: [keyTag(this.prefix, key)], sweeps: [] };
  }

  /**
   * Stores what a transaction wrote and has committed, unless anybody else invalidated one of the tags since its mark.
   * While its release has not been applied here, that is waited for.
   *
   * @param transactionId that of its mark, which has been released
   */
  putWritten(
    transactionId: string,
    key: CacheKey,
    value: unknown,
    options: { ttlMs: number; tags: readonly Tag[] },
  ): void {
    const fate = this.records.fateOf(transactionId, options.tags);
    if (fate === 'open') this.written.add(transactionId, () => this.putWritten(transactionId, key, value, options));
    // Nothing comes between the question and this: up to where the log has been applied the value is right.
    else if (fate === 'alone') this.put(key, value, { ...options, token: this.applied });
  }

  /** Stores another value in the place of an entry without tags, for the rest of its lifetime. */
  replace(former: Entry, value: unknown): void {
    const entry = this.makeEntry(former.key as CacheKey, value, [], former.token, Infinity);
    if (entry === undefined) return;
    entry.expiresAt = former.expiresAt;
    this.keep(entry);
  }

  /** Removes a key; false if nothing valid was there. */
  delete(key: CacheKey): boolean {
    if (this.lookup(key) === undefined) return false;
    this.storage.delete(key);
    this.note(key, { reason: 'deleted', at: this.parts.clock.now() });
    return true;
  }

  /** Removes what a key holds, because what was to replace it could not be kept; `because` says why, if nobody else did. */
  drop(key: CacheKey, because?: string): void {
    this.storage.delete(key);
    if (because !== undefined) this.noteBypass(key, because);
  }

  /** Gives an entry a new lifetime from now on; false if nothing valid was there. */
  touch(key: CacheKey, ttlMs: number): boolean | Promise<boolean> {
    return this.isShared ? this.touchAmongOthers(key, ttlMs) : this.touchNow(key, ttlMs);
  }

  private async touchAmongOthers(key: CacheKey, ttlMs: number): Promise<boolean> {
    const entry = await this.findAmongOthers(key);
    if (entry === undefined) return false;
    if (ttlMs === 0) return (await this.removeAmongOthers(key)) !== undefined;
    if (typeof entry.value === 'number' && entry.bytes === 0) return (await this.shared!.touch(key, ttlMs)) === true;
    if (!this.touchNow(key, ttlMs)) return false;
    await this.share(entry, ttlMs);
    return true;
  }

  private touchNow(key: CacheKey, ttlMs: number): boolean {
    const entry = this.lookup(key);
    if (entry === undefined) return false;
    if (ttlMs === 0) return this.delete(key);
    entry.expiresAt = this.expiryOf(ttlMs);
    return true;
  }

  /** The token of the load around the caller, if this engine runs one there. */
  get tokenAround(): number | undefined {
    for (let load = currentFrame()?.load; load !== undefined; load = load.outer) {
      if (this.running.has(load)) return load.token;
    }
    return undefined;
  }

  /** Empties this prefix, here and wherever else the log is followed. */
  async clear(): Promise<void> {
    await this.log.invalidate(this.clearing);
    await this.shared?.clear();
  }

  /** The record that empties this prefix in every process that follows the log. */
  get clearing(): Invalidation {
    return { touches: [], sweeps: [prefixTag(this.prefix)] };
  }

  private isValid(entry: Entry): boolean {
    return entry.judgedAt === this.revision || this.judge(entry);
  }

  /** Whether the entry is valid; if so it is known to be right up to now. */
  private judge(entry: Entry): boolean {
    if (!this.isQuiet(entry)) return false;
    entry.token = this.applied;
    entry.judgedAt = this.revision;
    return true;
  }

  private isQuiet({ nodes, token }: Entry): boolean {
    return nodes !== undefined && this.table.isQuietSince(nodes, token);
  }

  private isExpired(entry: Entry): boolean {
    if (entry.expiresAt === NO_EXPIRY) return false;
    if (entry.expiresAt - this.parts.clock.now() > NEAR_EXPIRY_MS) return false;
    return entry.expiresAt <= this.parts.clock.exact();
  }

  /** Hands what an entry depends on to a load. */
  private hand(entry: Entry, load: LoadCapture): void {
    // Between finding it and this, others may have taken its place.
    if (entry.nodes === undefined) load.block('evicted');
    else for (const node of entry.nodes) load.depend(this.table.tagOf(node));
  }

  private answerFrom<T>(entry: Entry): Promise<T> | undefined {
    try {
      return Promise.resolve(entry.copy(entry.value) as T);
    } catch (error) {
      // A class whose constructor or setter throws must not make a read fail that the database could answer.
      this.parts.failures.report('copying a cached value', error);
      this.storage.delete(entry.key);
      this.noteBypass(entry.key, 'not copyable');
      return undefined;
    }
  }

  private async loadOrJoin<T>(
    key: CacheKey,
    plan: ReadPlan,
    load: () => T | PromiseLike<T>,
    args: readonly unknown[],
    frame: Frame | undefined,
  ): Promise<T> {
    if (plan.isSolitary === true) return this.loadNow(key, plan, load, args, frame, undefined);
    const running = this.flights.current(key);
    if (running === undefined) {
      const flight = this.flights.start(key);
      if (this.parts.fleet === undefined || plan.isLocal === true) {
        return this.loadNow(key, plan, load, args, frame, flight);
      }
      return this.loadForAll(this.parts.fleet, key, plan, load, args, frame, flight);
    }
    if (wouldDeadlock(running, frame?.load)) return this.loadNow(key, plan, load, args, frame, undefined);

    const early = await join(running, frame?.load);
    if (early !== undefined && this.isValid(early.entry)) {
      const answer = this.answerFrom<T>(early.entry);
      if (answer !== undefined) {
        frame?.load?.dependOnAll(early.tags);
        return answer;
      }
    }

    // What the running load found is too old for this call, or cannot be shared. A flight that is in the air now began
    // after this call, so whatever it finds is new enough, even if it has been overtaken again when it lands.
    const younger = this.flights.current(key);
    if (younger === undefined) return this.loadNow(key, plan, load, args, frame, this.flights.start(key));
    if (!wouldDeadlock(younger, frame?.load)) {
      const late = await join(younger, frame?.load);
      const answer = late === undefined ? undefined : this.answerFrom<T>(late.entry);
      if (answer !== undefined) {
        frame?.load?.dependOnAll(late!.tags);
        return answer;
      }
    }
    return this.loadNow(key, plan, load, args, frame, undefined);
  }

  /** Loads, unless another process is loading the same. */
  private async loadForAll<T>(
    fleet: FleetFlight,
    key: CacheKey,
    plan: ReadPlan,
    load: () => T | PromiseLike<T>,
    args: readonly unknown[],
    frame: Frame | undefined,
    flight: Flight,
  ): Promise<T> {
    // Whoever held the lock a moment ago may have stored the answer since this read looked for it.
    const [land, stored] = await Promise.all([fleet.takeOff(key), this.findAmongOthers(key)]);
    if (land !== undefined && stored !== undefined) land();
    else if (land !== undefined) {
      try {
        return await this.loadNow(key, plan, load, args, frame, flight);
      } finally {
        void this.sharing.then(land);
      }
    }
    // Found by way of a barrier, so that it is new enough for everybody who waits.
    const entry = stored ?? (await fleet.wait(key, () => this.findAmongOthers(key)));
    const answer = entry?.nodes === undefined ? undefined : this.answerOf<T>(entry, plan, frame);
    if (answer === undefined) return this.loadNow(key, plan, load, args, frame, flight);
    const tags = new Set(entry!.nodes!.map((node) => this.table.tagOf(node)));
    this.flights.land(key, flight, { entry: entry!, tags });
    return answer;
  }

  private async loadNow<T>(
    key: CacheKey,
    plan: ReadPlan,
    load: () => T | PromiseLike<T>,
    args: readonly unknown[],
    frame: Frame | undefined,
    flight: Flight | undefined,
  ): Promise<T> {
    const outer = frame?.load;
    // Before anything is asked of the database: taken later, a write between the snapshot and the token would be lost.
    const capture = new LoadCapture(this.applied, outer, flight);
    const waiting = flight === undefined ? undefined : outer?.nearestFlight;
    if (flight !== undefined) waiting?.waitsFor.add(flight);
    // The log may have been lost since the barrier was passed; in a quarantine nothing may be kept.
    const obstacle = this.isShared ? this.log.obstacle(this.boundOf(plan)) : undefined;
    if (obstacle !== undefined) capture.block(obstacle);
    this.running.add(capture);
    plan.counters.loads++;
    let landing: Landing | undefined;
    try {
      const value = await runInFrame(frameForLoad(capture, frame), load);
      landing = this.fill(key, plan, capture, value, args);
      return value;
    } catch (error) {
      this.noteBypass(key, 'load failed');
      throw error;
    } finally {
      capture.close();
      this.running.delete(capture);
      if (flight !== undefined) {
        waiting?.waitsFor.delete(flight);
        this.flights.land(key, flight, landing);
      }
      this.table.forgetUnheld();
    }
  }

  private fill(
    key: CacheKey,
    plan: ReadPlan,
    capture: LoadCapture,
    value: unknown,
    args: readonly unknown[],
  ): Landing | undefined {
    try {
      if (this.parts.tagsOfResult !== undefined) {
        for (const tag of this.parts.tagsOfResult(value, capture.tags)) capture.depend(tag);
      }
      if (plan.tags !== undefined) for (const tag of plan.tags(value, args)) capture.depend(tag);
      // Others may set or delete what users name themselves.
      if (this.isShared && key.startsWith(USER_KEYS)) capture.depend(keyTag(this.prefix, key));
      if (capture.blockedBy !== undefined) {
        this.statistics.bypass(capture.blockedBy);
        this.noteBypass(key, capture.blockedBy);
        return undefined;
      }
      if (plan.unless?.(value) === true) {
        this.noteBypass(key, 'unless');
        return undefined;
      }
      const entry = this.makeEntry(key, value, capture.tags, capture.token, plan.ttlMs);
      if (entry === undefined) return undefined;
      if (this.keep(entry)) {
        plan.counters.fills++;
        if (plan.isLocal !== true) this.sharing = this.share(entry, plan.ttlMs);
      }
      return { entry, tags: capture.tags };
    } catch (error) {
      this.parts.failures.report('storing an answer', error);
      this.statistics.bypass('not storable');
      this.noteBypass(key, 'not storable');
      return undefined;
    }
  }

  private makeEntry(
    key: CacheKey,
    value: unknown,
    tags: Iterable<Tag>,
    token: number,
    ttlMs: number,
  ): Entry | undefined {
    if (this.offBecause !== undefined) return undefined;
    if (token < this.clearedAt) {
      this.noteCleared(key, token);
      return undefined;
    }
    return this.entryOf(key, this.parts.copier.store(value), tags, token, ttlMs);
  }

  private entryOf(key: CacheKey, stored: StoredValue, tags: Iterable<Tag>, token: number, ttlMs: number): Entry {
    const nodes = this.table.hold(widen(tags, MAX_TAGS), token);
    const bytes = stored.bytes + ENTRY_BYTES + 2 * key.length + NODE_BYTES * nodes.length;
    return new Entry(key, bytes, stored.value, stored.copy, nodes, token, this.expiryOf(ttlMs));
  }

  /** Stores an entry if it is valid now; an entry that is not stored lets go of its nodes. */
  private keep(entry: Entry): boolean {
    if (!this.judge(entry)) this.noteInvalidated(entry);
    else if (this.storage.set(entry)) return true;
    else this.noteBypass(entry.key, 'too large');
    this.forget(entry);
    return false;
  }

  /** Lets other processes have the entry too; nobody waits for that. */
  private async share(entry: Entry, ttlMs: number): Promise<void> {
    if (this.shared === undefined || entry.nodes === undefined) return;
    try {
      await this.shared.set(entry.key, this.sealedOf(entry, ttlMs), this.jittered(ttlMs));
    } catch (error) {
      this.parts.failures.report('storing an answer', error);
    }
  }

  private sealedOf({ nodes, token, value }: Entry, ttlMs: number): Uint8Array {
    const tags = nodes!.map((node) => this.table.tagOf(node));
    return this.shared!.sealed({ value, tags, token, ttlMs }, this.log.incarnation);
  }

  /** From now on nobody tells the entry what happens, so it can never be found valid again. */
  private forget(entry: Entry): void {
    if (entry.nodes === undefined) return;
    this.table.letGo(entry.nodes);
    entry.nodes = undefined;
    entry.judgedAt = NEVER_JUDGED;
  }

  private note(key: string, departure: Departure): void {
    this.departures.note(key, departure);
  }

  private noteBypass(key: string, because: string): void {
    this.note(key, { reason: 'bypassed', because, at: this.parts.clock.now() });
  }

  /** Before the entry lets go of its nodes, which know what happened. */
  private noteInvalidated(entry: Entry): void {
    this.note(entry.key, this.overtaken(entry));
  }

  private noteCleared(key: string, validAt: number): void {
    const tags = [prefixTag(this.prefix)];
    this.note(key, { reason: 'invalidated', validAt, invalidAt: this.applied, tags, at: this.parts.clock.now() });
  }

  private overtaken({ nodes, token }: Entry): Departure {
    const tags = nodes === undefined ? [] : this.table.disturbedSince(nodes, token, MAX_NOTED_TAGS);
    return { reason: 'invalidated', validAt: token, invalidAt: this.applied, tags, at: this.parts.clock.now() };
  }

  private absenceAfter(departure: Departure): Absence {
    const agoMs = this.since(departure.at);
    switch (departure.reason) {
      case 'invalidated': {
        const culprit = this.records.culprit(departure.tags, departure.validAt, departure.invalidAt);
        const by = culprit && { ...culprit, agoMs: this.since(culprit.record.at) };
        return { reason: 'invalidated', by };
      }
      case 'bypassed':
        return { reason: 'bypassed', because: departure.because, agoMs };
      default:
        return { reason: departure.reason, agoMs };
    }
  }

  /** Milliseconds since then. */
  private since(at: number): number {
    return Math.max(0, Math.round(this.parts.clock.exact() - at));
  }

  private expiryOf(ttlMs: number): number {
    return ttlMs === Infinity ? NO_EXPIRY : Math.ceil(this.parts.clock.exact() + this.jittered(ttlMs));
  }

  private jittered(ttlMs: number): number {
    return ttlMs * (1 - TTL_JITTER * this.parts.random());
  }

  /** With a shared storage any tag may be asked for at any time: by an entry that was stored elsewhere. */
  private newTable(floor = 0): TagTable {
    const { sharedEntries, maxRememberedTags } = this.parts;
    if (sharedEntries === undefined) return new TagTable(() => this.running.oldestToken, maxRememberedTags, floor);
    return new TagTable(() => floor, maxRememberedTags ?? REMEMBERED_FOR_OTHERS, floor);
  }

  /** What was known of the log is void, and so is everything that was judged by it. */
  private startOver(position: number, pending: readonly LogRecord[]): void {
    this.running.block('log lost');
    this.storage.clear();
    this.written.forget();
    this.records = new RecentRecords();
    this.table = this.newTable(position);
    this.clearedAt = 0;
    this.applied = position;
    this.revision++;
    for (const mark of pending) this.table.mark(mark.transactionId, mark.invalidation as Invalidation);
  }

  private apply(record: LogRecord): void {
    const { position, kind, transactionId } = record;
    const invalidation = record.invalidation as Invalidation;
    this.applied = position;
    this.revision++;
    this.records.add({ position, kind, transactionId, invalidation, at: this.parts.clock.now() });
    if (kind === 'mark') {
      this.table.mark(transactionId, invalidation);
      return;
    }
    this.table.release(transactionId, invalidation, position);
    if (sizeOf(invalidation) > 0) this.statistics.invalidations++;
    if (invalidation.tell === undefined && invalidation.sweeps.includes(prefixTag(this.prefix))) {
      this.clearedAt = position;
      this.storage.clear();
    }
    this.written.released(transactionId);
  }
}

/** What an entry and one of its nodes occupy beside the value and the key, in bytes; measured by the memory benchmark. */
const ENTRY_BYTES = 208;
const NODE_BYTES = 48;

function bypassOf(frame: Frame): string | undefined {
  if (frame.bypass !== undefined) return frame.bypass;
  return frame.transactions.isOpen ? 'transaction' : undefined;
}

function itself(value: unknown): unknown {
  return value;
}
