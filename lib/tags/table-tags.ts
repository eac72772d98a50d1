import { CHANGES, rowNode, ROWS } from './table-nodes.js';
import { at, below, segmentsOf, tagOf, type InvalidationSink, type Tag } from './tag.js';

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
  return at(tableTag(table), ROWS);
}

/** One row of the table, `A:id`; the id is canonical, see {@link canonicalId}. */
export function rowTag(table: TableId, id: string): Tag {
  return at(tableTag(table), rowNode(id));
}

/** One name of a table, and the nodes below it that writes ask for before they name anything further below. */
export interface TableSpelling {
  readonly table: Tag;
  readonly changes: Tag;
}

/** The names under which the readers of a table may know it. */
export interface TableSpellings {
  readonly own: TableSpelling;
  /** Without the schema: a reader that named none may have read this very table. */
  readonly other: TableSpelling | undefined;
  /** The node above its namesakes in all schemas: a write that named none may have hit any of them. */
  readonly namesakes: Tag | undefined;
}

const spellings = new WeakMap<TableId, TableSpellings>();

/** To whom a write to the table speaks: it touches `own` and `other`, or nodes below, and sweeps `namesakes`. */
export function tableSpellings(table: TableId): TableSpellings {
  let known = spellings.get(table);
  if (known === undefined) {
    const own = tableTag(table);
    const hasSchema = table.schema !== undefined;
    known = {
      own: spelling(own),
      other: hasSchema ? spelling(tagOf(table.database, table.name)) : undefined,
      namesakes: hasSchema ? undefined : below(own, SCHEMAS),
    };
    spellings.set(table, known);
  }
  return known;
}

function spelling(table: Tag): TableSpelling {
  return { table, changes: at(table, CHANGES) };
}

/** A write about which too little is known hit the table: TRUNCATE, DDL, a call to `invalidate('Product')`. */
export function sweepTable(into: InvalidationSink, table: TableId): void {
  const { own, other, namesakes } = tableSpellings(table);
  into.sweep(own.table);
  if (namesakes !== undefined) into.sweep(namesakes);
  // Sweeping the spelling without a schema would sweep the namesakes in all other schemas below it.
  if (other !== undefined) into.touch(other.table).sweep(at(other.table, ROWS)).sweep(other.changes);
}

/** How many segments the table has in a tag that stands below one; undefined when it stands below none. */
function lengthOfTable(segments: readonly string[]): number | undefined {
  if (segments[0].startsWith('#')) return undefined;
  const length = segments[2] === SCHEMAS ? 4 : 2;
  const next = segments[length];
  return next === ':' || next === '~' ? length : undefined;
}

/** The table below which the tag stands, as a row or as a change; undefined for tables and everything else. */
export function tableAbove(tag: Tag): Tag | undefined {
  const segments = segmentsOf(tag);
  const length = lengthOfTable(segments);
  return length === undefined ? undefined : tagOf(...segments.slice(0, length));
}

/** The node above all rows, or above all values of a column, if the tag is one of those; undefined otherwise. */
export function groupAbove(tag: Tag): Tag | undefined {
  const segments = segmentsOf(tag);
  const length = lengthOfTable(segments);
  if (length === undefined) return undefined;
  const end = segments[length] === ':' ? length + 1 : length + 2;
  return segments.length > end ? tagOf(...segments.slice(0, end)) : undefined;
}

/** A tag of a database taken apart: the table it belongs to and the segments below that. */
export interface TagBelow {
  /** Undefined for the tag of the database itself. */
  readonly table: TableId | undefined;
  /** What stands below the table, as `table-nodes.ts` lays it out; empty for the table's own node. */
  readonly path: readonly string[];
}

/** The parts of a tag; undefined for one that names nothing in a database, such as a user's. */
export function partsOfTag(tag: Tag): TagBelow | undefined {
  const [database, name, ...path] = segmentsOf(tag);
  if (database.startsWith('#') || database.startsWith('!')) return undefined;
  if (name === undefined) return { table: undefined, path };
  // The node above the namesakes in other schemas is a part of the table that has no schema.
  if (path[0] !== SCHEMAS || path.length < 2) return { table: { database, name }, path };
  return { table: { database, schema: path[1], name }, path: path.slice(2) };
}
