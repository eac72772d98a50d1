import { expect, it } from '@jest/globals';
import { Flight } from '../../lib/engine/flight.js';
import { LoadCapture } from '../../lib/engine/load-capture.js';
import { join, wouldDeadlock } from '../../lib/engine/single-flight.js';

it('A load that waits for others, one after the other, is found to wait for those of the moment', async () => {
  const [own, first, second] = [new Flight(), new Flight(), new Flight()];
  const caller = new LoadCapture(0, undefined, own);
  for (const other of [first, second]) {
    const joined = join(other, caller);
    expect([...own.waitsFor]).toEqual([other]);
    // Whoever runs in the other must not wait for this one.
    expect(wouldDeadlock(own, new LoadCapture(0, undefined, other))).toBe(true);
    other.land(undefined);
    await joined;
    expect([...own.waitsFor]).toEqual([]);
    expect(wouldDeadlock(own, new LoadCapture(0, undefined, other))).toBe(false);
  }
});
