import { open } from 'lmdb';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, type Contender } from '../harness/measure.js';
import { report, times, type Finding } from '../harness/scenario.js';

const KEYS = 20_000;
const HEAD_LIMIT_US = 10;

/** Storage and bus in LMDB against lmdb itself: values of 1 KB, 20,000 keys, one process. */
await report(async () => {
  const { openLmdbStorage } = await import('../../lib/storage/lmdb/lmdb-storage.js');
  const { openLmdbBus } = await import('../../lib/bus/lmdb/lmdb-bus.js');
  const directory = mkdtempSync(join(tmpdir(), 'zoocache-bench-'));
  const storage = await openLmdbStorage(`lmdb:${join(directory, 'storage')}`);
  const bus = await openLmdbBus(`lmdb:${join(directory, 'bus')}`, { prefix: 'bench' });
  const bare = open<Buffer>(join(directory, 'bare.mdb'), { encoding: 'binary', noSync: true });

  const keys = Array.from({ length: KEYS }, (_, i) => `shop:Catalog.byId(${(i * 7919) % KEYS})`);
  const value = Buffer.alloc(1024, 1);
  for (const key of keys) void bare.put(key, value);
  await bare.committed;
  for (let i = 0; i < KEYS; i += 100) {
    await Promise.all(keys.slice(i, i + 100).map((key) => storage.set(key, value, 3_600_000)));
  }
  const { incarnation } = await bus.hello();
  const records = [{ kind: 'invalidate', transactionId: '', invalidation: { touches: ['A'], sweeps: [] } }] as const;
  const position = await bus.append(incarnation, records);

  const reads = await compare([
    inTurns('lmdb', async (i) => bare.get(keys[i % KEYS])),
    inTurns('storage', (i) => storage.get(keys[i % KEYS])),
    inTurns('head', async () => bus.head(incarnation)),
    inTurns('since', () => bus.since(incarnation, position as number)),
  ]);
  const writes = await compare([
    byHundreds('lmdb', (i) => bare.put(keys[i % KEYS], value)),
    byHundreds('storage', (i) => storage.set(keys[i % KEYS], value, 3_600_000)),
    byHundreds('append', () => bus.append(incarnation, records)),
  ]);
  const single = await compare([
    inTurns('lmdb', (i) => bare.put(keys[i % KEYS], value)),
    inTurns('append', () => bus.append(incarnation, records)),
  ]);

  await Promise.all([storage.close(), bus.close(), bare.close()]);
  rmSync(directory, { recursive: true });
  const get = reads.ratios.get('storage')!;
  const headUs = reads.nanoseconds.get('head')! / 1000;
  return [
    {
      case: 'a value of 1 KB from LMDB',
      measured: times(get),
      target: "at most 1.3 x lmdb's own get",
      isMet: get.median <= 1.3,
    },
    {
      case: 'the head of the log, as seen by every process',
      measured: `${headUs.toFixed(2)} us`,
      target: `at most ${HEAD_LIMIT_US} us`,
      isMet: headUs <= HEAD_LIMIT_US,
    },
    told('records after the head, when there are none', times(reads.ratios.get('since')!), "lmdb's own get"),
    told('storing 100 values at a time', times(writes.ratios.get('storage')!), "lmdb's own puts"),
    told('appending 100 times at a time', times(writes.ratios.get('append')!), "lmdb's own puts"),
    told('appending once', times(single.ratios.get('append')!), "lmdb's own put, awaited"),
  ];
});

function inTurns(name: string, call: (index: number) => Promise<unknown>): Contender {
  return {
    name,
    async run(count) {
      for (let i = 0; i < count; i++) await call(i);
    },
  };
}

function byHundreds(name: string, call: (index: number) => Promise<unknown>): Contender {
  return {
    name,
    async run(count) {
      for (let i = 0; i < count; i += 100) await Promise.all(Array.from({ length: 100 }, (_, j) => call(i + j)));
    },
  };
}

function told(title: string, measured: string, of: string): Finding {
  return { case: title, measured, target: `for information, of ${of}`, isMet: true };
}
