import { isDeepStrictEqual } from 'node:util';
import { counted, milliseconds, thousands, timesFaster } from '../../../../shared/terminal/format.js';
import { LONDON } from '../places.js';
import type { Step } from '../step.js';

const CALLERS = 1_000;

export const crowd: Step = {
  title: '1,000 callers on a cold key',
  why: 'A thousand people ask at once for the cities around London, which nobody has asked for yet.',

  async walk({ cities, cache, stopwatch }, guide) {
    const ask = () => cities.near(LONDON, 150, 50);
    const uncached = () => cache.bypass(ask);
    await uncached();
    const alone = await stopwatch.measure(uncached);
    const { loads } = cache.stats();
    const together = await stopwatch.measure(() => Promise.all(Array.from({ length: CALLERS }, ask)));
    const newLoads = cache.stats().loads - loads;
    const thousandLoadsMs = alone.ms * CALLERS;

    guide.table(
      ['who', 'took', 'statements'],
      [
        ['one caller, uncached', milliseconds(alone.ms), thousands(alone.statements)],
        [`${thousands(CALLERS)} callers at once`, milliseconds(together.ms), thousands(together.statements)],
      ],
      [1, 2],
    );
    guide.say(
      `${thousands(CALLERS)} loads would take about ${milliseconds(thousandLoadsMs)}: ` +
        guide.paint('green', `${timesFaster(thousandLoadsMs, together.ms)} faster`),
    );
    guide.claim(
      'The method ran once, and so did its query.',
      newLoads === 1 && together.statements === alone.statements,
      () => `there were ${counted(newLoads, 'load')} and ${counted(together.statements, 'statement')}`,
    );
    const answers = together.value;
    guide.claim(
      'Every caller got the whole answer, and each a copy of their own.',
      answers.every((answer) => isDeepStrictEqual(answer, alone.value)) && new Set(answers).size === CALLERS,
      () => 'the answers are not the same, or are shared',
    );
  },
};
