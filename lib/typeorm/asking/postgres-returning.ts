import { MAX_WRITTEN_ROWS } from '../../tags/write-rules.js';
import {
  ASKED,
  LONGEST_TEXT,
  restoreQuery,
  rowsWithout,
  toldByRows,
  withColumns,
  type AskedColumns,
  type AskingStatement,
  type WayToAsk,
} from './asking-statement.js';
import { rowsIn } from './written-rows.js';

/** Anything behind which a clause could not simply be added, or in which a column's name might mean another table's. */
const NOT_EXTENSIBLE = /;|--|\/\*|\busing\b|\bcurrent\s+of\b/i;

const PREFIX = 'WITH zoocache_changed AS (';

/** Whether a clause can be added at the end of the text. */
export function isExtensible(text: string): boolean {
  return !NOT_EXTENSIBLE.test(text);
}

/** PostgreSQL by its driver `pg`. */
export const postgresWay: WayToAsk = {
  looksFirst: false,
  isExtensible,
  asText: (column) => `${column}::text`,
  asShortText: (column) => `left(${column}::text, ${LONGEST_TEXT})`,
  ofFew: appended,
  ofAny: wrapped,
};

function appended(text: string, returns: boolean, columns: AskedColumns): AskingStatement {
  const asking = withColumns(text, returns, columns.list);
  return {
    text: asking,
    toldBy: (answer, isStructured) => toldByRows(rowsIn(answer, isStructured), columns),
    plainAnswer(answer, { isStructured }) {
      const rows = rowsWithout(ASKED, rowsIn(answer, isStructured));
      if (isStructured) return Object.assign(answer as object, { records: rows, raw: [rows, countIn(answer)] });
      return [rows, (answer as readonly unknown[])[1]];
    },
    isToBlame: (error) => isRefusedBehind(error, text, 0),
    leavesTransaction: false,
    restoreError: (error) => restoreError(error, asking, text, 0),
  };
}

function wrapped(text: string, columns: AskedColumns): AskingStatement {
  const asking =
    `${PREFIX}${text} RETURNING ${columns.list}) SELECT (SELECT count(*) FROM zoocache_changed) AS count, (SELECT json_agg(k) ` +
    `FROM (SELECT * FROM zoocache_changed LIMIT ${MAX_WRITTEN_ROWS + 1}) k) AS rows`;
  return {
    text: asking,
    toldBy(answer, isStructured) {
      const { count, rows } = summaryOf(answer, isStructured);
      if (Number(count) > MAX_WRITTEN_ROWS) return undefined;
      // An application may have chosen another parser for JSON.
      return toldByRows((typeof rows === 'string' ? JSON.parse(rows) : rows) as readonly unknown[] | null, columns);
    },
    plainAnswer(answer, { isStructured }) {
      const count = Number(summaryOf(answer, isStructured).count);
      if (!isStructured) return [[], count];
      return Object.assign(answer as object, { records: [], affected: count, raw: [[], count] });
    },
    isToBlame: (error) => isRefusedBehind(error, text, PREFIX.length),
    leavesTransaction: false,
    restoreError(error) {
      restoreError(error, asking, text, PREFIX.length);
      restoreVerb(error, text);
    },
  };
}

function countIn(answer: unknown): unknown {
  return (answer as { readonly affected?: unknown }).affected;
}

interface Summary {
  readonly count: string | number;
  readonly rows: unknown;
}

function summaryOf(answer: unknown, isStructured: boolean): Summary {
  const rows = isStructured ? (answer as { readonly raw: readonly Summary[] }).raw : (answer as readonly Summary[]);
  return rows[0];
}

/**
 * Whether a column that is not there stands behind the text alone, or there is one, anywhere, that may not be read; or the text
 * is none of SQL, which is best said of it alone.
 */
function isRefusedBehind(error: unknown, text: string, offset: number): boolean {
  const { driverError } = error as { readonly driverError?: { readonly code?: unknown; readonly position?: unknown } };
  if (driverError?.code === '42501' || driverError?.code === '42601') return true;
  // It counts characters, and JavaScript the halves of some.
  return driverError?.code === '42703' && Number(driverError.position) > offset + Array.from(text).length;
}

function restoreError(error: unknown, asking: string, text: string, offset: number): void {
  if (!restoreQuery(error, asking, text)) return;
  restorePosition(error, offset);
  if ('driverError' in error) restorePosition(error.driverError, offset);
}

/** Where in the text PostgreSQL found the mistake, counted from 1. */
function restorePosition(error: unknown, offset: number): void {
  if (typeof error !== 'object' || error === null || !('position' in error)) return;
  const position = Number(error.position);
  if (position > offset) error.position = String(position - offset);
}

/** In a transaction that may only read, PostgreSQL says which kind of statement it does not execute. */
function restoreVerb(error: unknown, text: string): void {
  const { driverError } = error as { readonly driverError?: { readonly code?: unknown } };
  if (driverError?.code !== '25006') return;
  const verb = /[a-z]+/i.exec(text)?.[0].toUpperCase() ?? '';
  for (const each of [error, driverError] as { message: string }[]) each.message = each.message.replace('SELECT', verb);
}
