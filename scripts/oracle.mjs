import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import globalSetup from '../test/support/services/global-setup.mjs';
import globalTeardown from '../test/support/services/global-teardown.mjs';

/*
 * Makes up histories of reads and writes for as long as it is told to, and compares every answer of the cache with the
 * database's: `npm run oracle -- --comparisons 500000 --db postgres [--seconds 300] [--seed 1] [--worlds 2]
 * [--storage 'memory://?serialize=true']`. A difference is printed with the shortest history found that shows it.
 *
 * Compiled to plain JavaScript, because inside Jest it takes twice as long.
 */

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

const compiled = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.oracle.json'], { cwd: root, stdio: 'inherit' });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);
await globalSetup();
// better-sqlite3 is installed below test/, and asked for by TypeORM from the root.
const env = { ...process.env, NODE_PATH: `${root}test/node_modules` };
const player = spawn(process.execPath, ['test/oracle/dist/test/oracle/run.js', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env,
});
const [code] = await once(player, 'exit');
await globalTeardown();
process.exitCode = code ?? 1;
