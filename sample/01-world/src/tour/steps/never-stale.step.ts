import { isDeepStrictEqual } from 'node:util';
import { milliseconds, thousands } from '../../../../shared/terminal/format.js';
import { BASEL, BERN, GENEVA, TOKYO, ZURICH } from '../places.js';
import type { Step } from '../step.js';

const ROUNDS = 100;

export const neverStale: Step = {
  title: 'A busy day: reads and writes at the same time, and nothing stale',
  why: 'In every round a random write runs beside all the questions; then each cached answer is compared with the database.',

  async walk({ countries, cities, citiesEditor, cache, meter }, guide) {
    const questions: [string, () => Promise<unknown>][] = [
      ...[ZURICH, GENEVA, BASEL, TOKYO].map((id): [string, () => Promise<unknown>] => [
        `cities.byId(${id})`,
        () => cities.byId(id),
      ]),
      ["cities.largestOf('CH', 20)", () => cities.largestOf('CH', 20)],
      ['cities.near(Bern, 20 km)', () => cities.near(BERN, 20)],
      ["countries.byCode('CH')", () => countries.byCode('CH')],
    ];
    const added: number[] = [];
    const writes: ((round: number) => Promise<unknown>)[] = [
      (round) => citiesEditor.setPopulation([ZURICH, GENEVA, BASEL, TOKYO][round % 4], 100_000 + round),
      (round) => citiesEditor.rename([GENEVA, BASEL][round % 2], `Rename ${round}`),
      async (round) => {
        const { id } = await citiesEditor.add({ name: `New ${round}`, countryCode: 'CH', population: round, ...BERN });
        added.push(id);
      },
      async () => {
        const id = added.shift();
        if (id !== undefined) {
          await citiesEditor.remove(id);
        }
      },
    ];
    const startedAt = performance.now();
    let answers = 0;
    let fromCache = 0;
    const stale: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const write = writes[Math.floor(Math.random() * writes.length)];
      await Promise.all([write(round), ...questions.map(([, ask]) => ask())]);
      for (const [question, ask] of questions) {
        const { statements } = meter.total();
        const answer = await ask();
        fromCache += meter.total().statements === statements ? 1 : 0;
        answers += 1;
        if (!isDeepStrictEqual(answer, await cache.bypass(ask))) {
          stale.push(`${question} in round ${round}`);
        }
      }
    }
    guide.say(
      `${ROUNDS} writes, ${thousands(answers)} answers compared, ${thousands(fromCache)} of them from the cache, ` +
        `in ${milliseconds(performance.now() - startedAt)}`,
    );
    guide.claim(
      'No answer was older than the database.',
      stale.length === 0,
      () => `these were: ${stale.slice(0, 5).join(', ')}`,
    );
    guide.claim('Many of them came from the cache.', fromCache > ROUNDS, () => `only ${fromCache} did`);
  },
};
