import type { CoarseClock } from '../support/coarse-clock.js';
import { NO_EXPIRY } from './entry.js';

/** How much of a lifetime may be cut at random, so that entries filled together do not expire together. */
const TTL_JITTER = 0.1;

/** Closer to its end than this, in milliseconds, an entry's lifetime is judged by the exact clock. */
const NEAR_EXPIRY_MS = 1_000;

/** Whether what expires then has expired. No method of an object in between: every hit asks it. */
export function isOver(expiresAt: number, clock: Pick<CoarseClock, 'now' | 'exact'>): boolean {
  if (expiresAt === NO_EXPIRY) return false;
  if (expiresAt - clock.now() > NEAR_EXPIRY_MS) return false;
  return expiresAt <= clock.exact();
}

/** How long entries live, by the engine's clock. */
export class Lifetimes {
  constructor(
    private readonly clock: Pick<CoarseClock, 'exact'>,
    /** A number from 0 up to but not including 1. */
    private readonly random: () => number,
  ) {}

  /** When an entry expires that begins now; {@link NO_EXPIRY} for a lifetime of Infinity. */
  endOf(ttlMs: number): number {
    return ttlMs === Infinity ? NO_EXPIRY : Math.ceil(this.clock.exact() + this.jittered(ttlMs));
  }

  jittered(ttlMs: number): number {
    return ttlMs * (1 - TTL_JITTER * this.random());
  }
}
