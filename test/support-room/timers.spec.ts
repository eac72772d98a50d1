import { describe, expect, it } from '@jest/globals';
import { nodeTimers } from '../../lib/support/timers.js';

describe('the timers of Node', () => {
  it('count from when they are set, however long the turn was blocked before', async () => {
    const end = performance.now() + 80;
    while (performance.now() < end);
    const set = performance.now();
    await new Promise<void>((resolve) => nodeTimers.after(60, resolve));
    expect(performance.now() - set).toBeGreaterThanOrEqual(59);
  });

  it('can be taken back before they have been set anew, and after', async () => {
    const fired: string[] = [];
    const end = performance.now() + 40;
    while (performance.now() < end);
    nodeTimers.after(30, () => fired.push('at once'))();
    const takeBack = nodeTimers.after(30, () => fired.push('later'));
    // The turns of the event loop in which Node takes the time for over.
    for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => void setImmediate(resolve));
    takeBack();
    await new Promise<void>((resolve) => nodeTimers.after(60, resolve));
    expect(fired).toEqual([]);
  });
});
