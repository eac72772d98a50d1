import { randomUUID } from 'node:crypto';
import type { LogRecord, NewRecord } from '../bus/invalidation-bus.js';
import { monotonicClock, type Clock } from '../support/clock.js';

/** How a {@link ReferenceLog} differs from an endless one that is trusted at once. */
export interface ReferenceLogOptions {
  /** How many records it keeps; older ones are forgotten, but for open marks. @default Infinity */
  readonly maxRecords?: number;
  /** What the quarantine is measured by. */
  readonly clock?: Clock;
}

/**
 * A log that several connections (`new ReferenceBus(log)`) share as if each were in a process of its own. It makes no faults of its own
 * accord: a life ends, and reads are put in quarantine, on command.
 */
export class ReferenceLog {
  private readonly maxRecords: number;
  private readonly clock: Clock;
  private life = new LogLife();
  private trustedFromMs = -Infinity;
  private readonly wakers = new Set<{ readonly owner: object; readonly wake: () => void }>();

  constructor({ maxRecords = Infinity, clock = monotonicClock }: ReferenceLogOptions = {}) {
    this.maxRecords = maxRecords;
    this.clock = clock;
  }

  get incarnation(): string {
    return this.life.incarnation;
  }

  get position(): number {
    return this.life.floor + this.life.records.length;
  }

  get floor(): number {
    return this.life.floor;
  }

  get pending(): readonly LogRecord[] {
    return [...this.life.marks.values()];
  }

  /** How many milliseconds of the quarantine are left. */
  get quarantineMs(): number {
    return Math.max(0, this.trustedFromMs - this.clock.now());
  }

  /** Loses everything: another incarnation begins, whose reads bypass for `quarantineMs` milliseconds from now on. */
  lose(quarantineMs: number): void {
    this.life = new LogLife();
    this.quarantine(quarantineMs);
  }

  /** Lets reads bypass for `quarantineMs` milliseconds from now on. */
  quarantine(quarantineMs: number): void {
    this.trustedFromMs = this.clock.now() + quarantineMs;
  }

  /** Puts the records at the end, wakes all who follow but the one who appended, and returns the new position. */
  append(appender: object, records: readonly NewRecord[]): number {
    for (const record of records) this.appendOne(record);
    const excess = this.life.records.length - this.maxRecords;
    if (excess > 0) {
      this.life.records.splice(0, excess);
      this.life.floor += excess;
    }
    for (const { owner, wake } of this.wakers) if (owner !== appender) wake();
    return this.position;
  }

  /** The records after a position from the floor up, in their order. */
  after(position: number): readonly LogRecord[] {
    return this.life.records.slice(position - this.life.floor);
  }

  /** Calls `wake` from inside the appends of others, until the returned function is called. */
  follow(owner: object, wake: () => void): () => void {
    const waker = { owner, wake };
    this.wakers.add(waker);
    return () => void this.wakers.delete(waker);
  }

  private appendOne({ invalidation: { touches, sweeps }, ...rest }: NewRecord): void {
    const invalidation = { touches: [...touches], sweeps: [...sweeps] };
    const record: LogRecord = Object.freeze({ ...rest, invalidation, position: this.position + 1 });
    this.life.records.push(record);
    if (record.kind === 'mark') this.life.marks.set(record.transactionId, record);
    else if (record.kind === 'release') this.life.marks.delete(record.transactionId);
  }
}

/** What a log knows between its beginning and its loss. */
class LogLife {
  readonly incarnation = randomUUID();
  /** The position before the first record that is kept. */
  floor = 0;
  readonly records: LogRecord[] = [];
  readonly marks = new Map<string, LogRecord>();
}
