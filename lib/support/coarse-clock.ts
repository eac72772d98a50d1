import { monotonicClock, type Clock } from './clock.js';

/** How old the coarse time may be, in milliseconds. */
const RESOLUTION_MS = 25;

/**
 * A clock that is read often and asked rarely: reading the real one costs three times a map lookup.
 *
 * The first reading after a pause asks the real clock and keeps the answer for 25 ms. A blocked event loop can keep it
 * longer, so whoever stands close to a deadline asks {@link exact}. The timer is unref'd and exists only while somebody
 * reads. When the tests of an application put other timers in place of the global ones, or take them away, the timer that
 * was set before may never fire, or not when they say; the real clock is then asked again.
 */
export class CoarseClock implements Clock {
  private time = 0;
  /** What set the timer that will end the freshness of the time; undefined: it is not fresh. */
  private setBy: typeof setTimeout | undefined;

  constructor(private readonly real: Clock = monotonicClock) {}

  now(): number {
    return this.setBy === setTimeout ? this.time : this.refresh();
  }

  exact(): number {
    return this.real.now();
  }

  private refresh(): number {
    this.setBy = setTimeout;
    this.time = this.real.now();
    setTimeout(this.grow, RESOLUTION_MS).unref();
    return this.time;
  }

  private readonly grow = (): void => {
    this.setBy = undefined;
  };
}
