import { connect } from 'node:net';

/** What a spec can need beyond Node: a server, or a package with a native part. */
export type Need = 'redis' | 'postgres' | 'mariadb' | 'better-sqlite3';

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

/** How to reach Redis; the socket is there when the instance is ours. */
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
export async function connectionTo(need: 'redis'): Promise<RedisConnection>;
export async function connectionTo(need: 'postgres' | 'mariadb'): Promise<DatabaseConnection>;
export async function connectionTo(need: Need): Promise<RedisConnection | DatabaseConnection> {
  const { connection, error } = JSON.parse(await askLauncher(need));
  if (error) throw new Error(error);
  return connection;
}

function askLauncher(need: Need): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(`${run.directory}/launcher.sock`, () => socket.write(`${need}\n`));
    socket
      .on('data', (chunk) => (answer += String(chunk)))
      .once('error', reject)
      .once('end', () => resolve(answer));
  });
}
