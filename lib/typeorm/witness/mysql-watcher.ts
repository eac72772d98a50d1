import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Sight, Watcher } from './watcher.js';

/** As far as the driver's connections are used here. */
interface MysqlConnection {
  /** What the server said when the connection was made. */
  readonly threadId?: number;
  query(text: string, done: (error: Error | null, rows: unknown) => void): void;
}

type Row = Readonly<Record<string, unknown>>;

/** The server, as itself and not as others call it. */
const SERVER = `CONCAT_WS(' ', @@hostname, @@port, @@datadir, @@server_id)`;

const WHO_AM_I = `SELECT p.ID AS \`id\`, p.USER AS \`user\`, ${SERVER} AS \`server\`
FROM information_schema.PROCESSLIST p WHERE p.ID = CONNECTION_ID()`;

/**
 * A connection of MySQL and MariaDB has a number, which is not given again until the server restarts.
 *
 * Nothing is said of when the server started, because that is only known to the second and by a clock that is set. It is not
 * needed either: when the number stands for another connection after a restart, whatever is read of that one is true of
 * one that is gone too, or errs towards "still open".
 */
export const mysqlWatcher: Watcher = {
  async nameOf(connection, run) {
    const [row] = await run(WHO_AM_I);
    // A proxy in between hands out numbers of its own, and the server's connection to others after every transaction.
    if (row === undefined || Number(row['id']) !== (connection as MysqlConnection).threadId) return undefined;
    return JSON.stringify([Number(row['id']), row['user'], row['server']]);
  },

  async look(through, name) {
    const [id, user, server] = JSON.parse(name) as readonly unknown[];
    const connection = through as MysqlConnection;
    const [row] = await ask(connection, lookFor(Number(id)));
    if (row['server'] !== server) return { isGone: undefined };
    if (row['id'] !== null) return { isGone: false, transaction: await transactionOf(connection, Number(id)) };
    const seesIt = Number(row['seesAll']) === 1 || (user !== '' && row['me'] === user);
    return { isGone: seesIt ? true : undefined };
  },

  fateOf(error) {
    // What the server says has a state.
    const { fatal, sqlState } = error as { readonly fatal?: unknown; readonly sqlState?: unknown };
    return fatal === true && sqlState === undefined ? 'lost' : 'over';
  },

  async isThere(through, lost) {
    const [row] = await ask(through as MysqlConnection, isThere(Number((lost as MysqlConnection).threadId)));
    return Number(row['me']) === (through as MysqlConnection).threadId ? Number(row['there']) === 1 : undefined;
  },

  async writing(through) {
    const rows = await ask(through as MysqlConnection, WRITING);
    return rows.map((row) => `${String(row['id'])} ${String(row['transaction'])}`);
  },
};

/** The list may be a little old; whoever was to be seen in it has been there for longer. */
const WRITING = `SELECT t.trx_mysql_thread_id AS \`id\`, t.trx_id AS \`transaction\` FROM information_schema.INNODB_TRX t
WHERE t.trx_mysql_thread_id <> CONNECTION_ID() AND (t.trx_rows_modified > 0 OR t.trx_lock_structs > 0)`;

/** Others' connections are in the list for those who may see all, and for the user they belong to. */
function lookFor(id: number): string {
  return `SELECT p.ID AS \`id\`, ${SERVER} AS \`server\`, SUBSTRING_INDEX(CURRENT_USER(), '@', 1) AS \`me\`,
       EXISTS (SELECT 1 FROM information_schema.USER_PRIVILEGES u WHERE u.PRIVILEGE_TYPE = 'PROCESS'
               AND u.GRANTEE = CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''')) AS \`seesAll\`
FROM (SELECT 1) one LEFT JOIN information_schema.PROCESSLIST p ON p.ID = ${id}`;
}

/** Everybody may see the connections of his own user. */
function isThere(id: number): string {
  return `SELECT CONNECTION_ID() AS \`me\`, EXISTS (SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = ${id}) AS \`there\``;
}

/** For how long nobody may have read the list of transactions before the server renews it, and a bit; in milliseconds. */
const PAUSE_MS = 120;

/** How often the list is read until it is new; all of it must fit into the time a look may take. */
const MAX_READS = 5;

/**
 * The open transaction of a connection, for those with the right PROCESS; it leaves the list when others can see what it did.
 *
 * The list is a copy that the server renews only after a pause in which nobody read it, so a monitor can keep it old: one
 * from before the transaction began would not show it. Hence we begin a transaction of our own, and believe a list only
 * if this very statement stands in it.
 */
async function transactionOf(connection: MysqlConnection, id: number): Promise<Sight['transaction']> {
  await ask(connection, 'START TRANSACTION WITH CONSISTENT SNAPSHOT');
  try {
    for (let reads = 0; reads < MAX_READS; reads++) {
      if (reads > 0) await setTimeout(PAUSE_MS, undefined, { ref: false });
      const proof = randomUUID();
      const rows = await ask(
        connection,
        `SELECT /* ${proof} */ t.trx_mysql_thread_id AS \`id\`, t.trx_id AS \`transaction\`, t.trx_query AS \`query\`
FROM information_schema.INNODB_TRX t WHERE t.trx_mysql_thread_id IN (${id}, CONNECTION_ID())`,
      );
      if (!rows.some((row) => String(row['query']).includes(proof))) continue;
      const found = rows.find((row) => Number(row['id']) === id);
      return found === undefined ? null : String(found['transaction']);
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    await ask(connection, 'ROLLBACK');
  }
}

function ask(connection: MysqlConnection, text: string): Promise<readonly Row[]> {
  return new Promise((resolve, reject) => {
    connection.query(text, (error, rows) => (error === null ? resolve(rows as readonly Row[]) : reject(error)));
  });
}
