import { Redis } from 'ioredis';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { microsecondsEach, ratioInTurns } from '../harness/in-flight.js';
import { report, times, type Finding } from '../harness/scenario.js';

interface Service {
  readonly missingProgram: () => string | undefined;
  readonly start: (directory: string) => Promise<{ connection: { url: string }; stop: () => Promise<void> }>;
}

const KEYS = 10_000;
const VALUE = Buffer.alloc(1_024, 'x');
/** Short rounds in turns: what disturbs a machine for longer than one disturbs both sides. */
const ROUNDS = 61;

/** Reads in flight, reads of a round, and the most that one may take of a GET of its own. */
const CASES = [
  { inFlight: 1, reads: 500, limit: 1.05 },
  { inFlight: 50, reads: 5_000, limit: 0.4 },
  { inFlight: 500, reads: 10_000, limit: 0.25 },
];

/** Reads of 1 KB from the storage in Redis, against the same number of GETs of ioredis, on a server of its own. */
await report(async () => {
  const launcher = new URL('../../../../test/support/services/redis.mjs', import.meta.url).href;
  const { redis } = (await import(launcher)) as { redis: Service };
  const missing = redis.missingProgram();
  if (missing !== undefined) {
    return [{ case: 'storage in Redis', measured: `left out: no ${missing}`, target: '', isMet: false }];
  }
  const directory = await mkdtemp(join(tmpdir(), 'bench-'));
  const { connection, stop } = await redis.start(directory);
  try {
    return await measure(connection.url);
  } finally {
    await stop();
    await rm(directory, { recursive: true, force: true });
  }
});

async function measure(url: string): Promise<Finding[]> {
  const { openRedisStorage } = await import('../../lib/storage/redis/redis-storage.js');
  const { RedisTarget } = await import('../../lib/drivers/redis/redis-target.js');
  const plain = new Redis(url);
  const storage = openRedisStorage(new RedisTarget(url));
  const keys = Array.from({ length: KEYS }, (_, at) => `bench:${at}`);
  await Promise.all(keys.map((key) => storage.set(key, VALUE, Infinity)));

  const keyOf = (n: number): string => keys[(n * 7_919) % keys.length];
  const findings: Finding[] = [];
  for (const { inFlight, reads, limit } of CASES) {
    const round = { calls: reads, inFlight };
    const ratio = await ratioInTurns(
      () => microsecondsEach((n) => storage.get(keyOf(n)), round),
      () => microsecondsEach((n) => plain.getBuffer(keyOf(n)), round),
      ROUNDS,
    );
    findings.push({
      case: `read of 1 KB from Redis, ${inFlight} in flight`,
      measured: times(ratio),
      target: `at most ${limit} x getBuffer of ioredis`,
      isMet: ratio.median <= limit,
    });
  }
  await storage.close();
  plain.disconnect();
  return findings;
}
