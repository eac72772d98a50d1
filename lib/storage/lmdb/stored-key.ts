import { createHash } from 'node:crypto';

/** LMDB takes 1978 bytes, of which the rows that order values by expiry need eight for the time. */
const LONGEST = 1900;

/** Of a longer key, so many bytes stay readable: whatever is cleared by prefix has a prefix no longer than that. */
const READABLE = 1024;

/** A byte that UTF-8 never has: what stands behind it is a hash. */
const HASHED = Buffer.of(0xff);

/**
 * The bytes under which a key's value rests: its text in UTF-8, and the end of a long text as a hash.
 *
 * Texts with half a surrogate pair are hashed too, since UTF-8 has one replacement for all of them.
 */
export function storedKey(key: string): Buffer {
  const text = Buffer.from(key);
  const isWhole = text.length <= LONGEST && text.length > 0 && (text.length === key.length || key.isWellFormed());
  if (isWhole) return text;
  return Buffer.concat([text.subarray(0, READABLE), HASHED, createHash('sha256').update(key, 'utf16le').digest()]);
}

/**
 * Where the keys with a prefix begin, and the first place behind them. Of a prefix longer than what stays readable of a
 * key, it is where all keys are that begin with its readable part.
 */
export function rangeOf(prefix: string): { start: Buffer; end: Buffer } {
  const start = Buffer.from(prefix).subarray(0, READABLE);
  const end = Buffer.from(start);
  end[end.length - 1]++;
  return { start, end };
}
