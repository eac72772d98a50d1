import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeDatabases, type TestDatabase } from '../support/databases.js';
import { Figures } from './figures.js';
import { fixedHistories } from './fixed-histories.js';
import { historyOn } from './history.js';
import { play } from './play.js';
import { World } from './world.js';

/** For how long histories are made up; `npm run oracle` asks for longer, and on one database. */
const seconds = Number(process.env['ZOO_ORACLE_SECONDS'] ?? 0);
const only = process.env['ZOO_ORACLE_DB'];

const usual = { sqljs: 20, 'better-sqlite3': 10, postgres: 10, mariadb: 10 };

/** Histories per seed, so that the time is looked at often enough. */
const PER_SEED = 3;

/** What shrinking a history may take. */
const SHRINKING_MS = 60_000;

describeDatabases(
  'An answer of the cache is what the database would answer,',
  (database) => {
    const duration = (seconds || usual[database.variant]) * 1_000;
    let world: World;

    beforeAll(async () => {
      world = await World.open(database);
    }, 60_000);

    afterAll(() => world.close());

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
        const figures = await playFor(world, database, duration);
        process.stdout.write(`${figures.summary(database.variant)}\n`);
        if (seconds > 0) process.stdout.write(`${figures.details()}\n`);
        // Never cached must not pass for never stale.
        expect(figures.neverCached).toEqual([]);
        expect(figures.neverWritten).toEqual([]);
        expect(figures.hits).toBeGreaterThan(figures.comparisons / 3);
      },
      duration + 2 * SHRINKING_MS,
    );
  },
  { only: ({ variant }) => only === undefined || only === variant },
);

async function playFor(world: World, database: TestDatabase, durationMs: number): Promise<Figures> {
  const figures = new Figures();
  const property = fc.asyncProperty(historyOn(database), (history) => play(world, history, figures));
  let seed = Number(process.env['ZOO_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  const end = performance.now() + durationMs;
  while (performance.now() < end) {
    const details = await fc.check(property, {
      seed,
      numRuns: PER_SEED,
      // Small numbers are rows that exist already, and histories of one step find little.
      unbiased: true,
      interruptAfterTimeLimit: end - performance.now() + SHRINKING_MS,
    });
    if (details.failed && details.counterexample !== null) {
      throw new Error(
        `ZOO_SEED=${seed}: ${String(details.errorInstance)}\n${JSON.stringify(details.counterexample[0])}`,
      );
    }
    seed++;
  }
  return figures;
}
