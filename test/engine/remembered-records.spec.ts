import { expect, it } from '@jest/globals';
import { RememberedRecords } from '../../lib/engine/remembered-records.js';
import { rowTag } from '../../lib/tags/table-tags.js';
import type { Tag } from '../../lib/tags/tag.js';

const row = (id: number): Tag => rowTag({ database: 'db', name: 'product' }, String(id));

it('Of more records than can be remembered the newer half stays, and it is said up to where others were forgotten', () => {
  const records = new RememberedRecords(10);
  const forgotten: number[] = [];
  for (let position = 1; position <= 11; position++) {
    forgotten.push(records.add({ touches: [row(position)], sweeps: [] }, position));
  }
  expect(forgotten).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6]);
  const known = Array.from({ length: 11 }, (_, at) => records.touchedAt(row(at + 1)));
  expect(known).toEqual([0, 0, 0, 0, 0, 0, 7, 8, 9, 10, 11]);
});

it('What one record says is forgotten together', () => {
  const records = new RememberedRecords(4);
  expect(records.add({ touches: [1, 2, 3, 4, 5].map(row), sweeps: [row(6)] }, 1)).toBe(1);
  expect([1, 2, 3, 4, 5, 6].map((id) => records.touchedAt(row(id)))).toEqual([0, 0, 0, 0, 0, 0]);
  expect(records.sweptAt(row(6))).toBe(0);
});
