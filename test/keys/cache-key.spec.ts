import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  entityKey,
  entitySite,
  methodKey,
  methodSite,
  responseKey,
  statementKey,
  userKey,
} from '../../lib/keys/cache-key.js';
import { ClassNames } from '../../lib/keys/class-names.js';
import { KeyEncoder } from '../../lib/keys/key-encoder.js';

class Catalog {}
const names = new ClassNames();
const encoder = new KeyEncoder();

describe('the key of a method', () => {
  it('reads like the call', () => {
    const site = methodSite(names, Catalog, 'byId');
    expect(methodKey(site, '42')).toBe('m:Catalog.byId(42)');
    expect(methodKey(site, '')).toBe('m:Catalog.byId()');
    expect(methodKey(site, '42', encoder.encode(['en']))).toBe("m:Catalog.byId(42)2'en");
  });

  it('is another for every method, argument and variation, however they are spelled', () => {
    const part = fc.constantFrom('', 'a', 'b', 'a(', 'a(1', '1)', ')', "1'a", '1', '.a', "2'");
    const call = fc.tuple(part, fc.array(part, { maxLength: 2 }), fc.option(part, { nil: undefined }));
    const keyOf = ([method, args, vary]: [string, string[], string | undefined]): string =>
      methodKey(
        methodSite(names, Catalog, method),
        encoder.encode(args)!,
        vary === undefined ? undefined : encoder.encode([vary]),
      );
    fc.assert(
      fc.property(call, call, (a, b) => {
        expect(keyOf(a) === keyOf(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the key of a response', () => {
  it('reads like the request', () => {
    expect(responseKey('GET', '/products', 'page=1&q=zoo')).toBe("r:GET 9'/products12'page=1&q=zoo");
    expect(responseKey('GET', '/products', '')).toBe("r:GET 9'/products0'");
  });

  it('is another for every method, path, query and variation', () => {
    const part = fc.constantFrom('', 'a', 'a ', "1'a", '/a', '/a?', 'b');
    const request = fc.tuple(part, part, part, fc.constantFrom('', '1', "1'1"));
    fc.assert(
      fc.property(request, request, (a, b) => {
        expect(responseKey(...a) === responseKey(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the key of a read of an entity', () => {
  it('reads as what is asked of which entity, and for how long it is kept', () => {
    expect(entityKey(entitySite('default', 'Product', 300_000, ''), 'row', '42')).toBe(
      "e:7'default/Product@300000.row(42)",
    );
    expect(statementKey('default', 1_000, "8'SELECT 1")).toBe("q:7'default@1000 8'SELECT 1");
  });

  it('is another for every DataSource, entity, lifetime, prefix and kind', () => {
    const part = fc.constantFrom('a', 'b', "1'a", 'a/b', 'a@1');
    const name = fc.constantFrom('A', 'A#2', 'B');
    const read = fc.tuple(part, name, fc.constantFrom(1, 11, Infinity), fc.oneof(part, fc.constant('')), name);
    const keyOf = ([source, entity, ttlMs, prefix, kind]: [string, string, number, string, string]) =>
      entityKey(entitySite(source, entity, ttlMs, prefix), kind, '1');
    fc.assert(
      fc.property(read, read, (a, b) => {
        expect(keyOf(a) === keyOf(b)).toBe(JSON.stringify(a.map(String)) === JSON.stringify(b.map(String)));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the key of a user', () => {
  it('can never be that of a method or a response', () => {
    for (const key of ['m:Catalog.byId(42)', 'r:GET', 'u:x', 'x']) expect(userKey(key)).toBe(`u:${key}`);
    expect(methodKey(methodSite(names, Catalog, 'x'), '')).toMatch(/^m:/);
    expect(responseKey('GET', '/', '')).toMatch(/^r:/);
  });

  it('may be any string of 1 to 4096 characters', () => {
    for (const key of ['x', ' ', '\u0000', '\ud800', 'x'.repeat(4_096)]) expect(userKey(key)).toBe(`u:${key}`);
  });

  it.each([
    ['', "''"],
    ['x'.repeat(4_097), 'a string of 4097 characters'],
    [undefined, 'undefined'],
    [null, 'null'],
    [42, 'number'],
    [{}, 'object'],
    [['x'], 'an array'],
    [Symbol('x'), 'symbol'],
  ])('that is %p is refused, and said what it is', (key, subject) => {
    expect(() => userKey(key)).toThrow(
      expect.objectContaining({
        code: 'INVALID_KEY',
        message:
          `A cache key must be a string of 1 to 4096 characters: ${subject}. ` +
          'Name the value in a few words, such as `reports:daily`, and use a hash for what is longer.',
      }),
    );
  });
});
