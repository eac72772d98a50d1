import { Flight, type Landing } from './flight.js';
import type { LoadCapture } from './load-capture.js';

/** The running loads by key: a cold key is loaded once, however many ask for it. */
export class SingleFlight {
  private readonly flights = new Map<string, Flight>();

  /** The youngest running flight of the key. */
  current(key: string): Flight | undefined {
    return this.flights.get(key);
  }

  /** Starts a flight that later callers may join. */
  start(key: string): Flight {
    const flight = new Flight();
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
