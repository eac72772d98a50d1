import { monotonicClock, type Clock } from './clock.js';

/** How old the coarse time may be, in milliseconds. */
const RESOLUTION_MS = 25;

/**
 * A clock that is read often and asked rarely: reading the real one costs three times a map lookup.
 *
 * The first reading after a pause asks the real clock and keeps the answer for 25 ms. A blocked event loop can keep it
 * longer, so whoever stands close to a deadline asks {@link exact}. The timer is unref'd and exists only while somebody
 * reads.
 */
export class CoarseClock implements Clock {
  private time = 0;
  private isFresh = false;

  constructor(private readonly real: Clock = monotonicClock) {}

  now(): number {
    return this.isFresh ? this.time : this.refresh();
  }

  exact(): number {
    return this.real.now();
  }

  private refresh(): number {
    this.isFresh = true;
    this.time = this.real.now();
    setTimeout(this.grow, RESOLUTION_MS).unref();
    return this.time;
  }

  private readonly grow = (): void => {
    this.isFresh = false;
  };
}
