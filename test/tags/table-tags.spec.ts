import { describe, expect, it } from '@jest/globals';
import { InvalidationSet } from '../../lib/tags/invalidation-set.js';
import {
  databaseTag,
  isRowTag,
  rowsTag,
  rowTag,
  sweepTable,
  tableOfRow,
  tableTag,
  touchAnyRows,
  touchRows,
  type TableId,
} from '../../lib/tags/table-tags.js';
import { above, type Tag } from '../../lib/tags/tag.js';
import { widen } from '../../lib/tags/widen.js';

const product: TableId = { database: 'pg:shop', name: 'product' };
const publicProduct: TableId = { ...product, schema: 'public' };
const otherProduct: TableId = { ...product, schema: 'archive' };

/** Whether somebody who depends on `tag` hears of the invalidation. */
function reaches(invalidation: InvalidationSet, tag: Tag): boolean {
  if (invalidation.touches.includes(tag)) return true;
  for (let node: Tag | undefined = tag; node !== undefined; node = above(node)) {
    if (invalidation.sweeps.includes(node)) return true;
  }
  return false;
}

describe('a write to rows that are known', () => {
  const invalidation = new InvalidationSet();
  touchRows(invalidation, product, ['1', '2']);

  it('reaches those rows and everybody who reads the table as a whole', () => {
    expect(reaches(invalidation, rowTag(product, '1'))).toBe(true);
    expect(reaches(invalidation, rowTag(product, '2'))).toBe(true);
    expect(reaches(invalidation, tableTag(product))).toBe(true);
  });

  it('leaves the other rows and the other tables alone', () => {
    expect(reaches(invalidation, rowTag(product, '3'))).toBe(false);
    expect(reaches(invalidation, tableTag({ ...product, name: 'author' }))).toBe(false);
    expect(reaches(invalidation, rowTag({ ...product, database: 'pg:crm' }, '1'))).toBe(false);
  });
});

describe('a write to rows that are not known', () => {
  it('reaches every row', () => {
    const invalidation = new InvalidationSet();
    touchAnyRows(invalidation, product);
    expect(reaches(invalidation, rowTag(product, '3'))).toBe(true);
    expect(reaches(invalidation, tableTag(product))).toBe(true);
  });
});

describe('a table is the same table with its schema and without', () => {
  it.each([
    ['known rows', (into: InvalidationSet, table: TableId) => touchRows(into, table, ['1'])],
    ['unknown rows', touchAnyRows],
    ['the whole table', sweepTable],
  ])('a write to %s is heard under each spelling that may mean it', (_, write) => {
    const qualified = new InvalidationSet();
    write(qualified, publicProduct);
    expect(reaches(qualified, rowTag(product, '1'))).toBe(true);
    expect(reaches(qualified, tableTag(product))).toBe(true);
    expect(reaches(qualified, rowTag(otherProduct, '1'))).toBe(false);

    const unqualified = new InvalidationSet();
    write(unqualified, product);
    expect(reaches(unqualified, rowTag(publicProduct, '1'))).toBe(true);
    expect(reaches(unqualified, tableTag(otherProduct))).toBe(true);
  });
});

describe('the database', () => {
  it('stands above all its tables', () => {
    const invalidation = new InvalidationSet().sweep(databaseTag('pg:shop'));
    expect(reaches(invalidation, rowTag(publicProduct, '1'))).toBe(true);
    expect(reaches(invalidation, tableTag({ ...product, database: 'pg:crm' }))).toBe(false);
  });
});

describe('too many tags', () => {
  it('widen from rows to their tables, which every write to a row touches', () => {
    const rows = Array.from({ length: 5 }, (_, id) => rowTag(publicProduct, String(id)));
    expect([...widen(rows, 5)]).toEqual(rows);
    expect([...widen([...rows, tableTag(product)], 5)]).toEqual([tableTag(publicProduct), tableTag(product)]);
  });

  it.each([
    [rowTag(product, 'a:b'), product],
    [rowTag(publicProduct, ':'), publicProduct],
  ])('know a row from its table, whatever its id looks like', (tag, table) => {
    expect(isRowTag(tag)).toBe(true);
    expect(tableOfRow(tag)).toBe(tableTag(table));
    expect(isRowTag(tableTag(table))).toBe(false);
    expect(isRowTag(rowsTag(table))).toBe(false);
  });
});
