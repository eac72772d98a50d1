import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { NewRecord, RecordKind } from '../../lib/bus/invalidation-bus.js';
import { decodeRecord, encodeRecord } from '../../lib/bus/redis/record-text.js';
import { tagOf } from '../../lib/tags/tag.js';

/** Anything a JavaScript string can hold, and more often what the notation itself uses. */
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('a', '\u001f', '\\u001f', '\\', '"', '\0', '\ud83d', '\udc3c', 'é', '\u2028'))
    .map((parts) => parts.join('')),
);
const tags = fc.array(fc.array(texts, { minLength: 1, maxLength: 4 }).map((segments) => tagOf(...segments)));

const records: fc.Arbitrary<NewRecord> = fc
  .record({
    kind: fc.constantFrom<RecordKind[]>('mark', 'release', 'invalidate'),
    transactionId: texts,
    invalidation: fc.record({ touches: tags, sweeps: tags }, { noNullPrototype: true }),
    witness: fc.option(texts, { nil: undefined }),
    schemas: fc.option(fc.dictionary(texts, texts, { noNullPrototype: true }), { nil: undefined }),
  })
  .map(({ witness, schemas, ...rest }) => ({
    ...rest,
    ...(witness !== undefined && { witness }),
    ...(schemas !== undefined && { schemas }),
  }));

describe('A record as text', () => {
  it('says every field again, whatever characters are in it', () => {
    fc.assert(
      fc.property(records, (record) => {
        // What Redis gives back went through UTF-8.
        const travelled = Buffer.from(encodeRecord(record)).toString();
        expect(decodeRecord(travelled, 7)).toStrictEqual({ ...record, position: 7 });
      }),
    );
  });

  it('is short, because the tags of a write share their table', () => {
    const table = ['postgres:db.internal:5432:shop', 'product'];
    const touches = [
      tagOf(...table),
      tagOf(...table, ':', '42'),
      tagOf(...table, '~', '*'),
      tagOf(...table, '~', '#price'),
    ];
    const text = encodeRecord({ kind: 'release', transactionId: '4f1c9a02-17', invalidation: { touches, sweeps: [] } });

    expect(text).toBe(
      '["r","4f1c9a02-17",4,["postgres:db.internal:5432:shop\u001fproduct",38,"\u001f:\u001f42",39,"~\u001f*",41,"#price"]]',
    );
  });

  it.each(['', '{}', '[]', '["x","1",0,[]]', '["m","1",0]', 'null'])('is not any text: %p', (text) => {
    expect(() => decodeRecord(text, 1)).toThrow(/no record|JSON/);
  });
});
