import { MAX_WRITTEN_ROWS } from '../tags/write-rules.js';
import type { StatementPlan } from './text-plan.js';

/** Anything behind which a clause could not simply be added, or in which a column's name might mean another table's. */
const NOT_EXTENSIBLE = /;|--|\/\*|\breturning\b|\busing\b|\bcurrent\s+of\b/i;

const PREFIX = 'WITH zoocache_changed AS (';

/** An UPDATE or DELETE of PostgreSQL that is sent in a form whose answer also names the rows it changed. */
export interface AskingStatement {
  readonly text: string;
  /** The rows that were changed, by their keys; undefined when they are too many to be worth naming. */
  rowsIn(answer: unknown, isStructured: boolean): readonly unknown[] | undefined;
  /** The answer as it would have been to the statement alone. */
  plainAnswer(answer: unknown, isStructured: boolean): unknown;
  /** Takes back from an error what the other form changed in it. */
  restoreError(error: unknown): void;
}

/**
 * The same UPDATE or DELETE, asked to name the rows it changed; undefined when that is not possible without changing
 * anything else.
 *
 * Without it nobody knows which rows a condition chose, and all rows of the table count as changed. Where every row is
 * changed anyway nothing is asked. A plain RETURNING would be shorter, but its answer grows with the rows: an UPDATE of
 * a million rows must not bring a million keys into this process.
 */
export function askingForRows(plan: StatementPlan, text: string): AskingStatement | undefined {
  const { verb } = plan.statement;
  if ((verb !== 'update' && verb !== 'delete') || plan.writes.length !== 1) return undefined;
  const [write] = plan.writes;
  const { returningKey, hasTriggers } = write.relation;
  if (returningKey === undefined || hasTriggers || write.isPinned || write.lesson !== undefined) return undefined;
  if (write.write.kind !== verb || NOT_EXTENSIBLE.test(text) || !/\bwhere\b/i.test(text)) return undefined;
  if (verb === 'update' && (/\bfrom\b/i.test(text) || write.changesKey)) return undefined;
  const key = returningKey.map((column) => `"${column.replaceAll('"', '""')}"`).join(', ');
  const asking =
    `${PREFIX}${text} RETURNING ${key}) SELECT (SELECT count(*) FROM zoocache_changed) AS count, (SELECT json_agg(k) ` +
    `FROM (SELECT * FROM zoocache_changed LIMIT ${MAX_WRITTEN_ROWS + 1}) k) AS rows`;
  return {
    text: asking,
    rowsIn(answer, isStructured) {
      const { count, rows } = summaryOf(answer, isStructured);
      if (Number(count) > MAX_WRITTEN_ROWS) return undefined;
      // An application may have chosen another parser for JSON.
      return ((typeof rows === 'string' ? JSON.parse(rows) : rows) as readonly unknown[] | null) ?? [];
    },
    plainAnswer(answer, isStructured) {
      const count = Number(summaryOf(answer, isStructured).count);
      if (!isStructured) return [[], count];
      return Object.assign(answer as object, { records: [], affected: count, raw: [[], count] });
    },
    restoreError(error) {
      if (typeof error !== 'object' || error === null || !('query' in error) || error.query !== asking) return;
      error.query = text;
      restorePosition(error);
      if ('driverError' in error) restorePosition(error.driverError);
    },
  };
}

interface Summary {
  readonly count: string | number;
  readonly rows: unknown;
}

function summaryOf(answer: unknown, isStructured: boolean): Summary {
  const rows = isStructured ? (answer as { readonly raw: readonly Summary[] }).raw : (answer as readonly Summary[]);
  return rows[0];
}

/** Where in the text PostgreSQL found the mistake, counted from 1. */
function restorePosition(error: unknown): void {
  if (typeof error !== 'object' || error === null || !('position' in error)) return;
  const position = Number(error.position);
  if (position > PREFIX.length) error.position = String(position - PREFIX.length);
}
