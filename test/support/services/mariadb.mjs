import { mkdirSync } from 'node:fs';
import { createConnection } from 'mysql2/promise';
import { fromDatabaseUrl } from './database-url.mjs';
import { findProgram, runToEnd, startServer } from './programs.mjs';

/** A private MariaDB on a unix socket. */
export const mariadb = {
  title: 'MariaDB',
  variable: 'ZOO_TEST_MARIADB_URL',
  debianPackage: 'mariadb-server',
  missingProgram: () => ['mariadb-install-db', 'mariadbd'].find((program) => !findProgram(program)),
  fromUrl: (url) => fromDatabaseUrl(url, { port: 3306, database: 'mysql' }),

  async start(directory) {
    const home = `${directory}/mariadb`;
    mkdirSync(home, { mode: 0o700 });
    const data = `${home}/data`;
    const socketPath = `${home}/mariadb.sock`;
    const temporary = `${home}/tmp`;
    mkdirSync(temporary);
    // A server that starts removes the temporary tables of others from a directory that they share.
    const shared = [
      '--no-defaults',
      `--datadir=${data}`,
      `--tmpdir=${temporary}`,
      ...(process.getuid?.() === 0 ? ['--user=root'] : []),
    ];
    await runToEnd(
      findProgram('mariadb-install-db'),
      [...shared, '--auth-root-authentication-method=normal', '--skip-test-db'],
      { cwd: home },
    );
    const connection = { socketPath, user: 'root', password: '', database: 'mysql' };
    const { stop } = await startServer(
      findProgram('mariadbd'),
      [
        ...shared,
        `--socket=${socketPath}`,
        `--pid-file=${home}/mariadb.pid`,
        '--skip-networking',
        '--max-connections=200',
        // Durability costs time and protects data that is thrown away.
        '--innodb-flush-log-at-trx-commit=0',
        '--innodb-buffer-pool-size=64M',
      ],
      { cwd: home, log: `${directory}/mariadb.log`, isReady: () => ask(connection), stopSignal: 'SIGKILL' },
    );
    return { connection, stop };
  },
};

async function ask(connection) {
  const client = await createConnection(connection);
  try {
    await client.query('SELECT 1');
  } finally {
    await client.end();
  }
}
