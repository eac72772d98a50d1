import { createRequire } from 'node:module';

type Cell = string | number | null;

/** The part of sql.js that is used; the package has no types of its own. */
interface Database {
  run(sql: string): void;
  exec(sql: string): readonly { readonly values: readonly (readonly Cell[])[] }[];
  close(): void;
}
type SqlJs = () => Promise<{ readonly Database: new () => Database }>;

const initSqlJs = createRequire(import.meta.url)('sql.js') as SqlJs;

/** SQLite's compiler as a judge: the program it makes of a statement opens every table that can matter. */
export interface SqliteJudge {
  /** Names of the tables that the program reads or writes, or `undefined` when SQLite does not accept the text. */
  judge(sql: string): { readonly reads: readonly string[]; readonly writes: readonly string[] } | undefined;
  close(): void;
}

/** A judge over a database with these tables, which all have the same columns. */
export async function sqliteJudge(tables: readonly string[], columns: readonly string[]): Promise<SqliteJudge> {
  const { Database } = await initSqlJs();
  const database = new Database();
  const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
  for (const table of tables) {
    const [key, ...others] = columns.map(quote);
    database.run(`CREATE TABLE ${quote(table)} (${[`${key} INTEGER PRIMARY KEY`, ...others].join(', ')})`);
  }
  // `x IN t` wants a table of one column.
  database.run('CREATE TABLE one (id)');
  const [{ values }] = database.exec('SELECT rootpage, lower(tbl_name) FROM sqlite_master');
  const tableOfPage = new Map(values.map(([page, table]) => [page, String(table)]));
  return {
    judge(sql) {
      let program: readonly (readonly Cell[])[];
      try {
        program = database.exec(`EXPLAIN ${sql}`)[0]?.values ?? [];
      } catch {
        return undefined;
      }
      const reads: string[] = [];
      const writes: string[] = [];
      for (const [, opcode, first, page, schema] of program) {
        const table = tableOfPage.get(opcode === 'Clear' ? first : page);
        if (table === undefined || (schema !== 0 && opcode !== 'Clear')) continue;
        if (opcode === 'OpenRead') reads.push(table);
        // A DELETE without a condition empties the table by its page.
        else if (opcode === 'OpenWrite' || opcode === 'Clear') writes.push(table);
      }
      return { reads, writes };
    },
    close: () => database.close(),
  };
}
