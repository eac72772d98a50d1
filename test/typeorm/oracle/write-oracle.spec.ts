import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeDatabases } from '../../support/databases.js';
import { builderWrites, entityWrites } from './entity-writes.js';
import { chance, openWorld } from './open-world.js';
import { rawWrites } from './raw-writes.js';
import { transactionWrites } from './transaction-writes.js';
import type { World, WriteKind } from './world.js';
import { WriteOracle, type Summary } from './write-oracle.js';

const kinds: readonly (readonly [group: string, kinds: readonly WriteKind[]])[] = [
  ['by a repository', entityWrites],
  ['by a query builder', builderWrites],
  ['by SQL', rawWrites],
  ['in a transaction', transactionWrites],
];

/**
 * How much of what changed must be told row by row, and how much may be told needlessly: tables per write, rows per
 * changed row. DDL and procedures, which sweep whole databases, are most of the needless.
 */
const precision = {
  sqlite: { least: 0.5, mostTables: 0.9, mostRows: 2.6 },
  postgres: { least: 0.56, mostTables: 1.2, mostRows: 2.7 },
  mysql: { least: 0.47, mostTables: 1.35, mostRows: 2.5 },
};

describeDatabases('readers are told of everything that is written', (database) => {
  let world: World;
  let oracle: WriteOracle;

  beforeAll(async () => {
    world = await openWorld(database, chance(1));
    oracle = new WriteOracle(world.dataSource);
  }, 60_000);

  afterAll(() => oracle.close());

  it('and the cache that is watched answers all questions', async () => {
    expect(await oracle.fill()).toEqual([]);
  });

  for (const [group, list] of kinds) {
    describe(`${group},`, () => {
      for (const kind of list.filter(({ on }) => on?.(database) ?? true)) {
        it(`${kind.title}:`, async () => {
          await kind.prepare?.(world);
          const run = (): Promise<unknown> => kind.run(world);
          const verdict =
            kind.prepare === undefined ? oracle.judgeNext(kind.title, run) : oracle.judge(kind.title, run);
          const { missed, stale, unmarked, told, changedRows } = await verdict;

          expect({ missed, stale, unmarked }).toEqual({ missed: [], stale: [], unmarked: [] });
          if (kind.isUndone) expect([...told.touches, ...told.sweeps]).toEqual([]);
          else if (!kind.mayChangeNothing) expect(changedRows).toBeGreaterThan(0);
        });
      }
    });
  }

  it('and of little else', () => {
    const { summary } = oracle;
    process.stdout.write(`${written(database.variant, summary)}\n`);
    const { least, mostTables, mostRows } = precision[database.family];

    expect(summary.missed).toBe(0);
    expect(summary.exact / summary.changed).toBeGreaterThan(least);
    expect(summary.needlessTables / summary.steps).toBeLessThan(mostTables);
    expect(summary.needlessRows / summary.changedRows).toBeLessThan(mostRows);
  });
});

function written(name: string, summary: Summary): string {
  const { steps, changed, exact, byTable, missed, needlessTables, needlessRows, changedRows } = summary;
  return (
    `${name}: ${steps} writes changed ${changedRows} rows in ${changed} tables; rows named in ${exact} of them, ` +
    `whole tables in ${byTable}, missed ${missed}; reported needlessly: ${needlessTables} tables, ${needlessRows} rows`
  );
}
