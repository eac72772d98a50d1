import type { Flight } from './flight.js';
import type { SharedEntries } from './shared-entries.js';
import type { Clock } from '../support/clock.js';
import type { Timers } from '../support/timers.js';

/** How long a process may take to load what others wait for, in milliseconds; then they load for themselves. */
const LEASE_MS = 5_000;

const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 50;

/** What lies under the key of a lock; who holds it does not matter. */
const HELD = Buffer.from('held');

/**
 * One load of a cold key in all processes: who puts down a lock loads, the others look for its answer.
 *
 * The lock saves loads and nothing else: an answer is judged as always, and whoever waited in vain (the holder died, its
 * answer was not stored, it took too long) loads for himself.
 */
export class FleetFlight {
  constructor(
    private readonly entries: SharedEntries,
    private readonly clock: Clock,
    private readonly timers: Timers,
  ) {}

  /**
   * Lets the caller load, and returns what ends that, as soon as what it is given has resolved; undefined when another process
   * is at it.
   */
  async takeOff(key: string): Promise<((stored?: Promise<unknown>) => void) | undefined> {
    const lock = lockOf(key);
    // A storage that knows no `add`, or is away, holds nobody up.
    if ((await this.entries.add(lock, HELD, LEASE_MS)) === false) return undefined;
    return (stored) => void this.entries.leave(lock, stored);
  }

  /**
   * Looks until `find` finds something, or the other process has given up or must be taken for dead.
   *
   * A flight that some load waits for does not wait: what the other process loads may ask for what that load is to bring, and
   * nobody sees a circle that leads through two processes. Whoever waits is waited for by no load, so there is none.
   */
  async wait<T>(key: string, flight: Flight, find: () => Promise<T | undefined>): Promise<T | undefined> {
    const until = this.clock.now() + LEASE_MS;
    const isInVain = (): boolean => flight.isAwaited || this.clock.now() >= until;
    for (let pauseMs = FIRST_PAUSE_MS; !isInVain(); pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const pause = pauseMs;
      await new Promise<void>((resolve) => this.timers.after(pause, resolve));
      // In this order: the answer is stored before the lock is taken away.
      const isHeld = await this.entries.holds(lockOf(key));
      const found = await find();
      if (found !== undefined || !isHeld) return found;
    }
    return undefined;
  }
}

function lockOf(key: string): string {
  return `lock:${key}`;
}
