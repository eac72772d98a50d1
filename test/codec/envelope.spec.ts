import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BytesCodec } from '../../lib/codec/bytes/bytes-codec.js';
import { opened, sealed, type Envelope } from '../../lib/codec/bytes/envelope.js';
import { tagOf } from '../../lib/tags/tag.js';

const text = fc.string({ unit: 'binary', maxLength: 20 });
/** Units of every width, and halves of pairs: what two tags have in common may end inside of a character. */
const units = fc
  .array(fc.constantFrom('a', '\u001f', 'é', 'Ж', '\ud83e', '\udd81', '\udd93'), { maxLength: 6 })
  .map((all) => all.join(''));
const path = fc.array(fc.constantFrom('shop', 'post', '=c', '7', 'ж', 'жж'), { maxLength: 4 });
const tag = fc.oneof(text, units, path.map((segments) => tagOf(...segments)), fc.string({ minLength: 60, maxLength: 300 })); // prettier-ignore
const envelope: fc.Arbitrary<Envelope> = fc.record({
  token: fc.maxSafeNat(),
  incarnation: fc.oneof(text, units),
  tags: fc.oneof(fc.array(tag, { maxLength: 20 }), fc.array(units, { minLength: 120, maxLength: 150 })),
  ttlMs: fc.oneof(fc.nat(2 ** 31), fc.constant(Infinity), fc.maxSafeNat()),
  value: fc.uint8Array({ maxLength: 50 }),
});

const ENTRY: Envelope = {
  token: 7,
  incarnation: 'life',
  tags: [tagOf('shop', 'post'), tagOf('shop', 'post', 'Ж')],
  ttlMs: 1,
  value: new Uint8Array(),
};

describe('the envelope of an entry', () => {
  it('gives back what decides about validity, and the bytes of the value untouched', () => {
    fc.assert(
      fc.property(envelope, fc.oneof(text, units), (given, other) => {
        const bytes = sealed(given);
        const entry = opened(bytes)!;
        expect([entry.token, entry.ttlMs, entry.tags()]).toEqual([given.token, given.ttlMs, given.tags]);
        expect(new Uint8Array(entry.value)).toEqual(given.value);
        expect(entry.value.buffer).toBe(bytes.buffer);
        expect([entry.isOf(given.incarnation), entry.isOf(other)]).toEqual([true, other === given.incarnation]);
      }),
    );
  });

  it('is of its incarnation alone, and not of one that begins or ends like it', () => {
    for (const incarnation of ['life', 'жизнь', '']) {
      const entry = opened(sealed({ ...ENTRY, incarnation }))!;
      const others = [
        `${incarnation}1`,
        incarnation.slice(1),
        `x${incarnation.slice(1)}`,
        `${incarnation.slice(0, -1)}x`,
      ];
      expect(entry.isOf(incarnation)).toBe(true);
      for (const other of others.filter((one) => one !== incarnation)) expect(entry.isOf(other)).toBe(false);
    }
    expect(opened(sealed({ ...ENTRY, incarnation: '\u0416' }))!.isOf('\u0016')).toBe(false);
  });

  it('says of each tag only what the one before does not, because most are of few tables', () => {
    const rows = Array.from({ length: 100 }, (_, row) =>
      tagOf('postgres', 'db:5432', 'shop', 'public', 'post', `:${row}`),
    );
    const { length } = sealed({ ...ENTRY, tags: rows });
    expect(length).toBeLessThan(500);
    // A wide value makes only itself wide.
    expect(sealed({ ...ENTRY, tags: [...rows, `${rows[99]}Ж`] }).length).toBeLessThan(length + 10);
  });

  it('is read although nobody here can decode the value, because most entries that are not valid never are', () => {
    const value = Buffer.from(new BytesCodec().encode({ a: 1 }));
    value[0] = 99;
    const entry = opened(sealed({ ...ENTRY, value }))!;
    expect([entry.token, entry.tags()]).toEqual([7, ENTRY.tags]);
    expect(new BytesCodec().decode(entry.value)).toBeUndefined();
  });

  it('is none where its version or its end is another', () => {
    const bytes = Buffer.from(sealed(ENTRY));
    for (let length = 0; length < bytes.length; length++) expect(opened(bytes.subarray(0, length))).toBeUndefined();
    for (const at of [0, 1]) {
      for (let byte = 0; byte < 256; byte++) {
        const changed = Buffer.from(bytes);
        changed[at] = byte;
        expect(opened(changed) === undefined).toBe(byte !== bytes[at]);
      }
    }
  });

  it('is none, or has tags, whatever the bytes are', () => {
    const bytes = Buffer.from(sealed(ENTRY));
    const tagsOf = (any: Uint8Array): void => void opened(any)?.tags().join('');
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), tagsOf));
    fc.assert(fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
      const changed = Buffer.from(bytes);
      changed[at] = byte;
      tagsOf(changed);
    })); // prettier-ignore
  });

  it('is none where a tag has more in common with the one before than that has', () => {
    const bytes = Buffer.from(sealed({ ...ENTRY, incarnation: '', tags: ['', 'a'] }));
    expect(opened(bytes)!.tags()).toEqual(['', 'a']);
    const sharedAt = bytes.length - 3;
    bytes[sharedAt] = 1;
    expect(opened(bytes)).toBeUndefined();
  });
});
