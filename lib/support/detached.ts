/** Bytes that others may keep alive besides themselves. */
const SLACK = 8_192;

/**
 * The same bytes, keeping little more than themselves alive: what a connection delivers are slices of 64 KB.
 *
 * Small ones lie with their neighbours in a buffer of 8 KB, because memory of its own takes longer to get than 1 KB to copy.
 */
export function detached(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength > 2 * bytes.length + SLACK ? Buffer.from(bytes) : bytes;
}
