import { parseDuration, suspiciousDuration, type Duration } from '../support/duration.js';

/**
 * How new an answer must be.
 *
 * - `'transparent'`: never older than a write that was committed before the call, in any process;
 * - `'strict'`: never older than a write whose `await` had returned in any process before the call;
 * - `{ bounded: '5s' }`: never older than that, even when other processes cannot be heard. A bound of `0` asks before each
 *   read, as the other two do; `null` and `'never'` set no bound.
 *
 * In one process (`memory://`) all of them hold at once, at no cost. Among several, the first two ask the bus before each
 * read, all reads that are waiting at once.
 */
export type Consistency = 'transparent' | 'strict' | { readonly bounded: Duration };

/**
 * @returns what a consistency must be, if this is none
 * @throws ZooCacheError `INVALID_DURATION` for a bound that is no duration
 */
export function checkConsistency(value: unknown): string | undefined {
  if (value === 'transparent' || value === 'strict') return undefined;
  if (typeof value === 'object' && value !== null && Object.keys(value).join() === 'bounded') {
    parseDuration((value as { bounded: unknown }).bounded, 'consistency.bounded');
    return undefined;
  }
  return "'transparent', 'strict' or { bounded: '5s' }";
}

/** How old an answer may be, in milliseconds; 0 asks the bus before each read. */
export function boundOf(consistency: Consistency): number {
  return typeof consistency === 'string' ? 0 : parseDuration(consistency.bounded, 'consistency.bounded');
}

/** The same for what may leave it to somebody else. */
export function boundIn({ consistency }: { readonly consistency?: Consistency }): number | undefined {
  return consistency === undefined ? undefined : boundOf(consistency);
}

/** The warning that a bound deserves which was most likely meant in seconds; else `undefined`. */
export function suspiciousBound(consistency: Consistency | undefined): string | undefined {
  return typeof consistency === 'object' ? suspiciousDuration(consistency.bounded) : undefined;
}

/** What a developer is told of times among these options that were most likely meant in seconds. */
export function hastyTimes(
  { ttl, consistency }: { readonly ttl?: Duration | undefined; readonly consistency?: Consistency | undefined },
  where: string,
): string[] {
  const ofTtl = suspiciousDuration(ttl);
  const ofBound = suspiciousBound(consistency);
  return [
    ...(ofTtl === undefined ? [] : [`${where}: ${ofTtl}`]),
    ...(ofBound === undefined ? [] : [`consistency.bounded of ${where}: ${ofBound}`]),
  ];
}

/** The level as a person reads it: `transparent`, `strict`, `bounded 5000 ms`. */
export function nameOfLevel(consistency: Consistency): string {
  if (typeof consistency === 'string') return consistency;
  return `bounded ${boundOf(consistency)} ms`;
}
