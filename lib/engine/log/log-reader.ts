import {
  FORGOTTEN,
  INCARNATION_CHANGED,
  type BusState,
  type InvalidationBus,
  type LogRecord,
  type NewRecord,
} from '../../bus/invalidation-bus.js';
import type { FailureReporter } from '../../events/failure-reporter.js';
import type { Clock } from '../../support/clock.js';
import { SharedDeadline } from '../../support/shared-deadline.js';
import type { Timers } from '../../support/timers.js';
import { NOTHING, type Tag } from '../../tags/tag.js';
import { Barriers } from './barriers.js';
import { databaseDefinedBy } from './definitions.js';
import type { Follower } from './followed-log.js';
import { HeardValues } from './heard-values.js';
import { KnownMarks } from './known-marks.js';
import type { LogConnection } from './log-connection.js';
import type { LogWriter } from './log-writer.js';
import { Orphans, type IsOver } from './orphans.js';
import { heardAcross, type SchemaFingerprints } from './schema-fingerprints.js';

/** How long a read waits for its barrier before it goes to the database, in milliseconds. */
const READ_BUDGET_MS = 100;

/** How long a process that only writes leaves unread what others have appended. */
const READ_WITHIN_MS = 500;

/** Of more records than this a barrier cannot bring the whole in time. */
const FAR_BEHIND = 1_000;

/** How long a process may take to come near the head of the log before it greets it again. */
const COMING_NEAR_MS = 10_000;

/** What a reader works with. */
export interface LogReaderParts {
  readonly bus: InvalidationBus;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly failures: FailureReporter;
  /** How many records from before the start are applied, so that what a shared storage holds can be judged. */
  readonly history: number;
  readonly schemas: SchemaFingerprints;
  /** Another process has defined something in this database; undefined: perhaps, and perhaps in any. */
  readonly onDefinition?: (database: string | undefined) => void;
  /** Tells whether the transaction of a mark is over whose process may be dead. */
  readonly isOver: IsOver;
}

/** What this process has heard of the log, and hands to those who follow it. */
export class LogReader {
  private applied = 0;
  /** Where the log stood when it was heard of for the first time, or all over again. */
  private since = -1;
  /** When the last barrier left that was answered: everything appended before has been applied. */
  private freshAt = -Infinity;
  /** What was appended by then counts, however old answers may be. */
  private doubtedAt = -Infinity;
  /** Records of this process whose positions somebody waits for, and those that are known. */
  private readonly expected = new Map<string, number | undefined>();
  private cancelReading: (() => void) | undefined;
  /** Present while this process is so far behind that no read waits for it. */
  private coming: Promise<void> | undefined;
  private unfollowBus: (() => void) | undefined;

  private readonly followers = new Set<Follower>();
  private readonly barriers: Barriers;
  private readonly orphans: Orphans;
  private readonly marks = new KnownMarks();
  private readonly heardValues: HeardValues;
  private readonly patience: Readonly<Record<'barrier' | 'comingNear', SharedDeadline>>;

  constructor(
    private readonly parts: LogReaderParts,
    private readonly connection: LogConnection,
    private readonly writer: LogWriter,
  ) {
    this.patience = {
      barrier: new SharedDeadline(parts, READ_BUDGET_MS),
      comingNear: new SharedDeadline(parts, COMING_NEAR_MS),
    };
    this.barriers = new Barriers(parts.timers, this.ask);
    this.heardValues = new HeardValues({
      clock: parts.clock,
      groupsBelow: (changes) => [...this.followers].flatMap((one) => [...(one.groupsBelow?.(changes) ?? [])]),
      say: (invalidation) => writer.sendSoon(writer.invalidation(invalidation)),
    });
    this.orphans = new Orphans(parts, (mark) => {
      writer.owe({ ...mark, kind: 'release', witness: undefined });
      void writer.send();
    });
  }

  get position(): number {
    return this.applied;
  }

  /** Settles when this process is near the head of the log; undefined while it is. */
  get comingNear(): Promise<void> | undefined {
    return this.coming;
  }

  follow(follower: Follower): () => void {
    this.followers.add(follower);
    if (this.connection.life !== undefined) follower.startOver(this.applied, this.openMarks);
    return () => void this.followers.delete(follower);
  }

  /** Hands out a record of this process that has no position of its own yet. */
  tell(record: NewRecord): void {
    this.handOut({ ...record, position: this.applied });
  }

  isHeardElsewhere(group: Tag): boolean {
    return this.heardValues.has(group);
  }

  isFreshEnough(boundMs: number): boolean {
    return boundMs > 0 && this.parts.clock.now() - this.freshAt <= boundMs;
  }

  /** Nothing is fresh enough before a barrier has been answered that leaves from now on. */
  doubt(): void {
    this.doubtedAt = this.parts.clock.now();
    this.freshAt = -Infinity;
  }

  /** See {@link Barriers.pass}. */
  passBarrier(): Promise<boolean> {
    return this.barriers.pass();
  }

  /** Hears of new records as they are appended, which spares reads that may be a little old the wait for a barrier. */
  listen(): void {
    this.unfollowBus ??= this.parts.bus.follow?.(() => {
      if (this.connection.isReached) void this.barriers.pass();
    });
  }

  /** Remembers the position of a record when it has been applied, until it is asked for. */
  expect(transactionId: string): void {
    this.expected.set(transactionId, undefined);
  }

  hasArrived(transactionId: string): boolean {
    return this.expected.get(transactionId) !== undefined;
  }

  positionOf(transactionId: string): number | undefined {
    const position = this.expected.get(transactionId);
    this.expected.delete(transactionId);
    return position;
  }

  /** The log has answered a greeting. */
  greeted(state: BusState, isAnotherLife: boolean): void {
    if (isAnotherLife || this.applied < state.floor) this.startOver(state, isAnotherLife);
    if (state.position - this.applied > FAR_BEHIND) this.coming ??= this.comeNear();
  }

  /**
   * Applies what this process has just appended, unless somebody else was faster with something that is not known here:
   * where one process writes at a time, nobody reads back what he wrote.
   */
  takeOwn(records: readonly NewRecord[], last: number): void {
    const before = last - records.length;
    if (before === this.applied) this.take(records.map((record, i) => ({ ...record, position: before + 1 + i })));
    else if (before > this.applied) this.readSoon();
  }

  /** See {@link Orphans.giveUp}. */
  giveUpOrphans(): void {
    this.orphans.giveUp();
  }

  close(): void {
    this.unfollowBus?.();
    this.orphans.close();
    this.cancelReading?.();
  }

  /** One barrier. */
  private readonly ask = async (): Promise<boolean> => {
    const { connection, writer } = this;
    if (!connection.isReached || this.coming !== undefined) return false;
    const { life } = connection;
    const leftAt = this.parts.clock.now();
    // On the same connection the releases are there first, and come back with the answer.
    if (writer.owes) void writer.send();
    try {
      const isNew = await connection.inTime(this.applyNew(), this.patience.barrier);
      // The log was found to be another one while this was on its way.
      if (life !== connection.life) return false;
      if (!isNew) {
        connection.lose();
        return false;
      }
      if (leftAt > this.freshAt && leftAt > this.doubtedAt) this.freshAt = leftAt;
      return true;
    } catch (error) {
      connection.lose(error);
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
    const life = this.connection.life!;
    const answer = await this.parts.bus.since(life, this.applied);
    return answer !== INCARNATION_CHANGED && answer !== FORGOTTEN && life === this.connection.life && this.take(answer);
  }

  /** A process that has just started, or was idle for long, may be far behind; until it is near, the database answers. */
  private async comeNear(): Promise<void> {
    const { connection } = this;
    const { life } = connection;
    try {
      const isNear = await connection.inTime(this.applyNew(), this.patience.comingNear);
      if (!isNear && life === connection.life) connection.lose();
    } catch (error) {
      connection.lose(error);
    } finally {
      this.coming = undefined;
    }
  }

  /** Who reads has done so by then; who only writes would not hear what others say of his writes. */
  private readSoon(): void {
    this.cancelReading ??= this.parts.timers.after(READ_WITHIN_MS, () => {
      this.cancelReading = undefined;
      if (this.connection.isReached) void this.barriers.pass();
    });
  }

  /** Applies records in their order; false when one is missing. Barriers overlap, so some may have been applied before. */
  private take(records: readonly LogRecord[]): boolean {
    for (const record of records) {
      if (record.position <= this.applied) continue;
      if (record.position !== this.applied + 1) return false;
      this.applied = record.position;
      if (this.expected.has(record.transactionId)) this.expected.set(record.transactionId, record.position);
      if (record.kind !== 'mark') this.orphans.delete(record.transactionId);
      else if (!this.writer.hasOpen(record.transactionId)) this.orphans.add(record);
      this.hearDefinition(record);
      const inFull = this.marks.inFull(heardAcross(record, this.parts.schemas));
      // Its mark is older than what was read here, or was released by others long ago: it may have meant anything.
      if (inFull === undefined) this.tellToStartOver();
      else this.handOut(this.heardValues.hear(inFull) ? { ...inFull, invalidation: NOTHING } : inFull);
    }
    return true;
  }

  /** What was defined before this process came is in the catalogue that it has read. */
  private hearDefinition(record: LogRecord): void {
    const database = databaseDefinedBy(record);
    if (database === undefined || record.position <= this.since || this.writer.hasMade(record)) return;
    this.parts.onDefinition?.(database);
  }

  private startOver(state: BusState, isAnotherLife: boolean): void {
    // What came before is read again as well, where entries are older than this process.
    this.applied = Math.max(state.floor, state.position - (isAnotherLife ? this.parts.history : 0));
    this.freshAt = -Infinity;
    if (this.since >= 0) this.parts.onDefinition?.(undefined);
    this.since = state.position;
    const marks = state.pending.map((mark) => heardAcross(mark, this.parts.schemas));
    this.marks.replace(marks);
    this.orphans.replace(marks.filter(({ transactionId }) => !this.writer.hasOpen(transactionId)));
    this.tellToStartOver();
  }

  /** Those of others, and its own. */
  private get openMarks(): readonly LogRecord[] {
    const own = Array.from(this.writer.openMarks, (mark) => ({ ...mark, position: this.applied }));
    return [...this.orphans.marks, ...own];
  }

  private handOut(record: LogRecord): void {
    for (const follower of this.followers) follower.apply(record);
  }

  private tellToStartOver(): void {
    const { openMarks } = this;
    for (const follower of this.followers) follower.startOver(this.applied, openMarks);
  }
}
