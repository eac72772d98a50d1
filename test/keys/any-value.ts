import fc from 'fast-check';
import { Between, Equal, ILike, In, IsNull, LessThan, Like, MoreThan, Not, Or, Raw } from 'typeorm';

class Money {
  constructor(
    readonly amount: unknown,
    readonly currency: unknown,
  ) {}
}
class Weight {
  constructor(
    readonly amount: unknown,
    readonly currency: unknown,
  ) {}
}

/** Few and treacherous, so that random values are often equal, and otherwise nearly so. */
const leaf: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    0,
    -0,
    1,
    10,
    1.5,
    NaN,
    Infinity,
    -Infinity,
    1e21,
    0n,
    1n,
    10n,
    true,
    false,
    null,
    undefined,
  ),
  fc.constantFrom('', '0', '1', '1n', 'a', "1'a", 'a,1', "],'", '{}', 'true', 'null', 'hole', '^0', '\ud800', '\u0000'),
  fc.constantFrom(0, 1, NaN).map((time) => new Date(time)),
  fc.constantFrom('', 'a', 'b').map((text) => Buffer.from(text)),
  fc.constantFrom([], [97], [1, 0]).map((bytes) => Uint8Array.from(bytes)),
  fc.constantFrom([], [97], [1]).map((numbers) => Uint16Array.from(numbers)),
  fc.constantFrom('a', 'b').map((source) => new RegExp(source)),
  fc.constantFrom<unknown>(1, '1', true, 1n).map((value) => Object(value) as unknown),
  fc.constantFrom('a', 'b').map((message) => new Error(message)),
);

const name = fc.constantFrom('a', 'b', '0', '1', 'a:1', 'a,b', '}', '', '__proto__', 'constructor', 'toJSON');

/** Values of all kinds that arguments may have. */
export const anyValue = fc.letrec<{ any: unknown; inner: unknown }>((tie) => ({
  any: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('inner')),
  inner: fc.oneof(
    fc.array(tie('any'), { maxLength: 3 }),
    fc.sparseArray(tie('any'), { maxLength: 3, maxNumElements: 2 }),
    fc.dictionary(name, tie('any'), { maxKeys: 3 }),
    fc.array(tie('any'), { maxLength: 2 }).map((elements) => Object.assign([...elements], { index: 0 })),
    fc.array(tie('any'), { maxLength: 2 }).map((elements) => argumentsOf(...elements)),
    fc.array(fc.tuple(tie('any'), tie('any')), { maxLength: 2 }).map((entries) => new Map(entries)),
    fc.array(tie('any'), { maxLength: 2 }).map((elements) => new Set(elements)),
    fc.tuple(tie('any'), tie('any')).map(([amount, currency]) => new Money(amount, currency)),
    fc.tuple(tie('any'), tie('any')).map(([amount, currency]) => new Weight(amount, currency)),
    fc.array(tie('any'), { maxLength: 2 }).map((values) => In(values)),
    fc.tuple(tie('any'), tie('any')).map(([from, to]) => Between(from, to)),
    fc
      .tuple(fc.constantFrom<(operand: unknown) => unknown>(Not, Equal, MoreThan, LessThan, Like, ILike), tie('any'))
      .map(([operator, operand]) => operator(operand)),
    fc.constant(IsNull()),
    fc.constantFrom('now()', "a'1").map((sql) => Raw(sql)),
    fc.array(tie('any'), { maxLength: 2 }).map((values) => Or(...values.map((each) => Equal(each)))),
  ),
})).any;

export function argumentsOf(..._: unknown[]): unknown {
  // oxlint-disable-next-line prefer-rest-params -- the object itself is wanted
  return arguments;
}

/** The same value built again, every object with its properties in another order. */
export function reordered(source: unknown): unknown {
  if (typeof source !== 'object' || source === null) return source;
  const prototype: object | null = Object.getPrototypeOf(source);
  if (Array.isArray(source)) {
    const copy: unknown[] = [];
    copy.length = source.length;
    for (let i = 0; i < source.length; i++) if (i in source) copy[i] = reordered(source[i]);
    return 'index' in source ? Object.assign(copy, { index: source.index }) : copy;
  }
  if (prototype !== Object.prototype && prototype !== Money.prototype) return source;
  if (Object.prototype.toString.call(source) === '[object Arguments]') return source;
  const copy: object = Object.create(prototype);
  for (const [key, part] of Object.entries(source).reverse()) {
    Object.defineProperty(copy, key, { value: reordered(part), enumerable: true, configurable: true, writable: true });
  }
  return copy;
}
