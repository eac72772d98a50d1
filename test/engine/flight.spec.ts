import { expect, it } from '@jest/globals';
import { BytesCodec } from '../../lib/codec/bytes/bytes-codec.js';
import { FleetFlight } from '../../lib/engine/fleet-flight.js';
import { Flight } from '../../lib/engine/flight.js';
import { LoadCapture } from '../../lib/engine/load-capture.js';
import { SharedEntries } from '../../lib/engine/shared-entries.js';
import { join, wouldDeadlock } from '../../lib/engine/single-flight.js';
import { MapStorage } from '../../lib/testing/index.js';
import { SteppedTime } from '../simulation/fleet/stepped-time.js';

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

it('A storage that was away keeps what was counted, however many loads could not wait for each other meanwhile', async () => {
  class Leaving extends MapStorage {
    isAway = false;
    override async add(...args: Parameters<MapStorage['add']>): Promise<boolean> {
      if (this.isAway) throw new Error('away');
      return super.add(...args);
    }
  }
  const storage = new Leaving();
  const time = new SteppedTime();
  const parts = { clock: time, timers: time.timersOf({}) };
  const entries = new SharedEntries({
    ...parts,
    storage,
    prefix: 'test',
    codec: new BytesCodec(),
    failures: { report: () => {} },
    schema: () => '',
  });
  const fleet = new FleetFlight(entries, parts.clock, parts.timers);
  expect(await entries.increment('visits', 1, 41)).toBe(42);
  storage.isAway = true;
  for (let id = 0; id <= 11_000; id++) (await fleet.takeOff(`product ${id}`))!();
  storage.isAway = false;
  time.skip(1_000);
  expect(await entries.increment('visits', 1, 0)).toBe(43);
});
