import type { Mutation } from '../../support/mutant-rooms.js';
import { check } from './checker.js';
import { JOIN_SHAPES } from './query.js';
import { gameOf, rulesFor, type Witness } from './witnesses.js';

const YES_OR_NO = [true, false];

/**
 * Searches all shapes for a query of which a write is missed without a rule.
 *
 * @param rare the only shape to search, with more patience.
 */
export function findWitness(
  mutation: Mutation,
  seed: number,
  rare?: string,
  hidesChosenRows?: boolean,
): Witness | undefined {
  // A few trials of each shape show most.
  for (const trials of rare === undefined ? [300, 3_000, 20_000] : [3_000, 30_000, 300_000, 1_000_000]) {
    for (const isSmall of [false, true]) {
      const rules = rulesFor({ isSmall }, mutation);
      for (const { name: shape } of JOIN_SHAPES) {
        for (const isEnforced of YES_OR_NO) {
          if (rare !== undefined && rare !== (isEnforced ? `${shape}, keys enforced` : shape)) continue;
          for (const knows of [false, true]) {
            const where = { shape, isEnforced, knows, isSmall, hidesChosenRows };
            let found: number | undefined;
            check(rules, gameOf({ ...where, seed }), trials, seed, (missed) => (found = missed));
            if (found !== undefined) return { ...where, seed: found };
          }
        }
      }
    }
  }
  return undefined;
}
