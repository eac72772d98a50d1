import { City } from '../../entities/index.js';
import { counted, milliseconds, thousands } from '../../../../shared/terminal/format.js';
import { TOKYO } from '../places.js';
import type { Step } from '../step.js';

class ChangedMyMind extends Error {}

export const rollback: Step = {
  title: 'A rollback leaves the cache alone',
  why: 'A transaction empties Tokyo, sees it empty, and fails. Nobody else is to notice.',

  async walk({ cities, dataSource, stopwatch }, guide) {
    const largest = () => cities.largestOf('JP', 1);
    const [before] = await largest();
    let seenInside: number | undefined;
    try {
      await dataSource.transaction(async (manager) => {
        await manager.update(City, { id: TOKYO }, { population: 1 });
        seenInside = (await manager.findOneByOrFail(City, { id: TOKYO })).population;
        throw new ChangedMyMind();
      });
    } catch (error) {
      if (!(error instanceof ChangedMyMind)) {
        throw error;
      }
    }
    const after = await stopwatch.measure(largest);
    const [row] = await dataSource.query<{ population: number }[]>(
      `SELECT "population" FROM "world_city" WHERE "id" = ${TOKYO}`,
    );
    const [{ name, population }] = after.value;

    guide.say(`inside the transaction   ${seenInside} person in ${before.name}`);
    guide.say(`after the rollback       ${thousands(population)} people in ${name}, in ${milliseconds(after.ms)}`);
    guide.claim('The transaction saw its own write.', seenInside === 1, () => `it saw ${seenInside}`);
    guide.claim(
      'The answer is still in the cache, and is what the database says.',
      after.statements === 0 && population === row.population,
      () =>
        `the database got ${counted(after.statements, 'statement')}, for ${population}; the database says ${row.population}`,
    );
  },
};
