import type { TableWrite } from '../../sql/statement.js';
import type { ReturnedRow } from '../statements/planned-write.js';

/** What a driver answers to a statement that returns rows or changes them, through `QueryRunner.query`. */
export type Answer = unknown;

interface StructuredAnswer {
  readonly records?: unknown;
  readonly raw?: unknown;
}

/**
 * The rows of an answer by folded column names; undefined when they are none.
 *
 * @param columns what they hold under its own name; anything else may be called like a column, and be none
 */
export function returnedRows(
  rows: readonly unknown[] | undefined,
  columns: TableWrite['returning'],
): readonly ReturnedRow[] | undefined {
  if (rows === undefined) return undefined;
  const isColumn = (name: string): boolean => columns === '*' || columns?.includes(name) === true;
  const returned: ReturnedRow[] = [];
  for (const row of rows) {
    if (typeof row !== 'object' || row === null) return undefined;
    const values = Object.entries(row).map(([name, value]) => [name.toLowerCase(), value] as const);
    returned.push(new Map(values.filter(([name]) => isColumn(name))));
  }
  return returned;
}

/**
 * The key a driver says the database gave to the one row that was inserted; undefined when it says nothing.
 *
 * better-sqlite3 answers the row's id itself, MySQL's clients a header with `insertId`.
 */
export function generatedKeyOf(answer: Answer, isStructured: boolean): unknown {
  const raw = isStructured ? (answer as StructuredAnswer | undefined)?.raw : answer;
  if (typeof raw === 'number' || typeof raw === 'bigint') return raw;
  if (typeof raw !== 'object' || raw === null || !('insertId' in raw)) return undefined;
  return raw.insertId === 0 ? undefined : raw.insertId;
}

/** The rows an answer returned, if it is one that returns rows. */
export function rowsIn(answer: Answer, isStructured: boolean): readonly unknown[] | undefined {
  const raw = isStructured ? (answer as StructuredAnswer | undefined)?.records : answer;
  if (!Array.isArray(raw)) return undefined;
  // PostgreSQL answers [rows, count] to UPDATE and DELETE.
  if (!isStructured && raw.length === 2 && Array.isArray(raw[0]) && typeof raw[1] === 'number') return raw[0];
  return raw;
}
