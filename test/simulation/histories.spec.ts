import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { history, playHistory } from './histories.js';
import { realLibrary } from './library.js';

describe('random histories of readers, writers, rollbacks, lost commits, evictions and clears', () => {
  it('never show an answer older than a commit before its call, nor one that was never committed', async () => {
    let hits = 0;
    await fc.assert(
      fc.asyncProperty(history, async (each) => {
        const { failures, hits: found } = await playHistory(realLibrary, each);
        hits += found;
        expect(failures).toEqual([]);
      }),
      { numRuns: 5_000 },
    );
    // Never cached must not pass for never stale.
    expect(hits).toBeGreaterThan(1_000);
  }, 120_000);
});
