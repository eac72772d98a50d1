import { identityOfProcess, isProcessGone } from '../../support/process-identity.js';
import type { Sight, Watcher } from './watcher.js';

/** As far as the connections of better-sqlite3 are used here; they do everything before they return. */
interface SqliteConnection {
  exec(text: string): void;
  pragma(text: string, options?: { readonly simple: boolean }): unknown;
}

/**
 * A connection of SQLite lives in a process, and a transaction that has written holds the one lock for writing.
 *
 * Only for a driver that does everything at once: where statements are sent and answered later, another caller's could be
 * executed inside our transaction.
 */
export const sqliteWatcher: Watcher = {
  nameOf: () => Promise.resolve(identityOfProcess() ?? ''),

  // A transaction of several files has a lock in each, and whoever looks has only opened one.
  hasOneTransaction: (connection) => databasesOf(connection as SqliteConnection) === 1,

  look(through, name) {
    const isGone = name === '' ? undefined : isProcessGone(name);
    return Promise.resolve({ isGone, transaction: transactionIn(through as SqliteConnection) });
  },
};

function databasesOf(connection: SqliteConnection): number {
  const list = connection.pragma('database_list') as readonly { readonly name: string }[];
  return list.filter(({ name }) => name !== 'temp').length;
}

/** Which connection has the lock is not told, so all transactions have one name. Inside one of its own a connection cannot ask. */
function transactionIn(connection: SqliteConnection): Sight['transaction'] {
  const patience = Number(connection.pragma('busy_timeout', { simple: true }));
  // The whole process would wait.
  connection.pragma('busy_timeout = 0');
  try {
    connection.exec('BEGIN IMMEDIATE');
    connection.exec('ROLLBACK');
    return null;
  } catch (error) {
    return (error as { code?: unknown }).code === 'SQLITE_BUSY' ? 'open' : undefined;
  } finally {
    connection.pragma(`busy_timeout = ${patience}`);
  }
}
