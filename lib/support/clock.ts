/**
 * Where the engine reads time, handed in so that tests move it themselves.
 *
 * Milliseconds of a monotonic clock: they are compared only within this process, so a corrected wall clock can neither
 * stretch nor cut a lifetime.
 */
export interface Clock {
  now(): number;
}

/** The process's monotonic clock, in milliseconds since the process started. */
export const monotonicClock: Clock = { now: () => performance.now() };
