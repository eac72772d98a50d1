/** What happened under one name: a decorated method, a handler, a read of an entity, or the service's own reads. */
export interface NameStatistics {
  /** Reads answered from the cache. */
  hits: number;
  /** Reads that found nothing valid. */
  misses: number;
  /** Loads for a miss: fewer than misses, where callers shared one. */
  loads: number;
  /** Loads whose answer was stored. */
  fills: number;
}

/** Programs have some hundreds of names; more are made of data, and would be kept for ever. */
const MOST_NAMES = 2_000;

/** What all names beyond the most are counted as. */
const OTHER_NAMES = 'other names';

/** Counts since the start or the last {@link Statistics.reset}. */
export class Statistics {
  invalidations = 0;
  errors = 0;

  private readonly names = new Map<string, NameStatistics>();
  private readonly reasons = new Map<string, number>();

  /** The counters of a name; the object stays the same for the life of the statistics, so hot code keeps it. */
  of(name: string): NameStatistics {
    const known = this.names.get(name);
    if (known !== undefined) return known;
    if (this.names.size >= MOST_NAMES && name !== OTHER_NAMES) return this.of(OTHER_NAMES);
    const counters = { hits: 0, misses: 0, loads: 0, fills: 0 };
    this.names.set(name, counters);
    return counters;
  }

  bypass(reason: string): void {
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
  }

  get byName(): ReadonlyMap<string, Readonly<NameStatistics>> {
    return this.names;
  }

  /** How many answers were neither served nor stored, by reason. */
  get bypasses(): ReadonlyMap<string, number> {
    return this.reasons;
  }

  reset(): void {
    this.invalidations = this.errors = 0;
    this.reasons.clear();
    for (const counters of this.names.values()) Object.assign(counters, { hits: 0, misses: 0, loads: 0, fills: 0 });
  }
}
