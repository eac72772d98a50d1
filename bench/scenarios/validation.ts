import { compare, type Contender } from '../harness/measure.js';
import { internal } from '../harness/internal.js';
import { report, times } from '../harness/scenario.js';

const ENTRIES = 1_000;

/** What it costs to know that an entry is still valid, on top of finding it in a map. */
await report(async () => {
  const { Engine } = await internal<typeof import('../../dist/esm/engine/engine.js')>('engine/engine');
  const { ProcessLog } =
    await internal<typeof import('../../dist/esm/bus/local/process-log.js')>('bus/local/process-log');
  const { Statistics } = await internal<typeof import('../../dist/esm/events/statistics.js')>('events/statistics');
  const { CoarseClock } =
    await internal<typeof import('../../dist/esm/support/coarse-clock.js')>('support/coarse-clock');
  const { rowTag, tableTag } = await internal<typeof import('../../dist/esm/tags/table-tags.js')>('tags/table-tags');
  type Key = Parameters<InstanceType<typeof Engine>['lookup']>[0];

  const table = { database: 'db', name: 'product' };
  const keys = Array.from({ length: ENTRIES }, (_, i) => `Catalog.byId(${i})` as Key);
  const map = new Map(keys.map((key) => [key, { key }]));

  const engineOf = (tagCount: number): { lookup: Contender; busy: Contender } => {
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
    const other = { touches: [tableTag(table), rowTag(table, 'another')], sweeps: [] };
    const lookups = (name: string, prepare: () => void): Contender => ({
      name,
      run(count) {
        for (let i = 0; i < count; i += ENTRIES) {
          prepare();
          for (let k = 0; k < ENTRIES; k++) if (engine.lookup(keys[k]) === undefined) throw new Error('not there');
        }
      },
    });
    return {
      lookup: lookups(`${tagCount} tags, quiet`, () => undefined),
      // One write to another row of the table before every entry is read again: none can rely on the last judgement.
      busy: lookups(`${tagCount} tags, busy`, () => log.append('invalidate', '', other)),
    };
  };

  const one = engineOf(1);
  const ten = engineOf(10);
  const { ratios } = await compare([
    {
      name: 'map',
      run(count) {
        for (let i = 0; i < count; i += ENTRIES) {
          for (let k = 0; k < ENTRIES; k++) if (map.get(keys[k]) === undefined) throw new Error('not there');
        }
      },
    },
    one.lookup,
    one.busy,
    ten.lookup,
    ten.busy,
  ]);
  return [...ratios]
    .filter(([name]) => name !== 'map')
    .map(([name, ratio]) => {
      const limit = name.startsWith('10') ? 2 : 1.25;
      return {
        case: `finding a valid entry, ${name}`,
        measured: times(ratio),
        target: `at most ${limit} x a map lookup`,
        isMet: ratio.median <= limit,
      };
    });
});
