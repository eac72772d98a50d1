import { describe, expect, it } from '@jest/globals';
import { dependencyInWords } from '../../lib/observability/dependency-words.js';
import { explainTables, isOfWholeDatabase } from '../../lib/observability/write-words.js';
import { canonicalId } from '../../lib/tags/canonical-id.js';
import { InvalidationSet } from '../../lib/tags/invalidation-set.js';
import * as nodes from '../../lib/tags/table-nodes.js';
import { databaseTag, sweepTable, tableTag, type TableId } from '../../lib/tags/table-tags.js';
import { plainTableWords, type NameTable } from '../../lib/tags/table-words.js';
import { TableEffect } from '../../lib/tags/table-effect.js';
import { at, type TagPath } from '../../lib/tags/tag.js';
import { prefixTag, userTag } from '../../lib/tags/user-tag.js';

const PRODUCT: TableId = { database: 'db', name: 'product' };
const LINE: TableId = { database: 'db', schema: 'shop', name: 'order_line' };

/** What entities would say of the tables above. */
const nameTable: NameTable = (table) => {
  if (table.name === 'product')
    return { name: 'Product', key: ['id'], columnName: (column) => (column === 'cat' ? 'category' : column) };
  if (table.name === 'order_line') return { name: 'OrderLine', key: ['order', 'line'], columnName: (column) => column };
  return plainTableWords(table);
};

const words = (table: TableId, path?: TagPath) => {
  const tag = tableTag(table);
  return dependencyInWords(path === undefined ? tag : at(tag, path), 'mine', nameTable);
};

describe('a dependency in words', () => {
  it.each<[string, TableId, TagPath | undefined]>([
    ['Product', PRODUCT, undefined],
    ['Product:42', PRODUCT, nodes.rowNode('42')],
    ['Product:*', PRODUCT, nodes.ROWS],
    ['Product inserted', PRODUCT, nodes.INSERTED],
    ['Product deleted', PRODUCT, nodes.DELETED],
    ['Product updated or deleted', PRODUCT, nodes.CHANGED],
    ['Product updated or deleted, in unknown rows', PRODUCT, nodes.CHOSEN],
    ["Product updated or deleted where category = 'books'", PRODUCT, nodes.valueNode(nodes.chosenNode('cat'), 'books')],
    ['Product changed', PRODUCT, nodes.CHANGES],
    ['Product.category set', PRODUCT, nodes.columnNode('cat')],
    ["Product.category set to 'books'", PRODUCT, nodes.valueNode(nodes.setNode('cat'), 'books')],
    ["Product.category = 'books'", PRODUCT, nodes.valueNode(nodes.heldNode('cat'), 'books')],
    [
      "Product.name set to 'x' where category = 'books'",
      PRODUCT,
      nodes.valueNode(nodes.setWhereNode(nodes.holderNode(nodes.heldNode('cat'), 'books'), 'name'), 'x'),
    ],
    [
      "Product.name set where category = 'books'",
      PRODUCT,
      nodes.anySetWhereNode(nodes.holderNode(nodes.heldNode('cat'), 'books'), 'name'),
    ],
    ['Product.name set, in unknown rows', PRODUCT, nodes.blindColumnNode('name')],
    ["Product deleted where category = 'books'", PRODUCT, nodes.valueNode(nodes.goneNode('cat'), 'books')],
    ['Product deleted where category = null', PRODUCT, nodes.valueNode(nodes.goneNode('cat'), null)],
    ['Product deleted, of unknown values', PRODUCT, nodes.DELETED_BLINDLY],
    [
      'Product.name set to null where category = null',
      PRODUCT,
      nodes.valueNode(nodes.setWhereNode(nodes.holderNode(nodes.heldNode('cat'), null), 'name'), null),
    ],
    ['Product.category = 7', PRODUCT, nodes.valueNode(nodes.heldNode('cat'), '7')],
    ["Product.category = 'null'", PRODUCT, nodes.valueNode(nodes.heldNode('cat'), 'null')],
    ['Product.category = null', PRODUCT, nodes.valueNode(nodes.heldNode('cat'), null)],
    ["Product.category set to ''", PRODUCT, nodes.valueNode(nodes.setNode('cat'), '')],
    ['OrderLine', LINE, undefined],
    ["OrderLine:{ order: 1, line: 'a.b' }", LINE, nodes.rowNode(canonicalId(['1', 'a.b'])!)],
    ['legacy.thing:1', { database: 'db', schema: 'legacy', name: 'thing' }, nodes.rowNode('1')],
  ])('is %s', (expected, table, path) => {
    expect(words(table, path)).toBe(expected);
  });

  it('is the tag as its user wrote it, and a name for the others', () => {
    expect(dependencyInWords(userTag('mine', ['reports', 'daily']), 'mine', nameTable)).toBe('reports:daily');
    expect(dependencyInWords(prefixTag('mine'), 'mine', nameTable)).toBe('clear()');
    expect(dependencyInWords(databaseTag('db'), 'mine', nameTable)).toBe('everything in the database');
  });
});

describe('a write in words', () => {
  const { rowNode, columnNode, ROWS, CHANGES, INSERTED, DELETED, CHANGED } = nodes;

  it.each<[string, TagPath[], TagPath[], object]>([
    ['insert', [INSERTED, rowNode('1')], [], { rows: ['1'], columns: [] }],
    ['insert', [INSERTED], [ROWS, CHANGES], { rows: 'some', columns: [] }],
    ['update', [CHANGED, rowNode('1'), columnNode('cat')], [], { rows: ['1'], columns: ['category'] }],
    ['update', [CHANGED], [ROWS, CHANGES], { rows: 'some', columns: 'some' }],
    ['delete', [CHANGED, DELETED, rowNode('1'), rowNode('2')], [], { rows: ['1', '2'], columns: [] }],
    ['upsert', [INSERTED, CHANGED, rowNode('1'), columnNode('name')], [], { rows: ['1'], columns: ['name'] }],
    ['several', [INSERTED, CHANGED, DELETED], [], { rows: [] }],
    ['several', [CHANGED, DELETED, columnNode('name')], [], { columns: ['name'] }],
    ['unknown', [rowNode('1')], [CHANGES], { rows: ['1'], columns: 'some' }],
  ])('is an %s by its nodes: %j, %j', (kind, touches, sweeps, expected) => {
    for (const table of [PRODUCT, { ...PRODUCT, schema: 'public' }]) {
      const written = new InvalidationSet();
      const effect = new TableEffect(written, table);
      for (const node of touches) effect.touch(node);
      for (const node of sweeps) effect.sweep(node);
      expect(explainTables(written, nameTable)).toEqual([
        expect.objectContaining({ table: 'Product', kind, ...expected }),
      ]);
    }
  });

  it('is a write to the whole table under either spelling, and names each table once', () => {
    const written = new InvalidationSet();
    sweepTable(written, PRODUCT);
    sweepTable(written, LINE);
    const whole = { kind: 'whole table', rows: 'all', columns: 'all' };
    const explained = [...explainTables(written, nameTable)].sort((a, b) => a.table.localeCompare(b.table));
    expect(explained).toEqual([
      { table: 'OrderLine', ...whole },
      { table: 'Product', ...whole },
    ]);
    expect(isOfWholeDatabase(written)).toBe(false);
    expect(isOfWholeDatabase({ touches: [], sweeps: [databaseTag('db')] })).toBe(true);
    expect(explainTables({ touches: [], sweeps: [databaseTag('db'), userTag('mine', ['a'])] }, nameTable)).toEqual([]);
  });
});
