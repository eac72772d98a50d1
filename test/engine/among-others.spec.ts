import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { CacheKey } from '../../lib/keys/cache-key.js';
import { rowTag } from '../../lib/tags/table-tags.js';
import { MapStorage, ReferenceBus, ReferenceLog } from '../../lib/testing/index.js';
import { Gate } from './engine-fixture.js';
import { stoppedAfterEach, type Peer } from './processes.js';

const KEY = 'u:product 1' as CacheKey;
const ROW = rowTag({ database: 'db', name: 'product' }, '1');

const start = stoppedAfterEach();

it('of values added at once to one key those that are not kept leave nothing behind', async () => {
  const { engine } = await start({ bus: new ReferenceBus(new ReferenceLog()) });
  const add = (value: string): Promise<boolean> =>
    engine.amongOthers.add(KEY, value, { ttlMs: Infinity, tags: [ROW], token: engine.position });

  expect(await Promise.all([add('one'), add('other')])).toEqual([true, false]);
  expect(engine.knows(ROW)).toBe(true);
  expect((await engine.amongOthers.remove(KEY))?.value).toBe('one');
  expect(engine.knows(ROW)).toBe(false);
});

it('a value that is put is kept although others have written something else since this process has last looked', async () => {
  const log = new ReferenceLog();
  const [one, other] = [await start({ bus: new ReferenceBus(log) }), await start({ bus: new ReferenceBus(log) })];
  await other.writes.invalidate({ touches: [ROW], sweeps: [] });
  expect(await one.engine.amongOthers.put(KEY, 1, { ttlMs: Infinity, tags: [], token: one.engine.position })).toBe(
    true,
  );
  expect((await one.engine.find(KEY))?.value).toBe(1);
});

it('a value that was computed before what it depends on was written is not put, and the key holds nothing', async () => {
  const log = new ReferenceLog();
  const [one, other] = [await start({ bus: new ReferenceBus(log) }), await start({ bus: new ReferenceBus(log) })];
  const put = (value: number, token: number): Promise<boolean> =>
    one.engine.amongOthers.put(KEY, value, { ttlMs: Infinity, tags: [ROW], token });

  const token = await one.engine.takeSettledPosition();
  expect(await put(1, token)).toBe(true);
  await other.writes.invalidate({ touches: [ROW], sweeps: [] });
  expect(await put(2, token)).toBe(false);
  expect(await one.engine.find(KEY)).toBeUndefined();
});

it('a value is not added when the log was lost while it was looked whether the key is free, as its position means something else then', async () => {
  const log = new ReferenceLog();
  let answer: Promise<void> | undefined;
  class SlowBus extends ReferenceBus {
    override async since(...args: Parameters<ReferenceBus['since']>) {
      const records = await super.since(...args);
      await answer;
      return records;
    }
  }
  const [one, other] = [await start({ bus: new SlowBus(log) }), await start({ bus: new ReferenceBus(log) })];
  for (let i = 0; i < 20; i++) await other.writes.invalidate({ touches: [ROW], sweeps: [] });
  const token = await one.engine.takeSettledPosition();
  const late = new Gate();
  answer = late.opened;
  const adding = one.engine.amongOthers.add(KEY, 'computed before', { ttlMs: Infinity, tags: [ROW], token });
  await pause(0);
  answer = undefined;
  log.lose(0);
  await other.log.settled();
  await other.writes.invalidate({ touches: [ROW], sweeps: [] });
  one.writes.mark({ touches: [], sweeps: [] }).withdraw();
  await one.writes.announced();
  late.open();
  expect(await adding).toBe(false);
  expect(await one.engine.find(KEY)).toBeUndefined();
});

it.each(['put', 'remove'] as const)(
  'an answer that one process has loaded for a key is none any more once another has called %s() for it',
  async (how) => {
    const log = new ReferenceLog();
    const [one, other] = [await start({ bus: new ReferenceBus(log) }), await start({ bus: new ReferenceBus(log) })];
    expect(await one.read(KEY, 'loaded', [])).toBe('loaded');
    const { engine } = other;
    if (how === 'remove') await engine.amongOthers.remove(KEY);
    else await engine.amongOthers[how](KEY, 'given', { ttlMs: Infinity, tags: [], token: engine.position });
    expect(await one.read(KEY, 'anew', [])).toBe('anew');
  },
);

it('a removal is over when nobody is answered with what was removed any more', async () => {
  const log = new ReferenceLog();
  const append = new Gate();
  class SlowBus extends ReferenceBus {
    override async append(...args: Parameters<ReferenceBus['append']>) {
      await append.opened;
      return super.append(...args);
    }
  }
  const [one, other] = [await start({ bus: new SlowBus(log) }), await start({ bus: new ReferenceBus(log) })];
  await other.engine.amongOthers.put(KEY, 'value', { ttlMs: Infinity, tags: [], token: other.engine.position });
  const removed = one.engine.amongOthers.remove(KEY).then(async () => (await other.engine.find(KEY))?.value);
  await pause(0);
  append.open();
  expect(await removed).toBeUndefined();
});

it('values that depend on no database are the same for processes that know different ones', async () => {
  const log = new ReferenceLog();
  const place = new Map();
  const startWith = (schema: string) => start({ bus: new ReferenceBus(log), storage: new MapStorage(place), schema });
  const [one, other] = [await startWith('of one version'), await startWith('of another')];
  const add = ({ engine }: Peer, value: string): Promise<boolean> =>
    engine.amongOthers.add(KEY, value, { ttlMs: 60_000, tags: [], token: engine.position });

  expect([await add(one, 'first'), await add(other, 'second')]).toEqual([true, false]);
  expect((await other.engine.find(KEY))?.value).toBeDefined();
  await one.engine.amongOthers.put(KEY, 'of a row', { ttlMs: 60_000, tags: [ROW], token: one.engine.position });
  expect(await other.engine.find(KEY)).toBeUndefined();
});

it('a key of which this process may have missed the removal holds nothing', async () => {
  const log = new ReferenceLog();
  let isAway = false;
  class UnsteadyBus extends ReferenceBus {
    override since(...args: Parameters<ReferenceBus['since']>) {
      return isAway ? Promise.reject(new Error('away')) : super.since(...args);
    }
  }
  const [one, other] = [await start({ bus: new UnsteadyBus(log) }), await start({ bus: new ReferenceBus(log) })];
  await one.engine.amongOthers.put(KEY, 'value', { ttlMs: Infinity, tags: [], token: one.engine.position });
  await other.engine.amongOthers.remove(KEY);
  isAway = true;
  expect(await one.engine.find(KEY)).toBeUndefined();
});

describe('Where processes share a storage', () => {
  const set = { ttlMs: 60_000, tags: [] };

  it.each(['first', 5])('who adds to a key a moment after another finds what that one has added: %p', async (first) => {
    const log = new ReferenceLog();
    const place = new Map();
    const [asked, gate] = [new Gate(), new Gate()];
    class SlowStorage extends MapStorage {
      override async add(...args: Parameters<MapStorage['add']>): Promise<boolean> {
        asked.open();
        await gate.opened;
        return super.add(...args);
      }
    }
    const one = await start({ bus: new ReferenceBus(log), storage: new SlowStorage(place) });
    const other = await start({ bus: new ReferenceBus(log), storage: new MapStorage(place) });
    const add = ({ engine }: Peer, value: unknown): Promise<boolean> =>
      engine.amongOthers.add(KEY, value, { ...set, token: engine.position });

    const late = add(one, 'late');
    await asked.opened;
    expect(await add(other, first)).toBe(true);
    gate.open();
    expect(await late).toBe(false);
    const entry = (await one.engine.find(KEY))!;
    expect(entry.copy(entry.value)).toBe(first);
  });

  it('a counter is given another lifetime without losing what is counted meanwhile', async () => {
    const place = new Map();
    class BusyStorage extends MapStorage {
      counted = 0;
      override async get(key: string): Promise<Uint8Array | undefined> {
        const bytes = await super.get(key);
        if (this.counted++ === 0) await this.increment(key, 1, 0);
        return bytes;
      }
    }
    const one = await start({ bus: new ReferenceBus(new ReferenceLog()), storage: new BusyStorage(place) });
    const { amongOthers } = one.engine;
    await amongOthers.put(KEY, 5, { ...set, token: one.engine.position });
    expect(await amongOthers.touch(KEY, 1_000)).toBe(true);
    expect(await amongOthers.increment(KEY, 1, 0)).toBe(7);
  });

  it('a value that was computed before its key was removed is not added', async () => {
    const log = new ReferenceLog();
    const place = new Map();
    const [one, other] = [
      await start({ bus: new ReferenceBus(log), storage: new MapStorage(place) }),
      await start({ bus: new ReferenceBus(log), storage: new MapStorage(place) }),
    ];
    const token = await one.engine.takeSettledPosition();
    await other.engine.amongOthers.remove(KEY);
    expect(await one.engine.amongOthers.add(KEY, 'computed before', { ...set, token })).toBe(false);
    expect(place.size).toBe(0);
  });

  it('a value that comes too late leaves no counter in its place', async () => {
    const log = new ReferenceLog();
    const one = await start({ bus: new ReferenceBus(log), storage: new MapStorage() });
    const { amongOthers } = one.engine;
    const token = await one.engine.takeSettledPosition();
    await one.writes.invalidate({ touches: [ROW], sweeps: [] });
    await amongOthers.put(KEY, 5, { ...set, token });
    expect(await amongOthers.put(KEY, 'of the row', { ttlMs: 60_000, tags: [ROW], token })).toBe(false);
    expect(await one.engine.find(KEY)).toBeUndefined();
  });

  it.each(['text', 5])('%p is not put when others cannot be told to forget what they hold', async (value) => {
    const log = new ReferenceLog();
    const place = new Map();
    class DeafBus extends ReferenceBus {
      override append(): Promise<never> {
        return Promise.reject(new Error('away'));
      }
    }
    const one = await start({ bus: new DeafBus(log), storage: new MapStorage(place) });
    expect(await one.engine.amongOthers.put(KEY, value, { ...set, token: one.engine.position })).toBe(false);
    expect(place.size).toBe(0);
  });

  it('nobody adds over what he cannot judge, because his bus is away', async () => {
    const log = new ReferenceLog();
    const place = new Map();
    let isAway = false;
    class UnsteadyBus extends ReferenceBus {
      override since(...args: Parameters<ReferenceBus['since']>) {
        return isAway ? Promise.reject(new Error('away')) : super.since(...args);
      }
      override hello(...args: Parameters<ReferenceBus['hello']>) {
        return isAway ? Promise.reject(new Error('away')) : super.hello(...args);
      }
    }
    const one = await start({ bus: new UnsteadyBus(log), storage: new MapStorage(place) });
    isAway = true;
    log.lose(0);
    const other = await start({ bus: new ReferenceBus(log), storage: new MapStorage(place) });
    expect(await other.engine.amongOthers.add(KEY, 'first', { ...set, token: other.engine.position })).toBe(true);
    expect(await one.engine.amongOthers.add(KEY, 'second', { ...set, token: one.engine.position })).toBe(false);
    expect((await other.engine.find(KEY))?.value).toBe('first');
  });
});

describe('In the quarantine of a log', () => {
  async function inQuarantine(): Promise<Peer> {
    const log = new ReferenceLog();
    const one = await start({ bus: new ReferenceBus(log) });
    log.lose(200);
    await one.log.settled();
    while (one.log.obstacle(0) !== 'quarantine') await pause(1);
    return one;
  }

  async function end({ log }: Peer): Promise<void> {
    while (log.obstacle(0) !== undefined) await pause(5);
  }

  it('a key holds nothing that could be found, and what it was given is there after it', async () => {
    const one = await inQuarantine();
    const { engine } = one;
    expect(await engine.amongOthers.put(KEY, 1, { ttlMs: Infinity, tags: [], token: engine.position })).toBe(true);
    expect(await engine.find(KEY)).toBeUndefined();
    await end(one);
    expect((await engine.find(KEY))?.value).toBe(1);
  });

  it.each(['put', 'add'] as const)(
    '%s() keeps no value that depends on rows, because nobody tells who writes them',
    async (how) => {
      const one = await inQuarantine();
      const { engine } = one;
      const isKept = engine.amongOthers[how](KEY, 1, { ttlMs: Infinity, tags: [ROW], token: engine.position });
      expect(await isKept).toBe(false);
      await end(one);
      expect(await engine.find(KEY)).toBeUndefined();
      expect(engine.knows(ROW)).toBe(false);
    },
  );
});

it('no counter comes back with a storage that was away when it was set, deleted or cleared', async () => {
  const log = new ReferenceLog();
  const place = new Map();
  let isAway = false;
  class UnsteadyStorage extends MapStorage {
    override set(...args: Parameters<MapStorage['set']>): Promise<void> {
      return isAway ? Promise.reject(new Error('away')) : super.set(...args);
    }
    override delete(key: string): Promise<boolean> {
      return isAway ? Promise.reject(new Error('away')) : super.delete(key);
    }
    override clear(prefix: string): Promise<void> {
      return isAway ? Promise.reject(new Error('away')) : super.clear(prefix);
    }
  }
  const startOne = () => start({ bus: new ReferenceBus(log), storage: new UnsteadyStorage(place) });
  const [one, other] = [await startOne(), await startOne()];
  const set = (value: unknown): Promise<boolean> =>
    one.engine.amongOthers.put(KEY, value, { ttlMs: 60_000, tags: [], token: one.engine.position });

  const whileAway = [
    () => set(2),
    () => set('text'),
    () => one.engine.amongOthers.remove(KEY),
    () => one.engine.clear(),
  ];
  for (const action of whileAway) {
    expect(await set(1)).toBe(true);
    expect((await other.engine.find(KEY))?.value).toBe(1);
    isAway = true;
    await action();
    isAway = false;
    const found: unknown[] = [];
    for (let turns = 0; turns < 20 && !found.includes(undefined); turns++) {
      expect((await one.engine.find(KEY))?.value).not.toBe(1);
      found.push((await other.engine.find(KEY))?.value);
      await pause(100);
    }
    expect(found).toContain(undefined);
    expect((await one.engine.find(KEY))?.value).not.toBe(1);
    // What went is owed no longer, so what others store from now on is found.
    await other.engine.amongOthers.put(KEY, 3, { ttlMs: 60_000, tags: [], token: other.engine.position });
    expect((await one.engine.find(KEY))?.value).toBe(3);
  }
});

it('nothing is counted on what was removed while the storage was away, nor does that come back when it is away again', async () => {
  let isAway = false;
  class UnsteadyStorage extends MapStorage {
    override set(...args: Parameters<MapStorage['set']>): Promise<void> {
      return isAway ? Promise.reject(new Error('away')) : super.set(...args);
    }
    override delete(key: string): Promise<boolean> {
      return isAway ? Promise.reject(new Error('away')) : super.delete(key);
    }
  }
  const log = new ReferenceLog();
  const place = new Map();
  const one = await start({ bus: new ReferenceBus(log), storage: new UnsteadyStorage(place) });
  const other = await start({ bus: new ReferenceBus(log), storage: new MapStorage(place) });
  const removeFive = async (): Promise<void> => {
    await one.engine.amongOthers.put(KEY, 5, { ttlMs: 60_000, tags: [], token: one.engine.position });
    isAway = true;
    await one.engine.amongOthers.remove(KEY);
  };

  await removeFive();
  isAway = false;
  const count = (): Promise<number | undefined> => one.engine.amongOthers.increment(KEY, 1, 0).catch(() => undefined);
  let sum = await count();
  for (; sum === undefined; sum = await count()) await pause(50);
  expect(sum).toBe(1);

  await removeFive();
  expect(await one.read(KEY, 'loaded', [])).toBe('loaded');
  // For longer than until it is tried again for the first time.
  await pause(700);
  isAway = false;
  const found: unknown[] = [];
  for (let turns = 0; turns < 20 && (found.length === 0 || found.at(-1) === 5); turns++) {
    await pause(100);
    found.push((await other.engine.find(KEY))?.value);
  }
  expect(found.at(-1)).not.toBe(5);
});
