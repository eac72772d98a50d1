import { Redis } from 'ioredis';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../harness/scenario.js';

interface Service {
  readonly title: string;
  readonly missingProgram: () => string | undefined;
  readonly start: (directory: string) => Promise<{ connection: { url: string }; stop: () => Promise<void> | void }>;
}

/** A Redis of its own, and a client to look at it. */
export interface RedisServer {
  readonly url: string;
  readonly admin: Redis;
  /** As `kill -9`: connections break, and all data is gone. */
  readonly kill: () => Promise<void> | void;
}

/** Measures on a Redis server of its own; where there is none, says that it was left out. */
export async function onRedis(
  measure: (server: RedisServer) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const launcher = new URL('../../../../test/support/services/redis.mjs', import.meta.url).href;
  const { redis: service } = (await import(launcher)) as { redis: Service };
  const missing = service.missingProgram();
  if (missing !== undefined) {
    return [{ case: service.title, measured: `left out: no ${missing}`, target: '', isMet: false }];
  }
  const directory = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const { connection, stop } = await service.start(directory);
    const admin = new Redis(connection.url);
    // A server that was killed is not news to who killed it.
    admin.on('error', () => undefined);
    try {
      return await measure({ url: connection.url, admin, kill: stop });
    } finally {
      admin.disconnect();
      await stop();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
