import { ZooCacheError } from '../errors/zoocache.error.js';

const UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

/**
 * A number of bytes from `'64mb'`, `'512kb'`, `'1.5gb'`, `'4096b'` or `'4096'`; units count by 1024 and in any case.
 *
 * @throws ZooCacheError `INVALID_OPTION` for anything else, for less than one byte, and for more than can be counted.
 */
export function parseBytes(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = unit === undefined ? undefined : UNITS[unit.toLowerCase()];
  const bytes = factor === undefined ? Number.NaN : Math.floor(Number(amount) * factor);
  if (bytes >= 1 && Number.isSafeInteger(bytes)) return bytes;
  throw new ZooCacheError('INVALID_OPTION', {
    what: 'maxBytes is not a number of bytes',
    name: `'${text}'`,
    next: "Write it like '64mb', '512kb', '1gb' or '4096'",
  });
}
