import { describe, expect, it } from '@jest/globals';
import { detached } from '../../lib/support/detached.js';

const DELIVERED = new Uint8Array(65_536).map((_, at) => at % 251);

describe('detached()', () => {
  const LENGTHS = [0, 1, 7, 100, 1_000, 4_096, 4_097, 8_192, 20_000];

  it.each(LENGTHS)('keeps at most twice the bytes and 8 KB alive with %d of a delivery', (length) => {
    const slice = DELIVERED.subarray(13, 13 + length);
    const copy = detached(slice);
    expect(Buffer.compare(copy, slice)).toBe(0);
    expect(copy.buffer.byteLength).toBeLessThanOrEqual(2 * length + 8_192);
  });

  it('gives each its own place', () => {
    const slices = Array.from({ length: 500 }, (_, at) => DELIVERED.subarray(at, at + ((at * 37) % 1_500)));
    const copies = slices.map(detached);
    expect(copies.map((copy) => copy.byteOffset % 8)).toEqual(copies.map(() => 0));
    expect(copies.map((copy, at) => Buffer.compare(copy, slices[at]))).toEqual(copies.map(() => 0));
  });

  it('copies nothing that keeps little else alive', () => {
    const own = new Uint8Array(1_000);
    expect(detached(own)).toBe(own);
    const copy = detached(DELIVERED.subarray(0, 1_000));
    expect(detached(copy)).toBe(copy);
    expect(detached(DELIVERED)).toBe(DELIVERED);
  });
});
