import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { Arm, overhead } from '../harness/arm.js';
import { report } from '../harness/scenario.js';
import { Product } from '../world/entities.js';

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

/** What the module adds to reads and writes that go to PostgreSQL, in CPU time of the application. */
await report(async () => {
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
    const options = { type: 'postgres' as const, ...rest, username: user, poolSize: 1 };
    const dataSource = await new DataSource({ ...options, entities: [Product], synchronize: true }).initialize();
    await dataSource.destroy();
    const file = new URL('../world/postgres-arm.js', import.meta.url);
    const bare = await Arm.start(file, ['bare', JSON.stringify(options)]);
    const installed = await Arm.start(file, ['installed', JSON.stringify(options)]);
    const findings = [];
    for (const [title, plain, cached, count, limit] of [
      ['a read past the cache', 'read', 'read', 400, 2],
      ['a miss, with its fill', 'read', 'cached', 400, 5],
      ['save() of one changed entity', 'save', 'save', 150, 3],
    ] as const) {
      const { percent, halfWidth, rounds } = await overhead(
        { arm: bare, operation: plain },
        { arm: installed, operation: cached },
        count,
        limit,
      );
      findings.push({
        case: `${title}, PostgreSQL`,
        measured: `${percent.toFixed(1)} % +- ${halfWidth.toFixed(1)} (${rounds} rounds)`,
        target: `at most ${limit} %`,
        isMet: percent <= limit,
      });
    }
    bare.stop();
    installed.stop();
    return findings;
  } finally {
    await stop();
    await rm(directory, { recursive: true, force: true });
  }
});
