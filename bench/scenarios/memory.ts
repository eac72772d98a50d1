import { median } from '../harness/measure.js';
import { report } from '../harness/scenario.js';

const ENTRIES = 100_000;

/** What an entry with three tags costs beside its key and its value, and what a full cache costs the collector. */
await report(async () => {
  const { Engine } = await import('../../lib/engine/engine.js');
  const { ProcessLog } = await import('../../lib/bus/local/process-log.js');
  const { Statistics } = await import('../../lib/events/statistics.js');
  const { CoarseClock } = await import('../../lib/support/coarse-clock.js');
  const { rowTag, tableTag } = await import('../../lib/tags/table-tags.js');
  const { userTag } = await import('../../lib/tags/user-tag.js');
  type Key = Parameters<InstanceType<typeof Engine>['lookup']>[0];

  const table = { database: 'db', name: 'product' };
  const emptyCollection = fullCollection();
  const keys = Array.from({ length: ENTRIES }, (_, i) => flat(`Catalog.byId(${i})`));
  const values = Array.from({ length: ENTRIES }, (_, i) => ({ id: i, name: `Product ${i}` }));
  const bare = new Map(keys.map((key, i) => [key, values[i]]));
  const before = heapUsed();
  const withMap = bare.size;

  const log = new ProcessLog();
  const engine = new Engine({
    prefix: 'bench',
    isEnabled: true,
    limits: {},
    log,
    clock: new CoarseClock(),
    random: () => 0,
    copier: { store: (value) => ({ value, bytes: 100, copy: (same) => same }) },
    statistics: new Statistics(),
    failures: { report: (_, error) => console.error(error) },
  });
  keys.forEach((key, i) => {
    // One tag of their own, one shared by a hundred, one shared by all.
    const tags = [rowTag(table, String(i)), userTag('bench', ['category', String(i % 1_000)]), tableTag(table)];
    engine.put(key as Key, values[i], { ttlMs: Infinity, tags, token: log.position });
  });
  const perEntry = (heapUsed() - before) / engine.entries;
  const pauses = Math.max(0, fullCollection() - emptyCollection);
  if (engine.entries !== ENTRIES || withMap !== ENTRIES) throw new Error('the cap is not what it was meant to be');
  return [
    {
      case: 'memory of an entry with 3 tags, beside key and value',
      measured: `${perEntry.toFixed(0)} B`,
      target: 'at most 400 B',
      isMet: perEntry <= 400,
    },
    {
      case: `full collection with ${ENTRIES.toLocaleString('en')} entries, more than without`,
      measured: `${pauses.toFixed(0)} ms`,
      target: 'at most 50 ms',
      isMet: pauses <= 50,
    },
  ];
});

function heapUsed(): number {
  for (let i = 0; i < 4; i++) globalThis.gc!();
  return process.memoryUsage().heapUsed;
}

/** The median of some full collections, in milliseconds. */
function fullCollection(): number {
  const took: number[] = [];
  for (let i = 0; i < 9; i++) {
    const start = performance.now();
    globalThis.gc!();
    took.push(performance.now() - start);
  }
  return median(took);
}

/** A string whose characters stand in one piece, as keys that were looked up once do. */
function flat(text: string): string {
  return Buffer.from(text).toString('latin1');
}
