import type { planRead } from '../../../lib/tags/select-plan.js';
import type { addWrite } from '../../../lib/tags/write-rules.js';
import { mutantRooms, type Mutation } from '../../support/mutant-rooms.js';
import type { Rules } from './checker.js';

/** The rules with some of them taken out. */
export async function rulesWithout(mutations: readonly Mutation[]): Promise<{ rules: Rules; dispose: () => void }> {
  const { load, dispose } = mutantRooms(['errors', 'tags'], mutations);
  const rules = {
    ...(await load<{ planRead: typeof planRead }>('tags/select-plan')),
    ...(await load<{ addWrite: typeof addWrite }>('tags/write-rules')),
  };
  return { rules, dispose };
}
