import { beforeEach, describe, expect, it } from '@jest/globals';
import { MAX_RECORDS } from '../../lib/engine/recent-records.js';
import type { Mark } from '../../lib/engine/write-path.js';
import type { CacheKey } from '../../lib/keys/cache-key.js';
import { tagOf, type Invalidation } from '../../lib/tags/tag.js';
import { ReferenceBus, ReferenceLog } from '../../lib/testing/index.js';
import { createEngine, type Fixture } from './engine-fixture.js';
import { stoppedAfterEach, type Peer } from './processes.js';

const TABLE = tagOf('db', 'book');
const ROW = tagOf('db', 'book', ':', '7');
const OTHER = tagOf('db', 'book', ':', '8');
const KEY = 'book 7' as CacheKey;

const touching = (...touches: Invalidation['touches']): Invalidation => ({ touches, sweeps: [] });

describe('What a transaction wrote', () => {
  let fixture: Fixture;
  let mark: Mark;

  beforeEach(() => {
    fixture = createEngine();
    mark = fixture.writes.mark(touching(TABLE, ROW));
  });

  const put = (value = 'written'): void =>
    fixture.engine.putWritten(mark.transactionId, KEY, value, { ttlMs: Infinity, tags: [ROW] });
  const held = (): unknown => {
    const entry = fixture.engine.lookup(KEY);
    return entry && fixture.engine.copyOf(entry);
  };

  it('is stored when its release is in the log, and lives until somebody writes it again', () => {
    mark.release(touching(TABLE, ROW));
    put();
    expect(held()).toBe('written');

    fixture.writes.mark(touching(TABLE, OTHER)).release(touching(TABLE, OTHER));
    expect(held()).toBe('written');
    fixture.writes.mark(touching(TABLE, ROW)).release(touching(TABLE, ROW));
    expect(held()).toBeUndefined();
  });

  it('waits for its release where that comes later', () => {
    put();
    expect(held()).toBeUndefined();
    mark.release(touching(TABLE, ROW));
    expect(held()).toBe('written');
  });

  it('is reported where it cannot be stored, and whoever releases the transaction goes on', () => {
    const options = { ttlMs: Infinity, tags: [ROW] };
    fixture.engine.putWritten(mark.transactionId, 'of a function' as CacheKey, () => 1, options);
    put();
    mark.release(touching(TABLE, ROW));
    expect(held()).toBe('written');
    expect(fixture.failures).toMatchObject([{ during: 'storing an answer', error: { code: 'UNCOPYABLE_VALUE' } }]);
  });

  it('is stored although others wrote other rows between its mark and its release', () => {
    fixture.writes.mark(touching(TABLE, OTHER)).release(touching(TABLE, OTHER));
    mark.release(touching(TABLE, ROW));
    put();
    expect(held()).toBe('written');
  });

  it.each([
    ['touched the row', touching(ROW)],
    ['swept all rows', { touches: [], sweeps: [tagOf('db', 'book', ':')] }],
    ['swept the database', { touches: [], sweeps: [tagOf('db')] }],
  ])('is not stored if somebody else %s between its mark and its release', (_, invalidation) => {
    fixture.writes.mark(invalidation).release(invalidation);
    mark.release(touching(TABLE, ROW));
    put();
    expect(held()).toBeUndefined();
  });

  it('is not stored if somebody else did so behind its release, nor if he did while it waited', () => {
    put();
    void fixture.writes.invalidate(touching(ROW));
    mark.release(touching(TABLE, ROW));
    expect(held()).toBeUndefined();

    mark = fixture.writes.mark(touching(ROW));
    mark.release(touching(ROW));
    void fixture.writes.invalidate(touching(ROW));
    put();
    expect(held()).toBeUndefined();
  });

  it('is not stored while the mark of somebody else is open, whichever was made first', () => {
    const later = fixture.writes.mark(touching(ROW));
    mark.release(touching(TABLE, ROW));
    put();
    expect(held()).toBeUndefined();
    later.withdraw();

    const earlier = fixture.writes.mark(touching(ROW));
    mark = fixture.writes.mark(touching(ROW));
    mark.release(touching(ROW));
    put();
    expect(held()).toBeUndefined();
    earlier.withdraw();
  });

  it('is stored if somebody else marked it and rolled back', () => {
    fixture.writes.mark(touching(ROW)).withdraw();
    mark.release(touching(TABLE, ROW));
    put();
    expect(held()).toBe('written');
  });

  it('is not stored when its mark is so old that nobody knows what came behind it', () => {
    for (let n = 0; n < MAX_RECORDS; n++) void fixture.writes.invalidate(touching(OTHER));
    mark.release(touching(TABLE, ROW));
    put();
    expect(held()).toBeUndefined();
  });

  it('is not stored by an engine that was closed while it waited', () => {
    put();
    fixture.engine.close();
    mark.release(touching(TABLE, ROW));
    expect(fixture.engine.entries).toBe(0);
  });
});

describe('What a transaction wrote while its mark was in a log that others share', () => {
  class UnsteadyBus extends ReferenceBus {
    isAway = false;

    override since(...args: Parameters<ReferenceBus['since']>) {
      return this.isAway ? Promise.reject(new Error('away')) : super.since(...args);
    }
  }

  const start = stoppedAfterEach();
  let log: ReferenceLog;
  let bus: UnsteadyBus;
  let one: Peer;
  let other: Peer;

  beforeEach(async () => {
    log = new ReferenceLog();
    bus = new UnsteadyBus(log);
    [one, other] = [await start({ bus }), await start({ bus: new ReferenceBus(log) })];
  });

  /** Marks, lets something happen while COMMIT is on its way, and releases; whether what was written is kept. */
  async function isKept(meanwhile: () => void | Promise<void>): Promise<boolean> {
    const mark = one.writes.mark(touching(TABLE, ROW));
    await one.writes.announced();
    await meanwhile();
    mark.release(touching(TABLE, ROW));
    await one.log.settled();
    one.engine.putWritten(mark.transactionId, KEY, 'written', { ttlMs: Infinity, tags: [ROW] });
    return one.engine.lookup(KEY) !== undefined;
  }

  /** Until the process has found the log again, and has appended its mark once more. */
  async function untilBack(): Promise<void> {
    await one.read('looks', 'for the log');
    bus.isAway = false;
    while (one.log.obstacle(0) !== undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  it('is kept if nobody else wrote it', async () => {
    expect(await isKept(() => undefined)).toBe(true);
  });

  it('is not kept if somebody else wrote it before the mark was appended again', async () => {
    const isKeptAfterAll = await isKept(async () => {
      await other.writes.invalidate(touching(ROW));
      bus.isAway = true;
      await untilBack();
    });
    expect(log.after(0).map(({ kind }) => kind)).toEqual(['mark', 'invalidate', 'mark', 'release']);
    expect(isKeptAfterAll).toBe(false);
  });

  it('is not kept in a quarantine, in which somebody may write it whose mark is lost', async () => {
    log.lose(200);
    await one.log.settled();
    while (one.log.obstacle(0) !== 'quarantine') await new Promise(setImmediate);
    expect(await isKept(() => undefined)).toBe(false);
    await untilBack();
    expect(await isKept(() => undefined)).toBe(true);
  });

  it('is not kept if the log was lost meanwhile, and with it who else wrote it', async () => {
    const isKeptAfterAll = await isKept(async () => {
      await other.writes.invalidate(touching(ROW));
      log.lose(0);
      await untilBack();
    });
    expect(log.after(0).map(({ kind }) => kind)).toEqual(['mark', 'release']);
    expect(isKeptAfterAll).toBe(false);
  });
});
