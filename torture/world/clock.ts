/**
 * Microseconds of the machine's monotonic clock.
 *
 * On Linux it is one clock for all processes of the machine (CLOCK_MONOTONIC), so that "before" means the same in each of
 * them, and an observation of one can be held against that of another.
 */
export function now(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
