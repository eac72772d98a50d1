import { changedRows } from '../../sql/changed-rows.js';
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
import type { Call } from '../statements/call.js';
import type { HookedRunner } from '../library/hooked-runner.js';
import { rowsIn } from './written-rows.js';

/** Also a LIMIT, behind which SQLite takes no RETURNING, and what does something else where rows collide. */
const NOT_EXTENSIBLE = /;|--|\/\*|\blimit\b|\border\s+by\b|\bupdate\s+or\b/i;

/** What differs between the drivers of SQLite: both answer in this process, before anything else can happen in it. */
interface Driver {
  /** How many rows a SELECT has. */
  count(connection: unknown, text: string, parameters: readonly unknown[]): number;
  /** The answer to the statement alone, which has no rows of its own. */
  plain(rows: number, answer: unknown, call: Pick<Call, 'isStructured' | 'runner'>): unknown;
}

interface SqljsConnection {
  prepare(text: string): { bind(parameters: readonly unknown[]): void; step(): boolean; free(): void };
}

export const sqljsWay = wayOf({
  count(connection, text, parameters) {
    const statement = (connection as SqljsConnection).prepare(text);
    try {
      statement.bind(parameters);
      let rows = 0;
      while (statement.step()) rows++;
      return rows;
    } finally {
      statement.free();
    }
  },
  plain: (_rows, answer, { isStructured }) =>
    isStructured ? Object.assign(answer as object, { records: [], raw: [] }) : [],
});

interface BetterSqlite3Connection {
  prepare(text: string): {
    all(...parameters: readonly unknown[]): readonly unknown[];
    pluck(): { get(): unknown };
  };
}

export const betterSqlite3Way = wayOf({
  count: (connection, text, parameters) =>
    (connection as BetterSqlite3Connection).prepare(text).all(...parameters).length,
  // Where it is asked for rows, it does not tell what it tells otherwise.
  plain(rows, answer, { isStructured, runner }) {
    const raw = (connectionOf(runner) as BetterSqlite3Connection).prepare('SELECT last_insert_rowid()').pluck().get();
    return isStructured ? Object.assign(answer as object, { records: [], affected: rows, raw }) : raw;
  },
});

function wayOf(driver: Driver): WayToAsk {
  return {
    looksFirst: true,
    isExtensible: (text) => !NOT_EXTENSIBLE.test(text),
    asText: (column) => `CAST(${column} AS TEXT)`,
    // Texts end for substr(), and for sql.js, where a character with the code 0 is.
    asShortText: (column) =>
      `CASE WHEN instr(CAST(${column} AS TEXT), char(0)) > 0 THEN x'00' ELSE substr(CAST(${column} AS TEXT), 1, ${LONGEST_TEXT}) END`,
    ofFew: (text, returns, columns) => asking(driver, text, returns, columns),
    ofAny(text, columns) {
      const changed = changedRows(text, 'sqlite');
      if (changed === undefined) return undefined;
      const counting = `SELECT 1 ${changed.clauses} LIMIT ${MAX_WRITTEN_ROWS + 1}`;
      return {
        ...asking(driver, text, false, columns),
        isAffordable: ({ runner, parameters }) => {
          const own = (Array.isArray(parameters) ? parameters : []).slice(changed.parametersBefore).map(boundAs);
          try {
            return driver.count(connectionOf(runner), counting, own) <= MAX_WRITTEN_ROWS;
          } catch {
            // The statement itself will say what is wrong.
            return false;
          }
        },
      };
    },
  };
}

function asking(driver: Driver, text: string, returns: boolean, columns: AskedColumns): AskingStatement {
  const longer = withColumns(text, returns, columns.list);
  return {
    text: longer,
    toldBy: (answer, isStructured) => toldByRows(rowsIn(answer, isStructured), columns),
    plainAnswer(answer, call) {
      const all = rowsIn(answer, call.isStructured);
      if (!returns) return driver.plain(all?.length ?? 0, answer, call);
      const rows = rowsWithout(ASKED, all);
      return call.isStructured ? Object.assign(answer as object, { records: rows, raw: rows }) : rows;
    },
    isToBlame: (error) => /\bno such column\b/.test(String(error)),
    // It is refused before anything of it is run.
    leavesTransaction: true,
    restoreError: (error) => void restoreQuery(error, longer, text),
  };
}

function connectionOf({ databaseConnection, driver }: HookedRunner): unknown {
  return databaseConnection ?? driver?.databaseConnection;
}

/** As TypeORM binds it. */
function boundAs(value: unknown): unknown {
  return typeof value === 'boolean' ? Number(value) : (value ?? null);
}
