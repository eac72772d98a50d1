import { parseDuration, suspiciousDuration, type Duration } from '../support/duration.js';
import type { DevelopmentWarnings } from './development-warnings.js';

/** So many different durations are remembered; programs write a handful. */
const MOST = 1_000;

/** Reads durations that are given with each call, and remembers them: reading one costs more than a hit. */
export class Durations {
  private readonly known = new Map<Duration, number>();

  constructor(private readonly warnings: DevelopmentWarnings) {}

  /**
   * The milliseconds of a duration; a developer is warned of one that was most likely meant in seconds.
   *
   * @throws ZooCacheError `INVALID_DURATION`
   */
  of(duration: Duration, name: string): number {
    const known = this.known.get(duration);
    if (known !== undefined) return known;
    const ms = parseDuration(duration, name);
    const warning = suspiciousDuration(duration);
    if (warning !== undefined) this.warnings.warn(`${name}: ${warning}`);
    if (this.known.size < MOST) this.known.set(duration, ms);
    return ms;
  }
}
