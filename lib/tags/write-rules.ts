import { nodesOfColumns, type ColumnNodes } from './column-nodes.js';
import { TableEffect } from './table-effect.js';
import { idOfRow, writtenValue, type ColumnInfo, type TableInfo } from './table-info.js';
import {
  blindColumnNode,
  CHANGED,
  CHANGES,
  CHOSEN,
  columnNode,
  DELETED,
  DELETED_BLINDLY,
  holderNode,
  INSERTED,
  rowNode,
  ROWS,
  valueNode,
} from './table-nodes.js';
import { sweepTable } from './table-tags.js';
import type { InvalidationSink, TagPath } from './tag.js';
import type { Deletion, RowValues, Update, Upsert, WriteFacts } from './write-facts.js';

/** More rows than this are not named one by one. */
export const MAX_WRITTEN_ROWS = 1_000;

/** About how many values of columns one write names; every column may have its share, and a few in any case. */
const MAX_WRITTEN_VALUES = 1_000;
const FEW_VALUES = 16;

/** More pairs of a value that a row holds and a value it was given are not named one by one. */
const MAX_PAIRS = 200;

/** What an update and an upsert have in common. */
type UpdateFacts = Pick<Update, 'table' | 'ids' | 'set' | 'oldRows' | 'newRows'>;

/** Says what a write invalidates, as far as it concerns the one who is told. */
export function addWrite(into: InvalidationSink, write: WriteFacts): void {
  switch (write.kind) {
    case undefined:
      if (write.rows === 'all') sweepTable(into, write.table);
      else changeRows(new TableEffect(into, write.table), write.rows);
      break;
    case 'insert':
      insert(new TableEffect(into, write.table.id), write.table, write.rows);
      break;
    case 'update':
      update(new TableEffect(into, write.table.id), write);
      break;
    case 'delete':
      remove(new TableEffect(into, write.table.id), write);
      break;
    case 'upsert':
      upsert(new TableEffect(into, write.table.id), write);
  }
}

function changeRows(effect: TableEffect, ids: readonly string[] | 'some'): void {
  if (ids === 'some') effect.sweep(ROWS).sweep(CHANGES);
  else if (ids.length > 0) touchRows(effect.sweep(CHANGES), ids);
}

function insert(effect: TableEffect, table: TableInfo, rows: readonly RowValues[] | 'some'): void {
  effect.touch(INSERTED);
  if (rows === 'some') {
    effect.sweep(ROWS);
    for (const { held } of nodesOfColumns(table)) effect.sweep(held);
  } else {
    touchRows(effect, idsOf(table, rows));
    touchHeldValues(effect, table, rows);
  }
  // Somebody else may know columns of which this write knows nothing.
  if (table.columns === undefined) effect.sweep(CHANGES);
}

function update(effect: TableEffect, { table, ids, set, oldRows, newRows }: UpdateFacts): void {
  const { areChangesHeard } = effect;
  if (areChangesHeard) effect.touch(CHANGED);
  const newIds = newRows === undefined ? undefined : idsOf(table, newRows);
  const setsKey = set === undefined || table.key.length === 0 || table.key.some(({ name }) => set.has(name));
  if (!setsKey) touchChosenRows(effect, table, ids ?? newIds, oldRows);
  else {
    // The rows have a name before and another one after.
    touchRows(effect, ids);
    touchRows(effect, newIds ?? idOfSet(table, ids, set));
  }
  if (!areChangesHeard) return;
  if (table.columns === undefined || (set === undefined && newRows === undefined)) {
    effect.sweep(CHANGES);
    return;
  }
  if (set !== undefined) for (const column of set.keys()) touchColumn(effect, column, newRows !== undefined);
  else for (const { changed } of nodesOfColumns(table)) effect.touch(changed);
  if (newRows !== undefined) touchSetWhereHeld(effect, table, newRows, set);
  else for (const nodes of nodesOfColumns(table)) if (set!.has(nodes.column.name)) touchSetValue(effect, nodes, set!);
}

function touchColumn(effect: TableEffect, column: string, isRowKnown: boolean): void {
  effect.touch(columnNode(column));
  if (!isRowKnown) effect.touch(blindColumnNode(column));
}

function remove(effect: TableEffect, { table, ids, oldRows }: Deletion): void {
  const { areChangesHeard } = effect;
  if (areChangesHeard) effect.touch(CHANGED).touch(DELETED);
  touchChosenRows(effect, table, ids, oldRows);
  if (!areChangesHeard) return;
  if (oldRows === undefined || table.columns === undefined) effect.touch(DELETED_BLINDLY);
  else touchValuesBefore(effect, table, oldRows, 'gone');
}

/** Either may have happened, and the row that was updated may be another one than was to be inserted. */
function upsert(effect: TableEffect, facts: Upsert): void {
  insert(effect, facts.table, facts.newRows ?? facts.rows);
  update(effect, facts);
}

function touchRows(effect: TableEffect, ids: readonly string[] | undefined): void {
  if (ids === undefined || ids.length > MAX_WRITTEN_ROWS) effect.sweep(ROWS);
  else for (const id of ids) effect.touch(rowNode(id));
}

/** `A@` and `A@c:v` for every column of the table, where nobody knows more of the rows than what they held. */
function touchChosenRows(
  effect: TableEffect,
  table: TableInfo,
  ids: readonly string[] | undefined,
  oldRows: readonly RowValues[] | undefined,
): void {
  const isToldByValues = ids === undefined && table.hidesChosenRows === true && table.columns !== undefined;
  if (!isToldByValues || oldRows === undefined) touchRows(effect, ids);
  else {
    effect.touch(CHOSEN);
    touchValuesBefore(effect, table, oldRows, 'chosen');
  }
}

/** `A=c:v` for every column of the table, and `A=c:v?s=w` for every other one. */
function touchHeldValues(effect: TableEffect, table: TableInfo, rows: readonly RowValues[]): void {
  const all = nodesOfColumns(table);
  const arePairsFew = rows.length * all.length <= MAX_WRITTEN_VALUES;
  for (const { column, held } of all) {
    const values = effect.isHeardBelow(held) ? valuesOf(column, all.length, rows) : NO_VALUES;
    if (values === undefined) {
      effect.sweep(held);
      continue;
    }
    for (const text of values) {
      // As a holder NULL has another place.
      if (text === null) effect.touch(held);
      const holder = holderNode(held, text);
      if (!arePairsFew || !effect.tellsApart(holder)) {
        effect.sweep(holder);
        continue;
      }
      effect.touch(holder);
      for (const row of rows) touchOthersHeld(effect, table, row, { column, holder, text });
    }
  }
}

/** `A=c:v?s=w` for every other column of a row, if it is one that holds this value. */
function touchOthersHeld(
  effect: TableEffect,
  table: TableInfo,
  row: RowValues,
  { column, holder, text }: { readonly column: ColumnInfo; readonly holder: TagPath; readonly text: string | null },
): void {
  const value = writtenValue(column, row(column.name));
  if (value === undefined || value === 'none' || value.text !== text) return;
  for (const other of nodesOfColumns(table)) {
    if (other.column !== column) touchValue(effect, other.column, (holder + other.setWhere) as TagPath, row);
  }
}

/** `A-c:v` or `A@c:v` for every column of the table. */
function touchValuesBefore(
  effect: TableEffect,
  table: TableInfo,
  rows: readonly RowValues[],
  group: 'gone' | 'chosen',
): void {
  const all = nodesOfColumns(table);
  for (const { column, [group]: node } of all) {
    const values = effect.isHeardBelow(node) ? valuesOf(column, all.length, rows) : NO_VALUES;
    if (values === undefined) effect.sweep(node);
    else for (const text of values) effect.touch(valueNode(node, text));
  }
}

const NO_VALUES: ReadonlySet<string | null> = new Set();

function touchValue(effect: TableEffect, column: ColumnInfo, group: TagPath, row: RowValues): void {
  const value = writtenValue(column, row(column.name));
  if (value === undefined) effect.sweep(group);
  else if (value !== 'none') effect.touch(valueNode(group, value.text));
}

/** All values in one of so many columns that have a node; undefined when one is not known, or they are too many. */
function valuesOf(
  column: ColumnInfo,
  columns: number,
  rows: readonly RowValues[],
): ReadonlySet<string | null> | undefined {
  if (rows.length > MAX_WRITTEN_ROWS) return undefined;
  const limit = Math.max(FEW_VALUES, Math.floor(MAX_WRITTEN_VALUES / columns));
  const texts = new Set<string | null>();
  for (const row of rows) {
    const value = writtenValue(column, row(column.name));
    if (value === undefined || texts.size > limit) return undefined;
    if (value !== 'none') texts.add(value.text);
  }
  return texts;
}

/** `A?c=v`. */
function touchSetValue(
  effect: TableEffect,
  { column, set }: ColumnNodes,
  given: NonNullable<UpdateFacts['set']>,
): void {
  const value = writtenValue(column, given.get(column.name));
  if (value === undefined) effect.sweep(set);
  else if (value !== 'none') effect.touch(valueNode(set, value.text));
}

/** `A=c:v?s=w` and `A=c:v#s` for every column of the table and each that was set. */
function touchSetWhereHeld(
  effect: TableEffect,
  table: TableInfo,
  rows: readonly RowValues[],
  set: UpdateFacts['set'],
): void {
  const all = nodesOfColumns(table);
  const given = set === undefined ? all : all.filter(({ column }) => set.has(column.name));
  const isFew = all.length * given.length <= MAX_PAIRS && rows.length * all.length * given.length <= MAX_WRITTEN_VALUES;
  if (!isFew) {
    sweepHolders(effect, all, rows);
    return;
  }
  const said = rows.length === 1 ? undefined : new Set<TagPath>();
  const heard = all.filter(({ held }) => effect.isHeardBelow(held));
  if (heard.length === 0) return;
  for (const row of rows) {
    const changes = changesOf(given, row);
    for (const { column, held } of heard) {
      const value = writtenValue(column, row(column.name));
      if (value === undefined) effect.sweep(held);
      else if (value !== 'none') touchChanges(effect, holderNode(held, value.text), changes, said);
    }
  }
}

/** One column that was set, as the end of a node below what its row holds; unknown where its value is. */
interface Change {
  readonly path: TagPath;
  readonly isUnknown: boolean;
}

function changesOf(given: readonly ColumnNodes[], row: RowValues): readonly Change[] {
  const changes: Change[] = [];
  for (const { column, setWhere, anySetWhere } of given) {
    changes.push({ path: anySetWhere, isUnknown: false });
    const value = writtenValue(column, row(column.name));
    if (value === undefined) changes.push({ path: setWhere, isUnknown: true });
    else if (value !== 'none') changes.push({ path: valueNode(setWhere, value.text), isUnknown: false });
  }
  return changes;
}

function touchChanges(
  effect: TableEffect,
  holder: TagPath,
  changes: readonly Change[],
  said: Set<TagPath> | undefined,
): void {
  for (const { path, isUnknown } of changes) {
    const node = (holder + path) as TagPath;
    if (isUnknown) effect.sweep(node);
    else if (said?.has(node) !== true) effect.touch(node);
    said?.add(node);
  }
}

/** All that may have been set where these values are held. */
function sweepHolders(effect: TableEffect, all: readonly ColumnNodes[], rows: readonly RowValues[]): void {
  for (const { column, held } of all) {
    const values = valuesOf(column, all.length, rows);
    if (values === undefined) effect.sweep(held);
    else for (const text of values) effect.sweep(holderNode(held, text));
  }
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
