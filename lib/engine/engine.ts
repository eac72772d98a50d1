import type { StoredValue } from '../codec/copy/stored-value.js';
import type { LocalLog, LogRecord } from '../bus/invalidation-bus.js';
import type { FailureReporter } from '../events/failure-reporter.js';
import type { Statistics } from '../events/statistics.js';
import type { CacheKey } from '../keys/cache-key.js';
import { MemoryStorage, type MemoryLimits } from '../storage/memory/memory-storage.js';
import type { CoarseClock } from '../support/coarse-clock.js';
import type { Invalidation, Tag } from '../tags/tag.js';
import { prefixTag } from '../tags/user-tag.js';
import { widen } from '../tags/widen.js';
import { currentFrame, frameForLoad, runInFrame, type Frame } from './context.js';
import { Departures, type Departure } from './departures.js';
import { Entry, NO_EXPIRY } from './entry.js';
import type { Absence, Finding } from './finding.js';
import type { Flight, Landing } from './flight.js';
import { LoadCapture } from './load-capture.js';
import type { ReadPlan } from './read-plan.js';
import { RecentRecords } from './recent-records.js';
import { RunningLoads } from './running-loads.js';
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
  readonly log: LocalLog;
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

/** The token of an entry that has left: before every position. */
const NEVER = -1;

/** As many of the tags that an answer fell by are remembered: enough to find the write. */
const MAX_NOTED_TAGS = 4;

const NO_ARGUMENTS: readonly unknown[] = Object.freeze([]);

/** Answers reads: from memory when it holds a valid entry, else by loading, once for all who ask. */
export class Engine {
  readonly prefix: string;
  readonly statistics: Statistics;

  private readonly storage: MemoryStorage<Entry>;
  private readonly log: LocalLog;
  private readonly running: RunningLoads;
  private readonly table: TagTable;
  private readonly flights = new SingleFlight();
  private readonly unfollow: () => void;

  /** Kept for {@link explain} alone. */
  private readonly departures = new Departures();
  /** For the same, and for {@link putWritten}. */
  private readonly records = new RecentRecords();
  private readonly written = new WrittenAnswers();

  /** Up to where this engine has applied the log: all of it, because a local log tells its followers at once. */
  private applied: number;

  /** Why nothing is cached at all, if so. */
  private offBecause: string | undefined;

  /** Loads that started before this position must not be stored: the cache was emptied since. */
  private clearedAt = 0;

  constructor(private readonly parts: EngineParts) {
    this.prefix = parts.prefix;
    this.statistics = parts.statistics;
    this.log = parts.log;
    this.offBecause = parts.isEnabled ? undefined : 'disabled';
    this.running = new RunningLoads(() => parts.clock.now());
    this.table = new TagTable(() => this.running.oldestToken, parts.maxRememberedTags);
    this.storage = parts.storage ?? new MemoryStorage<Entry>(parts.limits);
    this.storage.onRemove = (entry, reason) => {
      this.forget(entry);
      if (reason === 'evicted') this.note(entry.key, { reason: 'evicted', at: parts.clock.now() });
      else if (reason === 'cleared') this.noteCleared(entry.key, this.applied - 1);
    };
    this.applied = parts.log.position;
    this.unfollow = parts.log.follow((record) => this.apply(record));
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

  /** Where the log stands, for somebody who computes a value and hands it to {@link put}. */
  takePosition(): number {
    const position = this.log.position;
    this.running.lease(position);
    return position;
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
    const entry = this.lookup(key);
    if (entry !== undefined) {
      const answer = this.answerFrom<T>(entry);
      if (answer !== undefined) {
        if (frame?.load !== undefined) this.hand(entry, frame.load);
        plan.counters.hits++;
        return answer;
      }
    }
    if (plan.ttlMs === 0) return this.bypass('ttl 0', load, key);
    plan.counters.misses++;
    return this.loadOrJoin(key, plan, load, args, frame);
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
  touch(key: CacheKey, ttlMs: number): boolean {
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
  clear(): void {
    this.log.append('invalidate', '', this.clearing);
  }

  /** The record that empties this prefix in every process that follows the log. */
  get clearing(): Invalidation {
    return { touches: [], sweeps: [prefixTag(this.prefix)] };
  }

  private isValid(entry: Entry): boolean {
    return entry.token === this.applied || this.judge(entry);
  }

  /** Whether the entry is valid; if so it is known to be right up to now. */
  private judge(entry: Entry): boolean {
    if (entry.nodes === undefined || !this.table.isQuietSince(entry.nodes, entry.token)) return false;
    entry.token = this.applied;
    return true;
  }

  private isExpired(entry: Entry): boolean {
    if (entry.expiresAt === NO_EXPIRY) return false;
    if (entry.expiresAt - this.parts.clock.now() > NEAR_EXPIRY_MS) return false;
    return entry.expiresAt <= this.parts.clock.exact();
  }

  /** Hands what an entry depends on to a load. */
  private hand(entry: Entry, load: LoadCapture): void {
    for (const node of entry.nodes!) load.depend(this.table.tagOf(node));
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
    if (running === undefined) return this.loadNow(key, plan, load, args, frame, this.flights.start(key));
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
    const capture = new LoadCapture(this.log.position, outer, flight);
    const waiting = flight === undefined ? undefined : outer?.nearestFlight;
    if (flight !== undefined) waiting?.waitsFor.add(flight);
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
      if (this.keep(entry)) plan.counters.fills++;
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
    const stored = this.parts.copier.store(value);
    const nodes = this.table.hold(widen(tags, MAX_TAGS), token);
    const bytes = stored.bytes + ENTRY_BYTES + 2 * key.length + NODE_BYTES * nodes.length;
    return new Entry(key, bytes, stored.value, stored.copy, nodes, token, this.expiryOf(ttlMs));
  }

  /** Stores an entry if it is valid now; an entry that is not stored lets go of its nodes. */
  private keep(entry: Entry): boolean {
    // Its token is that of a load, not of an earlier judgement: a mark may have been open when the load began.
    if (!this.judge(entry)) this.noteInvalidated(entry);
    else if (this.storage.set(entry)) return true;
    else this.noteBypass(entry.key, 'too large');
    this.forget(entry);
    return false;
  }

  /** From now on nobody tells the entry what happens, so it can never be found valid again. */
  private forget(entry: Entry): void {
    if (entry.nodes === undefined) return;
    this.table.letGo(entry.nodes);
    entry.nodes = undefined;
    entry.token = NEVER;
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
    if (ttlMs === Infinity) return NO_EXPIRY;
    return Math.ceil(this.parts.clock.exact() + ttlMs * (1 - TTL_JITTER * this.parts.random()));
  }

  private apply(record: LogRecord): void {
    const { position, kind, transactionId } = record;
    // Read once: an invalidation may make these lists when it is asked for them.
    const { touches, sweeps } = record.invalidation as Invalidation;
    const invalidation: Invalidation = { touches, sweeps };
    this.applied = position;
    this.records.add({ position, kind, transactionId, touches, sweeps, at: this.parts.clock.now() });
    if (kind === 'mark') {
      this.table.mark(transactionId, invalidation);
      return;
    }
    if (kind === 'release') this.table.release(transactionId, invalidation, position);
    else this.table.invalidate(invalidation, position);
    if (touches.length + sweeps.length > 0) this.statistics.invalidations++;
    if (sweeps.includes(prefixTag(this.prefix))) {
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
