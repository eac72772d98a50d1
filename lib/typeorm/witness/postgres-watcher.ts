import { NOTHING_SEEN, type Fate, type Sight, type Watcher } from './watcher.js';

/** As far as the driver's connections are used here. */
interface PostgresConnection {
  /** What the server said when the connection was made. */
  readonly processID?: number;
  /** False while the server has not said that it is done. */
  readonly readyForQuery?: boolean;
  readonly connection?: {
    readonly stream?: { readonly destroyed?: boolean };
    once(event: 'readyForQuery' | 'end', listener: () => void): unknown;
  };
  query(text: string, values: readonly unknown[]): Promise<{ readonly rows: readonly Row[] }>;
}

type Row = Readonly<Record<string, string | null>>;

/** Everything as text that no setting of the session changes, and no parser of the application. */
const micros = (time: string): string => `(extract(epoch FROM ${time}) * 1000000)::bigint::text`;

const SERVER = `${micros('pg_postmaster_start_time()')} AS server_began, host(inet_server_addr()) AS address`;

const WHO_AM_I = `SELECT a.pid::text, ${micros('a.backend_start')} AS began, ${SERVER}
FROM pg_stat_activity a WHERE a.pid = pg_backend_pid()`;

const LOOK = `SELECT a.pid::text, a.state, ${micros('a.backend_start')} AS began, ${micros('a.xact_start')} AS transaction,
       pg_is_in_recovery()::text AS standby, ${SERVER}
FROM (SELECT 1) one LEFT JOIN pg_stat_activity a ON a.pid = $1::int`;

/** Whoever has written, or may be waiting to write, for a lock that comes before all else. */
const WRITING = `SELECT a.pid::text, ${micros('a.xact_start')} AS transaction FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.xact_start IS NOT NULL
  AND (a.backend_xid IS NOT NULL OR (a.state = 'active' AND a.query !~* '^\\s*(select|show|fetch|vacuum|analyze)'))`;

const IS_THERE = `SELECT pg_backend_pid()::text AS me, EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = $1::int)::text AS there`;

/**
 * A connection of PostgreSQL is a process of its server, which everybody may see in `pg_stat_activity`; when it began and
 * what it does is shown to its own user and to `pg_read_all_stats` only.
 *
 * A transaction is visible to others before the server says that it is over, and that of a connection which ends is
 * rolled back before it leaves the list. Databases that only speak PostgreSQL's protocol do not list the connection that
 * asks, or list it per node, and have no name for it.
 */
export const postgresWatcher: Watcher = {
  async nameOf(connection, run) {
    const [row] = await run(WHO_AM_I);
    // A pooler in between hands out numbers of its own, and the server's connection to others after every transaction.
    if (row === undefined || Number(row['pid']) !== (connection as PostgresConnection).processID) return undefined;
    if (row['began'] === null || row['server_began'] === null) return undefined;
    return JSON.stringify([row['pid'], row['began'], row['server_began'], row['address']]);
  },

  async look(through, name) {
    const [pid, began, serverBegan, address] = JSON.parse(name) as string[];
    const { rows } = await (through as PostgresConnection).query(LOOK, [pid]);
    const [row] = rows;
    if (row['server_began'] !== serverBegan) {
      // The same server after a restart, which no connection survives. Any other may be a copy that knows nothing.
      return { isGone: row['address'] === address && row['standby'] === 'false' ? true : undefined };
    }
    if (row['pid'] === null) return { isGone: true };
    if (row['began'] === null) return NOTHING_SEEN;
    return row['began'] === began ? { isGone: false, transaction: transactionOf(row) } : { isGone: true };
  },

  fateOf(error, client) {
    const { connection, readyForQuery } = client as PostgresConnection;
    // What the server says has a severity.
    if ('severity' in error || connection?.stream === undefined) return 'over';
    if (connection.stream.destroyed === true) return 'lost';
    if (readyForQuery !== false) return 'over';
    // With `query_timeout` the server is not told: it goes on, and may commit a minute later.
    return new Promise<Fate>((resolve) => {
      connection.once('readyForQuery', () => resolve('over'));
      connection.once('end', () => resolve('lost'));
    });
  },

  async isThere(through, lost) {
    const { processID } = through as PostgresConnection;
    const { rows } = await (through as PostgresConnection).query(IS_THERE, [(lost as PostgresConnection).processID]);
    const [{ me, there }] = rows;
    return Number(me) === processID ? there === 'true' : undefined;
  },

  async writing(through) {
    const { rows } = await (through as PostgresConnection).query(WRITING, []);
    return rows.map((row) => `${row['pid']} ${row['transaction']}`);
  },
};

/** While COMMIT runs the state is `active`; with `track_activities` off there is none, and no start either. */
function transactionOf(row: Row): Sight['transaction'] {
  if (row['state'] === 'idle') return null;
  return row['transaction'] ?? undefined;
}
