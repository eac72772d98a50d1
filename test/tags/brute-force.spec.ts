import { afterAll, describe, expect, it } from '@jest/globals';
import { planRead } from '../../lib/tags/select-plan.js';
import { addWrite } from '../../lib/tags/write-rules.js';
import { check, describeMiss, type Rules, type Tally } from './brute-force/checker.js';
import { Dice } from './brute-force/dice.js';
import type { Mutation } from '../support/mutant-rooms.js';
import { JOIN_SHAPES } from './brute-force/query.js';
import { rulesWithout } from './brute-force/rule-library.js';
import { RULES, SMALL_LIMITS } from './brute-force/rules.js';

const TRIALS = Number(process.env['ZOO_BRUTE_FORCE_TRIALS'] ?? 200_000);
const SEED = Number(process.env['ZOO_BRUTE_FORCE_SEED'] ?? 1);
const rules: Rules = { planRead, addWrite };

const CASES = JOIN_SHAPES.flatMap((shape) => [
  { name: shape.name, shape, isEnforced: false },
  { name: `${shape.name}, keys enforced`, shape, isEnforced: true },
]);

const percent = (part: number, of: number): string => `${((100 * part) / Math.max(of, 1)).toFixed(1)} %`;

describe('a write that changes an answer meets what the answer depends on', () => {
  const share = Math.ceil(TRIALS / CASES.length);
  const lines: string[] = [];
  afterAll(() => void process.stdout.write(`${lines.join('\n')}\n`));

  it.each(CASES)('$name', ({ shape, isEnforced, name }) => {
    const doubtful = check(rules, shape, isEnforced, share / 2, new Dice(SEED));
    const informed = check(rules, shape, isEnforced, share / 2, new Dice(SEED, 3, true));
    // Among more values and rows, it can be told how much is dropped needlessly.
    const wide = check(rules, shape, isEnforced, share / 20, new Dice(SEED, 9, true));
    const tallies = [doubtful, informed, wide];
    const sum = (count: (tally: Tally) => number): number => tallies.reduce((total, each) => total + count(each), 0);
    const needless = tallies.map(({ needless, same }) => percent(needless, same).padStart(8));
    lines.push(
      `${name.padEnd(40)} ${sum((each) => each.trials)} trials, ${sum((each) => each.changed)} changed, ${needless.join()}`,
    );
    const misses = tallies.flatMap((each) => each.misses);
    expect(misses.slice(0, 1).map(describeMiss).join('\n')).toBe('');
  });
});

it('the same holds where rows and values are too many to be named', async () => {
  const { rules, dispose } = await rulesWithout(SMALL_LIMITS);
  try {
    for (const { shape, isEnforced } of CASES) {
      const { misses } = check(rules, shape, isEnforced, TRIALS / CASES.length / 8, new Dice(SEED));
      expect(misses.map(describeMiss).join('\n')).toBe('');
    }
  } finally {
    dispose();
  }
});

/** Whether some shape of joins shows that these rules miss a write. */
function goesWrong(rules: Rules, trials: number, shapes = CASES): boolean {
  return shapes.some(({ shape, isEnforced }) =>
    [true, false].some((knows) => check(rules, shape, isEnforced, trials, new Dice(SEED, 3, knows)).misses.length > 0),
  );
}

async function isMissed(mutation: Mutation, rare: string | undefined): Promise<boolean> {
  const normal = await rulesWithout([mutation]);
  const small = await rulesWithout([mutation, ...SMALL_LIMITS]);
  try {
    if (rare !== undefined) {
      const shapes = CASES.filter(({ name }) => name === rare);
      return goesWrong(normal.rules, 500_000, shapes) || goesWrong(small.rules, 500_000, shapes);
    }
    // A few trials of each shape show most.
    return [300, 3_000, 20_000].some((trials) => goesWrong(normal.rules, trials) || goesWrong(small.rules, trials));
  } finally {
    normal.dispose();
    small.dispose();
  }
}

describe("each rule's removal is seen", () => {
  it.each(RULES.map(([rule, mutation, rare]) => ({ rule, mutation, rare })))(
    '$rule',
    async ({ mutation, rare }) => {
      expect(await isMissed(mutation, rare)).toBe(true);
    },
    120_000,
  );
});
