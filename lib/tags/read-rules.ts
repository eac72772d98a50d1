import { rowTag, tableTag, type TableId } from './table-tags.js';
import type { Tag } from './tag.js';

/** More rows than this are not depended on one by one. */
export const MAX_READ_ROWS = 100;

/** What is known of one table that a statement reads. */
export interface ReadFacts {
  readonly table: TableId;
  /** The ids to which the statement limits the rows it reads; undefined when it may read any. */
  readonly ids?: readonly string[];
}

/**
 * Calls `depend` with every node the answer depends on.
 *
 * A statement limited to rows by their primary key depends on those rows, whether they exist or not: whatever makes
 * one of them appear touches it. Nodes of columns and values, for statements limited in other ways, are added here when
 * writes come to touch them; until then such a statement depends on the table.
 */
export function forEachDependency(read: ReadFacts, depend: (tag: Tag) => void): void {
  if (read.ids === undefined || read.ids.length > MAX_READ_ROWS) depend(tableTag(read.table));
  else for (const id of read.ids) depend(rowTag(read.table, id));
}
