import { lastingValue, lasts, type TableInfo } from './table-info.js';
import type { RowValues, WriteFacts } from './write-facts.js';

/**
 * The facts of a write that say the same for as long as they are kept: they hold small values of their own, and nothing that
 * the caller may change, such as the array of parameters, or that is large, such as the document he stored.
 */
export function lasting(facts: WriteFacts): WriteFacts {
  switch (facts.kind) {
    case undefined:
      return facts;
    case 'insert':
      return { ...facts, rows: lastingRows(facts.table, facts.rows) };
    case 'delete':
      return { ...facts, oldRows: facts.oldRows && lastingRows(facts.table, facts.oldRows) };
    case 'update':
    case 'upsert': {
      const set = facts.set && lastingSet(facts.table, facts.set);
      const newRows = facts.newRows && lastingRows(facts.table, facts.newRows);
      if (facts.kind === 'update') {
        return { ...facts, set, newRows, oldRows: facts.oldRows && lastingRows(facts.table, facts.oldRows) };
      }
      return { ...facts, set, newRows, rows: lastingRows(facts.table, facts.rows) };
    }
  }
}

function lastingRows<Rows extends readonly RowValues[] | 'some'>(
  table: TableInfo,
  rows: Rows,
): Rows | readonly RowValues[] {
  return rows === 'some' ? rows : rows.map((row) => lastingRow(table, row));
}

function lastingRow({ key, columns = key }: TableInfo, row: RowValues): RowValues {
  const values = new Map<string, unknown>();
  for (const column of columns) values.set(column.name, lastingValue(column, row(column.name)));
  for (const { name } of key) values.set(name, row(name));
  return (column) => values.get(column);
}

/** Most updates set what lasts anyway. */
function lastingSet({ key, columns = [] }: TableInfo, set: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> {
  if (allLast(set.values())) return set;
  const values = new Map<string, unknown>();
  for (const [name, value] of set) {
    const isKey = key.some((column) => column.name === name);
    const column = columns.find((each) => each.name === name);
    values.set(name, isKey ? value : column && lastingValue(column, value));
  }
  return values;
}

function allLast(values: Iterable<unknown>): boolean {
  for (const value of values) if (!lasts(value)) return false;
  return true;
}
