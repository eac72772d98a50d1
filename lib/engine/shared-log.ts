import {
  FORGOTTEN,
  INCARNATION_CHANGED,
  type BusInvalidation,
  type BusState,
  type InvalidationBus,
  type LogRecord,
  type NewRecord,
} from '../bus/invalidation-bus.js';
import { ZooCacheError } from '../errors/zoocache.error.js';
import type { FailureReporter } from '../events/failure-reporter.js';
import type { Clock } from '../support/clock.js';
import { Ids } from '../support/ids.js';
import { SharedDeadline } from '../support/shared-deadline.js';
import type { Timers } from '../support/timers.js';
import { NOTHING, type Tag } from '../tags/tag.js';
import { AwakeTime, wasPaused } from './awake-time.js';
import { Barriers } from './barriers.js';
import type { FollowedLog, Follower } from './followed-log.js';
import { HeardValues } from './heard-values.js';
import { KnownMarks } from './known-marks.js';
import { Orphans, type IsOver } from './orphans.js';
import { OwnRecords } from './own-records.js';
import { LONGEST_WAIT_MS, Quarantine, type Writing } from './quarantine.js';
import { heardAcross, type SchemaFingerprints } from './schema-fingerprints.js';

/*
 * A log that other processes append to as well
 * ============================================
 *
 * In one process an append returns when every reader has applied it. Here records travel, so four things are added.
 *
 * A BARRIER before a read: "is there anything after my position?". What was appended before the question is applied when
 * it is answered; what is appended later belongs to writes that were not committed when the read was called.
 *
 * A MARK IS AWAITED before COMMIT is sent, so no process whose barrier leaves after the commit can miss it. In this
 * process its tags are pending from the moment it is made, and stay so until its release is known to stand in the log, at
 * a position of its own: between the two, this process goes to the database, where it reads its own write.
 *
 *     without the wait:  writer COMMIT ............ mark | reader in another process: barrier, valid, the old row
 *
 * AN ANSWERED MARK MAY BE LOST, when the server that answered is replaced by one that never heard of it. The new log is
 * another incarnation, everything older is void, and nobody trusts anything until its quarantine of 2 G is over. A COMMIT
 * is sent within G of its mark's answer or marked again, so whatever was marked in the lost log is committed, or marked
 * in the new one, before the quarantine ends. First of all a process appends there again what it has open or owes. A
 * process that was paused cannot keep to that, so the quarantine also waits for what is open in the databases at its end.
 *
 * NOTHING IS TRUSTED THAT CANNOT BE ASKED. When a command fails or is late, reads go to the database at once, without
 * waiting, until the log has been greeted again; only answers that may be old anyway are served while they may. What
 * could not be appended is owed, and leaves first.
 *
 * WHAT IS NOT PROMISED. A process that reaches the database but not the log owes its invalidations, and until it pays
 * others may answer with what was there before its writes, unless its writes are to fail instead (`onLogDown: 'reject'`).
 */

/** How long a COMMIT may be sent after its mark was appended, in milliseconds: the G of the protocol. */
export const COMMIT_WITHIN_MS = 1_000;

/** How long a read waits for its barrier before it goes to the database, in milliseconds. */
const READ_BUDGET_MS = 100;

/** How long a write waits for its mark. */
const MARK_BUDGET_MS = 1_000;

/** How long the log may be away before writes do not even wait for it to come back. */
const PATIENCE_MS = 1_000;

/** How long a start waits for the log to be reached and trusted. */
const START_BUDGET_MS = 2_500;

/** How often a process looks for the log while a transaction of its own takes long to commit. */
const LOOK_WHILE_OPEN_MS = COMMIT_WITHIN_MS / 2;

/** How long a process that only writes leaves unread what others have appended. */
const READ_WITHIN_MS = 500;

/**
 * How long a release waits for a command that it can travel with: the mark of the next transaction, or a barrier. Until it
 * has arrived, others read from the database what it concerns.
 */
const RELEASE_DELAY_MS = 4;

/** Of more records than this a barrier cannot bring the whole in time. */
const FAR_BEHIND = 1_000;

/** How long a process may take to come near the head of the log before it greets it again. */
const COMING_NEAR_MS = 10_000;

/** Between attempts to reach the log: short beside a quarantine, in which everybody has to come back. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 100;

/** What a shared log works with. */
export interface SharedLogParts {
  readonly bus: InvalidationBus;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly failures: FailureReporter;
  /** What becomes of a commit whose mark cannot be appended. */
  readonly onLogDown: 'proceed' | 'reject';
  /** How many records from before the start are applied, so that what a shared storage holds can be judged. */
  readonly history: number;
  readonly schemas: SchemaFingerprints;
  /** Tells whether the transaction of a mark is over whose process may be dead. */
  readonly isOver: IsOver;
  /** See {@link QuarantineParts.writing}. */
  readonly writing?: Writing;
}

export class SharedLog implements FollowedLog {
  readonly isShared = true;

  private life: string | undefined;
  private applied = 0;
  private isReached = false;
  /** Until when nobody may trust this life of the log. */
  private quarantine: Quarantine | undefined;
  private isClosed = false;

  /** When the last barrier left that was answered: everything appended before has been applied. */
  private freshAt = -Infinity;
  private readonly away: AwakeTime;

  /** Marks of this process whose transactions are not over. */
  private readonly open = new Map<string, NewRecord>();
  /** Releases that are to be appended, or are owed. */
  private outbox: NewRecord[] = [];
  /** Records of this process whose positions somebody waits for, and those that are known. */
  private readonly expected = new Set<string>();
  private readonly arrived = new Map<string, number>();
  private cancelSending: (() => void) | undefined;
  private cancelLooking: (() => void) | undefined;
  private cancelReading: (() => void) | undefined;
  private greeting: Promise<void> | undefined;
  /** Present while this process is so far behind that no read waits for it. */
  private comingNear: Promise<void> | undefined;
  private unfollowBus: (() => void) | undefined;

  private readonly ids = new Ids();
  private readonly followers = new Set<Follower>();
  private readonly records: OwnRecords;
  private readonly barriers: Barriers;
  private readonly orphans: Orphans;
  private readonly marks = new KnownMarks();
  private readonly heardValues: HeardValues;
  private readonly patience: Readonly<Record<'read' | 'mark' | 'comingNear', SharedDeadline>>;

  constructor(private readonly parts: SharedLogParts) {
    this.away = new AwakeTime(parts);
    this.patience = {
      read: new SharedDeadline(parts, READ_BUDGET_MS),
      mark: new SharedDeadline(parts, MARK_BUDGET_MS),
      comingNear: new SharedDeadline(parts, COMING_NEAR_MS),
    };
    this.records = new OwnRecords(parts.schemas);
    this.barriers = new Barriers(parts.timers, this.ask);
    this.heardValues = new HeardValues({
      clock: parts.clock,
      groupsBelow: (changes) => [...this.followers].flatMap((one) => [...(one.groupsBelow?.(changes) ?? [])]),
      say: (invalidation) => this.sendSoon(this.records.make('invalidate', this.ids.next(), invalidation)),
    });
    this.orphans = new Orphans(parts, (mark) => {
      this.outbox.push({ ...mark, kind: 'release', witness: undefined });
      void this.send();
    });
  }

  get incarnation(): string {
    return this.life ?? 'none';
  }

  get position(): number {
    return this.applied;
  }

  /** Reaches for the bus; resolves when answers can be trusted, and at the latest when an application should start anyway. */
  async start(): Promise<void> {
    if (!(await this.untilReached(START_BUDGET_MS))) return;
    const isTrusted = Promise.all([this.quarantine?.over, this.comingNear]);
    await Promise.race([isTrusted, new Promise<void>((resolve) => this.parts.timers.after(START_BUDGET_MS, resolve))]);
  }

  /** Appends what is still owed, if the bus can be reached, and lets go. May be called twice. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    if (this.outbox.length > 0 && this.isReached) await this.send();
    this.isClosed = true;
    this.isReached = false;
    this.unfollowBus?.();
    this.orphans.close();
    this.cancelLooking?.();
    this.cancelReading?.();
    this.quarantine?.end();
  }

  follow(follower: Follower): () => void {
    this.followers.add(follower);
    if (this.life !== undefined) follower.startOver(this.applied, this.openMarks);
    return () => void this.followers.delete(follower);
  }

  mark(transactionId: string, invalidation: BusInvalidation, witness?: string): Promise<void> {
    const mark = this.records.make('mark', transactionId, invalidation, witness);
    this.tell({ ...mark, position: this.applied });
    this.open.set(transactionId, mark);
    this.lookWhileOpen();
    return this.deliverMark(mark);
  }

  release(transactionId: string, invalidation: BusInvalidation): void {
    const mark = this.open.get(transactionId);
    this.open.delete(transactionId);
    this.sendSoon(this.records.release(transactionId, invalidation, mark));
  }

  private sendSoon(record: NewRecord): void {
    this.outbox.push(record);
    this.cancelSending ??= this.parts.timers.after(RELEASE_DELAY_MS, () => void this.send());
  }

  isHeardElsewhere(group: Tag): boolean {
    return this.heardValues.has(group);
  }

  async invalidate(invalidation: BusInvalidation): Promise<number | undefined> {
    const transactionId = this.ids.next();
    const record = this.records.make('invalidate', transactionId, invalidation);
    // Pending here until it comes back, as a release is.
    this.tell({ ...record, kind: 'mark', position: this.applied });
    this.outbox.push(record);
    this.expected.add(transactionId);
    if (!this.isReached) await this.untilReached(MARK_BUDGET_MS);
    if ((await this.send()) && !this.arrived.has(transactionId)) {
      await this.comingNear;
      await this.barriers.pass();
    }
    this.expected.delete(transactionId);
    const position = this.arrived.get(transactionId);
    this.arrived.delete(transactionId);
    return position;
  }

  obstacle(boundMs: number): string | undefined {
    if (this.quarantine !== undefined) return 'quarantine';
    if (this.isFreshEnough(boundMs)) return undefined;
    if (!this.isReached) return 'bus away';
    return this.comingNear && 'far behind';
  }

  catchUp(boundMs: number): Promise<boolean> | undefined {
    if (boundMs > 0) {
      this.listen();
      if (this.isFreshEnough(boundMs)) return undefined;
    } else if (this.isReached && this.parts.bus.head?.(this.incarnation) === this.applied) return undefined;
    return this.barriers.pass();
  }

  /** The position of the last record that was appended here or anywhere, all of which are applied now. */
  async settled(): Promise<number> {
    await this.send();
    await this.comingNear;
    await this.barriers.pass();
    return this.applied;
  }

  private isFreshEnough(boundMs: number): boolean {
    return boundMs > 0 && this.parts.clock.now() - this.freshAt <= boundMs;
  }

  /** Those of others, and its own. */
  private get openMarks(): readonly LogRecord[] {
    const own = [...this.open.values()].map((mark) => ({ ...mark, position: this.applied }));
    return [...this.orphans.marks, ...own];
  }

  private tell(record: LogRecord): void {
    for (const follower of this.followers) follower.apply(record);
  }

  private tellToStartOver(): void {
    const { openMarks } = this;
    for (const follower of this.followers) follower.startOver(this.applied, openMarks);
  }

  /**
   * The log may be lost while a COMMIT is being executed, which takes as long as it takes. Whoever has a mark open must
   * learn of it, and open the mark again, before anybody's quarantine ends.
   */
  private lookWhileOpen(): void {
    this.cancelLooking ??= this.parts.timers.after(LOOK_WHILE_OPEN_MS, () => {
      this.cancelLooking = undefined;
      if (this.open.size === 0 || this.isClosed) return;
      if (this.isReached) void this.barriers.pass();
      this.lookWhileOpen();
    });
  }

  /**
   * Appends a mark: again when the answer took so long that its time was up, and to each new life of the log.
   *
   * Only time in which this process was awake is counted. Otherwise, whoever is paused here finds its time over when it
   * wakes, and commits unmarked what others could be told of.
   */
  private async deliverMark(record: NewRecord): Promise<void> {
    const { clock } = this.parts;
    let budgetMs = MARK_BUDGET_MS;
    for (;;) {
      const now = clock.now();
      if (this.isReached) {
        if (budgetMs <= 0) break;
        if (await this.deliverNow(record)) {
          if (clock.now() - now < COMMIT_WITHIN_MS) return;
          continue;
        }
      } else {
        const patienceMs = Math.min(budgetMs, this.away.lookSince() + PATIENCE_MS - now);
        if (patienceMs <= 0 || !(await this.untilReached(patienceMs))) break;
      }
      const tookMs = clock.now() - now;
      budgetMs = wasPaused(tookMs, MARK_BUDGET_MS) ? MARK_BUDGET_MS : budgetMs - tookMs;
    }
    if (this.parts.onLogDown === 'proceed') return;
    this.open.delete(record.transactionId);
    this.tell({ ...record, kind: 'release', invalidation: NOTHING, position: this.applied });
    throw new ZooCacheError('LOG_UNREACHABLE', {
      what: 'A write was refused, because other processes could not be told of it',
      name: 'the bus',
      next: "Try again when it is back; onLogDown: 'proceed' lets writes through and owes what others should hear",
    });
  }

  /** Sends the outbox; what cannot be sent is owed. */
  private async send(): Promise<boolean> {
    this.cancelSending?.();
    this.cancelSending = undefined;
    return this.outbox.length === 0 || this.deliverNow();
  }

  /** Appends what waits in the outbox, and `last` behind it; false when that failed, and then all but `last` is owed. */
  private async deliverNow(last?: NewRecord): Promise<boolean> {
    if (!this.isReached) return false;
    const owed = this.outbox;
    this.outbox = [];
    this.cancelSending?.();
    this.cancelSending = undefined;
    const records = last === undefined ? owed : [...owed, last];
    const life = this.incarnation;
    try {
      const answer = await this.append(life, records);
      if (answer !== INCARNATION_CHANGED) {
        if (life === this.life) this.takeOwn(records, answer);
        return true;
      }
      this.lose();
    } catch (error) {
      this.lose(error);
    }
    this.outbox = [...owed, ...this.outbox];
    return false;
  }

  private async append(life: string, records: readonly NewRecord[]): Promise<number | typeof INCARNATION_CHANGED> {
    const said = this.records.forLife(life, records);
    const answer = await this.inTime(this.patience.mark, this.parts.bus.append(life, said));
    if (answer !== INCARNATION_CHANGED) this.records.appended(life, records);
    return answer;
  }

  /** One barrier. */
  private readonly ask = async (): Promise<boolean> => {
    if (!this.isReached || this.comingNear !== undefined) return false;
    const { clock } = this.parts;
    const life = this.incarnation;
    const leftAt = clock.now();
    // On the same connection the releases are there first, and come back with the answer.
    if (this.outbox.length > 0) void this.send();
    try {
      const isNew = await this.inTime(this.patience.read, this.applyNew());
      // The log was found to be another one while this was on its way.
      if (life !== this.life) return false;
      if (!isNew) {
        this.lose();
        return false;
      }
      if (leftAt > this.freshAt) this.freshAt = leftAt;
      return true;
    } catch (error) {
      this.lose(error);
      return false;
    }
  };

  /**
   * Applies what was appended since, also when the answer comes too late for whoever asked: otherwise a process that has
   * missed more than fits into an answer in time would ask for it again and again.
   *
   * @returns false when the log is not what it was
   */
  private async applyNew(): Promise<boolean> {
    const life = this.incarnation;
    const answer = await this.parts.bus.since(life, this.applied);
    return answer !== INCARNATION_CHANGED && answer !== FORGOTTEN && life === this.life && this.take(answer);
  }

  /** A process that has just started, or was idle for long, may be far behind; until it is near, the database answers. */
  private async comeNear(): Promise<void> {
    const life = this.incarnation;
    try {
      const isNear = await this.inTime(this.patience.comingNear, this.applyNew());
      if (!isNear && life === this.life) this.lose();
    } catch (error) {
      this.lose(error);
    } finally {
      this.comingNear = undefined;
    }
  }

  /**
   * Applies what this process has just appended, unless somebody else was faster with something that is not known here:
   * where one process writes at a time, nobody reads back what he wrote.
   */
  private takeOwn(records: readonly NewRecord[], last: number): void {
    const before = last - records.length;
    if (before === this.applied) this.take(records.map((record, i) => ({ ...record, position: before + 1 + i })));
    else if (before > this.applied) this.readSoon();
  }

  /** Who reads has done so by then; who only writes would not hear what others say of his writes. */
  private readSoon(): void {
    this.cancelReading ??= this.parts.timers.after(READ_WITHIN_MS, () => {
      this.cancelReading = undefined;
      if (this.isReached && !this.isClosed) void this.barriers.pass();
    });
  }

  /** Applies records in their order; false when one is missing. Barriers overlap, so some may have been applied before. */
  private take(records: readonly LogRecord[]): boolean {
    for (const record of records) {
      if (record.position <= this.applied) continue;
      if (record.position !== this.applied + 1) return false;
      this.applied = record.position;
      if (this.expected.has(record.transactionId)) this.arrived.set(record.transactionId, record.position);
      if (record.kind !== 'mark') this.orphans.delete(record.transactionId);
      else if (!this.open.has(record.transactionId)) this.orphans.add(record);
      const inFull = this.marks.inFull(heardAcross(record, this.parts.schemas));
      // Its mark is older than what was read here, or was released by others long ago: it may have meant anything.
      if (inFull === undefined) this.tellToStartOver();
      else this.tell(this.heardValues.hear(inFull) ? { ...inFull, invalidation: NOTHING } : inFull);
    }
    return true;
  }

  /** The log is not what it was, or cannot be asked: nothing is trusted before it has been greeted. */
  private lose(error?: unknown): void {
    if (this.isClosed || !this.isReached) return;
    if (error !== undefined) this.parts.failures.report('asking the bus', error);
    this.isReached = false;
    this.away.begin();
    void this.greet();
  }

  /** Whether the log is reached within so many milliseconds, all over again for a process that was paused meanwhile. */
  private async untilReached(ms: number): Promise<boolean> {
    const { clock, timers } = this.parts;
    let since: number;
    do {
      if (this.isReached || this.isClosed) break;
      since = clock.now();
      await Promise.race([this.greet(), new Promise<void>((resolve) => timers.after(ms, resolve))]);
    } while (wasPaused(clock.now() - since, ms));
    return this.isReached;
  }

  private greet(): Promise<void> {
    if (this.greeting !== undefined) return this.greeting;
    this.away.watch();
    this.greeting = this.greetUntilReached().finally(() => {
      this.away.stop();
      this.greeting = undefined;
    });
    return this.greeting;
  }

  private async greetUntilReached(): Promise<void> {
    const { failures, timers } = this.parts;
    for (let pauseMs = FIRST_PAUSE_MS; !this.isClosed; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        if (await this.greetOnce()) return;
      } catch (error) {
        failures.report('reaching the bus', error);
      }
      const pause = pauseMs;
      await new Promise<void>((resolve) => timers.after(pause, resolve));
    }
  }

  private async greetOnce(): Promise<boolean> {
    const { bus } = this.parts;
    const state = await this.inTime(this.patience.mark, bus.hello(this.life));
    // Before anybody trusts a new log, it must hold what may be committed by now although only the lost one knew of it.
    // An old log may have missed the same, if the connection was lost with the answer.
    const owed = this.outbox;
    const records = [...this.open.values(), ...owed];
    if (records.length > 0) {
      const answer = await this.append(state.incarnation, records);
      if (answer === INCARNATION_CHANGED) return false;
      this.outbox = this.outbox.slice(owed.length);
    }
    if (this.isClosed) return true;
    if (state.incarnation !== this.life || this.applied < state.floor) this.startOver(state);
    this.isReached = true;
    if (state.position - this.applied > FAR_BEHIND) this.comingNear ??= this.comeNear();
    if (this.outbox.length > 0) void this.send();
    return true;
  }

  private startOver(state: BusState): void {
    const { history } = this.parts;
    const isFirst = this.life === undefined;
    const isAnother = state.incarnation !== this.life;
    this.life = state.incarnation;
    // What came before is read again as well, where entries are older than this process.
    this.applied = Math.max(state.floor, state.position - (isFirst || isAnother ? history : 0));
    this.freshAt = -Infinity;
    const marks = state.pending.map((mark) => heardAcross(mark, this.parts.schemas));
    this.marks.replace(marks);
    this.orphans.replace(marks.filter(({ transactionId }) => !this.open.has(transactionId)));
    this.tellToStartOver();
    if (!isAnother) return;
    this.quarantine?.end();
    const { quarantineMs, trustedForMs = Infinity } = state;
    // Whoever comes late waits for those whom the others wait for.
    if (quarantineMs === 0 && trustedForMs > LONGEST_WAIT_MS) return;
    this.quarantine = new Quarantine(this.parts, quarantineMs, () => (this.quarantine = undefined));
  }

  /** Hears of new records as they are appended, which spares reads that may be a little old the wait for a barrier. */
  private listen(): void {
    this.unfollowBus ??= this.parts.bus.follow?.(() => {
      if (this.isReached) void this.barriers.pass();
    });
  }

  private inTime<T>(deadline: SharedDeadline, promise: Promise<T>): Promise<T> {
    return deadline.limit(
      promise,
      () =>
        new ZooCacheError('TIMED_OUT', {
          what: `The bus did not answer within ${deadline.ms} ms`,
          name: 'the bus',
          next: 'Reads go to the database until it does; see whether it is overloaded or cannot be reached',
        }),
    );
  }
}
