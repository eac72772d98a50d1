import { TableEffect } from './table-effect.js';
import { idOfRow, writtenValue, type ColumnInfo, type TableInfo } from './table-info.js';
import {
  CHANGED,
  CHANGES,
  columnNode,
  DELETED,
  heldNode,
  INSERTED,
  ROWS,
  rowNode,
  setNode,
  valueNode,
} from './table-nodes.js';
import { sweepTable } from './table-tags.js';
import type { InvalidationSink, TagPath } from './tag.js';
import type { Insertion, RowValues, Update, Upsert, WriteFacts } from './write-facts.js';

/** More rows than this are not named one by one. */
export const MAX_WRITTEN_ROWS = 1_000;

/** About how many values of columns one write names; every column may have its share, and a few in any case. */
const MAX_WRITTEN_VALUES = 1_000;
const FEW_VALUES = 16;

/** Adds what a write invalidates. */
export function addWrite(into: InvalidationSink, write: WriteFacts): void {
  if (write.kind === undefined) {
    if (write.rows === 'all') sweepTable(into, write.table);
    else effectOnRows(write.rows).addTo(into, write.table);
    return;
  }
  const effect = new TableEffect();
  switch (write.kind) {
    case 'insert':
      insert(effect, write);
      break;
    case 'update':
      update(effect, write);
      break;
    case 'delete':
      touchRows(effect.touch(CHANGED).touch(DELETED), write.ids);
      break;
    case 'upsert':
      upsert(effect, write);
  }
  effect.addTo(into, write.table.id);
}

function effectOnRows(ids: readonly string[] | 'some'): TableEffect {
  const effect = new TableEffect();
  if (ids === 'some') return effect.sweep(ROWS).sweep(CHANGES);
  if (ids.length > 0) touchRows(effect.sweep(CHANGES), ids);
  return effect;
}

function insert(effect: TableEffect, { table, rows }: Insertion): void {
  effect.touch(INSERTED);
  if (rows === 'some') {
    effect.sweep(ROWS);
    for (const column of table.columns ?? []) effect.sweep(heldNode(column.name));
  } else {
    touchRows(effect, idsOf(table, rows));
    touchHeldValues(effect, table, rows);
  }
  // Somebody else may know columns of which this write knows nothing.
  if (table.columns === undefined) effect.sweep(CHANGES);
}

function update(effect: TableEffect, { table, ids, set, newRows }: Update): void {
  const { columns } = table;
  effect.touch(CHANGED);
  const newIds = newRows === undefined ? undefined : idsOf(table, newRows);
  const setsKey = set === undefined || table.key.length === 0 || table.key.some(({ name }) => set.has(name));
  if (!setsKey) touchRows(effect, ids ?? newIds);
  else {
    // The rows have a name before and another one after.
    touchRows(effect, ids);
    touchRows(effect, newIds ?? idOfSet(table, ids, set));
  }
  if (columns === undefined || (set === undefined && newRows === undefined)) {
    effect.sweep(CHANGES);
    return;
  }
  for (const column of set?.keys() ?? columns.map(({ name }) => name)) effect.touch(columnNode(column));
  if (newRows !== undefined) touchHeldValues(effect, table, newRows);
  else for (const column of columns) if (set!.has(column.name)) touchSetValue(effect, column, set!.get(column.name));
}

/** Either may have happened, and the row that was updated may be another one than was to be inserted. */
function upsert(effect: TableEffect, { table, rows, ids, set, newRows }: Upsert): void {
  insert(effect, { kind: 'insert', table, rows: newRows ?? rows });
  update(effect, { kind: 'update', table, ids, set, newRows });
}

function touchRows(effect: TableEffect, ids: readonly string[] | undefined): void {
  if (ids === undefined || ids.length > MAX_WRITTEN_ROWS) effect.sweep(ROWS);
  else for (const id of ids) effect.touch(rowNode(id));
}

/** `A=c:v` for every column of the table. */
function touchHeldValues(effect: TableEffect, table: TableInfo, rows: readonly RowValues[]): void {
  const { columns = [] } = table;
  const limit = Math.max(FEW_VALUES, Math.floor(MAX_WRITTEN_VALUES / columns.length));
  for (const column of columns) {
    const group = heldNode(column.name);
    const nodes = rows.length > MAX_WRITTEN_ROWS ? undefined : nodesOf(group, column, rows, limit);
    if (nodes === undefined) effect.sweep(group);
    else for (const node of nodes) effect.touch(node);
  }
}

/** The nodes of all values in a column, or undefined when one is not known or they are more than `limit`. */
function nodesOf(
  group: TagPath,
  column: ColumnInfo,
  rows: readonly RowValues[],
  limit: number,
): ReadonlySet<TagPath> | undefined {
  const nodes = new Set<TagPath>();
  for (const row of rows) {
    const value = writtenValue(column, row(column.name));
    if (value === undefined || nodes.size > limit) return undefined;
    if (value !== 'none') nodes.add(valueNode(group, value.text));
  }
  return nodes;
}

/** `A?c=v`. */
function touchSetValue(effect: TableEffect, column: ColumnInfo, given: unknown): void {
  const group = setNode(column.name);
  const value = writtenValue(column, given);
  if (value === undefined) effect.sweep(group);
  else if (value !== 'none') effect.touch(valueNode(group, value.text));
}

function idsOf(table: TableInfo, rows: readonly RowValues[]): readonly string[] | undefined {
  if (rows.length > MAX_WRITTEN_ROWS) return undefined;
  const ids: string[] = [];
  for (const row of rows) {
    const id = idOfRow(table, row);
    if (id === undefined) return undefined;
    ids.push(id);
  }
  return ids;
}

/** The new name of the rows, if an update that sets their whole key tells it. */
function idOfSet(
  table: TableInfo,
  ids: readonly string[] | undefined,
  set: ReadonlyMap<string, unknown> | undefined,
): readonly string[] | undefined {
  if (ids === undefined || set === undefined) return undefined;
  const id = idOfRow(table, (column) => set.get(column));
  return id === undefined ? undefined : [id];
}
