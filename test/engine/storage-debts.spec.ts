import { expect, it } from '@jest/globals';
import { BytesCodec } from '../../lib/codec/bytes/bytes-codec.js';
import { SharedEntries } from '../../lib/engine/shared-entries.js';
import { nodeTimers } from '../../lib/support/timers.js';
import { MapStorage, type MapPlace } from '../../lib/testing/index.js';
import { Gate, ManualClock } from './engine-fixture.js';

/** When it is tried again. */
const PAUSE_MS = 500;

/** A storage that can fail to remove, and that says late that it has stored. */
class LateStorage extends MapStorage {
  isBroken = false;
  readonly stored = new Gate();

  override async set(...args: Parameters<MapStorage['set']>): Promise<void> {
    await super.set(...args);
    await this.stored.opened;
  }

  override delete(key: string): Promise<boolean> {
    return this.isBroken ? Promise.reject(new Error('broken')) : super.delete(key);
  }
}

it('What had to go is not removed any more when something else is about to take its place', async () => {
  const place: MapPlace = new Map();
  const storage = new LateStorage(place);
  const clock = new ManualClock();
  let tryAgain: (() => void) | undefined;
  const entries = new SharedEntries({
    storage,
    prefix: 'test',
    codec: new BytesCodec(),
    clock,
    timers: {
      ...nodeTimers,
      after: (ms, action) => {
        if (ms === PAUSE_MS) tryAgain = action;
        return () => undefined;
      },
    },
    failures: { report: () => undefined },
    schema: () => '',
  });
  storage.isBroken = true;
  await entries.delete('key');
  storage.isBroken = false;
  clock.advance(1_000);

  const isStored = entries.set('key', Buffer.from('new'), 60_000);
  tryAgain!();
  await new Promise((resolve) => setImmediate(resolve));
  storage.stored.open();
  expect(await isStored).toBe(true);
  expect(await entries.holds('key')).toBe(true);
});
