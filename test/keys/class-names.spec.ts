import { describe, expect, it } from '@jest/globals';
import { ClassNames } from '../../lib/keys/class-names.js';

function named(name: unknown): Function {
  const made = class {};
  Object.defineProperty(made, 'name', { value: name });
  return made;
}

describe('the name of a class', () => {
  it('is its own, and numbered for a second class that has the same', () => {
    const names = new ClassNames();
    const [first, second, third] = [named('Catalog'), named('Catalog'), named('Catalog')];
    expect([names.of(first), names.of(second), names.of(third)]).toEqual(['Catalog', 'Catalog#2', 'Catalog#3']);
    expect([names.of(second), names.of(first)]).toEqual(['Catalog#2', 'Catalog']);
  });

  it('is never taken by a class that calls itself like a numbered one', () => {
    const names = new ClassNames();
    const all = ['A', 'A#2', 'A', 'A_2', 'A'].map((name) => names.of(named(name)));
    expect(new Set(all).size).toBe(all.length);
  });

  it('holds nothing that could be taken for structure, whatever the class calls itself', () => {
    const names = new ClassNames();
    expect(names.of(named('a.b(1)'))).toBe('a_b_1_');
    expect(names.of(named('Größe'))).toBe('Größe');
    expect(names.of(named(''))).toBe('Anonymous');
    expect(names.of(named(() => 'x'))).toBe('Anonymous#2');
    expect(names.of(named('x'.repeat(5_000))).length).toBe(100);
  });

  it('is the same through its prototype, unless the prototype names another class', () => {
    const names = new ClassNames();
    class A {}
    class B {}
    Object.defineProperty(B.prototype, 'constructor', { value: A });
    expect(names.ofPrototype(A.prototype)).toBe(names.of(A));
    expect(names.ofPrototype(B.prototype)).toBe('A#2');
    expect(names.ofPrototype(B.prototype)).toBe('A#2');
  });
});
