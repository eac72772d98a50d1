import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSourceOptions } from 'typeorm';
import type { Finding } from './scenario.js';

/** A kind of server that can be started for us alone, as the tests do. */
export type Server = 'postgres' | 'mariadb';

interface Service {
  readonly title: string;
  readonly missingProgram: () => string | undefined;
  readonly start: (directory: string) => Promise<{ connection: Connection; stop: () => Promise<void> | void }>;
}

interface Connection {
  readonly host?: string;
  readonly socketPath?: string;
  readonly port?: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Runs something with an empty database on a server of its own, or finds that this machine has no such server. */
export async function onServer(
  server: Server,
  run: (options: Omit<DataSourceOptions, 'entities'>, title: string) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const launcher = new URL(`../../../../test/support/services/${server}.mjs`, import.meta.url).href;
  const { [server]: service } = (await import(launcher)) as Record<Server, Service>;
  const missing = service.missingProgram();
  if (missing !== undefined) {
    return [{ case: service.title, measured: `left out: no ${missing}`, target: '', isMet: false }];
  }
  const directory = await mkdtemp(join(tmpdir(), 'bench-'));
  // PostgreSQL runs as another user when we are root.
  await chmod(directory, 0o755);
  try {
    const { connection, stop } = await service.start(directory);
    try {
      const { user: username, ...rest } = connection;
      return await run({ type: server, ...rest, username } as Omit<DataSourceOptions, 'entities'>, service.title);
    } finally {
      await stop();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
