import { canonicalId, canonicalValue, type ValueKind } from './canonical-id.js';
import type { TableId } from './table-tags.js';

/** One column of a primary key. */
export interface KeyColumn {
  /** Folded to lower case. */
  readonly name: string;
  readonly kind: ValueKind;
  /** How many characters fit, where a longer text might be cut off on its way in; undefined: as many as come. */
  readonly maxLength?: number;
  /** The largest whole number that surely fits, where others might be cut down to it; undefined: none is. */
  readonly maxValue?: number;
  /**
   * Whether the day zero, as which the database may store 0 or what is no day, is found by IS NULL. Only of kind `other`: no such
   * value has a text in any other kind.
   *
   * @default false
   */
  readonly findsZeroAsNull?: boolean;
}

/** One column of a table. */
export interface ColumnInfo extends KeyColumn {
  /** Whether no two rows hold the same value, so that few rows are meant by naming one. */
  readonly isUnique?: boolean;
}

/** A foreign key of a table. */
export interface ForeignKeyInfo {
  readonly columns: readonly string[];
  /** The table it refers to, whose primary key it holds: its columns in the order of `columns`. */
  readonly to: TableId;
  readonly toColumns: readonly string[];
  /** Whether the *database* refuses rows that refer to none. Metadata alone is no proof of it. */
  readonly isEnforced: boolean;
}

/** What must be known of a table to name its rows, and what happens to them. */
export interface TableInfo {
  readonly id: TableId;
  /** The primary key, in the order in which ids are spelled; empty when it is not known. */
  readonly key: readonly KeyColumn[];
  /** All columns; undefined when they are not known, and then answers depend on the table as a whole. */
  readonly columns?: readonly ColumnInfo[];
  /** @default none */
  readonly foreignKeys?: readonly ForeignKeyInfo[];
  /**
   * Whether nobody is told which rows an UPDATE or DELETE chose (MySQL). Then who writes says what the condition says of them,
   * and who has read rows listens: `A@`. Readers and writers of a table agree on it, as its database says so.
   *
   * @default false
   */
  readonly hidesChosenRows?: boolean;
}

/** A longer text has no node of its own: an answer cannot depend on it, and a write of it touches none. */
export const MAX_VALUE_LENGTH = 128;

/**
 * What a column was given, as the end of a value's node: NULL is `null`, a value without a node `'none'`, and undefined
 * one that is not known. Any value but NULL of a column whose values are never compared has no node.
 */
export type WrittenValue = { readonly text: string | null } | 'none' | undefined;

/** The value that a write gave a column; undefined stands for one that is not known. */
export function writtenValue(column: KeyColumn, value: unknown): WrittenValue {
  if (value === null) return NULL;
  if (column.kind === 'other') {
    const isSure = column.findsZeroAsNull === true ? isSurelyMoment(value) : isSurelySomething(value);
    return isSure ? 'none' : undefined;
  }
  const text = canonicalKeyValue(column, value);
  if (text === undefined) return undefined;
  return text.length > MAX_VALUE_LENGTH ? 'none' : { text };
}

const NULL: WrittenValue = { text: null };

/**
 * A value in the place of another, for whoever keeps what was written to a column that is in no key: {@link writtenValue}
 * says the same of it; and it is small, and nobody can change it.
 */
export function lastingValue(column: KeyColumn, value: unknown): unknown {
  if (lasts(value)) return value;
  const written = writtenValue(column, value);
  if (written !== 'none') return written && value;
  return column.kind === 'other' ? '.' : TOO_LONG;
}

/** Whether a value is small, and nobody can change it. */
export function lasts(value: unknown): boolean {
  return typeof value === 'string' ? value.length <= MAX_VALUE_LENGTH : typeof value !== 'object' || value === null;
}

/** A text without a node. */
const TOO_LONG = 'x'.repeat(MAX_VALUE_LENGTH + 1);

/** The last moment that a TIMESTAMP of MySQL surely holds. */
const LAST_MOMENT = 2 ** 31 * 1000;

function isSurelyMoment(value: unknown): boolean {
  return value instanceof Date && value.getTime() > 0 && value.getTime() < LAST_MOMENT;
}

/** SQLite stores NaN as NULL, and PostgreSQL finds NULL in a row of nothing but NULLs, `(,)`. */
function isSurelySomething(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      return value !== '' && !value.trimStart().startsWith('(');
    case 'number':
      return Number.isFinite(value);
    case 'bigint':
    case 'boolean':
      return true;
    default:
      return value instanceof Date && !Number.isNaN(value.getTime());
  }
}

/** The canonical value of a column, or undefined when the value does not surely name what the database stores. */
export function canonicalKeyValue(column: KeyColumn, value: unknown): string | undefined {
  if (column.maxLength !== undefined && typeof value === 'string' && value.length > column.maxLength) return undefined;
  const text = canonicalValue(column.kind, value);
  if (column.maxValue !== undefined && !(Number(text) >= 0 && Number(text) <= column.maxValue)) return undefined;
  return text;
}

/** The id of a row from the values of its key by folded column name, or undefined when they do not name one. */
export function idOfRow(table: TableInfo, valueOf: (column: string) => unknown): string | undefined {
  if (table.key.length === 0) return undefined;
  if (table.key.length === 1) return canonicalKeyValue(table.key[0], valueOf(table.key[0].name));
  return canonicalId(table.key.map((column) => canonicalKeyValue(column, valueOf(column.name))));
}

/**
 * The ids of all rows whose key columns hold one of the given values each: the cross product.
 *
 * @param choices the canonical values per key column, in the order of the key.
 * @returns undefined when a value is unknown or there are more than `limit` ids.
 */
export function idsOfChoices(
  choices: readonly (readonly (string | undefined)[])[],
  limit: number,
): readonly string[] | undefined {
  if (choices.length === 1) {
    const [values] = choices;
    if (values.includes(undefined) || values.length > limit) return undefined;
    return values.length > 1 ? [...new Set(values as readonly string[])] : (values as readonly string[]);
  }
  let combinations: (readonly string[])[] = [[]];
  for (const values of choices) {
    if (values.includes(undefined) || combinations.length * values.length > limit) return undefined;
    combinations = combinations.flatMap((head) => values.map((value) => [...head, value as string]));
  }
  const ids = new Set<string>();
  for (const parts of combinations) ids.add(canonicalId(parts) as string);
  return [...ids];
}

/** The column with this folded name, or undefined when the table is not known to have one. */
export function columnOf(table: TableInfo, name: string): ColumnInfo | undefined {
  return table.columns?.find((column) => column.name === name);
}
