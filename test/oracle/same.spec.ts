import { describe, expect, it } from '@jest/globals';
import { isSame } from './same.js';
import { Money } from './schema.js';

class Row {
  constructor(values: object) {
    Object.assign(this, values);
  }
}

/** With an accessor as TypeORM gives it to a lazy relation; whoever looks at it is found out. */
function lazy(): object {
  return Object.defineProperty(new Row({ id: 1 }), 'posts', {
    get: () => {
      throw new Error('the database was asked');
    },
  });
}

describe('Two answers are the same', () => {
  it.each([
    ['two rows alike', new Row({ id: 1, born: new Date(5) }), new Row({ born: new Date(5), id: 1 })],
    ['relations in another order', { posts: [{ id: 1 }, { id: 2 }] }, { posts: [{ id: 2 }, { id: 1 }] }],
    ['what is hidden behind a getter', { amount: new Money(3) }, { amount: new Money(3) }],
    ['relations that nobody has looked at', lazy(), lazy()],
    ['what holds itself', ring(), ring()],
  ])('if they differ in nothing that counts: %s', (_, one, other) => {
    expect(isSame(one, other)).toBe(true);
  });

  it.each([
    ['a value', { id: 1 }, { id: 2 }],
    ['a value further in', [{ author: { name: 'a' } }], [{ author: { name: 'b' } }]],
    ['a type', { id: 1 }, { id: '1' }],
    ['a type with the same text', { id: 1 }, { id: 1n }],
    ['a class', new Row({ id: 1 }), { id: 1 }],
    ['what is missing and what is undefined', { id: 1, age: undefined }, { id: 1 }],
    ['what is missing and what is nothing', { age: null }, { age: undefined }],
    ['the order of an answer', [{ id: 1 }, { id: 2 }], [{ id: 2 }, { id: 1 }]],
    ['a row more', [{ id: 1 }], [{ id: 1 }, { id: 2 }]],
    ['a moment', { born: new Date(5) }, { born: new Date(6) }],
    ['bytes', { key: Buffer.from('a') }, { key: Buffer.from('b') }],
    ['what is hidden behind a getter', { amount: new Money(3) }, { amount: new Money(4) }],
    ['a relation that somebody has looked at', lazy(), Object.assign(lazy(), { __posts__: [] })],
  ])('and not if they differ in %s', (_, one, other) => {
    expect(isSame(one, other)).toBe(false);
    expect(isSame(other, one)).toBe(false);
  });
});

function ring(): object {
  const parent: { id: number; children: object[] } = { id: 1, children: [] };
  parent.children.push({ id: 2, parent });
  return parent;
}
