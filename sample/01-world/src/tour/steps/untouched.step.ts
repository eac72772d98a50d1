import { counted, milliseconds } from '../../terminal/format.js';
import { BASEL, ZURICH } from '../places.js';
import type { Step } from '../step.js';

export const untouched: Step = {
  title: 'A write leaves alone what it did not change',
  why: 'Zürich grows again. Another row, and answers from other tables, stay where they are.',

  async walk({ countries, cities, citiesEditor, stopwatch }, guide) {
    const others: [string, () => Promise<unknown>][] = [
      ['cities.byId(Basel)', () => cities.byId(BASEL)],
      ["countries.byCode('JP')", () => countries.byCode('JP')],
      ["countries.list('Africa')", () => countries.list('Africa')],
    ];
    const zurich = () => cities.byId(ZURICH);
    for (const ask of [zurich, ...others.map(([, question]) => question)]) {
      await ask();
    }
    const { population } = await citiesEditor.setPopulation(ZURICH, 450_000);
    const lines: string[][] = [];
    for (const [question, ask] of others) {
      const answer = await stopwatch.measure(ask);
      guide.expect(
        `${question} is still in the cache`,
        answer.statements === 0,
        () => `the database got ${counted(answer.statements, 'statement')}`,
      );
      lines.push([question, milliseconds(answer.ms), 'from the cache']);
    }
    const fresh = await stopwatch.measure(zurich);
    lines.push([
      'cities.byId(Zürich)',
      milliseconds(fresh.ms),
      `from the database, ${counted(fresh.statements, 'statement')}`,
    ]);
    guide.table(['question', 'took', 'answered'], lines, [1]);
    guide.claim(
      'Only the row that changed was asked for again.',
      fresh.value?.population === population,
      () => `Zürich has ${fresh.value?.population} people in the answer and ${population} in the database`,
    );
  },
};
