/** Bytes that others may keep alive besides themselves. */
const SLACK = 8_192;

/** What small copies lie in: one of our own, because that of Node is eight times as large since Node 24. */
let pool = Buffer.allocUnsafeSlow(SLACK);
let used = 0;

/**
 * The same bytes, keeping little more than themselves alive: what a connection delivers are slices of 64 KB.
 *
 * Small ones lie with their neighbours in a buffer of 8 KB, because memory of its own takes longer to get than 1 KB to copy.
 */
export function detached(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  if (bytes.buffer.byteLength <= 2 * length + SLACK) return bytes;
  const copy = length > SLACK / 2 ? Buffer.allocUnsafeSlow(length) : pooled(length);
  copy.set(bytes);
  return copy;
}

function pooled(length: number): Buffer {
  if (used + length > SLACK) [pool, used] = [Buffer.allocUnsafeSlow(SLACK), 0];
  const copy = pool.subarray(used, used + length);
  // Numbers of eight bytes are read where they lie.
  used += Math.ceil(length / 8) * 8;
  return copy;
}
