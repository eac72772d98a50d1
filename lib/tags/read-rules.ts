import { MAX_READ_ROWS } from './reading.js';
import { rowTag, tableTag, type TableId } from './table-tags.js';
import type { Tag } from './tag.js';

/** What is known of one table that a statement reads. */
export interface ReadFacts {
  readonly table: TableId;
  /** The ids to which the statement limits the rows it reads; undefined when it may read any. */
  readonly ids?: readonly string[];
  /** Present where more is said of rows than their ids, see {@link anyChosenOf}. */
  readonly anyChosen?: Tag | undefined;
}

/**
 * Calls `depend` with every node the answer depends on.
 *
 * A statement limited to rows by their primary key depends on those rows, whether they exist or not: whatever makes
 * one of them appear touches it. Of any other nothing is known here, and it depends on the table; {@link planRead} knows
 * more of those whose text was understood.
 */
export function forEachDependency(read: ReadFacts, depend: (tag: Tag) => void): void {
  if (read.ids === undefined || read.ids.length > MAX_READ_ROWS) depend(tableTag(read.table));
  else {
    for (const id of read.ids) depend(rowTag(read.table, id));
    if (read.anyChosen !== undefined) depend(read.anyChosen);
  }
}
