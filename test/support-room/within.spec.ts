import { describe, expect, it } from '@jest/globals';
import { within } from '../../lib/support/within.js';

describe('waiting for a promise within some time', () => {
  it('ends with what the promise becomes, if that is soon enough', async () => {
    expect(await within(1_000, Promise.resolve('soon'))).toBe('soon');
    await expect(within(1_000, Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  });

  it('ends with undefined when the time is over, and hears no failure any more', async () => {
    let fail: (error: Error) => void = () => {};
    const late = new Promise((_, reject) => (fail = reject));
    expect(await within(1, late)).toBeUndefined();
    fail(new Error('nobody waits'));
  });
});
