import { connect } from 'node:net';

/** What a spec can need beyond Node: a server, or a package with a native part. */
export type Need = RedisNeed | 'postgres' | 'mariadb' | 'better-sqlite3';

/** One server, three primaries of a cluster, a primary with replicas and sentinels, one server that speaks TLS. */
export type RedisNeed = 'redis' | 'redis-cluster' | 'redis-sentinel' | 'redis-tls';

/** How to reach a database server: through its socket's directory (PostgreSQL), its socket (MariaDB) or its port. */
export interface DatabaseConnection {
  readonly host?: string;
  readonly port?: number;
  readonly socketPath?: string;
  readonly user: string;
  readonly password: string;
  /** The database to connect to before there is one for the test. */
  readonly database: string;
}

/** How to reach Redis, by a URL of this package; the socket is there when it is one server of ours. */
export interface RedisConnection {
  readonly url: string;
  readonly socketPath?: string;
}

/** What is not there, why, and what to do about it. */
export interface Absence {
  readonly title: string;
  readonly reason: string;
  readonly fix: string;
}

const run: { directory: string; absent: Partial<Record<Need, Absence>> } = JSON.parse(
  process.env['ZOO_TEST_SERVICES'] ?? '{ "absent": {} }',
);

/** Why this machine lacks it, or undefined; a server that is there but does not start is a failure, not an absence. */
export function absenceOf(need: Need): Absence | undefined {
  return run.absent[need];
}

/** The connection to a server of this run; the first to ask starts it. Throws with the server's log if it does not start. */
export async function connectionTo(need: RedisNeed): Promise<RedisConnection>;
export async function connectionTo(need: 'postgres' | 'mariadb'): Promise<DatabaseConnection>;
export async function connectionTo(need: Need): Promise<RedisConnection | DatabaseConnection> {
  return (await askLauncher(need)) as RedisConnection | DatabaseConnection;
}

/**
 * What the process that owns the servers of this run answers to a line; its own comment lists what it understands.
 * Throws what it says went wrong.
 */
export async function askLauncher(line: string): Promise<unknown> {
  const answer = await new Promise<string>((resolve, reject) => {
    let heard = '';
    const socket = connect(`${run.directory}/launcher.sock`, () => socket.write(`${line}\n`));
    socket
      .on('data', (chunk) => (heard += String(chunk)))
      .once('error', reject)
      .once('end', () => resolve(heard));
  });
  const { connection, error } = JSON.parse(answer) as { connection?: unknown; error?: string };
  if (error) throw new Error(error);
  return connection;
}
