import { columnOf } from '../tags/table-info.js';
import { MAX_WRITTEN_ROWS } from '../tags/write-rules.js';
import type { PlannedWrite, ReturnedRow, Told } from './planned-write.js';
import type { StatementPlan } from './text-plan.js';
import { returnedRows, rowsIn } from './written-rows.js';

/** Anything behind which a clause could not simply be added, or in which a column's name might mean another table's. */
const NOT_EXTENSIBLE = /;|--|\/\*|\busing\b|\bcurrent\s+of\b/i;

const PREFIX = 'WITH zoocache_changed AS (';

/** How columns are called that only this library asked for. */
const ASKED = 'zoocache_';

/** Longer texts are cut: they cannot be the value of a node, and need not travel. Twice the longest one that can. */
const LONGEST_TEXT = 256;

/** An UPDATE or DELETE of PostgreSQL that is sent in a form whose answer also tells the rows it changed. */
export interface AskingStatement {
  readonly text: string;
  /** What the answer tells; undefined when the rows are too many to be worth naming. */
  toldBy(answer: unknown, isStructured: boolean): Told | undefined;
  /** The answer as it would have been to the statement alone. */
  plainAnswer(answer: unknown, isStructured: boolean): unknown;
  /** Takes back from an error what the other form changed in it. */
  restoreError(error: unknown): void;
}

/**
 * The same UPDATE or DELETE, asked for the rows it changed; undefined when that is not possible without changing
 * anything else, or would tell nothing.
 *
 * Without it nobody knows which rows a condition chose, and all rows of the table count as changed; nor is it known what
 * the rest of an updated row holds, and then an answer about other tenants' rows in the same state counts as changed.
 */
export function askingForRows(plan: StatementPlan, text: string): AskingStatement | undefined {
  const { verb } = plan.statement;
  if ((verb !== 'update' && verb !== 'delete') || plan.writes.length !== 1) return undefined;
  const [write] = plan.writes;
  const { returningKey, hasTriggers } = write.relation;
  if (returningKey === undefined || hasTriggers || write.write.kind !== verb) return undefined;
  if (!isExtensible(text) || !/\bwhere\b/i.test(text)) return undefined;
  if (verb === 'update' && (/\bfrom\b/i.test(text) || write.changesKey)) return undefined;
  const columns = columnsOf(write);
  if (columns === undefined) return undefined;
  const { returning } = write.write;
  if (write.isPinned) {
    // Few rows, and surely so: their columns are added to the statement's own answer.
    if (columns.isKeyOnly || returning === '*') return undefined;
    return appended(text, returning === undefined ? ` RETURNING ${columns.list}` : `, ${columns.list}`, columns);
  }
  return returning === undefined && !/\breturning\b/i.test(text) ? wrapped(text, columns) : undefined;
}

/** Whether a clause can be added at the end of the text. */
export function isExtensible(text: string): boolean {
  return !NOT_EXTENSIBLE.test(text);
}

/** The columns to ask for. */
interface AskedColumns {
  readonly names: readonly string[];
  readonly list: string;
  readonly isKeyOnly: boolean;
}

/** All: of those whose values no answer compares it only matters whether there is one. */
function columnsOf(write: PlannedWrite): AskedColumns | undefined {
  const { relation } = write;
  const { returning = [] } = relation;
  const isComparable = (name: string): boolean => (columnOf(relation, name)?.kind ?? 'other') !== 'other';
  const isKey = (name: string): boolean => relation.key.some((column) => column.name === name);
  const isKeyOnly = !returning.some(({ name }) => !isKey(name) && isComparable(name));
  const asked = returning.filter(({ name }) => !isKeyOnly || isKey(name));
  if (asked.length === 0) return undefined;
  return {
    names: asked.map(({ name }) => name),
    isKeyOnly,
    list: asked.map(({ name, spelled }, i) => `${expressionOf(name, spelled)} AS ${ASKED}${i}`).join(', '),
  };

  function expressionOf(name: string, spelled: string): string {
    const column = `"${spelled.replaceAll('"', '""')}"`;
    switch (columnOf(relation, name)?.kind) {
      case 'text':
      case 'ascii-text':
        return isKey(name) ? `${column}::text` : `left(${column}::text, ${LONGEST_TEXT})`;
      case 'other':
      case undefined:
        // Of these it only matters whether there is a value.
        return `CASE WHEN ${column} IS NOT NULL THEN 'x' END`;
      default:
        return `${column}::text`;
    }
  }
}

/** For statements that surely change few rows. */
function appended(text: string, clause: string, columns: AskedColumns): AskingStatement {
  const asking = text + clause;
  return {
    text: asking,
    toldBy: (answer, isStructured) => toldBy(rowsIn(answer, isStructured), columns),
    plainAnswer(answer, isStructured) {
      const rows = (rowsIn(answer, isStructured) ?? []).map(withoutAsked).filter((row) => row !== undefined);
      if (isStructured) return Object.assign(answer as object, { records: rows, raw: [rows, countIn(answer)] });
      return [rows, (answer as readonly unknown[])[1]];
    },
    restoreError: (error) => restoreError(error, asking, text, 0),
  };
}

/** For any number of rows: an UPDATE of a million must not bring a million rows into this process. */
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
      return toldBy((typeof rows === 'string' ? JSON.parse(rows) : rows) as readonly unknown[] | null, columns);
    },
    plainAnswer(answer, isStructured) {
      const count = Number(summaryOf(answer, isStructured).count);
      if (!isStructured) return [[], count];
      return Object.assign(answer as object, { records: [], affected: count, raw: [[], count] });
    },
    restoreError: (error) => restoreError(error, asking, text, PREFIX.length),
  };
}

function toldBy(rows: readonly unknown[] | null | undefined, { names, isKeyOnly }: AskedColumns): Told | undefined {
  const asked = returnedRows(rows ?? [])?.map((row): ReturnedRow => {
    const values = new Map<string, unknown>();
    names.forEach((name, i) => {
      const value = row.get(ASKED + i);
      // Cut, so that it may have been any text that begins so.
      if (typeof value !== 'string' || value.length < LONGEST_TEXT) values.set(name, value);
    });
    return values;
  });
  return asked === undefined ? undefined : { rows: asked, isWhole: !isKeyOnly };
}

/** The row without what only this library asked for; undefined when nothing else was. */
function withoutAsked(row: unknown): unknown {
  const own = Object.entries(row as object).filter(([name]) => !name.startsWith(ASKED));
  return own.length === 0 ? undefined : Object.fromEntries(own);
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

function restoreError(error: unknown, asking: string, text: string, offset: number): void {
  if (typeof error !== 'object' || error === null || !('query' in error) || error.query !== asking) return;
  error.query = text;
  restorePosition(error, offset);
  if ('driverError' in error) restorePosition(error.driverError, offset);
}

/** Where in the text PostgreSQL found the mistake, counted from 1. */
function restorePosition(error: unknown, offset: number): void {
  if (typeof error !== 'object' || error === null || !('position' in error)) return;
  const position = Number(error.position);
  if (position > offset) error.position = String(position - offset);
}
