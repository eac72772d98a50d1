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

/**
 * The machine's wall clock, in milliseconds since 1970: for lifetimes of what outlives its process, and only where all
 * who read them are on that machine.
 */
export const wallClock: Clock = { now: () => Date.now() };

/** The machine's monotonic clock, in milliseconds since it started: for what its processes tell each other. Nobody sets it. */
export const machineClock: Clock = { now: () => Number(process.hrtime.bigint() / 1_000_000n) };
