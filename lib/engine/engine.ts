import type { LogRecord } from '../bus/invalidation-bus.js';
import type { Statistics } from '../events/statistics.js';
import { isUsersKey, type CacheKey } from '../keys/cache-key.js';
import { sizeOf, type Invalidation, type Tag } from '../tags/tag.js';
import { keyTag, prefixTag } from '../tags/user-tag.js';
import { Absences } from './absences.js';
import { AmongOthers } from './among-others.js';
import { Answers, NO_ANSWER } from './answers.js';
import { currentFrame, type Frame } from './context.js';
import { NOT_PASSED } from './crossing.js';
import type { EngineParts } from './engine-parts.js';
import type { Entry } from './entry.js';
import { Exchange } from './exchange.js';
import type { Finding } from './finding.js';
import { followed, type FollowedLog } from './log/followed-log.js';
import { Lifetimes } from './lifetimes.js';
import { LoadPath } from './load-path.js';
import { NamedLoads } from './named-loads.js';
import { NearEntries, type PutOptions } from './near-entries.js';
import { blockLoadsOfOthers } from './other-copies.js';
import type { KeptArguments, ReadPlan } from './read-plan.js';
import { keptArguments, type Load, type ReadRequest } from './read-request.js';
import { RecentRecords } from './recent-records.js';
import { RunningLoads } from './running-loads.js';
import type { Fetched } from './shared-entries.js';
import { Validity } from './validity.js';
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
 * WHAT A HIT COSTS. Every entry remembers the revision of what is known at which it was last found valid, and whatever can
 * invalidate anything that is held makes a new one. So an unchanged revision answers at once; after few new ones a single
 * comparison of bits mostly tells that none of them concerns the entry; otherwise a number is compared for each of its nodes.
 *
 * WHAT IS NOT PROMISED. What the database does behind TypeORM's back (triggers other than those of SQLite, functions with
 * side effects, other programs) is not in the log, and a lifetime (ttl) bounds how long it can go unnoticed.
 *
 * [1] The idea of validating on read against a log of invalidations follows the certification of optimistic
 *     concurrency control (Kung and Robinson, 1981); leases and marks as in Memcache at Facebook (NSDI 2013).
 */

const NO_ARGUMENTS: readonly unknown[] = Object.freeze([]);

/** Answers reads: from memory when it holds a valid entry, else by loading, once for all who ask. */
export class Engine {
  readonly prefix: string;
  readonly statistics: Statistics;

  /** Whether anybody beside this memory has a say in what is cached: other processes, or a storage that is not here. */
  readonly isShared: boolean;
  /** What is done to keys of users where they do. */
  readonly amongOthers: AmongOthers;

  // Declared, so that they are never undefined: V8 then relies on what they hold. A lookup costs 22 ns and not 24.
  declare private readonly near: NearEntries;
  declare private readonly answers: Answers;

  private readonly log: FollowedLog;
  private readonly running: RunningLoads;
  private readonly named = new NamedLoads();
  private readonly validity: Validity;
  private readonly exchange: Exchange;
  private readonly loads: LoadPath;
  private readonly absences: Absences;
  private readonly records = new RecentRecords();
  private readonly written = new WrittenAnswers();
  private readonly unfollow: () => void;

  /** Why nothing is cached at all, if so. */
  private offBecause: string | undefined;

  constructor(private readonly parts: EngineParts) {
    const { prefix, statistics, clock, random, sharedEntries, maxRememberedTags, failures } = parts;
    this.prefix = prefix;
    this.statistics = statistics;
    this.offBecause = parts.isEnabled ? undefined : 'disabled';
    const log = (this.log = followed(parts.log));
    this.isShared = log.isShared || sharedEntries !== undefined;
    const running = (this.running = new RunningLoads(() => clock.now()));
    const lifetimes = new Lifetimes(clock, random);
    const validity = (this.validity = new Validity(
      { oldestToken: () => running.oldestToken, isSharedStorage: sharedEntries !== undefined, maxRememberedTags },
      log.position,
    ));
    const absences = (this.absences = new Absences(validity, this.records, clock, prefixTag(prefix)));
    const near = (this.near = new NearEntries(parts, validity, lifetimes, absences));
    const answers = (this.answers = new Answers(near, validity, failures));
    const exchange = (this.exchange = new Exchange(parts, log, validity, lifetimes, near));
    const { named } = this;
    this.loads = new LoadPath({ ...parts, log, running, named, validity, near, exchange, answers, absences });
    this.amongOthers = new AmongOthers(parts, log, validity, near, exchange, absences, named);
    this.unfollow = log.follow({
      apply: (record) => this.apply(record),
      startOver: (position, pending) => this.startOver(position, pending),
      groupsBelow: (changes) => validity.groupsBelow(changes),
    });
  }

  get entries(): number {
    return this.near.count;
  }

  get bytes(): number {
    return this.near.bytes;
  }

  /** Names the present life of the log. */
  get incarnation(): string {
    return this.log.incarnation;
  }

  /** Where the log stands. */
  get position(): number {
    return this.log.position;
  }

  /**
   * Resolves when everything up to a position has been applied, or when no read is answered any more that has not asked the
   * log: then that cannot be known. False for a position that is none, as the log has not come so far.
   *
   * A position of a life that is unknown here may be of the next one, in which somebody else is already.
   */
  async waitFor(incarnation: string, position: number): Promise<boolean> {
    const { log } = this;
    if (incarnation === log.incarnation && position <= log.position) return true;
    if ((await log.catchUp(0)) === false) log.doubt?.();
    else if (incarnation === log.incarnation) return position <= log.position;
    return true;
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

  /** Whether an entry depends on the tag, or on any below it, as far as this process knows. */
  knows(tag: Tag): boolean {
    return this.validity.knows(tag);
  }

  /** Whether anything is running or held that should not be once everybody has gone home; for checks after tests. */
  get isAtRest(): boolean {
    return this.running.size === 0 && this.loads.isAtRest && this.validity.openMarks === 0;
  }

  /** Stops listening and lets go of everything; reads go to the database from now on. May be called twice. */
  close(): void {
    this.offBecause = 'closed';
    this.unfollow();
    this.written.forget();
    this.near.close();
  }

  /**
   * The answer named by `key`: from memory, or by `load`, which is called before this function returns unless the
   * answer is here or on its way.
   *
   * The promise rejects only with what `load` throws.
   *
   * @param args what the key was made from, and what `load` is called with: as they are now, also where it is called later
   */
  read<T>(key: CacheKey, plan: ReadPlan, load: Load<T>, args: readonly unknown[] = NO_ARGUMENTS): Promise<T> {
    if (this.offBecause !== undefined) return this.bypass(this.offBecause, () => load(args));
    blockLoadsOfOthers();
    const frame = currentFrame();
    if (frame !== undefined) {
      const reason = bypassOf(frame);
      if (reason !== undefined) return this.bypass(reason, () => load(args), key);
      if (frame.load !== undefined && isUsersKey(key)) frame.load.depend(keyTag(this.prefix, key));
    }
    if (this.isShared) return this.readAmongOthers(key, plan, load, args, frame);
    const answer = this.promiseNow<T>(key, plan, frame);
    return answer === NO_ANSWER ? this.load({ key, plan, load, args: () => args, frame }) : answer;
  }

  /**
   * The same where other processes write: first everything is applied that was appended before the call. What a storage
   * of all processes holds is asked for meanwhile, so that a read waits for one round trip and not for two.
   */
  private readAmongOthers<T>(
    key: CacheKey,
    plan: ReadPlan,
    load: Load<T>,
    args: readonly unknown[],
    frame: Frame | undefined,
  ): Promise<T> {
    const boundMs = plan.boundMs ?? this.parts.boundMs ?? 0;
    const obstacle = this.log.obstacle(boundMs);
    if (obstacle !== undefined) return this.bypass(obstacle, () => load(args), key);
    const barrier = this.log.catchUp(boundMs);
    if (barrier === undefined) {
      const answer = this.promiseNow<T>(key, plan, frame);
      if (answer !== NO_ANSWER) return answer;
      return this.readFar({ key, plan, load, args: keptArguments(plan, args), frame });
    }
    const kept = keptArguments(plan, args);
    if (this.near.peek(key) === undefined) return this.readBehind(barrier, { key, plan, load, args: kept, frame });
    return barrier.then((isPassed) => {
      if (!isPassed) return this.bypassBroken(key, load, kept);
      const answer = this.answerNow<T>(key, plan, frame);
      return answer === NO_ANSWER ? this.readFar({ key, plan, load, args: kept, frame }) : answer;
    });
  }

  /** Where memory holds nothing: what is fetched meanwhile is judged when the barrier has been passed. */
  private readBehind<T>(barrier: Promise<boolean>, request: ReadRequest<T>): Promise<T> {
    const { key, plan, load, args, frame } = request;
    // Loads run where the caller is: what calls him back from here does so by a promise of his own.
    return this.exchange.fetchBehind(barrier, key, plan).then((fetched) => {
      if (fetched === NOT_PASSED) return this.bypassBroken(key, load, args);
      const answer = this.answerNow<T>(key, plan, frame);
      return answer === NO_ANSWER ? this.readFetched(request, fetched) : answer;
    });
  }

  /** Why the log was asked in vain. */
  private get obstacleNow(): string {
    return this.log.obstacle(0) ?? 'bus away';
  }

  /** The log could not be asked in time, or is not what it was. */
  private bypassBroken<T>(key: CacheKey, load: Load<T>, args: KeptArguments): Promise<T> {
    return this.bypass(this.obstacleNow, () => load(args()), key);
  }

  /** The answer in memory, if there is one that is valid as far as is known now. */
  private answerNow<T>(key: CacheKey, plan: ReadPlan, frame: Frame | undefined): T | typeof NO_ANSWER {
    const entry = this.near.lookup(key);
    return entry === undefined ? NO_ANSWER : this.answers.from<T>(entry, plan, frame);
  }

  /** The same for whoever is answered at once. */
  private promiseNow<T>(key: CacheKey, plan: ReadPlan, frame: Frame | undefined): Promise<T> | typeof NO_ANSWER {
    const entry = this.near.lookup(key);
    return entry === undefined ? NO_ANSWER : this.answers.promisedFrom<T>(entry, plan, frame);
  }

  /** Goes on where memory has no answer: with what the shared storage holds, if there is one, or else with a load. */
  private readFar<T>(request: ReadRequest<T>): Promise<T> {
    const fetching = this.exchange.fetch(request.key, request.plan);
    if (fetching === undefined) return this.load(request);
    if (fetching instanceof Promise) return fetching.then((fetched) => this.readFetched(request, fetched));
    return Promise.resolve(this.readFetched(request, fetching));
  }

  private readFetched<T>(request: ReadRequest<T>, fetched: Fetched | undefined): T | Promise<T> {
    if (!this.exchange.isAhead(fetched)) return this.answerOrLoad(request, fetched);
    return Promise.resolve(this.log.catchUp(0)).then(() => this.answerOrLoad(request, fetched));
  }

  private answerOrLoad<T>(request: ReadRequest<T>, fetched: Fetched | undefined): T | Promise<T> {
    const { key, plan, frame } = request;
    if (fetched !== undefined && !this.near.isTier && frame?.load === undefined) {
      const found = this.exchange.valueIn(fetched);
      if (found === undefined) return this.load(request);
      plan.counters.hits++;
      return found.value as T;
    }
    const entry = this.exchange.bring(key, fetched);
    // It is answered at once: what is brought next may take its place, where few have one.
    const answer = entry === undefined ? NO_ANSWER : this.answers.from<T>(entry, plan, frame);
    return answer === NO_ANSWER ? this.load(request) : answer;
  }

  private load<T>(request: ReadRequest<T>): Promise<T> {
    const { key, plan, load, args } = request;
    if (plan.ttlMs === 0) return this.bypass('ttl 0', () => load(args()), key);
    plan.counters.misses++;
    return this.loads.loadOrJoin(request);
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
    if (key !== undefined) this.absences.noteBypass(key, reason);
    try {
      return Promise.resolve(load());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** See {@link NearEntries.lookup}. */
  lookup(key: CacheKey): Entry | undefined {
    return this.near.lookup(key);
  }

  /** The valid entry of a key, wherever it is held; a promise only where other processes have a say. */
  find(key: CacheKey): Entry | undefined | Promise<Entry | undefined> {
    return this.isShared ? this.exchange.find(key) : this.near.lookup(key);
  }

  /** What a read of the key would find. See {@link Absences.explain}. */
  async explain(key: CacheKey): Promise<Finding> {
    const because = this.offBecause ?? (this.isShared ? await this.catchUp() : undefined);
    if (because !== undefined) return { absent: { reason: 'bypassed', because, agoMs: undefined } };
    const near = this.absences.explain(key, this.near.peek(key));
    if ('present' in near) return near;
    const entry = await this.exchange.look(key);
    if (entry === undefined) return near;
    const far = this.absences.explain(key, entry);
    this.validity.letGo(entry);
    // What this process has seen itself says more than that a write has overtaken what others stored.
    return 'present' in far || !this.absences.knows(key) ? far : near;
  }

  /** Applies what was appended before the call; why that cannot be, if so. */
  private async catchUp(): Promise<string | undefined> {
    const boundMs = this.parts.boundMs ?? 0;
    const obstacle = this.log.obstacle(boundMs);
    if (obstacle !== undefined) return obstacle;
    return (await this.log.catchUp(boundMs)) === false ? this.obstacleNow : undefined;
  }

  /** A private copy of what an entry holds; whatever load runs around the caller depends on it from now on. */
  copyOf<T>(entry: Entry): T {
    this.dependOn(entry);
    return entry.copy(entry.value) as T;
  }

  /** Whatever load runs around the caller depends on the entry from now on. */
  dependOn(entry: Entry): void {
    this.answers.dependOn(entry);
  }

  /** Whatever load runs around the caller depends on what the user's own key holds, be it nothing. */
  dependOnKey(key: CacheKey): void {
    currentFrame()?.load?.depend(keyTag(this.prefix, key));
  }

  /** See {@link NearEntries.put}. */
  put(key: CacheKey, value: unknown, options: PutOptions): boolean {
    this.changed(key);
    return this.near.put(key, value, options);
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
    // In a quarantine somebody may be writing it whose mark is lost.
    if (this.log.obstacle(Infinity) !== undefined) return;
    const fate = this.records.fateOf(transactionId, options.tags);
    if (fate === 'open') this.written.add(transactionId, () => this.putWritten(transactionId, key, value, options));
    // Nothing comes between the question and this: up to where the log has been applied the value is right.
    else if (fate === 'alone') this.keepWritten(key, value, { ...options, token: this.validity.position });
  }

  /** Whoever releases the transaction, here or by applying the log, has to go on where the value cannot be stored. */
  private keepWritten(key: CacheKey, value: unknown, options: PutOptions): void {
    try {
      this.near.put(key, value, options);
    } catch (error) {
      this.parts.failures.report('storing an answer', error);
      this.absences.noteBypass(key, 'not storable');
    }
  }

  /** What the value of a user's own key depends on where others may set or delete it. */
  tagsOfKey(key: CacheKey): readonly Tag[] {
    return this.isShared ? [keyTag(this.prefix, key)] : [];
  }

  /** See {@link NearEntries.replace}. */
  replace(former: Entry, value: unknown): void {
    this.changed(former.key);
    this.near.replace(former, value);
  }

  /** See {@link NearEntries.delete}. */
  delete(key: CacheKey): boolean {
    this.changed(key);
    return this.near.delete(key);
  }

  /** See {@link NearEntries.drop}. */
  drop(key: CacheKey, because?: string): void {
    this.changed(key);
    this.near.drop(key, because);
  }

  /** Gives an entry a new lifetime from now on; false if nothing valid was there. */
  touch(key: CacheKey, ttlMs: number): boolean | Promise<boolean> {
    if (this.isShared) return this.amongOthers.touch(key, ttlMs);
    if (ttlMs === 0) this.changed(key);
    return this.near.touch(key, ttlMs);
  }

  /** Where the load around the caller started, if this engine runs one there; `'elsewhere'`: in another life of the log. */
  get startAround(): number | 'elsewhere' | undefined {
    for (let load = currentFrame()?.load; load !== undefined; load = load.outer) {
      const start = this.running.startOf(load);
      if (start !== undefined) return start;
    }
    return undefined;
  }

  /** Empties this prefix, here and wherever else the log is followed; what was left open there is over from now on. */
  async clear(): Promise<void> {
    this.log.giveUpOrphans?.();
    await this.log.invalidate(this.clearing);
    await this.parts.sharedEntries?.clear();
  }

  /**
   * Empties a namespace of users' keys, here and wherever else the log is followed.
   *
   * @param tag of the namespace
   * @param head what its keys begin with
   */
  async clearNamespace(tag: Tag, head: string): Promise<void> {
    await this.log.invalidate({ touches: [], sweeps: [tag] });
    await this.parts.sharedEntries?.clear(head);
  }

  /** The record that empties this prefix in every process that follows the log. */
  get clearing(): Invalidation {
    return { touches: [], sweeps: [prefixTag(this.prefix)] };
  }

  /**
   * A user's own key is about to be set or removed in the memory of this process: what is being loaded for it is too old, and
   * what was made of what it held. Where others have a say their log tells.
   */
  private changed(key: string): void {
    if (!isUsersKey(key)) return;
    this.named.overtake(key);
    if (this.isShared || (this.running.size === 0 && !this.validity.knows(prefixTag(this.prefix)))) return;
    const tag = keyTag(this.prefix, key);
    if (this.running.size > 0 || this.validity.knows(tag)) void this.log.invalidate({ touches: [tag], sweeps: [] });
  }

  /** What was known of the log is void, and so is everything that was judged by it. */
  private startOver(position: number, pending: readonly LogRecord[]): void {
    this.running.strand('log lost');
    // First of all, while those nodes are known that the entries let go of. Whatever is older may have been emptied since, also
    // what depends on nothing that a floor could stand for.
    this.near.clear(position);
    this.written.forget();
    this.records.forget(pending);
    this.validity.startOver(position, pending);
  }

  private apply(record: LogRecord): void {
    const { position, kind, transactionId } = record;
    const invalidation = record.invalidation as Invalidation;
    this.validity.apply(record);
    this.records.add({ position, kind, transactionId, invalidation, at: this.parts.clock.now() });
    if (kind === 'mark') return;
    if (sizeOf(invalidation) > 0) this.statistics.invalidations++;
    if (invalidation.tell === undefined && invalidation.sweeps.includes(prefixTag(this.prefix))) {
      this.near.clear(position);
    }
    this.written.released(transactionId);
  }
}

function bypassOf(frame: Frame): string | undefined {
  if (frame.bypass !== undefined) return frame.bypass;
  return frame.transactions.isOpen ? 'transaction' : undefined;
}
