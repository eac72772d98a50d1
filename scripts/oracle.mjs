import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

/*
 * Makes up histories of reads and writes for as long as it is told to, and compares every answer of the cache with the
 * database's: `npm run oracle -- --seconds 300 --db postgres [--seed 1]
 * [--storage 'memory://?serialize=true']`. A failure prints the shortest history found.
 */

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    db: { type: 'string', default: 'sqljs' },
    seed: { type: 'string' },
    storage: { type: 'string' },
  },
});

const known = ['sqljs', 'better-sqlite3', 'postgres', 'mariadb'];
if (!known.includes(values.db)) throw new Error(`--db is one of ${known.join(', ')}`);
if (!(Number(values.seconds) > 0)) throw new Error('--seconds is how long it is to take');

const child = spawn(
  process.execPath,
  [
    '--disable-warning=ExperimentalWarning',
    '--experimental-vm-modules',
    'node_modules/jest/bin/jest.js',
    'test/oracle/oracle.spec.ts',
  ],
  {
    cwd: new URL('..', import.meta.url),
    stdio: 'inherit',
    env: {
      ...process.env,
      ZOO_ORACLE_SECONDS: values.seconds,
      ZOO_ORACLE_DB: values.db,
      ...(values.seed !== undefined && { ZOO_SEED: values.seed }),
      ...(values.storage !== undefined && { ZOO_ORACLE_STORAGE: values.storage }),
    },
  },
);
child.on('exit', (code) => (process.exitCode = code ?? 1));
