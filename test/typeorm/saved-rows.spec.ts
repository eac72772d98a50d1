import { describe, expect, it } from '@jest/globals';
import { tagOf } from '../../lib/tags/tag.js';
import { SavedRows, type SavedRow } from '../../lib/typeorm/connections/saved-rows.js';

const [row, other, table] = ['row', 'other', 'table'].map((name): SavedRow => {
  return { tags: [tagOf('db', name), tagOf('db', `${name} of the parent`)], put() {} };
});

function saved(): SavedRows {
  const rows = new SavedRows();
  rows.add([row, other, table]);
  return rows;
}

describe('a row that a transaction saved', () => {
  it('is dropped when the transaction reaches any of its tags, and no other is', () => {
    for (const invalidation of [
      { touches: [tagOf('db', 'row')], sweeps: [] },
      { touches: [], sweeps: [tagOf('db', 'row of the parent')] },
    ]) {
      const rows = saved();
      rows.hear(invalidation);
      expect(rows.take()).toEqual([other, table]);
    }
    const rows = saved();
    rows.hear({ touches: [tagOf('db')], sweeps: [] });
    expect(rows.take()).toEqual([row, other, table]);
  });

  it('is dropped when the transaction reads what may have written', () => {
    const rows = saved();
    rows.hearRead(undefined);
    expect(rows.isEmpty).toBe(false);
    rows.hearRead('unknown function f');
    expect(rows.take()).toEqual([]);
  });

  it('belongs to the transaction that took it', () => {
    const rows = saved();
    expect(rows.take()).toHaveLength(3);
    expect(rows.take()).toEqual([]);
  });
});
