import { describe, expect, it } from '@jest/globals';
import { InvalidationSet } from '../../lib/tags/invalidation-set.js';
import {
  databaseTag,
  groupAbove,
  rowsTag,
  rowTag,
  sweepTable,
  tableAbove,
  tableTag,
  type TableId,
} from '../../lib/tags/table-tags.js';
import { columnNode, heldNode, INSERTED, setNode, valueNode } from '../../lib/tags/table-nodes.js';
import { above, at, type Tag, type TagPath } from '../../lib/tags/tag.js';
import { userTag } from '../../lib/tags/user-tag.js';
import { widen } from '../../lib/tags/widen.js';
import { addWrite } from '../../lib/tags/write-rules.js';

const product: TableId = { database: 'pg:shop', name: 'product' };
const publicProduct: TableId = { ...product, schema: 'public' };
const otherProduct: TableId = { ...product, schema: 'archive' };

const valueOf = (table: TableId, group: TagPath, text: string) => at(tableTag(table), valueNode(group, text));

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
  addWrite(invalidation, { table: product, rows: ['1', '2'] });

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
    addWrite(invalidation, { table: product, rows: 'some' });
    expect(reaches(invalidation, rowTag(product, '3'))).toBe(true);
    expect(reaches(invalidation, tableTag(product))).toBe(true);
  });
});

describe('a table is the same table with its schema and without', () => {
  it.each([
    ['known rows', (into: InvalidationSet, table: TableId) => addWrite(into, { table, rows: ['1'] })],
    ['unknown rows', (into: InvalidationSet, table: TableId) => addWrite(into, { table, rows: 'some' })],
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
    [rowTag(product, 'a:b'), product, rowsTag(product)],
    [rowTag(publicProduct, ':'), publicProduct, rowsTag(publicProduct)],
    [rowTag(product, '1\u001f~'), product, rowsTag(product)],
    [valueOf(product, heldNode('name'), ':'), product, at(tableTag(product), heldNode('name'))],
    [valueOf(publicProduct, setNode('name'), 'a\u001fb'), publicProduct, at(tableTag(publicProduct), setNode('name'))],
  ])('know rows and values, their tables and the node above, whatever they look like', (tag, table, group) => {
    expect(tableAbove(tag)).toBe(tableTag(table));
    expect(groupAbove(tag)).toBe(group);
  });

  it('know the other nodes below a table, and tables from those', () => {
    for (const node of [INSERTED, columnNode('name'), heldNode('name'), valueNode(setNode('name'), null)]) {
      expect(tableAbove(at(tableTag(publicProduct), node))).toBe(tableTag(publicProduct));
      expect(groupAbove(at(tableTag(publicProduct), node))).toBeUndefined();
    }
    expect(tableAbove(tableTag(product))).toBeUndefined();
    expect(tableAbove(tableTag(publicProduct))).toBeUndefined();
    expect(tableAbove(userTag('shop', ['a', ':', 'b']))).toBeUndefined();
  });
});
