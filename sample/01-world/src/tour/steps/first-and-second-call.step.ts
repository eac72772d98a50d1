import { isDeepStrictEqual } from 'node:util';
import { counted, milliseconds, timesFaster } from '../../../../shared/terminal/format.js';
import { BERN } from '../places.js';
import type { Step } from '../step.js';

export const firstAndSecondCall: Step = {
  title: 'The same question, asked twice',
  why: "Each method carries @CacheQuery('5m'). The first call asks the database, the second asks nobody.",

  async walk({ countries, cities, regions, stopwatch }, guide) {
    const questions: [string, () => Promise<unknown>][] = [
      ['regions.statistics()', () => regions.statistics()],
      ["cities.search('san')", () => cities.search('san')],
      ["cities.largestOf('IN', 100)", () => cities.largestOf('IN', 100)],
      ['cities.near(Bern, 25 km)', () => cities.near(BERN, 25)],
      ["countries.byCode('CH')", () => countries.byCode('CH')],
      ["countries.list('Africa')", () => countries.list('Africa')],
    ];
    const lines: string[][] = [];
    let secondStatements = 0;
    const different: string[] = [];
    for (const [question, ask] of questions) {
      const first = await stopwatch.measure(ask);
      const second = await stopwatch.measure(ask);
      secondStatements += second.statements;
      if (!isDeepStrictEqual(first.value, second.value)) {
        different.push(question);
      }
      lines.push([
        question,
        milliseconds(first.ms),
        milliseconds(first.databaseMs),
        String(first.statements),
        milliseconds(second.ms),
        guide.paint('green', timesFaster(first.ms, second.ms)),
      ]);
    }
    guide.table(
      ['question', 'first call', 'in the database', 'statements', 'second call', 'faster'],
      lines,
      [1, 2, 3, 4, 5],
    );
    guide.claim(
      'No second call sent a statement.',
      secondStatements === 0,
      () => `the database got ${counted(secondStatements, 'statement')}`,
    );
    guide.claim(
      'Every second answer equals the first, down to the classes of its entities.',
      different.length === 0,
      () => `these differ: ${different.join(', ')}`,
    );

    const [mine] = await cities.largestOf('IN', 100);
    mine.name = 'scribbled over';
    const [yours] = await cities.largestOf('IN', 100);
    guide.claim(
      'What one caller changes in an answer, no other caller sees.',
      yours.name !== mine.name,
      () => `the next caller got "${yours.name}"`,
    );
  },
};
