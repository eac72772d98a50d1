import type { TableInfo } from './table-info.js';
import type { TableId } from './table-tags.js';

/**
 * Which rows of a table a write changed: these ids, or `'some'` of which nobody knows the ids, or `'all'` when the
 * table itself became another one (TRUNCATE, DDL, REFRESH).
 */
export type WrittenRows = readonly string[] | 'some' | 'all';

/**
 * The values of one row by folded column name, as the database was given them or answered them: null for NULL, and
 * undefined where the value is not known (a default, a sequence, an expression, what the database converts).
 */
export type RowValues = (column: string) => unknown;

/** A write of which at most the rows are known: not their columns, nor whether they came, went or stayed. */
export interface RowsWritten {
  readonly kind?: undefined;
  readonly table: TableId;
  readonly rows: WrittenRows;
}

/** New rows. */
export interface Insertion {
  readonly kind: 'insert';
  readonly table: TableInfo;
  /** All of them, or `'some'` of which nothing is known. */
  readonly rows: readonly RowValues[] | 'some';
}

/** Rows that were there before and after; a soft delete and its undoing are updates of their column. */
export interface Update {
  readonly kind: 'update';
  readonly table: TableInfo;
  /** The rows as they were called before; undefined when nobody knows. */
  readonly ids?: readonly string[];
  /**
   * Every column the statement sets, and those the database sets by itself at every update, with the new value where one
   * value is known for all rows; undefined when they may be any.
   */
  readonly set?: ReadonlyMap<string, unknown>;
  /** What they held before, as far as the condition tells that chose them; undefined when nobody knows. */
  readonly oldRows?: readonly RowValues[];
  /** All changed rows as they are now, in every column of the table (RETURNING tells); undefined when they are not known. */
  readonly newRows?: readonly RowValues[];
}

/** Rows that are gone. */
export interface Deletion {
  readonly kind: 'delete';
  readonly table: TableInfo;
  /** Undefined when nobody knows. */
  readonly ids?: readonly string[];
  /**
   * All of them as they were, in every column of the table (RETURNING tells), or as far as the condition tells that chose them;
   * undefined when nobody knows.
   */
  readonly oldRows?: readonly RowValues[];
}

/** Rows that were inserted or updated, nobody knows which of them. */
export interface Upsert {
  readonly kind: 'upsert';
  readonly table: TableInfo;
  /** The rows as they would be inserted. */
  readonly rows: readonly RowValues[] | 'some';
  /** The rows that may have been updated; undefined when nobody knows: they need not be those of `rows`. */
  readonly ids?: readonly string[];
  /** As in {@link Update}. */
  readonly set?: ReadonlyMap<string, unknown>;
  /** All rows as they are now, inserted or updated. */
  readonly newRows?: readonly RowValues[];
}

/** What is known of one write to one table. */
export type WriteFacts = RowsWritten | Insertion | Update | Deletion | Upsert;
