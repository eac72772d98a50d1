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

/** Counts since the start or the last {@link Statistics.reset}. */
export class Statistics {
  invalidations = 0;
  errors = 0;

  private readonly names = new Map<string, NameStatistics>();
  private readonly reasons = new Map<string, number>();

  /** The counters of a name; the object stays the same for the life of the statistics, so hot code keeps it. */
  of(name: string): NameStatistics {
    let counters = this.names.get(name);
    if (counters === undefined) this.names.set(name, (counters = { hits: 0, misses: 0, loads: 0, fills: 0 }));
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
