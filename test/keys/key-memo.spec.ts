import { describe, expect, it } from '@jest/globals';
import type { CacheKey } from '../../lib/keys/cache-key.js';
import { KeyMemo } from '../../lib/keys/key-memo.js';

const make = (argument: string | number): CacheKey =>
  `${typeof argument}:${Object.is(argument, -0) ? '-0' : argument}` as CacheKey;

describe('remembered keys', () => {
  it('are made once for each argument', () => {
    const memo = new KeyMemo();
    let made = 0;
    const counting = (argument: string | number): CacheKey => {
      made++;
      return make(argument);
    };
    for (let round = 0; round < 3; round++) {
      expect(memo.of(42, counting)).toBe('number:42');
      expect(memo.of('42', counting)).toBe('string:42');
      expect(memo.of(Number.NaN, counting)).toBe('number:NaN');
    }
    expect(made).toBe(3);
  });

  it('tell 0 from -0, which a map does not', () => {
    const memo = new KeyMemo();
    expect([0, -0, 0, -0].map((zero) => memo.of(zero, make))).toEqual([
      'number:0',
      'number:-0',
      'number:0',
      'number:-0',
    ]);
  });

  it('are none for what has none, however often it is asked', () => {
    const memo = new KeyMemo();
    const none = (): undefined => undefined;
    expect([memo.of(1, none), memo.of(1, none), memo.of(1, make)]).toEqual([undefined, undefined, 'number:1']);
  });

  it('are none of long texts, a thousand of which would be more than a cache may hold', () => {
    const memo = new KeyMemo();
    let made = 0;
    const counting = (argument: string | number): CacheKey => {
      made++;
      return make(argument);
    };
    const [short, long] = ['x'.repeat(256), 'x'.repeat(257)];
    for (const text of [short, short, long, long]) expect(memo.of(text, counting)).toBe(`string:${text}`);
    expect(made).toBe(3);
  });

  it('are right after more of them than can be remembered', () => {
    const memo = new KeyMemo();
    for (let round = 0; round < 2; round++) {
      for (let id = 1; id < 5_000; id++)
        if (memo.of(id, make) !== `number:${id}`) throw new Error(`wrong key of ${id}`);
    }
    expect(memo.of(4_999, make)).toBe('number:4999');
  });
});
