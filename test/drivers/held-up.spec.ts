import { setTimeout as after } from 'node:timers/promises';
import { afterEach, expect, it, jest } from '@jest/globals';
import { HeldUp, unlessHeldUp } from '../../lib/drivers/lmdb/held-up.js';
import { ANSWER_BUDGET_MS } from '../../lib/engine/log/log-connection.js';
import { pause } from '../../lib/support/pause.js';

afterEach(() => {
  jest.useRealTimers();
});

it('gives up a write of which nothing comes, before its COMMIT goes on without it', async () => {
  jest.useFakeTimers();
  const givenUp = unlessHeldUp(new Promise(() => undefined)).catch((error: unknown) => error);
  await jest.advanceTimersByTimeAsync(550);
  expect(jest.getTimerCount()).toBe(1);
  await jest.advanceTimersByTimeAsync(ANSWER_BUDGET_MS - 550 - 1);
  expect(await givenUp).toBeInstanceOf(HeldUp);
});

it('does not count the time in which the process itself stood still', async () => {
  const write = unlessHeldUp(after(100, 'written'));
  pause(1_500);
  expect(await write).toBe('written');
});

it('tells why a write failed', async () => {
  await expect(unlessHeldUp(Promise.reject(new Error('the disk is full')))).rejects.toThrow('the disk is full');
});
