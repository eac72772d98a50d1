import Sequencer from '@jest/test-sequencer';

/**
 * The specs that take longest, longest first; but beside the first, which needs no database, the one that locks all of MariaDB
 * and counts whoever writes there.
 */
const SLOW = [
  'simulation/exhaustive',
  'typeorm/witness/witnesses',
  'torture/torture',
  'typeorm/oracle/write-oracle',
  'oracle/precision',
  'oracle/oracle',
  'simulation/fleet/fleet',
  'typeorm/oracle/random-writes',
  'tags/brute-force',
];

const rank = ({ path }) => {
  const i = SLOW.findIndex((name) => path.endsWith(`/test/${name}.spec.ts`));
  return i < 0 ? SLOW.length : i;
};

/**
 * Runs the slow specs first. Jest knows of a fresh clone only how large each file is, and these are small: the longest came
 * last, alone, in a worker that had grown old.
 */
export default class SlowFirst extends Sequencer {
  async sort(tests) {
    const sorted = await super.sort(tests);
    return [...sorted].sort((a, b) => rank(a) - rank(b));
  }
}
