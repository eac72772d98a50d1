import { expect, it } from '@jest/globals';
import { Barriers } from '../../lib/engine/log/barriers.js';
import { nodeTimers } from '../../lib/support/timers.js';
import { Gate } from './engine-fixture.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('A barrier that waits because many are on their way leaves when one of them is back, for all who came meanwhile', async () => {
  const asked: Gate[] = [];
  const barriers = new Barriers(nodeTimers, async () => {
    const gate = new Gate();
    asked.push(gate);
    await gate.opened;
    return true;
  });
  const passing: Promise<boolean>[] = [];
  for (let reads = 0; reads < 6; reads++) {
    passing.push(barriers.pass());
    await turn();
    await turn();
  }
  expect(asked).toHaveLength(4);
  asked[0].open();
  while (asked.length < 5) await turn();
  for (const gate of asked) gate.open();
  expect(await Promise.all(passing)).toEqual(passing.map(() => true));
  expect(asked).toHaveLength(5);
});
