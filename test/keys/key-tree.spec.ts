import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CacheKey } from '../../lib/keys/cache-key.js';
import { KeyEncoder } from '../../lib/keys/key-encoder.js';
import { KeyTree } from '../../lib/keys/key-tree.js';
import { anyValue, argumentsOf, reordered } from './any-value.js';

type Args = readonly unknown[];

const encoder = new KeyEncoder();
const encode = (args: Args): CacheKey | undefined => encoder.encode(args) as CacheKey | undefined;

/** A tree, and how often it has had a key made. */
function countingTree(): { of: (args: Args) => CacheKey | undefined; made: () => number } {
  const tree = new KeyTree();
  let made = 0;
  const make = (args: Args): CacheKey | undefined => {
    made++;
    return encode(args);
  };
  return { of: (args) => tree.of(args, make), made: () => made };
}

const options = (id: unknown): object => ({
  where: { id, isActive: true },
  relations: { author: true },
  order: { price: 'DESC', id: 'ASC' },
  skip: 0,
  take: null,
});

describe('keys by plain arguments', () => {
  it('are made once, whichever objects hold the same values', () => {
    const { of, made } = countingTree();
    for (let round = 0; round < 3; round++) {
      for (const id of [1, '1', 1n, true, null, undefined, -1]) {
        expect(of([options(id)])).toBe(encode([options(id)]));
        expect(of([id, options(id), 'more'])).toBe(encode([id, options(id), 'more']));
      }
      expect(of([])).toBe('');
    }
    expect(made()).toBe(15);
  });

  it('are those of the encoder for all kinds of arguments, known or not', () => {
    fc.assert(
      fc.property(fc.array(fc.array(anyValue, { maxLength: 3 }), { minLength: 8, maxLength: 8 }), (lists) => {
        const { of } = countingTree();
        for (let round = 0; round < 2; round++) {
          for (const args of lists) {
            expect(of(args)).toBe(encode(args));
            expect(of(args.map(reordered))).toBe(encode(args));
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('are those of the encoder for plain objects that resemble each other', () => {
    const leaf = fc.constantFrom<unknown>(0, -0, 1, NaN, Infinity, 1n, '1', '', 'a', true, null, undefined);
    const name = fc.constantFrom('a', 'b', '0', '1', '', '__proto__', 'order', 'where');
    const plain = fc.letrec<{ any: unknown }>((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.dictionary(name, tie('any'), { maxKeys: 3, noNullPrototype: true }),
      ),
    })).any;
    fc.assert(
      fc.property(fc.array(fc.array(plain, { maxLength: 3 }), { minLength: 20, maxLength: 20 }), (lists) => {
        const { of } = countingTree();
        for (let round = 0; round < 2; round++) for (const args of lists) expect(of(args)).toBe(encode(args));
      }),
      { numRuns: 500 },
    );
  });

  it('tell an object from an arguments object, one without a prototype, and one with symbols', () => {
    const { of } = countingTree();
    const symbol = Symbol('hidden');
    const near: unknown[] = [
      {},
      argumentsOf(),
      { 0: 'a' },
      argumentsOf('a'),
      Object.assign(Object.create(null), { a: 1 }),
    ];
    for (let round = 0; round < 2; round++) {
      for (const value of near) expect(of([value])).toBe(encode([value]));
      expect(of([{ a: 1 }])).toBe('{a:1}');
      expect(() => of([{ a: 1, [symbol]: 2 }])).toThrow('a property whose name is a symbol');
      expect(of([Object.defineProperty({ a: 1 }, 'unseen', { value: 2 })])).toBe('{a:1}');
    }
  });

  it('tell a plain object from what is more than its properties', () => {
    class Money {
      constructor(readonly amount: number) {}
    }
    const { of } = countingTree();
    const properties = { amount: 1 };
    const more = [new Money(1), Object.assign([], properties), Object.assign(new Date(0), properties)];
    for (let round = 0; round < 2; round++) {
      expect(of([properties])).toBe('{amount:1}');
      for (const value of more) expect(of([value])).toBe(encode([value]));
    }
  });

  it('are made anew for what may answer otherwise when it is read again', () => {
    const { of } = countingTree();
    let n = 0;
    const counter = {
      get n() {
        return n++;
      },
    };
    const proxy = new Proxy({ n: 0 }, { get: () => n++ });
    for (let round = 0; round < 3; round++) {
      of([counter]);
      of([proxy]);
    }
    for (let value = 0; value < 20; value++) expect(of([{ n: value }])).toBe(`{n:${value}}`);
  });

  it('leave it to the encoder to say what throws when it is read', () => {
    const { of } = countingTree();
    of([{ a: 1 }]);
    const throwing = {
      get a(): never {
        throw new Error('no');
      },
    };
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const value of [throwing, proxy]) expect(() => of([value])).toThrow('a value that throws when it is read');
  });

  it('do not see what everybody inherits', () => {
    const { of } = countingTree();
    of([{ a: 1, polluted: 2 }]);
    Reflect.set(Object.prototype, 'polluted', 2);
    try {
      expect(of([{ a: 1 }])).toBe('{a:1}');
    } finally {
      Reflect.deleteProperty(Object.prototype, 'polluted');
    }
  });

  it('are found in cycles by nobody', () => {
    const { of } = countingTree();
    const cycle: Record<string, unknown> = { a: 1 };
    cycle.self = cycle;
    for (let round = 0; round < 2; round++) expect(of([cycle])).toBe(encode([cycle]));
  });

  it('are none for what has none, however often it is asked', () => {
    const tree = new KeyTree();
    const none = (): undefined => undefined;
    expect([tree.of([{ a: 1 }], none), tree.of([{ a: 1 }], none)]).toEqual([undefined, undefined]);
    expect(tree.of([{ a: 1 }], encode)).toBe('{a:1}');
  });

  it('are right after more of them than can be remembered, and found again when they come again', () => {
    const { of, made } = countingTree();
    of([{ where: { id: 0 } }]);
    for (let id = 1; id < 3_000; id++) {
      const key = `{where:{id:${id}}}`;
      for (let round = 0; round < 3; round++)
        if (of([{ where: { id } }]) !== key) throw new Error(`wrong key of ${id}`);
    }
    expect(made()).toBe(3_000);
    of([{ where: { id: 0 } }]);
    expect(made()).toBe(3_001);
  });

  it('are not looked for any more where they hardly ever come again', () => {
    const { of, made } = countingTree();
    for (let id = 0; id < 1_100; id++) of([{ where: { id } }]);
    const before = made();
    expect([of([{ where: { id: 'last' } }]), of([{ where: { id: 'last' } }])]).toHaveLength(2);
    expect(made()).toBe(before + 2);
  });

  it('hold no long texts', () => {
    const { of, made } = countingTree();
    for (let round = 0; round < 2; round++) of([{ text: 'x'.repeat(65) }]);
    expect(made()).toBe(2);
  });
});
