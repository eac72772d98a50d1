import { afterAll, describe, expect, it } from '@jest/globals';
import { planRead } from '../../lib/tags/select-plan.js';
import { addWrite } from '../../lib/tags/write-rules.js';
import { check, describeMiss, play, type Rules, type Tally } from './brute-force/checker.js';
import { JOIN_SHAPES } from './brute-force/query.js';
import { rulesWithout } from './brute-force/rule-library.js';
import { RULES, SMALL_LIMITS } from './brute-force/rules.js';
import { findWitness } from './brute-force/search.js';
import { gameOf, readWitnesses, rulesFor, writeDown, type Witness } from './brute-force/witnesses.js';
import type { Mutation } from '../support/mutant-rooms.js';

/*
 * In the ordinary run each rule's removal is seen by one recorded query. `ZOO_BRUTE_FORCE_TRIALS=2000000` plays more, and
 * `ZOO_BRUTE_FORCE_SEED` plays others. `ZOO_BRUTE_FORCE_SEARCH=stale` searches anew for the recorded queries that show
 * nothing any more, because queries or writes are made up in another way, `=all` for all of them; both write them down.
 */
const LONG = process.env['ZOO_BRUTE_FORCE_TRIALS'];
const SEARCH = process.env['ZOO_BRUTE_FORCE_SEARCH'];
const TRIALS = Number(LONG ?? 200_000);
const SEED = Number(process.env['ZOO_BRUTE_FORCE_SEED'] ?? 1);
const WITNESSES = readWitnesses();
const rules: Rules = { planRead, addWrite };

const CASES = JOIN_SHAPES.flatMap((shape) => [
  { name: shape.name, shape, isEnforced: false },
  { name: `${shape.name}, keys enforced`, shape, isEnforced: true },
]);

const percent = (part: number, of: number): string => `${((100 * part) / Math.max(of, 1)).toFixed(1)} %`;

describe('a write that changes an answer meets what the answer depends on', () => {
  const share = Math.ceil(TRIALS / CASES.length);
  const lines = [
    `seed ${SEED}; dropped needlessly when something is unknown, nothing is, nothing is among more values and answered rows, chosen rows are`,
  ];
  afterAll(() => void process.stdout.write(`${lines.join('\n')}\n`));

  it.each(CASES)(
    '$name',
    ({ name, ...game }) => {
      const doubtful = check(rules, { ...game, knows: false }, share / 2, SEED);
      const informed = check(rules, { ...game, knows: true }, share / 2, SEED);
      // Among more values and rows, it can be told how much is dropped needlessly.
      const wide = check(rules, { ...game, knows: true, values: 9, tellsRows: true }, share / 10, SEED);
      // Where nobody is told which rows a condition chose, other rules apply.
      const hidden = check(rules, { ...game, knows: false, hidesChosenRows: true }, share / 4, SEED);
      const tallies = [doubtful, informed, wide, hidden];
      const sum = (count: (tally: Tally) => number): number => tallies.reduce((total, each) => total + count(each), 0);
      const needless = tallies.map(({ needless, same }) => percent(needless, same).padStart(8));
      lines.push(
        `${name.padEnd(40)} ${sum((each) => each.trials)} trials, ${sum((each) => each.changed)} changed, ${needless.join()}`,
      );
      const misses = tallies.flatMap((each) => each.misses);
      expect(misses.slice(0, 1).map(describeMiss).join('\n')).toBe('');
    },
    LONG === undefined ? 60_000 : 3_600_000,
  );
});

it(
  'the same holds where rows and values are too many to be named',
  () => {
    const small = rulesWithout(SMALL_LIMITS);
    for (const game of CASES) {
      for (const hidesChosenRows of [false, true]) {
        const trials = TRIALS / CASES.length / (hidesChosenRows ? 16 : 8);
        const { misses } = check(small, { ...game, knows: false, hidesChosenRows }, trials, SEED);
        expect(misses.map(describeMiss).join('\n')).toBe('');
      }
    }
  },
  LONG === undefined ? 60_000 : 3_600_000,
);

describe("each rule's removal is seen", () => {
  it.each(RULES.map(([rule, mutation, rare, hidesChosenRows]) => ({ rule, mutation, rare, hidesChosenRows })))(
    '$rule',
    ({ rule, mutation, rare, hidesChosenRows }) => {
      if (SEARCH === 'all' || (SEARCH === 'stale' && !isShownBy(mutation, WITNESSES[rule]))) {
        WITNESSES[rule] = findWitness(mutation, SEED, rare, hidesChosenRows);
        writeDown(WITNESSES);
      }
      expect(WITNESSES[rule] && missesOf(WITNESSES[rule])).toEqual([]);
      expect(isShownBy(mutation, WITNESSES[rule])).toBe(true);
    },
    SEARCH === undefined ? 15_000 : 3_600_000,
  );
});

function missesOf(witness: Witness, mutation?: Mutation): readonly string[] {
  return play(rulesFor(witness, mutation), gameOf(witness), witness.seed).misses.map(describeMiss);
}

function isShownBy(mutation: Mutation, witness: Witness | undefined): boolean {
  return witness !== undefined && missesOf(witness, mutation).length > 0;
}
