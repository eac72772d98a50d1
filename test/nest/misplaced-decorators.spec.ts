import { describe, expect, it } from '@jest/globals';
import { CacheQuery, CacheResponse, Invalidates, NoCache } from '../../lib/index.js';
import { Product } from './application.js';

/** As they are taken by a compiler that does not look at types. */
// eslint-disable-next-line typescript/no-explicit-any -- what is wrong here is what types would say
const untyped = { CacheQuery, CacheResponse, Invalidates, NoCache } as Record<string, any>;

const refusal = (name: string, rest: string) =>
  expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(`${name}${rest}`) });

describe('A decorator without its parentheses', () => {
  it.each(Object.entries(untyped))('is refused on a method, because it would do nothing there: @%s', (name, bare) => {
    const define = () => {
      class Catalog {
        @bare
        all() {
          return 1;
        }
      }
      return Catalog;
    };
    expect(define).toThrow(refusal(`@${name}`, ' on Catalog.all. Write @'));
  });

  it.each(Object.entries(untyped).filter(([name]) => name !== 'Invalidates'))(
    'is refused on a class, in whose place it would put a function: @%s',
    (name, bare) => {
      const define = () => {
        @bare
        class Catalog {}
        return Catalog;
      };
      expect(define).toThrow(refusal(`@${name}`, ' on Catalog. Write @'));
    },
  );

  it('is not one that was given a function', () => {
    expect(() => untyped.CacheQuery((id: number) => id)({}, 'byId', { value: () => 1 })).toThrow(
      expect.objectContaining({ code: 'INVALID_DURATION' }),
    );
  });

  it('is not what names several things to invalidate, the first of them an entity', () => {
    expect(() => Invalidates(Product, 'reports', new Product())).not.toThrow();
    expect(() => Invalidates(Product)).not.toThrow();
  });
});

describe('@CacheResponse', () => {
  const decorate = untyped.CacheResponse('5m');

  it('is refused on anything but a method, with what to do', () => {
    const onGetter = () => {
      class Shop {
        @decorate
        get all() {
          return 1;
        }
      }
      return Shop;
    };
    const onProperty = () => {
      class Shop {
        @decorate
        all = () => 1;
      }
      return Shop;
    };
    const onClass = () => {
      @decorate
      class Shop {}
      return Shop;
    };
    for (const define of [onGetter, onProperty]) {
      expect(define).toThrow(refusal('@CacheResponse', ' on Shop.all. Decorate the handlers'));
    }
    expect(onClass).toThrow(refusal('@CacheResponse', ' on Shop. Decorate the handlers'));
  });
});
