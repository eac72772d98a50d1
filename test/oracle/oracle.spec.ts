import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeDatabases } from '../support/databases.js';
import { Figures } from './figures.js';
import { fixedHistories } from './fixed-histories.js';
import { play } from './play.js';
import { playSeeds } from './play-seeds.js';
import { World } from './world.js';

/** For how many seconds histories are made up in each way; `npm run oracle` does it for longer. */
const SECONDS = { sqljs: 5, 'better-sqlite3': 3, postgres: 3, mariadb: 3 };

const SIZE = { reads: 12, steps: 20 };

/** What shrinking a history may take. */
const SHRINKING_MS = 60_000;

for (const isAutomatic of [false, true]) {
  const how = isAutomatic ? 'where ordinary repositories read through it too' : 'where it is asked for';
  describeDatabases(`An answer of the cache, ${how}, is what the database would answer,`, (database) => {
    const durationMs = SECONDS[database.variant] * 1_000;
    let world: World;

    beforeAll(async () => {
      world = await World.open(database, { isAutomatic });
    }, 60_000);

    afterAll(() => world.close(), 60_000);

    for (const { title, history } of fixedHistories.filter(({ on }) => on?.(database) ?? true)) {
      it(`so ${title}`, async () => {
        const figures = new Figures();
        await play(world, history, figures);
        expect(figures.hits).toBeGreaterThanOrEqual(history.reads.length);
        // A write that is refused shows nothing.
        expect([...figures.writes].filter(([, { failed }]) => failed > 0)).toEqual([]);
      });
    }

    it(
      'whatever is read and whatever is written',
      async () => {
        const figures = new Figures();
        const end = performance.now() + durationMs;
        let seed = Number(process.env['ZOO_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
        const nextSeed = (): number | undefined => (performance.now() < end ? seed++ : undefined);
        await playSeeds(world, { figures, size: SIZE, nextSeed, shrinkingMs: SHRINKING_MS });
        process.stdout.write(`${figures.summary(database.variant)}\n`);
        // Never cached must not pass for never stale.
        expect(figures.neverCached).toEqual([]);
        expect(figures.neverWritten).toEqual([]);
        expect(figures.hits).toBeGreaterThan(figures.comparisons / 3);
      },
      durationMs + 2 * SHRINKING_MS,
    );
  });
}
