import type { LogRecord } from '../../bus/invalidation-bus.js';
import type { FailureReporter } from '../../events/failure-reporter.js';
import type { Clock } from '../../support/clock.js';
import type { Timers } from '../../support/timers.js';

/**
 * Whether the transaction that a mark's witness names is over; undefined when nobody can tell, which counts as no.
 */
export type IsOver = (witness: string) => Promise<boolean | undefined>;

/** A mark that is open for longer than this, in milliseconds, may be that of a process that died. */
const SUSPICIOUS_AFTER_MS = 3_000;

interface Orphan {
  readonly mark: LogRecord;
  readonly since: number;
  /** It was looked for, and nobody could tell. */
  isUntold: boolean;
}

/** What orphans need of their log. */
interface OrphanParts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly failures: FailureReporter;
  readonly isOver: IsOver;
}

/**
 * The open marks of other processes, any of which may have died before its release.
 *
 * Such a mark keeps its tags from being cached for ever, and the time that has passed proves nothing: its COMMIT may be
 * on its way in a process that was paused. So the database is asked, and only what is known to be over is released, by
 * whoever finds out first; a release too many is harmless. One of which no database tells is given up by hand.
 */
export class Orphans {
  private readonly open = new Map<string, Orphan>();
  private cancel: (() => void) | undefined;

  constructor(
    private readonly parts: OrphanParts,
    private readonly release: (mark: LogRecord) => void,
  ) {}

  get marks(): LogRecord[] {
    return [...this.open.values()].map(({ mark }) => mark);
  }

  add(mark: LogRecord): void {
    this.open.set(mark.transactionId, { mark, since: this.parts.clock.now(), isUntold: false });
    this.watch();
  }

  delete(transactionId: string): void {
    this.open.delete(transactionId);
  }

  /** These are open now, and no others. */
  replace(marks: readonly LogRecord[]): void {
    this.open.clear();
    for (const mark of marks) this.add(mark);
  }

  /** Releases those of which no database tells, because somebody says so who knows that they are over. */
  giveUp(): void {
    for (const { mark, isUntold } of this.open.values()) {
      if (isUntold && this.open.delete(mark.transactionId)) this.release(mark);
    }
  }

  close(): void {
    this.cancel?.();
    this.open.clear();
  }

  private watch(): void {
    this.cancel ??= this.parts.timers.after(SUSPICIOUS_AFTER_MS, () => {
      void this.look().then(() => {
        this.cancel = undefined;
        if (this.open.size > 0) this.watch();
      });
    });
  }

  private async look(): Promise<void> {
    const { clock, failures, isOver } = this.parts;
    const before = clock.now() - SUSPICIOUS_AFTER_MS;
    for (const orphan of [...this.open.values()]) {
      const { mark, since } = orphan;
      if (since > before) continue;
      try {
        const verdict = mark.witness === undefined ? undefined : await isOver(mark.witness);
        orphan.isUntold = verdict === undefined;
        if (verdict === true && this.open.delete(mark.transactionId)) this.release(mark);
      } catch (error) {
        failures.report('asking whether a transaction is over', error);
      }
    }
  }
}
