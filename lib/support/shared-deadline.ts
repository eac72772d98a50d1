import type { Clock } from './clock.js';
import { unlessLate, type Timers } from './timers.js';

/** How far apart those may begin who give up together, as a share of their patience. */
const TOGETHER = 0.05;

/** Those who began at about the same time, by what each does when it gives up. */
class Moment {
  private readonly waiting = new Set<() => void>();

  constructor(private readonly latest: number) {}

  /** Whether whoever begins now may still give up together with these. */
  takes(now: number): boolean {
    return now <= this.latest;
  }

  begin(giveUp: () => void): void {
    this.waiting.add(giveUp);
  }

  /** Nobody waits for this one any more; false when it has given up, or ended before. */
  end(giveUp: () => void): boolean {
    return this.waiting.delete(giveUp);
  }

  giveUp(): void {
    for (const giveUp of this.waiting) {
      this.waiting.delete(giveUp);
      giveUp();
    }
  }
}

/**
 * Ends the patience of many calls that wait equally long, by one timer for those of about one moment: one for each costs
 * as much as all the rest of waiting.
 *
 * Who gives up has waited for `ms` milliseconds, or a twentieth less, and one turn of the event loop.
 */
export class SharedDeadline {
  private newest: Moment | undefined;

  constructor(
    private readonly parts: { readonly clock: Pick<Clock, 'now'>; readonly timers: Timers },
    /** In milliseconds. */
    readonly ms: number,
  ) {}

  /** Calls `giveUp` when it is time, unless the moment that is returned has been told that it has come to its end. */
  begin(giveUp: () => void): Pick<Moment, 'end'> {
    const now = this.parts.clock.now();
    if (this.newest?.takes(now) !== true) this.newest = this.momentFrom(now);
    this.newest.begin(giveUp);
    return this.newest;
  }

  /** The same as the promise, or a rejection with what `late` makes when it is time before that has settled. */
  limit<T>(promise: Promise<T>, late: () => Error): Promise<T> {
    const begin = (giveUp: () => void): (() => void) => {
      const moment = this.begin(giveUp);
      return () => void moment.end(giveUp);
    };
    return unlessLate(promise, begin, late);
  }

  private momentFrom(now: number): Moment {
    const { timers } = this.parts;
    const moment = new Moment(now + this.ms * TOGETHER);
    // A process that was paused, or busy for long, finds its timers due before it has read the answer that is there.
    timers.after(this.ms, () => timers.nextTurn(() => moment.giveUp()));
    return moment;
  }
}
