import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BytesCodec } from '../../lib/codec/bytes/bytes-codec.js';
import { opened, sealed, type Envelope } from '../../lib/codec/bytes/envelope.js';

const text = fc.string({ unit: 'binary', maxLength: 20 });
const time = fc.oneof(fc.nat(2 ** 31), fc.constant(Infinity), fc.nat().map((nat) => nat * 2 ** 20)); // prettier-ignore
const envelope: fc.Arbitrary<Envelope> = fc.record({
  token: fc.maxSafeNat(),
  incarnation: text,
  tags: fc.array(text, { maxLength: 20 }),
  storedAt: time,
  expiresAt: time,
  value: fc.uint8Array({ maxLength: 50 }),
});

describe('the envelope of an entry', () => {
  it('gives back what decides about validity, and the bytes of the value untouched', () => {
    fc.assert(
      fc.property(envelope, (entry) => {
        const bytes = sealed(entry);
        const { value, ...rest } = opened(bytes)!;
        expect({ ...rest, value: new Uint8Array(value) }).toEqual(entry);
        expect(value.buffer).toBe(bytes.buffer);
      }),
    );
  });

  it('is read although nobody here can decode the value, because most entries that are not valid never are', () => {
    const value = Buffer.from(new BytesCodec().encode({ a: 1 }));
    value[0] = 99;
    const entry = opened(sealed({ token: 7, incarnation: 'i', tags: ['t'], storedAt: 1, expiresAt: Infinity, value }))!;
    expect([entry.token, entry.tags]).toEqual([7, ['t']]);
    expect(new BytesCodec().decode(entry.value)).toBeUndefined();
  });

  it('is none where its version or its end is another', () => {
    const bytes = Buffer.from(
      sealed({ token: 7, incarnation: 'i', tags: ['tag'], storedAt: 1, expiresAt: 2, value: new Uint8Array() }),
    );
    for (let length = 0; length < bytes.length; length++) expect(opened(bytes.subarray(0, length))).toBeUndefined();
    for (const at of [0, 1]) {
      const changed = Buffer.from(bytes);
      changed[at]++;
      expect(opened(changed)).toBeUndefined();
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (any) => void opened(any)));
    fc.assert(fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
      const changed = Buffer.from(bytes);
      changed[at] = byte;
      opened(changed);
    })); // prettier-ignore
  });
});
