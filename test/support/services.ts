import { describe } from '@jest/globals';
import { absenceOf, type Need } from './connections.js';

export * from './connections.js';

/**
 * A `describe` for specs that need something: where it is absent its tests are left out by name, which the box at the
 * end of the run shows and which fails the run under CI.
 */
export function describeNeeding(need: Need, title: string, define: () => void): void {
  const absence = absenceOf(need);
  if (absence) describe.skip(`${title} [left out: ${need}]`, define);
  else describe(title, define);
}
