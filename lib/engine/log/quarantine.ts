import type { Clock } from '../../support/clock.js';
import type { Timers } from '../../support/timers.js';

/** Names the transactions that are open now and may have written, as far as databases tell. Never rejects. */
export type Writing = () => Promise<ReadonlySet<string>>;

/** What a quarantine works with. */
export interface QuarantineParts {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Absent where no database can be asked: then time alone decides. */
  readonly writing?: Writing;
}

/** For how long at most it waits for transactions beyond its time: one that takes longer is an import, and no request. */
export const LONGEST_WAIT_MS = 30_000;

/** Between looks for them. */
const PAUSE_MS = 50;

/**
 * The time in which nobody trusts a new life of the log.
 *
 * What was marked in the lost one is committed by its end, or marked in the new one, if its process had the time to do
 * so. A process that was paused had not, and its statements may wait in the database for a lock meanwhile: so whoever is
 * open there when the time is up is waited for.
 *
 *     without the wait:  X marks, UPDATE waits | log lost | X paused ......... UPDATE done, unmarked | others trust: old row
 */
export class Quarantine {
  /** Resolves when it is over, or was ended because the log was lost again. */
  readonly over: Promise<void>;
  private finish!: () => void;
  private cancel: () => void;
  private isOver = false;

  constructor(
    private readonly parts: QuarantineParts,
    ms: number,
    private readonly onEnd: () => void,
  ) {
    this.over = new Promise((resolve) => (this.finish = resolve));
    const { writing } = parts;
    this.cancel = parts.timers.after(ms, () => {
      if (writing === undefined) this.end();
      else void this.untilWritten(writing);
    });
  }

  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.cancel();
    this.onEnd();
    this.finish();
  }

  private async untilWritten(writing: Writing): Promise<void> {
    const { clock, timers } = this.parts;
    const until = clock.now() + LONGEST_WAIT_MS;
    let open = await writing();
    while (open.size > 0 && clock.now() < until && !this.isOver) {
      await new Promise<void>((resolve) => (this.cancel = timers.after(PAUSE_MS, resolve)));
      const now = await writing();
      open = new Set([...open].filter((name) => now.has(name)));
    }
    this.end();
  }
}
