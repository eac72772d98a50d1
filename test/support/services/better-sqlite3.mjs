import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const testDirectory = fileURLToPath(new URL('../../', import.meta.url));
const openOne = "new (require('better-sqlite3'))(':memory:').close()";

/**
 * The one native part of the tests: a package that downloads or compiles its binary, so it has its own manifest in
 * test/ and is installed by the first run of the tests, never by `npm ci` in the root.
 */
export const betterSqlite3 = {
  title: 'better-sqlite3',

  /** Why it cannot be used, or undefined; installs it first when it is not there or was built for another Node. */
  async prepare() {
    if (run(process.execPath, ['-e', openOne]).status === 0) return undefined;
    process.stderr.write('Installing better-sqlite3 for the tests (once; about a minute where it must be compiled)…\n');
    const install = run('npm', ['ci', '--no-audit', '--no-fund', '--fetch-retries=0']);
    const opened = run(process.execPath, ['-e', openOne]);
    if (opened.status === 0) return undefined;
    const printed = (install.status === 0 ? opened : install).stderr ?? '';
    return `it could not be installed (${/(?:npm error|Error:) .*/.exec(printed)?.[0] ?? 'no reason given'})`;
  },
};

function run(program, args) {
  return spawnSync(program, args, { cwd: testDirectory, encoding: 'utf8', timeout: 300_000 });
}
