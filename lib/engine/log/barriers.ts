import type { Timers } from '../../support/timers.js';

/** As many barriers are on their way at once at most. */
const MOST_IN_FLIGHT = 4;

/** A barrier that is not sent yet, and all who wait for it. */
class Waiting {
  resolve!: (isReached: boolean) => void;
  readonly reached = new Promise<boolean>((resolve) => (this.resolve = resolve));
}

/**
 * Barriers that readers share: one command serves everybody who was waiting when it was sent.
 *
 * Nobody may join a barrier that is on its way already, because what was appended since it left is unknown to it. (The
 * idea is ReadIndex of Raft, section 6.4 of Ongaro's thesis.)
 *
 * While none is on its way the next one leaves at the end of the present work; otherwise with the next turn of the event
 * loop, which gathers everybody whom the answers of this turn let go on.
 */
export class Barriers {
  private waiting: Waiting | undefined;
  private inFlight = 0;

  /** @param ask sends one barrier; false when it was not answered in time, or in vain. Never rejects. */
  constructor(
    private readonly timers: Timers,
    private readonly ask: () => Promise<boolean>,
  ) {}

  /** Whether everything that was appended before this call has been applied when the promise resolves. */
  pass(): Promise<boolean> {
    if (this.waiting === undefined) {
      this.waiting = new Waiting();
      if (this.inFlight === 0) this.timers.soon(this.send);
      else if (this.inFlight < MOST_IN_FLIGHT) this.timers.nextTurn(this.send);
    }
    return this.waiting.reached;
  }

  private readonly send = (): void => {
    const { waiting } = this;
    if (waiting === undefined || this.inFlight >= MOST_IN_FLIGHT) return;
    this.waiting = undefined;
    this.inFlight++;
    void this.ask().then((isReached) => {
      this.inFlight--;
      waiting.resolve(isReached);
      if (this.waiting !== undefined) this.timers.nextTurn(this.send);
    });
  };
}
