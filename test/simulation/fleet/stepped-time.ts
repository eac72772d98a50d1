import type { Clock } from '../../../lib/support/clock.js';
import type { Timers } from '../../../lib/support/timers.js';

interface Due {
  readonly at: number;
  readonly owner: object;
  readonly action: () => void;
}

/** Time that passes when the schedule says so: from one timer to the next. */
export class SteppedTime implements Clock {
  private time = 1_000;
  private readonly agenda = new Set<Due>();

  now(): number {
    return this.time;
  }

  /** The timers of one process, which do not fire while it is paused. */
  timersOf(owner: object): Timers {
    return {
      after: (ms, action) => {
        const due = { at: this.time + ms, owner, action };
        this.agenda.add(due);
        return () => this.agenda.delete(due);
      },
      soon: queueMicrotask,
      nextTurn: queueMicrotask,
      // A schedule ends while processes still wait for their log.
      keepingAlive: (promise) => promise,
    };
  }

  /** Whether a timer of somebody who is not paused will fire. */
  canPass(isPaused: (owner: object) => boolean): boolean {
    return this.next(isPaused) !== undefined;
  }

  /** Lets time pass until the next timer, and fires it. */
  pass(isPaused: (owner: object) => boolean): void {
    const due = this.next(isPaused)!;
    this.agenda.delete(due);
    this.time = Math.max(this.time, due.at);
    due.action();
  }

  /** Fires what became due while its owner slept, as Node does before it looks for what has arrived. */
  fireDue(isPaused: (owner: object) => boolean): void {
    for (let due = this.next(isPaused); due !== undefined && due.at <= this.time; due = this.next(isPaused)) {
      this.agenda.delete(due);
      due.action();
    }
  }

  /** Lets time pass that nobody waits for. */
  skip(ms: number): void {
    this.time += ms;
  }

  private next(isPaused: (owner: object) => boolean): Due | undefined {
    let first: Due | undefined;
    for (const due of this.agenda) {
      if (!isPaused(due.owner) && (first === undefined || due.at < first.at)) first = due;
    }
    return first;
  }
}
