import { describe, expect, it } from '@jest/globals';
import { sizeOf } from '../../lib/codec/size.js';
import { runInChildProcess } from './child-process.js';

const COUNT = 20_000;

/** Program text per shape: how to make the value number `i`, so that no two share anything. */
const SHAPES: Readonly<Record<string, string>> = {
  'a short string': '{ s: text(12, i) }',
  'a long string': '{ s: text(1000, i) }',
  'a string beyond Latin-1': '{ s: text(200, i) + "\\u4e2d" }',
  'an entity of ten columns': 'entity(i)',
  'an entity with a relation and a list': 'Object.assign(new Parent(), { id: i, one: entity(i), many: [entity(i), entity(i)] })',
  'a row of plain data': '({ id: i, name: text(20, i), price: i + 0.5, at: null })',
  'JSON': 'JSON.parse(JSON.stringify({ id: i, tags: [text(5, i), text(6, i)], nested: { a: i, b: [1, 2, 3] } }))',
  'a Date': 'new Date(1.6e12 + i)',
  'numbers': '[i + 0.5, { a: i * 1e10 }, i]',
  'a bigint': '{ id: BigInt(i) * 10n ** 30n }',
  'a long list of integers': 'Array.from({ length: 200 }, (_, at) => at)',
  'a Map': 'new Map(Array.from({ length: 20 }, (_, at) => [text(10, i * 100 + at), at]))',
  'a Set': 'new Set(Array.from({ length: 20 }, (_, at) => text(10, i * 100 + at)))',
  'a small Buffer': 'Buffer.allocUnsafeSlow(32)',
  'a large Buffer': 'Buffer.allocUnsafeSlow(4096)',
}; // prettier-ignore

const PROGRAM = `
  import { Copier } from './lib/codec/copy/copier.js';
  import { sizeOf } from './lib/codec/size.js';
  class Entity { id; title; slug; body; score; active; views; rating; createdAt; updatedAt; }
  class Parent { id; one; many; }
  // Built from bytes, so that it is one flat string as a driver makes it, and not a rope of shared pieces.
  const text = (length, i) => Buffer.from((i + ':').padEnd(length, 'abcdefgh')).toString('latin1');
  const entity = (i) => Object.assign(new Entity(), { id: i, title: text(20, i), slug: text(15, i), body: text(100, i),
    score: i + 0.5, active: true, views: i, rating: null, createdAt: new Date(i), updatedAt: new Date(i + 1) });
  const used = () => { gc(); gc(); const { heapUsed, external } = process.memoryUsage(); return heapUsed + external; };
  const shapes = { SHAPES };
  const copier = new Copier(() => undefined);
  const results = {};
  const measure = (make) => {
    const kept = new Array(COUNT);
    const before = used();
    let stated = 0;
    for (let i = 0; i < COUNT; i++) {
      const { value, bytes } = copier.store(make(i));
      kept[i] = value;
      stated += bytes;
    }
    const measured = used() - before;
    let counted = 0;
    for (const value of kept) counted += sizeOf(value);
    return { measured: measured / COUNT, stated: stated / COUNT, counted: counted / COUNT };
  };
  for (const [name, make] of Object.entries(shapes)) {
    for (let i = 0; i < 100; i++) copier.store(make(i));
    // The engine compiles and cleans up when it likes, and what it takes or gives back meanwhile is measured as well.
    const three = [measure(make), measure(make), measure(make)];
    results[name] = three.sort((one, other) => one.measured - other.measured)[1];
  }
  console.log(JSON.stringify(results));
`;

describe('the size of a value', () => {
  it('is what 20,000 of its kind take of the heap and beside it, within a quarter', () => {
    const shapes = Object.entries(SHAPES).map(([name, make]) => `${JSON.stringify(name)}: (i) => (${make})`);
    const program = PROGRAM.replace('SHAPES', shapes.join(',\n')).replaceAll('COUNT', String(COUNT));
    const results = JSON.parse(runInChildProcess(program, '--expose-gc')) as Record<
      string,
      { measured: number; stated: number; counted: number }
    >;
    expect(Object.keys(results)).toEqual(Object.keys(SHAPES));
    const wrong = Object.entries(results).filter(([, { measured, stated, counted }]) =>
      [stated, counted].some((bytes) => Math.abs(bytes / measured - 1) > 0.25),
    );
    expect(wrong).toEqual([]);
  }, 120_000);

  it('counts what a value holds twice once, and ends on cycles', () => {
    const shared = { text: 'x'.repeat(1000) };
    const cyclic: unknown[] = [shared, shared];
    cyclic.push(cyclic);
    expect(sizeOf(cyclic)).toBeLessThan(1300);
    expect(sizeOf([{ ...shared }, { text: 'y'.repeat(1000) }])).toBeGreaterThan(2000);
  });

  it('of primitives is what they take outside the field that holds them', () => {
    expect([undefined, null, true, 5, '', 'a'].map(sizeOf)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(sizeOf(0.5)).toBe(16);
    expect(sizeOf('12345678')).toBe(24);
    expect(sizeOf('中中中中')).toBe(24);
  });

  it('runs no getter', () => {
    const value = Object.defineProperty({}, 'trap', {
      get() {
        throw new Error('ran');
      },
      enumerable: true,
    });
    expect(sizeOf(value)).toBeGreaterThan(0);
  });
});
