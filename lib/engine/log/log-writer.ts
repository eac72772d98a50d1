import {
  INCARNATION_CHANGED,
  type BusInvalidation,
  type InvalidationBus,
  type NewRecord,
} from '../../bus/invalidation-bus.js';
import type { Clock } from '../../support/clock.js';
import { Ids } from '../../support/ids.js';
import type { Timers } from '../../support/timers.js';
import { wasPaused } from './awake-time.js';
import { ANSWER_BUDGET_MS, type LogConnection } from './log-connection.js';
import { Outbox } from './outbox.js';
import { OwnRecords } from './own-records.js';
import type { SchemaFingerprints } from './schema-fingerprints.js';

/** How long a COMMIT may be sent after its mark was appended, in milliseconds: the G of the protocol. */
const COMMIT_WITHIN_MS = 1_000;

/** How often a process looks for the log while a transaction of its own takes long to commit. */
const LOOK_WHILE_OPEN_MS = COMMIT_WITHIN_MS / 2;

/**
 * How long a release waits for a command that it can travel with: the mark of the next transaction, or a barrier. Until it
 * has arrived, others read from the database what it concerns.
 */
const RELEASE_DELAY_MS = 4;

/**
 * So many owed records are appended at once at most. An hour without the log leaves hundreds of thousands, which no single
 * command carries in time: all of them would be owed for ever, and the log would never be reached again.
 */
const MOST_AT_ONCE = 1_000;

/** What a writer works with. */
export interface LogWriterParts {
  readonly bus: InvalidationBus;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly schemas: SchemaFingerprints;
}

/** What follows from the records that this process appends. */
export interface LogWriterEvents {
  /** These stand in the present life of the log now, the last of them at this position. */
  appended(records: readonly NewRecord[], last: number): void;
  /** So many records were owed that one stands for these now, which will never be appended. */
  merged(into: NewRecord, records: readonly NewRecord[]): void;
  /** It is time to see whether the log is still what it was. */
  look(): void;
}

/** What this process has to append: its marks, which are waited for, and all else, which is owed while it cannot be sent. */
export class LogWriter {
  /** Marks of this process whose transactions are not over. */
  private readonly open = new Map<string, NewRecord>();
  /** Releases that are to be appended, or are owed. */
  private readonly outbox: Outbox;
  private cancelSending: (() => void) | undefined;
  private cancelLooking: (() => void) | undefined;
  private readonly ids = new Ids();
  private readonly records: OwnRecords;

  constructor(
    private readonly parts: LogWriterParts,
    private readonly connection: LogConnection,
    private readonly events: LogWriterEvents,
  ) {
    this.records = new OwnRecords(parts.schemas);
    this.outbox = new Outbox({
      isAwaited: (record) => this.records.isAwaited(record),
      invalidation: (invalidation) => this.invalidation(invalidation),
      merged: (into, records) => events.merged(into, records),
    });
  }

  get openMarks(): Iterable<NewRecord> {
    return this.open.values();
  }

  hasOpen(transactionId: string): boolean {
    return this.open.has(transactionId);
  }

  get owes(): boolean {
    return this.outbox.size > 0;
  }

  /** Opens a mark, which is yet to be appended. */
  openMark(transactionId: string, invalidation: BusInvalidation, witness?: string): NewRecord {
    const mark = this.records.make('mark', transactionId, invalidation, witness);
    this.open.set(transactionId, mark);
    this.lookWhileOpen();
    return mark;
  }

  /**
   * Appends a mark: again when the answer took so long that its time was up, and to each new life of the log.
   *
   * Only time in which this process was awake is counted. Otherwise, whoever is paused here finds its time over when it
   * wakes, and commits unmarked what others could be told of.
   *
   * @returns false when it could not be appended; it stays open all the same
   */
  async appendMark(mark: NewRecord): Promise<boolean> {
    const { clock } = this.parts;
    const { connection } = this;
    let budgetMs = ANSWER_BUDGET_MS;
    for (;;) {
      // Nobody waits for a mark of what was under way when this log was opened: behind its release it would stay for ever.
      if (!this.open.has(mark.transactionId)) return true;
      const now = clock.now();
      if (connection.isReached) {
        if (budgetMs <= 0) return false;
        if (await this.deliver(mark)) {
          if (clock.now() - now < COMMIT_WITHIN_MS) return true;
          continue;
        }
      } else {
        if (!(await connection.untilBack(budgetMs))) return false;
      }
      const tookMs = clock.now() - now;
      budgetMs = wasPaused(tookMs, ANSWER_BUDGET_MS) ? ANSWER_BUDGET_MS : budgetMs - tookMs;
    }
  }

  /** Forgets a mark that was not appended, as nothing will be committed. */
  withdrawMark(transactionId: string): void {
    this.open.delete(transactionId);
  }

  /** Closes a mark, and says what became of it. */
  release(transactionId: string, invalidation: BusInvalidation): void {
    const mark = this.open.get(transactionId);
    this.open.delete(transactionId);
    this.sendSoon(this.records.release(transactionId, invalidation, mark));
  }

  /** Whether it is one of {@link invalidation}. */
  hasMade({ transactionId }: NewRecord): boolean {
    return this.ids.made(transactionId);
  }

  /** What no transaction did, which is yet to be appended. */
  invalidation(invalidation: BusInvalidation): NewRecord {
    return this.records.make('invalidate', this.ids.next(), invalidation);
  }

  /** Appends a record with the next that is appended, which is soon. */
  sendSoon(record: NewRecord): void {
    this.owe(record);
    this.sendLater();
  }

  /** Appends a record with the next that is appended. */
  owe(record: NewRecord): void {
    this.outbox.add(record);
  }

  /** Appends what is owed by now; false when it could not be, and stays owed. */
  async send(): Promise<boolean> {
    for (let left = this.outbox.size; left > 0 && this.owes; left -= MOST_AT_ONCE) {
      if (!(await this.deliver())) return false;
    }
    return true;
  }

  /**
   * Before anybody trusts a new log, it must hold what may be committed by now although only the lost one knew of it. An
   * old log may have missed the same, if the connection was lost with the answer.
   *
   * @returns false when it is another one already
   */
  async appendTo(life: string): Promise<boolean> {
    // Marks first: nothing tells when the others begin to trust it, and what is owed is late already.
    let marks: readonly NewRecord[] = [...this.open.values()];
    for (let left = this.outbox.size; marks.length > 0 || (left > 0 && this.owes); left -= MOST_AT_ONCE) {
      const { answer } = await this.appendOwed(life, marks, []);
      if (answer === INCARNATION_CHANGED) return false;
      marks = [];
    }
    return true;
  }

  close(): void {
    this.cancelLooking?.();
    this.cancelSending?.();
  }

  private sendLater(): void {
    this.cancelSending ??= this.parts.timers.after(RELEASE_DELAY_MS, () => {
      this.cancelSending = undefined;
      void this.send();
    });
  }

  /**
   * The log may be lost while a COMMIT is being executed, which takes as long as it takes. Whoever has a mark open must
   * learn of it, and open the mark again, before anybody's quarantine ends.
   */
  private lookWhileOpen(): void {
    this.cancelLooking ??= this.parts.timers.after(LOOK_WHILE_OPEN_MS, () => {
      this.cancelLooking = undefined;
      if (this.open.size === 0 || this.connection.isClosed) return;
      this.events.look();
      this.lookWhileOpen();
    });
  }

  /**
   * Appends what waits in the outbox, or the first of it, and `last` behind that; false when that failed, and then all but
   * `last` is owed.
   */
  private async deliver(last?: NewRecord): Promise<boolean> {
    this.cancelSending?.();
    this.cancelSending = undefined;
    const { connection } = this;
    const { life } = connection;
    if (!connection.isReached || life === undefined) return false;
    try {
      const { records, answer } = await this.appendOwed(life, [], last === undefined ? [] : [last]);
      if (answer !== INCARNATION_CHANGED) {
        if (life === connection.life) this.events.appended(records, answer);
        if (this.owes) this.sendLater();
        return true;
      }
      connection.lose();
    } catch (error) {
      connection.lose(error);
    }
    return false;
  }

  /** Appends the first of what is owed between other records; it stays owed when that fails. */
  private async appendOwed(life: string, before: readonly NewRecord[], after: readonly NewRecord[]) {
    const owed = this.outbox.take(MOST_AT_ONCE);
    const records = [...before, ...owed, ...after];
    let answer: Awaited<ReturnType<LogWriter['append']>> = INCARNATION_CHANGED;
    try {
      answer = await this.append(life, records);
      return { records, answer };
    } finally {
      if (answer === INCARNATION_CHANGED) this.outbox.putBack(owed);
    }
  }

  private async append(life: string, records: readonly NewRecord[]): Promise<number | typeof INCARNATION_CHANGED> {
    const said = this.records.forLife(life, records);
    const answer = await this.connection.inTime(this.parts.bus.append(life, said));
    if (answer !== INCARNATION_CHANGED) this.records.appended(life, records);
    return answer;
  }
}
