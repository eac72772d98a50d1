import type { planRead } from '../../../lib/tags/select-plan.js';
import type { addWrite } from '../../../lib/tags/write-rules.js';
import { mutantRooms, type Mutation } from '../../support/mutant-rooms.js';
import type { Rules } from './checker.js';

/** The rules with some of them taken out. */
export function rulesWithout(mutations: readonly Mutation[]): Rules {
  const { load } = mutantRooms(mutations);
  const { planRead: plan } = load<{ planRead: typeof planRead }>('tags/select-plan');
  const { addWrite: add } = load<{ addWrite: typeof addWrite }>('tags/write-rules');
  return { planRead: plan, addWrite: add };
}
