import type { Clock } from '../support/clock.js';
import { Flight, type Landing } from './flight.js';
import type { LoadCapture } from './load-capture.js';

/** How long a flight may be joined, in milliseconds: what takes so long may never end, as a request without a timeout does. */
const JOINED_WITHIN_MS = 30_000;

/**
 * The running loads by key: a cold key is loaded once, however many ask for it.
 *
 * Nobody else would wait for a load that never ends if there were no cache; so whoever comes late loads anew, and others
 * join him.
 */
export class SingleFlight {
  private readonly flights = new Map<string, Flight>();

  constructor(private readonly clock: Pick<Clock, 'now'>) {}

  /** The youngest running flight of the key that may be joined now. */
  current(key: string): Flight | undefined {
    const flight = this.flights.get(key);
    return flight === undefined || flight.joinedUntil < this.clock.now() ? undefined : flight;
  }

  /** Starts a flight that later callers may join, where there is none that may be joined now. */
  start(key: string): Flight {
    const flight = new Flight(this.clock.now() + JOINED_WITHIN_MS, this.flights.get(key));
    this.flights.set(key, flight);
    return flight;
  }

  /** Ends a flight; a younger one of the same key goes on. */
  land(key: string, flight: Flight, landing: Landing | undefined): void {
    if (this.flights.get(key) === flight) this.flights.delete(key);
    flight.land(landing);
  }

  get size(): number {
    return this.flights.size;
  }
}

/** Awaits a flight on behalf of the load around the caller, if there is one. */
export async function join(flight: Flight, caller: LoadCapture | undefined): Promise<Landing | undefined> {
  const waiting = caller?.nearestFlight;
  waiting?.waitFor(flight);
  try {
    return await flight.landed;
  } finally {
    waiting?.goOn(flight);
  }
}

/**
 * Whether joining would wait for ever: the flight cannot end before a load that the caller itself runs in.
 *
 * A load that asks for its own key is the short case; two loads that ask for each other's keys are the long one.
 */
export function wouldDeadlock(flight: Flight, caller: LoadCapture | undefined): boolean {
  const own = new Set<Flight>();
  for (let load = caller; load !== undefined; load = load.outer) if (load.flight !== undefined) own.add(load.flight);
  if (own.size === 0) return false;
  const seen = new Set<Flight>();
  const toVisit = [flight];
  for (let next = toVisit.pop(); next !== undefined; next = toVisit.pop()) {
    if (own.has(next)) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    toVisit.push(...next.waitsFor);
  }
  return false;
}
