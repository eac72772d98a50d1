import { setTimeout as after } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { HeldUp, unlessHeldUp } from '../../lib/drivers/lmdb/held-up.js';
import { pause } from '../../lib/support/pause.js';

it('gives up a write of which nothing comes, within a second', async () => {
  const from = performance.now();
  await expect(unlessHeldUp(new Promise(() => undefined))).rejects.toThrow(HeldUp);
  expect(performance.now() - from).toBeLessThan(1_000);
});

it('does not count the time in which the process itself stood still', async () => {
  const write = unlessHeldUp(after(100, 'written'));
  pause(1_500);
  expect(await write).toBe('written');
});

it('tells why a write failed', async () => {
  await expect(unlessHeldUp(Promise.reject(new Error('the disk is full')))).rejects.toThrow('the disk is full');
});
