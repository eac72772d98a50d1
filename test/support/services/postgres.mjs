import { chownSync, mkdirSync } from 'node:fs';
import pg from 'pg';
import { fromDatabaseUrl } from './database-url.mjs';
import { findProgram, runToEnd, startServer, unprivilegedUser } from './programs.mjs';

/** Durability costs time and protects data that is thrown away; prepared transactions are for tests of two-phase commit. */
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: 200,
  max_prepared_transactions: 10,
  listen_addresses: '',
};

/** A private PostgreSQL on a unix socket, owned by an unprivileged user when we are root. */
export const postgres = {
  title: 'PostgreSQL',
  variable: 'ZOO_TEST_POSTGRES_URL',
  debianPackage: 'postgresql',
  missingProgram: () => ['initdb', 'postgres'].find((program) => !findProgram(program)),
  fromUrl: (url) => fromDatabaseUrl(url, { port: 5432, database: 'postgres' }),

  async start(directory) {
    const user = unprivilegedUser();
    const home = `${directory}/postgres`;
    mkdirSync(home, { mode: 0o700 });
    if (user.uid) chownSync(home, user.uid, user.gid);
    const data = `${home}/data`;
    const options = { cwd: home, ...user };
    await runToEnd(
      findProgram('initdb'),
      ['--pgdata', data, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'],
      options,
    );
    const connection = { host: home, port: 5432, user: 'postgres', password: '', database: 'postgres' };
    const { stop } = await startServer(
      findProgram('postgres'),
      ['-D', data, '-k', home].concat(Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])),
      {
        ...options,
        log: `${directory}/postgres.log`,
        isReady: () => ask(connection),
        // An immediate shutdown: the postmaster takes its children and its shared memory with it, which SIGKILL leaves.
        stopSignal: 'SIGQUIT',
      },
    );
    return { connection, stop };
  },
};

async function ask(connection) {
  const client = new pg.Client(connection);
  try {
    await client.connect();
    await client.query('SELECT 1');
  } finally {
    await client.end();
  }
}
