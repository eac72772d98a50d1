import type { Pin, TableName, TableRead } from './statement.js';

/** A table read while its pins and fields are still being collected. */
export interface OpenRead extends TableRead {
  readonly pins: Pin[];
  readonly fields: string[];
}

/** `qualifier.field` in an expression, or what may be a whole row (no field) where it becomes something else. */
export interface Mention {
  /** As the database compares it. */
  readonly qualifier: string;
  /** Folded. */
  readonly field: string | undefined;
}

/** One entry of a FROM clause: a table, or something else that only counts as a place columns may come from. */
export interface Source {
  /** The name columns are qualified with, as the database compares it; `undefined` when none is usable. */
  alias: string | undefined;
  /** The name the text uses for the table itself, when nothing hides it. */
  readonly table: TableName | undefined;
  readonly pins: Pin[];
  /** What is named as a column of it, in a dialect in which that may be something else. */
  readonly fields: string[];
  /** Its columns go by other names than the table's, so that a condition says nothing about the table. */
  isRenamed: boolean;
}

/** The names one SELECT, UPDATE or DELETE sees of its own. */
export interface Scope {
  readonly sources: Source[];
  /** Pairs of token indexes: regions whose truth every row of the result needs. */
  readonly conditions: number[];
  /** The conditions do not restrict every row that is read (CONNECT BY). */
  isUnrestricted: boolean;
}

export const newScope = (): Scope => ({ sources: [], conditions: [], isUnrestricted: false });
