import { below, segmentsOf, tagOf, type InvalidationSink, type Tag } from './tag.js';

/**
 * Which table: the database's identity, the schema if the statement named one, and the name, both in folded case.
 *
 * Without a schema it is the table of that name in whatever schema the connection's search path finds.
 */
export interface TableId {
  /** A short text that is the same for every DataSource on this database and differs between databases. */
  readonly database: string;
  readonly schema?: string;
  readonly name: string;
}

/** Below a table: the node above all its rows. Sweeping it says "rows changed whose ids are unknown". */
const ROWS = ':';

/** Below a table: the node above its namesakes in schemas that statements name. */
const SCHEMAS = '.';

/** Everything in a database: swept by a statement that may have changed anything. */
export function databaseTag(database: string): Tag {
  return tagOf(database);
}

/** The table's node `A`: touched by every write to the table, swept by a write about which too little is known. */
export function tableTag(table: TableId): Tag {
  const anySchema = tagOf(table.database, table.name);
  return table.schema === undefined ? anySchema : below(below(anySchema, SCHEMAS), table.schema);
}

/** The node above all rows of the table, `A:`. */
export function rowsTag(table: TableId): Tag {
  return below(tableTag(table), ROWS);
}

/** One row of the table, `A:id`; the id is canonical, see {@link canonicalId}. */
export function rowTag(table: TableId, id: string): Tag {
  return below(rowsTag(table), id);
}

/**
 * Calls `add` with every spelling of the table that a reader may have depended on.
 *
 * A reader that named no schema may have read this very table, so a write to `s.t` speaks to the readers of `t` too.
 * A write that named no schema may have hit any of them: its own node, and all the named schemas below `t` are swept.
 */
function forEachSpelling(table: TableId, into: InvalidationSink, add: (spelling: TableId) => void): void {
  add(table);
  const unqualified: TableId = { database: table.database, name: table.name };
  if (table.schema === undefined) into.sweep(below(tableTag(unqualified), SCHEMAS));
  else add(unqualified);
}

/** A write changed these rows, and no others, of the table. */
export function touchRows(into: InvalidationSink, table: TableId, ids: Iterable<string>): void {
  forEachSpelling(table, into, (spelling) => {
    into.touch(tableTag(spelling));
    for (const id of ids) into.touch(rowTag(spelling, id));
  });
}

/** A write changed rows of the table, nobody knows which. */
export function touchAnyRows(into: InvalidationSink, table: TableId): void {
  forEachSpelling(table, into, (spelling) => into.touch(tableTag(spelling)).sweep(rowsTag(spelling)));
}

/** A write about which too little is known hit the table: TRUNCATE, DDL, a call to `invalidate('Product')`. */
export function sweepTable(into: InvalidationSink, table: TableId): void {
  // Sweeping the spelling without a schema would sweep the namesakes in all other schemas below it.
  forEachSpelling(table, into, (spelling) => {
    if (spelling === table) into.sweep(tableTag(spelling));
    else into.touch(tableTag(spelling)).sweep(rowsTag(spelling));
  });
}

/** Whether the tag is one row of a table. */
export function isRowTag(tag: Tag): boolean {
  if (tag.startsWith('#')) return false;
  const segments = segmentsOf(tag);
  const rows = segments.indexOf(ROWS);
  return rows >= 2 && rows < segments.length - 1;
}

/** The table of a row's tag. */
export function tableOfRow(tag: Tag): Tag {
  const segments = segmentsOf(tag);
  return tagOf(...segments.slice(0, segments.indexOf(ROWS)));
}
