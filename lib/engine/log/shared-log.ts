import type { BusInvalidation, BusState, NewRecord } from '../../bus/invalidation-bus.js';
import { ZooCacheError } from '../../errors/zoocache.error.js';
import { NOTHING, type Tag } from '../../tags/tag.js';
import { definitionOf } from './definitions.js';
import type { FollowedLog, Follower } from './followed-log.js';
import { ANSWER_BUDGET_MS, LogConnection } from './log-connection.js';
import { LogReader, type LogReaderParts } from './log-reader.js';
import { LogWriter } from './log-writer.js';
import { LONGEST_WAIT_MS, Quarantine, type Writing } from './quarantine.js';

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
 * others may answer with what was there before its writes, unless its writes are to fail instead (`onLogDown: 'reject'`); or
 * unless the log can be discarded by whoever does not reach it, as a file can: then nobody trusts it before he goes on.
 */

/** How long a start waits for the log to be reached and trusted. */
const START_BUDGET_MS = 2_500;

/** How long a process that is about to end waits for a bus that is away and is owed something. */
const END_BUDGET_MS = 2_500;

/** What a shared log works with. */
export interface SharedLogParts extends LogReaderParts {
  /** What becomes of a commit whose mark cannot be appended. */
  readonly onLogDown: 'proceed' | 'reject';
  /** See {@link QuarantineParts.writing}. */
  readonly writing?: Writing;
}

export class SharedLog implements FollowedLog {
  readonly isShared = true;

  private readonly connection: LogConnection;
  private readonly writer: LogWriter;
  private readonly reader: LogReader;
  /** Until when nobody may trust this life of the log. */
  private quarantine: Quarantine | undefined;

  constructor(private readonly parts: SharedLogParts) {
    this.connection = new LogConnection(parts, {
      welcome: (life) => this.writer.appendTo(life),
      reached: (state, isAnotherLife) => this.reached(state, isAnotherLife),
    });
    this.writer = new LogWriter(parts, this.connection, {
      appended: (records, last) => this.reader.takeOwn(records, last),
      merged: (into, records) => this.merged(into, records),
      look: () => void this.reader.passBarrier(),
    });
    this.reader = new LogReader(parts, this.connection, this.writer);
  }

  get incarnation(): string {
    return this.connection.life ?? 'none';
  }

  get position(): number {
    return this.reader.position;
  }

  /**
   * Reaches for the bus; resolves when answers can be trusted, and at the latest when an application should start anyway. An
   * application that has nothing open yet would end meanwhile, without a word.
   *
   * @throws ZooCacheError (rejects) `INVALID_OPTION` from a bus that was reached, and can be had with other options only
   */
  async start(): Promise<void> {
    if (!(await this.connection.untilReached(START_BUDGET_MS))) {
      if (this.connection.misconfiguration !== undefined) throw this.connection.misconfiguration;
      return;
    }
    const isTrusted = Promise.all([this.quarantine?.over, this.reader.comingNear]);
    const { timers } = this.parts;
    const isOver = new Promise<void>((resolve) => timers.after(START_BUDGET_MS, resolve));
    await timers.keepingAlive(Promise.race([isTrusted, isOver]));
  }

  /** Appends what is still owed, if the bus can be reached or comes back soon, and lets go. May be called twice. */
  async close(): Promise<void> {
    if (this.connection.isClosed) return;
    // Whoever ends in debt will never pay: others go on with what is older for as long as it lives.
    if (!(await this.writer.send())) await this.connection.untilReached(END_BUDGET_MS);
    if (this.writer.owes && !this.goOnWithout()) this.parts.failures.report('closing the log', neverTold());
    this.connection.close();
    this.writer.close();
    this.reader.close();
    this.quarantine?.end();
  }

  follow(follower: Follower): () => void {
    return this.reader.follow(follower);
  }

  async mark(transactionId: string, invalidation: BusInvalidation, witness?: string): Promise<void> {
    const mark = this.writer.openMark(transactionId, invalidation, witness);
    this.reader.tell(mark);
    if (await this.writer.appendMark(mark)) return;
    if (this.parts.onLogDown === 'reject') this.refuse(mark);
    this.goOnWithout();
  }

  release(transactionId: string, invalidation: BusInvalidation): void {
    this.writer.release(transactionId, invalidation);
  }

  isHeardElsewhere(group: Tag): boolean {
    return this.reader.isHeardElsewhere(group);
  }

  async invalidate(invalidation: BusInvalidation): Promise<number | undefined> {
    const { connection, reader, writer } = this;
    const record = writer.invalidation(invalidation);
    const { transactionId } = record;
    // Pending here until it comes back, as a release is.
    reader.tell({ ...record, kind: 'mark' });
    reader.expect(transactionId);
    writer.owe(record);
    if (!connection.isReached) await connection.untilBack(ANSWER_BUDGET_MS);
    if (!(await writer.send())) this.goOnWithout();
    else if (!reader.hasArrived(transactionId)) {
      await reader.comingNear;
      await reader.passBarrier();
    }
    return reader.positionOf(transactionId);
  }

  define(database: string): void {
    this.writer.sendSoon(this.writer.invalidation(definitionOf(database)));
  }

  obstacle(boundMs: number): string | undefined {
    const { connection, reader } = this;
    if (this.quarantine !== undefined) return 'quarantine';
    // The clock, which takes a tenth of a hit to read, is asked last.
    if (connection.isReached && reader.comingNear === undefined) return undefined;
    if (reader.isFreshEnough(boundMs)) return undefined;
    return connection.isReached ? 'far behind' : 'bus away';
  }

  catchUp(boundMs: number): Promise<boolean> | undefined {
    const { connection, reader } = this;
    if (boundMs > 0) {
      reader.listen();
      if (reader.isFreshEnough(boundMs)) return undefined;
    } else if (connection.isReached && this.parts.bus.head?.(this.incarnation) === reader.position) return undefined;
    return reader.passBarrier();
  }

  doubt(): void {
    this.reader.doubt();
  }

  giveUpOrphans(): void {
    this.reader.giveUpOrphans();
  }

  /** The position of the last record that was appended here or anywhere, all of which are applied now. */
  async settled(): Promise<number> {
    await this.writer.send();
    await this.reader.comingNear;
    await this.reader.passBarrier();
    return this.reader.position;
  }

  /** Others must not trust a log that could not be told, if they can be kept from it; whether they are. */
  private goOnWithout(): boolean {
    const { bus, failures } = this.parts;
    if (bus.discard === undefined || this.connection.isClosed) return false;
    try {
      bus.discard();
      return true;
    } catch (error) {
      failures.report('leaving the log', error);
      return false;
    }
  }

  private refuse(mark: NewRecord): never {
    this.writer.withdrawMark(mark.transactionId);
    this.reader.tell({ ...mark, kind: 'release', invalidation: NOTHING });
    throw new ZooCacheError('LOG_UNREACHABLE', {
      what: 'A write was refused, because other processes could not be told of it',
      name: 'the bus',
      next: "Try again when it is back; onLogDown: 'proceed' lets writes through and owes what others should hear",
    });
  }

  private merged(into: NewRecord, records: readonly NewRecord[]): void {
    // In this order: what they concern stays pending.
    this.reader.tell({ ...into, kind: 'mark' });
    for (const record of records) this.reader.tell({ ...record, kind: 'release', invalidation: NOTHING });
  }

  private reached(state: BusState, isAnotherLife: boolean): void {
    this.reader.greeted(state, isAnotherLife);
    if (isAnotherLife) this.beginQuarantine(state);
    void this.writer.send();
  }

  private beginQuarantine({ quarantineMs, trustedForMs = Infinity }: BusState): void {
    this.quarantine?.end();
    // Whoever comes late waits for those whom the others wait for.
    if (quarantineMs === 0 && trustedForMs > LONGEST_WAIT_MS) return;
    this.quarantine = new Quarantine(this.parts, quarantineMs, () => (this.quarantine = undefined));
  }
}

function neverTold(): ZooCacheError {
  return new ZooCacheError('LOG_UNREACHABLE', {
    what: 'The application was closed before it could tell others what it had invalidated',
    name: 'the bus',
    next: 'Their answers may be older than its writes: call clear() in one of them when the bus is back',
  });
}
