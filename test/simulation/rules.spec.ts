import { describe, expect, it } from '@jest/globals';
import { mutantLibrary, realLibrary, type Library } from './library.js';
import { RULES } from './rules.js';
import { failuresOf, findWitness, readWitnesses, writeDown, type Witness } from './witnesses.js';

/*
 * Each rule's removal is seen by one recorded history. `ZOO_SIMULATION_SEARCH=stale` searches anew for the recorded ones
 * that show nothing any more, because the engine takes its steps in another order, `=all` for all of them; both write
 * them down.
 */
const SEARCH = process.env['ZOO_SIMULATION_SEARCH'];
const WITNESSES = readWitnesses();

describe('each rule of the protocol is needed: without it some history goes wrong', () => {
  it.each(RULES)(
    '%s',
    async (rule, mutation) => {
      const mutant = mutantLibrary(mutation);
      if (SEARCH === 'all' || (SEARCH === 'stale' && !(await isShownBy(mutant, WITNESSES[rule])))) {
        WITNESSES[rule] = await findWitness(mutant);
        writeDown(WITNESSES);
      }
      expect(WITNESSES[rule] && (await failuresOf(realLibrary, WITNESSES[rule]))).toEqual([]);
      expect(await isShownBy(mutant, WITNESSES[rule])).toBe(true);
    },
    SEARCH === undefined ? 15_000 : 3_600_000,
  );
});

async function isShownBy(mutant: Library, witness: Witness | undefined): Promise<boolean> {
  return witness !== undefined && (await failuresOf(mutant, witness)).length > 0;
}
