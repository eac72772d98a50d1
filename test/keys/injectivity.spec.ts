import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KeyEncoder } from '../../lib/keys/key-encoder.js';
import { anyValue, reordered } from './any-value.js';
import { isSame } from './same-value.js';

describe('two lists of arguments', () => {
  it('have one text exactly when they are the same by value', () => {
    const encoder = new KeyEncoder();
    let equal = 0;
    fc.assert(
      fc.property(fc.array(fc.array(anyValue, { maxLength: 2 }), { minLength: 12, maxLength: 12 }), (lists) => {
        const texts = lists.map((args) => encoder.encode(args));
        for (let i = 0; i < lists.length; i++) {
          for (let j = 0; j < i; j++) {
            const same = isSame(lists[i], lists[j]);
            equal += same ? 1 : 0;
            if (same !== (texts[i] === texts[j])) expect([texts[i], same]).toEqual([texts[j], !same]);
          }
        }
      }),
      { numRuns: 400 },
    );
    expect(equal).toBeGreaterThan(100);
  });

  it('of anything that fast-check can think of have one text exactly when they are the same by value', () => {
    const anything = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
    });
    const encoder = new KeyEncoder();
    fc.assert(
      fc.property(fc.array(anything, { minLength: 6, maxLength: 6 }), (values) => {
        const texts = values.map((each) => encoder.encode([each]));
        for (let i = 0; i < values.length; i++) {
          for (let j = 0; j < i; j++) expect(texts[i] === texts[j]).toBe(isSame(values[i], values[j]));
        }
      }),
      { numRuns: 400 },
    );
  });

  it('have one text when only the order of properties differs', () => {
    const encoder = new KeyEncoder();
    fc.assert(
      fc.property(fc.array(anyValue, { maxLength: 3 }), (args) => {
        const again = args.map(reordered);
        expect(isSame(args, again)).toBe(true);
        expect(encoder.encode(again)).toBe(encoder.encode(args));
      }),
      { numRuns: 1_000 },
    );
  });

  it('have the same text on the careful way as on the fast one, so that neither is ever missed', () => {
    const encoder = new KeyEncoder();
    const trees = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(trees, (tree) => {
        const fast = encoder.encode([tree]);
        Reflect.set(Object.prototype, 'polluted', 1);
        try {
          expect(encoder.encode([tree])).toBe(fast);
        } finally {
          Reflect.deleteProperty(Object.prototype, 'polluted');
        }
      }),
    );
  });
});
