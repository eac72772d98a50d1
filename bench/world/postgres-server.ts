import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../harness/scenario.js';

interface Service {
  readonly missingProgram: () => string | undefined;
  readonly start: (directory: string) => Promise<{ connection: Connection; stop: () => Promise<void> | void }>;
}

interface Connection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** What TypeORM needs to reach the server. */
export interface PostgresOptions {
  readonly type: 'postgres';
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly database: string;
  readonly poolSize: number;
}

/** Measures on a PostgreSQL server of its own, with one connection; where there is none, says that it was left out. */
export async function onPostgres(
  measure: (options: PostgresOptions) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const launcher = new URL('../../../../test/support/services/postgres.mjs', import.meta.url).href;
  const { postgres } = (await import(launcher)) as { postgres: Service };
  const missing = postgres.missingProgram();
  if (missing !== undefined) {
    return [{ case: 'PostgreSQL', measured: `left out: no ${missing}`, target: '', isMet: false }];
  }
  const directory = await mkdtemp(join(tmpdir(), 'bench-'));
  // The server runs as another user when we are root.
  await chmod(directory, 0o755);
  const { connection, stop } = await postgres.start(directory);
  try {
    const { user, ...rest } = connection;
    return await measure({ type: 'postgres', ...rest, username: user, poolSize: 1 });
  } finally {
    await stop();
    await rm(directory, { recursive: true, force: true });
  }
}
