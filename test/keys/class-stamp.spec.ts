import { describe, expect, it } from '@jest/globals';
import { stampOf } from '../../lib/keys/class-stamp.js';

const nothing = (): string => '';

/** What a program holds after its start: the classes of its files, anew. */
function program(vat: number): { Base: Function; Shop: Function } {
  const Base = vat === 19 ? class Base { vat = 19 } : class Base { vat = 20 }; // prettier-ignore
  class Shop extends Base {}
  return { Base, Shop };
}

describe('The stamp of a class', () => {
  it('is the same in every process that runs the same code', () => {
    expect(stampOf(program(19).Shop, nothing)).toBe(stampOf(program(19).Shop, nothing));
  });

  it('differs when the code of a class above it does, which may be what answers', () => {
    expect(program(19).Shop.toString()).toBe(program(20).Shop.toString());
    expect(stampOf(program(19).Shop, nothing)).not.toBe(stampOf(program(20).Shop, nothing));
  });

  it('differs when the class is given something else', () => {
    const repositories = ['Product', 'Author'].map((name) => stampOf(program(19).Shop, () => name));
    expect(new Set(repositories).size).toBe(2);
  });
});
