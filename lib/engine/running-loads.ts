import type { LoadCapture } from './load-capture.js';

/** How long a position that was handed out counts as that of a running load, in milliseconds. */
const LEASE_MS = 30_000;

/** How many handed-out positions are remembered at most. */
const MAX_LEASES = 1_000;

interface Lease {
  readonly token: number;
  readonly until: number;
}

/**
 * The loads that are running, oldest first: tokens only grow, so the first one added has the oldest.
 *
 * A position handed out to a caller, who computes a value on his own and stores it later, counts as a load for a while:
 * what is written meanwhile is remembered, so his value is judged by its own tags. After that it is judged by all.
 */
export class RunningLoads {
  private readonly loads = new Set<LoadCapture>();
  /** Those that started in a life of the log that is over. */
  private readonly stranded = new Set<LoadCapture>();
  private readonly leases: Lease[] = [];

  constructor(private readonly now: () => number) {}

  get size(): number {
    return this.loads.size + this.stranded.size;
  }

  /** The position at which the oldest of them started, or Infinity when none is running. */
  get oldestToken(): number {
    let oldest = Infinity;
    for (const load of this.loads) {
      oldest = load.token;
      break;
    }
    if (this.leases.length > 0) {
      const now = this.now();
      while (this.leases.length > 0 && this.leases[0].until <= now) this.leases.shift();
      if (this.leases.length > 0 && this.leases[0].token < oldest) oldest = this.leases[0].token;
    }
    return oldest;
  }

  /** Where a load that is running started: `'elsewhere'` in another life of the log; undefined for one that is not of this engine. */
  startOf(load: LoadCapture): number | 'elsewhere' | undefined {
    if (this.loads.has(load)) return load.token;
    return this.stranded.has(load) ? 'elsewhere' : undefined;
  }

  add(load: LoadCapture): void {
    this.loads.add(load);
  }

  delete(load: LoadCapture): void {
    this.loads.delete(load);
    this.stranded.delete(load);
  }

  /** Positions mean something else from now on: none of the answers that are being loaded may be kept. */
  strand(reason: string): void {
    for (const load of this.loads) {
      load.block(reason);
      this.stranded.add(load);
    }
    this.loads.clear();
    this.leases.length = 0;
  }

  /** Counts `token` as that of a running load for the next 30 seconds. */
  lease(token: number): void {
    const { leases } = this;
    const until = this.now() + LEASE_MS;
    if (leases.length > 0 && leases[leases.length - 1].token === token) leases.pop();
    else if (leases.length === MAX_LEASES) leases.shift();
    leases.push({ token, until });
  }
}
