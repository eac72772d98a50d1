import { partsOfTag, tableTag, type TableId } from '../tags/table-tags.js';
import type { NameTable } from '../tags/table-words.js';
import { tagOf, type Invalidation, type Tag } from '../tags/tag.js';
import { idInWords } from './dependency-words.js';

/**
 * What a write did to one table.
 *
 * - `upsert`: rows were inserted and others updated, by one statement or by several of a transaction;
 * - `several`: rows were deleted, and others inserted or updated, in one transaction;
 * - `whole table`: `TRUNCATE`, DDL, `invalidate(Product)`, or a statement of which only the table is known;
 * - `unknown`: rows were written, but nothing tells how.
 */
export type WriteKind = 'insert' | 'update' | 'delete' | 'upsert' | 'several' | 'whole table' | 'unknown';

/** What a write did to one table. */
export interface ExplainedTable {
  /** The entity's name, or the table's where no entity is known. */
  readonly table: string;
  readonly kind: WriteKind;
  /** The ids of the rows as in `Product:42`; `'some'` when not all of them are known, `'all'` for the whole table. */
  readonly rows: readonly string[] | 'some' | 'all';
  /** The columns that rows were given other values in; `'some'` when they are not known, `'all'` for the whole table. */
  readonly columns: readonly string[] | 'some' | 'all';
}

class TableChange {
  readonly rows = new Set<string>();
  readonly columns = new Set<string>();
  isSwept = false;
  sweepsRows = false;
  /** Rows were chosen by what they held, and nobody knows which. */
  choosesRows = false;
  sweepsChanges = false;
  inserts = false;
  deletes = false;
  updates = false;

  constructor(readonly table: TableId) {}

  touch([group, node]: readonly string[]): void {
    if (node === undefined) return;
    if (group === ':') this.touchRow(node);
    else if (node === '+') this.inserts = true;
    else if (node === '-') this.deletes = true;
    else if (node === '*') this.updates = true;
    else if (node.startsWith('#')) this.columns.add(node.slice(1));
  }

  private touchRow(id: string): void {
    if (id === '') this.choosesRows = true;
    else this.rows.add(id);
  }

  sweep([group, node]: readonly string[]): void {
    if (group === undefined) this.isSwept = true;
    else if (node === undefined && group === ':') this.sweepsRows = true;
    else if (node === undefined && group === '~') this.sweepsChanges = true;
  }

  get kind(): WriteKind {
    if (this.isSwept) return 'whole table';
    // Deleting touches what updating does; only an update sets columns.
    const updates = this.updates && (!this.deletes || this.columns.size > 0);
    if (this.deletes) return this.inserts || updates ? 'several' : 'delete';
    if (this.inserts) return updates ? 'upsert' : 'insert';
    return updates ? 'update' : 'unknown';
  }

  explain(nameTable: NameTable): ExplainedTable {
    const words = nameTable(this.table);
    const rows = [...this.rows].map((id) => idInWords(words, id));
    const columns = [...this.columns].map((column) => words.columnName(column));
    return Object.freeze({
      table: words.name,
      kind: this.kind,
      rows: this.isSwept ? 'all' : this.sweepsRows || this.choosesRows ? 'some' : Object.freeze(rows),
      columns: this.isSwept ? 'all' : this.sweepsChanges && this.kind !== 'insert' ? 'some' : Object.freeze(columns),
    });
  }
}

/** Which tables an invalidation is about, and what happened to each; in the order in which they were written. */
export function explainTables({ touches, sweeps }: Invalidation, nameTable: NameTable): readonly ExplainedTable[] {
  const changes = new Map<Tag, TableChange>();
  const namedInSchemas = new Set<Tag>();
  const meet = (tag: Tag, how: 'touch' | 'sweep'): void => {
    const { table, path } = partsOfTag(tag) ?? {};
    // A write without a schema sweeps the namesakes in all schemas, which says nothing about the write.
    if (table === undefined || path === undefined || path[0] === '.') return;
    const key = tableTag(table);
    if (table.schema !== undefined) namedInSchemas.add(tagOf(table.database, table.name));
    let change = changes.get(key);
    if (change === undefined) changes.set(key, (change = new TableChange(table)));
    change[how](path);
  };
  for (const tag of touches) meet(tag, 'touch');
  for (const tag of sweeps) meet(tag, 'sweep');
  // A write to `s.t` is told to those who read `t` as well.
  for (const spelling of namedInSchemas) changes.delete(spelling);
  return Object.freeze([...changes.values()].map((change) => change.explain(nameTable)));
}

/** Whether it reaches everything in a database. */
export function isOfWholeDatabase({ sweeps }: Invalidation): boolean {
  return sweeps.some((tag) => {
    const parts = partsOfTag(tag);
    return parts !== undefined && parts.table === undefined;
  });
}
