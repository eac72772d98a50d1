import type { InvalidationSink } from './tag.js';
import { sweepTable, touchAnyRows, touchRows, type TableId } from './table-tags.js';

/**
 * Which rows of a table a write changed: these ids, or `'some'` of which nobody knows the ids, or `'all'` when the
 * table itself became another one (TRUNCATE, DDL, REFRESH).
 */
export type WrittenRows = readonly string[] | 'some' | 'all';

/** What is known of one write to one table. */
export interface WriteFacts {
  readonly table: TableId;
  readonly rows: WrittenRows;
}

/** More rows than this are not named one by one. */
export const MAX_WRITTEN_ROWS = 1_000;

/**
 * Adds what a write invalidates.
 *
 * Nodes of columns and values, which make it finer than rows and tables, are added here when readers come to depend on
 * them.
 */
export function addWrite(into: InvalidationSink, write: WriteFacts): void {
  if (write.rows === 'all') sweepTable(into, write.table);
  else if (write.rows === 'some' || write.rows.length > MAX_WRITTEN_ROWS) touchAnyRows(into, write.table);
  else touchRows(into, write.table, write.rows);
}
