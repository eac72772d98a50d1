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

class Filter {
  ids = [1];
  toJSON(): object {
    return { ids: this.ids };
  }
}

it('A snapshot is what the values were, whatever becomes of them', () => {
  const point = new Point();
  point.next = point;
  const list = [2];
  const bare = Object.assign(Object.create(null) as object, { b: 3 });
  const parsed = Object.assign(Object.create(Object.create(null) as object) as object, { c: [4] });
  const filter = new Filter();
  const bytes = Buffer.from('a');
  const map = new Map<unknown, unknown>([[1, list]]);
  const set = new Set<unknown>([point]);
  const values = [point, [1, { a: list }], bare, filter, bytes, map, set, new Uint16Array([1000]), parsed] as const;
  const snapshot = snapshotOf<unknown>(values);
  point.x = 10;
  point.at.setTime(10);
  list.push(20);
  bare.b = 30;
  parsed.c.push(40);
  filter.ids.push(2);
  bytes[0] = 98;
  map.set(2, 2);
  set.add(2);
  values[7][0] = 2000;
  const [kept, ...others] = snapshot() as typeof values;
  const expected = [[1, { a: [2] }], { b: 3 }, Object.assign(new Filter(), { ids: [1] }), Buffer.from('a')];
  expect(others).toEqual([...expected, new Map([[1, [2]]]), new Set([kept]), new Uint16Array([1000]), { c: [4] }]);
  expect(kept).toMatchObject({ x: 1, at: new Date(0) });
  expect(kept).toBeInstanceOf(Point);
  expect(kept.next).toBe(kept);
  expect(Object.getPrototypeOf(others[1])).toBeNull();
  expect([...others[5]]).toEqual([kept]);
});

it('A snapshot is the values themselves until one of them is changed, because somebody may know them', () => {
  const loop: { self?: unknown; n: number } = { n: 1 };
  loop.self = loop;
  const changes: [unknown, () => unknown][] = [
    [loop, () => (loop.self = { self: loop, n: 1 })],
    ...(
      [
        [new Point(), (point: Point) => (point.x = 2)],
        [new Point(), (point: Point) => point.at.setTime(1)],
        [new Point(), (point: Point) => (point.next = point)],
        [{ a: new Date(0) }, (given: { a: unknown }) => (given.a = {})],
        [{ a: new Map() }, (given: { a: unknown }) => (given.a = {})],
        [{ a: 1, b: 2 }, (given: { a?: number }) => (delete given.a, (given.a = 1))],
        [[1], (list: number[]) => list.push(2)],
        [Buffer.from('a'), (bytes: Buffer) => bytes.fill('b')],
        [new Map([[1, [1]]]), (map: Map<number, number[]>) => map.get(1)!.push(2)],
        [new Set([1]), (set: Set<number>) => set.add(2)],
      ] as [object, (value: never) => unknown][]
    ).map(([value, change]): [unknown, () => unknown] => [value, () => change(value as never)]),
  ];
  for (const [value, change] of changes) {
    const snapshot = snapshotOf([value, 1]);
    expect(snapshot()[0]).toBe(value);
    change();
    expect(snapshot()[0]).not.toBe(value);
  }
});

it('A snapshot holds itself what hides its state, what is a text in the end, and what is not listed among properties', () => {
  class Names extends Set {}
  const service = { calls: [] };
  const options = Object.defineProperty({ a: 1 }, 'service', { value: service });
  const values = [new Secret(), new Amount(), new Names(), Object.create(Map.prototype), new Proxy({}, {}), () => 1];
  const snapshot = snapshotOf<unknown>([values, options]);
  options.a = 2;
  const [held, kept] = snapshot() as [unknown[], { service: unknown }];
  held.forEach((value, at) => expect(value).toBe(values[at]));
  expect(kept).not.toBe(options);
  expect(kept.service).toBe(service);
});

it('A snapshot of primitives is the list itself', () => {
  const values = [1, 'a', null, undefined];
  expect(snapshotOf(values)()).toBe(values);
});
