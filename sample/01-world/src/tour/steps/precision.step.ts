import { isDeepStrictEqual } from 'node:util';
import { counted } from '../../../../shared/terminal/format.js';
import { BASEL, BERN, GENEVA, LONDON, ZURICH } from '../places.js';
import type { Step } from '../step.js';
import type { World } from '../world.js';

type Ask = () => Promise<unknown>;

/** A question, and whether its answer has to stay through each of the writes. */
type Question = readonly [question: string, ask: Ask, staysThrough: readonly boolean[]];

export const precision: Step = {
  title: 'A write leaves alone what it did not change',
  why: 'Three writes to Swiss cities, and after each the same questions: who answers, the cache or the database?',

  async walk(world, guide) {
    const { cache, stopwatch } = world;
    const writes = writesOf(world);
    const questions = questionsOf(world);
    const marks: string[][] = [];
    const stale: string[] = [];
    let kept = 0;
    for (const [n, [what, write]] of writes.entries()) {
      for (const [, ask] of questions) {
        await ask();
      }
      await write();
      marks[n] = [];
      for (const [question, ask, staysThrough] of questions) {
        const answer = await stopwatch.measure(ask);
        const isHit = answer.statements === 0;
        marks[n].push(isHit ? guide.paint('green', 'hit') : 'miss');
        kept += isHit ? 1 : 0;
        guide.expect(
          `${question} stays in the cache through "${what}"`,
          isHit || !staysThrough[n],
          () => `the database got ${counted(answer.statements, 'statement')}`,
        );
        if (!isDeepStrictEqual(answer.value, await cache.bypass(ask))) {
          stale.push(`${question} after "${what}"`);
        }
      }
    }
    guide.table(
      ['question', ...writes.map(([what]) => what)],
      questions.map(([question], i) => [question, ...marks.map((column) => column[i])]),
      [],
    );
    guide.say(
      guide.paint(
        'dim',
        "Japan's list is sorted by population too, and stays when Zürich grows: the row that was written is in Switzerland.",
      ),
    );
    guide.say(
      guide.paint(
        'dim',
        'London is asked again when a city is added: its box on the map is a range, which any new city may lie in.',
      ),
    );
    guide.claim(
      `Of ${writes.length * questions.length} answers ${kept} stayed, and every one is what the database says.`,
      stale.length === 0,
      () => `these are not: ${stale.join(', ')}`,
    );
  },
};

function writesOf({ citiesEditor }: World): (readonly [what: string, write: Ask])[] {
  return [
    ['Geneva is renamed', () => citiesEditor.rename(GENEVA, 'Genève')],
    ['Zürich grows', () => citiesEditor.setPopulation(ZURICH, 450_000)],
    [
      'a city is added',
      () => citiesEditor.add({ name: 'Zoowil', countryCode: 'CH', population: 321, latitude: 46.9, longitude: 7.4 }),
    ],
  ];
}

function questionsOf({ countries, cities, regions }: World): Question[] {
  return [
    ['cities.byId(Basel)', () => cities.byId(BASEL), [true, true, true]],
    ['cities.byId(Geneva)', () => cities.byId(GENEVA), [false, true, true]],
    ["cities.largestOf('JP')", () => cities.largestOf('JP'), [true, false, true]],
    ["cities.largestOf('CH')", () => cities.largestOf('CH'), [false, false, false]],
    ['cities.near(Bern, 10 km)', () => cities.near(BERN, 10), [true, true, false]],
    ['cities.near(London, 5 km)', () => cities.near(LONDON, 5), [true, true, false]],
    ['regions.statistics()', () => regions.statistics(), [true, false, false]],
    ["countries.byCode('CH')", () => countries.byCode('CH'), [true, true, true]],
  ];
}
