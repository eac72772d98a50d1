import { expect, it } from '@jest/globals';
import { snapshotOf } from '../../lib/support/snapshot.js';

class Point {
  x = 1;
  at = new Date(0);
  next?: Point;
}

class Secret {
  #value = 1;
  get value(): number {
    return this.#value;
  }
}

class Amount {
  cents = 1;
  toJSON(): string {
    return `${this.cents}`;
  }
}

it('A snapshot is what the values were, whatever becomes of them', () => {
  const point = new Point();
  point.next = point;
  const list = [2];
  const bare = Object.assign(Object.create(null) as object, { b: 3 });
  const values = [point, [1, { a: list }], bare] as const;
  const snapshot = snapshotOf<unknown>(values) as typeof values;
  point.x = 10;
  point.at.setTime(10);
  list.push(20);
  bare.b = 30;
  expect(snapshot).toEqual([snapshot[0], [1, { a: [2] }], { b: 3 }]);
  expect(snapshot[0]).toMatchObject({ x: 1, at: new Date(0) });
  expect(snapshot[0]).toBeInstanceOf(Point);
  expect(snapshot[0].next).toBe(snapshot[0]);
  expect(Object.getPrototypeOf(snapshot[2])).toBeNull();
});

it('A snapshot holds itself what hides its state, what is a text in the end, and what is not listed among properties', () => {
  const service = { calls: [] };
  const options = Object.defineProperty({ a: 1 }, 'service', { value: service });
  const values = [new Secret(), new Amount(), new Map(), Buffer.from('a'), new Proxy({}, {}), () => 1];
  const [held, kept] = snapshotOf<unknown>([values, options]) as [unknown[], { service: unknown }];
  held.forEach((value, at) => expect(value).toBe(values[at]));
  expect(kept).not.toBe(options);
  expect(kept.service).toBe(service);
});

it('A snapshot of primitives is the list itself', () => {
  const values = [1, 'a', null, undefined];
  expect(snapshotOf(values)).toBe(values);
});
