import { compare, type Contender } from '../harness/measure.js';
import { report, times } from '../harness/scenario.js';

const ENTRIES = 1_000;

/** What it costs to know that an entry is still valid, on top of finding it in a map. */
await report(async () => {
  const { Engine } = await import('../../lib/engine/engine.js');
  const { ProcessLog } = await import('../../lib/bus/local/process-log.js');
  const { Statistics } = await import('../../lib/events/statistics.js');
  const { CoarseClock } = await import('../../lib/support/coarse-clock.js');
  const { rowTag, tableTag } = await import('../../lib/tags/table-tags.js');
  type Key = Parameters<InstanceType<typeof Engine>['lookup']>[0];

  const table = { database: 'db', name: 'product' };
  const keys = Array.from({ length: ENTRIES }, (_, i) => `Catalog.byId(${i})` as Key);
  const map = new Map(keys.map((key, i) => [key, { value: i }]));
  let sum = 0;
  shuffle(keys);

  const engineOf = (tagCount: number): Record<'lookup' | 'busy' | 'busiest', Contender> => {
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
      const tags = Array.from({ length: tagCount }, (_, n) => rowTag(table, String(i * tagCount + n)));
      engine.put(key, i, { ttlMs: Infinity, tags, token: log.position });
    });
    const held = rowTag(table, 'held');
    engine.put('held' as Key, 0, { ttlMs: Infinity, tags: [held], token: log.position });
    const writeTo = (row: typeof held) => {
      const invalidation = { touches: [tableTag(table), row], sweeps: [] };
      return () => log.append('invalidate', '', invalidation);
    };
    // Apart from the writes: in one function with them it is left to chance whether V8 has room for the lookup.
    const lookUp = (count: number): void => {
      for (let k = 0; k < count; k++) sum += engine.lookup(keys[k])!.value as number;
    };
    const lookups = (name: string, prepare: () => void): Contender => ({
      name,
      run(count) {
        for (let i = 0; i < count; i += ENTRIES) {
          prepare();
          lookUp(Math.min(ENTRIES, count - i));
        }
      },
    });
    return {
      lookup: lookups(`${tagCount} tags, quiet`, () => undefined),
      // One write to another row of the table before every entry is read again.
      busy: lookups(`${tagCount} tags, busy`, writeTo(rowTag(table, 'another'))),
      // The same to a row that another entry depends on: none can rely on the last judgement.
      busiest: lookups(`${tagCount} tags, busy with rows of other entries`, writeTo(held)),
    };
  };

  const one = engineOf(1);
  const ten = engineOf(10);
  const { ratios } = await compare([
    {
      name: 'map',
      run(count) {
        for (let i = 0; i < count; i += ENTRIES) {
          for (let k = 0, end = Math.min(ENTRIES, count - i); k < end; k++) sum += map.get(keys[k])!.value;
        }
      },
    },
    one.lookup,
    one.busy,
    one.busiest,
    ten.lookup,
    ten.busy,
    ten.busiest,
  ]);
  if (sum === 0) throw new Error('nothing was read');
  return [...ratios]
    .filter(([name]) => name !== 'map')
    .map(([name, ratio]) => {
      const limit = name.endsWith('quiet') ? 1.25 : 2;
      return {
        case: `finding a valid entry, ${name}`,
        measured: times(ratio),
        target: `at most ${limit} x a map lookup`,
        isMet: ratio.median <= limit,
      };
    });
});

/** Read in another order than they were stored in, as keys are; the same order in every run. */
function shuffle(keys: unknown[]): void {
  let seed = 1;
  for (let i = keys.length - 1; i > 0; i--) {
    seed = (seed * 48_271) % 2_147_483_647;
    const other = seed % (i + 1);
    [keys[i], keys[other]] = [keys[other], keys[i]];
  }
}
