import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fleetHistory, playFleet } from './fleet-histories.js';
import type { FleetOptions } from './fleet.js';
import { realFleetLibrary } from './library.js';

const FLEETS: readonly (readonly [name: string, options: Partial<FleetOptions>])[] = [
  ['a bus', {}],
  ['a bus and a storage', { sharesEntries: true }],
  ['a bus that keeps few records', { maxRecords: 3 }],
  ['a bus that is asked now and then', { boundMs: 100_000 }],
  ['a bus that loses records', { isLossy: true }],
];

describe.each(FLEETS)('Processes that share %s', (_, options) => {
  it.each([false, true])('never answer what is older than the call, whatever happens (faults: %p)', async (faults) => {
    let hits = 0;
    const details = await fc.check(
      fc.asyncProperty(fleetHistory(faults), async (history) => {
        const played = await playFleet(realFleetLibrary, history, options);
        hits += played.hits;
        expect(played.failures).toEqual([]);
      }),
      { numRuns: Number(process.env['ZOO_FLEET_RUNS'] ?? 100) },
    );
    expect(fc.defaultReportMessage(details) ?? 'fine').toBe('fine');
    // Never cached must not pass for never stale.
    expect(hits).toBeGreaterThan(30);
  });
});
