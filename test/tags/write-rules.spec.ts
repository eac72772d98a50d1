import { describe, expect, it } from '@jest/globals';
import { InvalidationSet } from '../../lib/tags/invalidation-set.js';
import { MAX_READ_ROWS } from '../../lib/tags/reading.js';
import { forEachDependency, type ReadFacts } from '../../lib/tags/read-rules.js';
import { writtenValue, type ColumnInfo, type TableInfo } from '../../lib/tags/table-info.js';
import { rowsTag, rowTag, tableTag } from '../../lib/tags/table-tags.js';
import type { Tag } from '../../lib/tags/tag.js';
import type { WriteFacts, WrittenRows } from '../../lib/tags/write-facts.js';
import { addWrite, MAX_WRITTEN_ROWS } from '../../lib/tags/write-rules.js';

const table = { database: 'db', name: 'book' };

const written = (rows: WrittenRows) => {
  const set = new InvalidationSet();
  addWrite(set, { table, rows });
  return set;
};

const depends = (read: Omit<ReadFacts, 'table'>) => {
  const tags: Tag[] = [];
  forEachDependency({ table, ...read }, (tag) => void tags.push(tag));
  return tags;
};

/** Whether the write reaches the read: it touches one of its nodes, or sweeps that or one above. */
const meets = (rows: WrittenRows, read: Omit<ReadFacts, 'table'>) => {
  const { touches, sweeps } = written(rows);
  const isAboveOrSame = (swept: Tag, tag: Tag) => tag === swept || tag.startsWith(`${swept}\u001f`);
  return depends(read).some((tag) => touches.includes(tag) || sweeps.some((swept) => isAboveOrSame(swept, tag)));
};

describe('a write', () => {
  it('reaches every reader of the table, whatever is known of its rows', () => {
    for (const rows of [['1'], 'some', 'all'] as const) expect(meets(rows, {})).toBe(true);
  });

  it('reaches the readers of its rows, and of no others if it knows them', () => {
    expect(meets(['1', '2'], { ids: ['2'] })).toBe(true);
    expect(meets(['1', '2'], { ids: ['3'] })).toBe(false);
    expect(meets('some', { ids: ['3'] })).toBe(true);
    expect(meets('all', { ids: ['3'] })).toBe(true);
  });

  it('to no row at all still reaches the readers of the table', () => {
    expect(meets([], {})).toBe(true);
    expect(meets([], { ids: ['1'] })).toBe(false);
  });

  it('to very many rows names none of them', () => {
    const rows = Array.from({ length: MAX_WRITTEN_ROWS + 1 }, (_, index) => String(index));
    expect(written(rows).touches).toEqual([tableTag(table)]);
    expect(written(rows).sweeps).toContain(rowsTag(table));
    expect(written(rows.slice(1)).touches).toHaveLength(MAX_WRITTEN_ROWS + 1);
  });
});

describe('a read', () => {
  it('limited to very many rows depends on their table', () => {
    const ids = Array.from({ length: MAX_READ_ROWS + 1 }, (_, index) => String(index));
    expect(depends({ ids })).toEqual([tableTag(table)]);
    expect(depends({ ids: ids.slice(1) })).toHaveLength(MAX_READ_ROWS);
  });

  it('limited to no row depends on nothing, because no write can bring one in', () => {
    expect(depends({ ids: [] })).toEqual([]);
  });
});

describe('the rows collected', () => {
  it('become any rows of their tables when they are too many', () => {
    const set = written(['1', '2']).widenRows();
    expect(set.touches).toEqual([tableTag(table)]);
    expect(set.sweeps).toContain(rowsTag(table));
    expect(set.touches).not.toContain(rowTag(table, '1'));
    const swept = new InvalidationSet().sweep(rowTag(table, '1')).sweep(rowsTag(table)).widenRows();
    expect(swept.sweeps).toEqual([rowsTag(table)]);
  });
});

describe('a write whose columns are known', () => {
  const info: TableInfo = {
    id: table,
    key: [{ name: 'id', kind: 'integer' }],
    columns: [
      { name: 'id', kind: 'integer' },
      { name: 'title', kind: 'text' },
      { name: 'price', kind: 'other' },
    ],
  };
  const say = (write: WriteFacts, set = new InvalidationSet()) => {
    addWrite(set, write);
    const readable = (tags: readonly Tag[]) =>
      tags.map((tag) => tag.slice('db.book'.length).replace('\u001f~\u001f', '').replaceAll('\u001f', '/'));
    return { touches: readable(set.touches), sweeps: readable(set.sweeps).filter((tag) => tag !== '/.') };
  };
  const row = (values: Record<string, unknown>) => (column: string) => values[column];

  it('names the values of a new row, and sweeps those it does not know', () => {
    expect(say({ kind: 'insert', table: info, rows: [row({ id: 1, title: null, price: 1.5 })] })).toEqual({
      touches: ['', '+', '/:/1', '=title'],
      sweeps: ['=id/1', '=title/'],
    });
    expect(say({ kind: 'insert', table: info, rows: [row({})] })).toEqual({
      touches: ['', '+'],
      sweeps: ['/:', '=id', '=title', '=price'],
    });
  });

  it('names what a new row holds beside a value to those who tell it apart', () => {
    class Apart extends InvalidationSet {
      override tellsApart(): boolean {
        return true;
      }
    }
    const insert = (...rows: Record<string, unknown>[]) =>
      say({ kind: 'insert', table: info, rows: rows.map(row) }, new Apart());
    expect(insert({ id: 1, title: 'B', price: 1.5 })).toEqual({
      touches: ['', '+', '/:/1', '=id/1', '=id/1/?title/b', '=title/b', '=title/b/?id/1'],
      sweeps: [],
    });
    expect(insert({ id: 1, title: null })).toEqual({
      touches: ['', '+', '/:/1', '=id/1', '=id/1/?title', '=title', '=title/', '=title//?id/1'],
      sweeps: ['=id/1/?price', '=title//?price', '=price'],
    });
    const { touches } = insert({ id: 1, title: 'a', price: null }, { id: 2, title: 'b', price: null });
    expect(touches).toContain('=price//?title/a');
    expect(touches).toContain('=id/2/?title/b');
    expect(touches).not.toContain('=id/1/?title/b');
    const many = Array.from({ length: 400 }, (_, id) => ({ id, title: 'same', price: 1 }));
    expect(insert(...many).sweeps).toEqual(['=id', '=title/same']);
  });

  it('names what an update sets, or all values of rows that were answered', () => {
    const set = new Map([['title', 'B']]);
    expect(say({ kind: 'update', table: info, ids: ['1'], set }).touches).toEqual([
      '',
      '*',
      '/:/1',
      '#title',
      '!title',
      '?title/b',
    ]);
    const newRows = [row({ id: 1, title: 'B', price: 2 })];
    expect(say({ kind: 'update', table: info, set, newRows }).touches).toEqual([
      '',
      '*',
      '/:/1',
      '#title',
      '=id/1/#title',
      '=id/1/?title/b',
      '=title/b/#title',
      '=title/b/?title/b',
    ]);
    expect(say({ kind: 'update', table: info, newRows }).touches).toContain('=title/b/?id/1');
  });

  it('of whole rows says only that a column was set whose values nobody can listen for', () => {
    const newRows = [row({ id: 1, title: 'B', price: 2 })];
    const set = new Map([['price', 2]]);
    expect(say({ kind: 'update', table: info, set, newRows })).toEqual({
      touches: ['', '*', '/:/1', '#price', '=id/1/#price', '=title/b/#price'],
      sweeps: [],
    });
  });

  it('names what rows held that are gone, as far as they were answered', () => {
    const oldRows = [row({ id: 1, title: 'B', price: 2 })];
    expect(say({ kind: 'delete', table: info, ids: ['1'], oldRows }).touches).toEqual([
      '',
      '*',
      '-',
      '/:/1',
      '-id/1',
      '-title/b',
    ]);
    expect(say({ kind: 'delete', table: info, ids: ['1'] }).touches).toEqual(['', '*', '-', '/:/1', '!']);
  });

  it('of whole rows sweeps what stands below values where it sets too many', () => {
    const columns = Array.from({ length: 15 }, (_, i) => ({ name: `c${i}`, kind: 'integer' as const }));
    const newRows = [() => 7];
    const { touches, sweeps } = say({
      kind: 'update',
      table: { ...info, key: [columns[0]], columns },
      ids: ['7'],
      newRows,
    });
    expect(touches).not.toContain('=c0/7/?c0/7');
    expect(sweeps).toEqual(columns.map(({ name }) => `=${name}/7`));
  });

  it('gives a value that nobody can depend on no node', () => {
    const set = new Map([['title', 'x'.repeat(200)]]);
    expect(say({ kind: 'update', table: info, ids: ['1'], set })).toEqual({
      touches: ['', '*', '/:/1', '#title', '!title'],
      sweeps: [],
    });
  });

  it('does not take for a value what a database may store as NULL', () => {
    for (const price of [NaN, '', new Date(NaN), {}]) {
      expect(say({ kind: 'insert', table: info, rows: [row({ id: 1, title: 'a', price })] }).sweeps).toContain(
        '=price',
      );
    }
    for (const price of [1.5, 2n, true, '1.50', new Date(0)]) {
      const { sweeps } = say({ kind: 'insert', table: info, rows: [row({ id: 1, title: 'a', price })] });
      expect(sweeps).toEqual(['=id/1', '=title/a']);
    }
  });

  it('does not take for a value what MySQL may store as the day zero, which it finds by IS NULL', () => {
    const column: ColumnInfo = { name: 'at', kind: 'other', findsZeroAsNull: true };
    for (const value of [0, 5, '0', '0000-00-00', '2026-02-31', '', true, new Date(NaN), new Date('2040-01-01')]) {
      expect(writtenValue(column, value)).toBeUndefined();
    }
    expect(writtenValue(column, new Date('2026-11-30'))).toBe('none');
    expect(writtenValue(column, null)).toEqual({ text: null });
  });

  it('of very many rows names few values', () => {
    const rows = Array.from({ length: 500 }, (_, id) => row({ id, title: 'same', price: 1 }));
    expect(say({ kind: 'insert', table: info, rows }).sweeps).toEqual(['=id', '=title/same']);
    const more = Array.from({ length: MAX_WRITTEN_ROWS + 1 }, (_, id) => row({ id, title: 'same', price: 1 }));
    expect(say({ kind: 'insert', table: info, rows: more })).toEqual({
      touches: ['', '+'],
      sweeps: ['/:', '=id', '=title', '=price'],
    });
  });
});
