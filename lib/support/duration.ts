import { inspect } from 'node:util';
import { ZooCacheError } from '../errors/zoocache.error.js';

/**
 * A span of time as users write it: a number of milliseconds, or a string with its unit.
 *
 * `300_000`, `'250ms'`, `'30s'`, `'5m'`, `'1.5h'`, `'7d'`. `0` means "do not cache"; `null` and `'never'` mean "no expiry". A bare
 * number from 1 to 999 is taken as it stands and warns a developer, because it was most likely meant in seconds. Anything else is
 * a ZooCacheError `INVALID_DURATION`.
 */
export type Duration =
  number | `${number}ms` | `${number}s` | `${number}m` | `${number}h` | `${number}d` | 'never' | null;

const MILLISECONDS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const WRITTEN = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/**
 * The milliseconds that a {@link Duration} stands for: `0` for "do not cache", `Infinity` for "no expiry".
 *
 * `undefined` is an error like any other value, because whoever reads an option applies its default first.
 *
 * @param name what the value was given for, as the reader of an error knows it (`defaultTtl`, `@CacheQuery on A.b`)
 * @throws ZooCacheError `INVALID_DURATION` for everything that is not a duration
 */
export function parseDuration(value: unknown, name: string): number {
  if (value === null || value === 'never') return Infinity;
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? written(value) : NaN;
  if (ms >= 0 && ms <= Number.MAX_SAFE_INTEGER) return wholeMilliseconds(ms);
  throw new ZooCacheError('INVALID_DURATION', {
    what: `${shown(value)} is not a duration`,
    name,
    next:
      "Give milliseconds as a number (300000), or a string with its unit: '250ms', '30s', '5m', '1.5h', '7d'; " +
      "0 means do not cache, null or 'never' means no expiry",
  });
}

/**
 * The warning that a bare number from 1 to 999 deserves, since it was most likely meant as seconds; else `undefined`.
 */
export function suspiciousDuration(value: unknown): string | undefined {
  if (typeof value !== 'number' || !(value >= 1 && value <= 999)) return undefined;
  return `${value} is ${value} milliseconds; did you mean '${value}s'?`;
}

function written(text: string): number {
  const match = WRITTEN.exec(text);
  return match === null ? NaN : Number(match[1]) * MILLISECONDS[match[2]];
}

/** Rounded, as 1.1 hours are not exact in binary; but never rounded to 0, which would mean "do not cache". */
function wholeMilliseconds(ms: number): number {
  return ms === 0 ? 0 : Math.max(1, Math.round(ms));
}

function shown(value: unknown): string {
  return inspect(value, { depth: 0, customInspect: false, maxStringLength: 80, breakLength: Infinity });
}
