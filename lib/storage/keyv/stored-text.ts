import { bufferOf } from '../../support/buffer-of.js';

/** Tells what this package stored from what others did in the same store, and this form of it from later ones. */
const MARK = 'zoocache1 ';

/**
 * The text that bytes are kept as, under whatever serializer, compression and column the store has: mark, base64, key.
 *
 * The key is there because a store need not keep keys apart: namespaces are prepended or not, collations fold case,
 * columns cut. It stands at the end, so that a text which was cut is recognised too.
 */
export function storedText(key: string, bytes: Uint8Array): string {
  return `${MARK}${bufferOf(bytes).toString('base64')} ${key}`;
}

/** The bytes that were stored under the key; `undefined` for everything else. */
export function bytesOfText(key: string, value: unknown): Uint8Array | undefined {
  return keyOfText(value) === key
    ? Buffer.from(String(value).slice(MARK.length, -key.length - 1), 'base64')
    : undefined;
}

/** The key that a value was stored under; `undefined` when this package did not store it. */
export function keyOfText(value: unknown): string | undefined {
  if (typeof value !== 'string' || !value.startsWith(MARK)) return undefined;
  const end = value.indexOf(' ', MARK.length);
  return end < 0 ? undefined : value.slice(end + 1);
}
