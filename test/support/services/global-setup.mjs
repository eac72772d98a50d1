import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { betterSqlite3 } from './better-sqlite3.mjs';
import { services } from './services.mjs';

/**
 * Decides what this run can use, and starts the launcher that starts it on demand.
 *
 * Specs and the reporter read the outcome from ZOO_TEST_SERVICES: `{ directory, absent: { [name]: { title, reason, fix } } }`.
 */
export default async function globalSetup() {
  const absent = {};
  for (const [name, service] of Object.entries(services)) {
    const program = process.env[service.variable] ? undefined : service.missingProgram();
    if (program) {
      absent[name] = {
        title: service.title,
        reason: `there is no program ${program}`,
        fix: `apt-get install ${service.debianPackage}, or set ${service.variable}`,
      };
    }
  }
  const reason = await betterSqlite3.prepare();
  if (reason) {
    absent['better-sqlite3'] = {
      title: betterSqlite3.title,
      reason,
      fix: 'cd test && npm ci, and read what it prints',
    };
  }

  const directory = mkdtempSync(join(tmpdir(), 'zoo-test-'));
  // PostgreSQL runs as another user when we are root, and must be able to walk through.
  chmodSync(directory, 0o711);
  const launcher = spawn(process.execPath, [fileURLToPath(new URL('launcher.mjs', import.meta.url)), directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(launcher.stdout, 'data');
  process.env.ZOO_TEST_SERVICES = JSON.stringify({ directory, absent });
  globalThis.zooTestLauncher = launcher;
}
