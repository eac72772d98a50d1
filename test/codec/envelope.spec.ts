import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BytesCodec } from '../../lib/codec/bytes/bytes-codec.js';
import {
  DAMAGED,
  opened,
  placeOf,
  sealed,
  type Envelope,
  type OpenedEnvelope,
} from '../../lib/codec/bytes/envelope.js';
import { damagedBytes } from './damages.js';
import { tagOf } from '../../lib/tags/tag.js';
import { Dice } from '../support/dice.js';

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

const PLACE = placeOf('u:key');

function seal(given: Envelope): Uint8Array {
  return sealed(given, PLACE);
}

function open(bytes: Uint8Array): OpenedEnvelope {
  return opened(bytes, PLACE) as OpenedEnvelope;
}

describe('the envelope of an entry', () => {
  it('gives back what decides about validity, and the bytes of the value untouched', () => {
    fc.assert(
      fc.property(envelope, fc.oneof(text, units), (given, other) => {
        const bytes = seal(given);
        const entry = open(bytes);
        expect([entry.token, entry.ttlMs, entry.tags()]).toEqual([given.token, given.ttlMs, given.tags]);
        expect(new Uint8Array(entry.value)).toEqual(given.value);
        expect(entry.value.buffer).toBe(bytes.buffer);
        expect([entry.isOf(given.incarnation), entry.isOf(other)]).toEqual([true, other === given.incarnation]);
      }),
    );
  });

  it('is of its incarnation alone, and not of one that begins or ends like it', () => {
    for (const incarnation of ['life', 'жизнь', '']) {
      const entry = open(seal({ ...ENTRY, incarnation }));
      const others = [
        `${incarnation}1`,
        incarnation.slice(1),
        `x${incarnation.slice(1)}`,
        `${incarnation.slice(0, -1)}x`,
      ];
      expect(entry.isOf(incarnation)).toBe(true);
      for (const other of others.filter((one) => one !== incarnation)) expect(entry.isOf(other)).toBe(false);
    }
    expect(open(seal({ ...ENTRY, incarnation: '\u0416' })).isOf('\u0016')).toBe(false);
  });

  it('says of each tag only what the one before does not, because most are of few tables', () => {
    const rows = Array.from({ length: 100 }, (_, row) =>
      tagOf('postgres', 'db:5432', 'shop', 'public', 'post', `:${row}`),
    );
    const { length } = seal({ ...ENTRY, tags: rows });
    expect(length).toBeLessThan(500);
    // A wide value makes only itself wide.
    expect(seal({ ...ENTRY, tags: [...rows, `${rows[99]}Ж`] }).length).toBeLessThan(length + 10);
  });

  it('is read although nobody here can decode the value, because most entries that are not valid never are', () => {
    const value = Buffer.from(new BytesCodec().encode({ a: 1 }));
    value[0] = 99;
    const entry = open(seal({ ...ENTRY, value }));
    expect([entry.token, entry.tags()]).toEqual([7, ENTRY.tags]);
    expect(new BytesCodec().decode(entry.value)).toBeUndefined();
  });

  it('is none where its version is another, as that of an older or a newer build', () => {
    for (const at of [0, 1]) {
      for (let byte = 0; byte < 256; byte++) {
        const bytes = seal(ENTRY);
        const isSame = bytes[at] === byte;
        bytes[at] = byte;
        expect(opened(bytes, PLACE) === undefined).toBe(!isSame);
      }
    }
  });

  it('is none in any other place than its own', () => {
    const bytes = seal(ENTRY);
    fc.assert(fc.property(text, units, (key, end) => {
      for (const other of [`u:key${key}`, `${key}u:key`, key, end, `u:ke${end}`]) {
        expect(opened(bytes, placeOf(other))).toEqual(other === 'u:key' ? expect.anything() : DAMAGED);
      }
    })); // prettier-ignore
    expect(placeOf('key', placeOf('u:'))).toBe(PLACE);
  });

  it('is none when anything was done to its bytes', () => {
    const dice = new Dice(1);
    let found = 0;
    const look = (bytes: Uint8Array): void => {
      const entry = opened(bytes, PLACE);
      if (entry !== undefined && entry !== DAMAGED) found++;
    };
    for (const given of fc.sample(envelope, { numRuns: 500, seed: 1 })) {
      const bytes = seal(given);
      const other = sealed({ ...given, token: given.token + 1 }, placeOf('u:kex'));
      for (let time = 0; time < 20; time++) look(damagedBytes(dice, bytes, other));
      for (let end = 0; end < bytes.length; end++) look(bytes.subarray(0, end));
    }
    expect(found).toBe(0);
  });
});
