import type { TableId } from './table-tags.js';

/** How people call a table and what is in it. */
export interface TableWords {
  /** The entity's name, or the table's where no entity is known. */
  readonly name: string;
  /** The columns of the primary key as {@link columnName} calls them, in the order in which ids are spelled. */
  readonly key: readonly string[];
  /** @param column its name in the database, in folded case */
  columnName(column: string): string;
}

/** Finds the words for a table; asked only when somebody wants to read them. */
export type NameTable = (table: TableId) => TableWords;

/** The words for a table of which no entity is known: its own name, behind its schema if a statement named that. */
export function plainTableWords({ schema, name }: TableId): TableWords {
  return { name: schema === undefined ? name : `${schema}.${name}`, key: [], columnName: (column) => column };
}
