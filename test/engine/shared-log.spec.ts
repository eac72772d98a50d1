import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ZooCacheError } from '../../lib/errors/zoocache.error.js';
import { MapStorage, ReferenceBus, ReferenceLog, type MapPlace } from '../../lib/testing/index.js';
import { rowTag, tableTag } from '../../lib/tags/table-tags.js';
import { NOTHING, tagOf, type Invalidation, type Tag } from '../../lib/tags/tag.js';
import { Gate } from './engine-fixture.js';
import { SteppedTime } from '../simulation/fleet/stepped-time.js';
import { stoppedAfterEach, type Peer, type PeerOptions } from './processes.js';

const PRODUCT = { database: 'db', name: 'product' };
const row = (id: number): Tag => rowTag(PRODUCT, String(id));
const touching = (id: number): Invalidation => ({ touches: [row(id), tableTag(PRODUCT)], sweeps: [] });

let log: ReferenceLog;
let place: MapPlace;

beforeEach(() => {
  log = new ReferenceLog();
  place = new Map();
});

const startOne = stoppedAfterEach();

function start(options: Partial<PeerOptions> = {}): Promise<Peer> {
  return startOne({ bus: new ReferenceBus(log), ...options });
}

/** A write as the hooks announce it: mark, wait, commit, release. */
async function write(peer: Peer, id: number, commit: () => void): Promise<void> {
  const mark = peer.writes.mark(touching(id));
  await peer.writes.announced();
  commit();
  mark.release(touching(id));
}

describe('A bus that can be had with other options only', () => {
  class RefusingBus extends ReferenceBus {
    refusals = Infinity;
    greetings = 0;
    override async hello(...args: Parameters<ReferenceBus['hello']>) {
      this.greetings++;
      if (this.refusals-- <= 0) return super.hello(...args);
      throw new ZooCacheError('INVALID_OPTION', { what: 'No such log', name: 'it', next: 'Name another' });
    }
  }

  it('is asked once, and lets no application start', async () => {
    const bus = new RefusingBus(log);
    await expect(start({ bus })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    expect(bus.greetings).toBe(1);
  });

  it('is asked until it is back if it was reached before, as by a server that is being set up anew', async () => {
    const bus = new RefusingBus(log);
    bus.refusals = 0;
    const peer = await start({ bus });
    bus.refusals = 2;
    bus.greetings = 0;
    log.lose(0);
    expect(await peer.log.catchUp(0)).toBe(false);
    while ((await peer.log.catchUp(0)) === false) await pause(20);
    expect(bus.greetings).toBe(3);
  });
});

describe('Processes that share a bus', () => {
  it('hear of a write before it is committed, so no read after the commit is answered with what was there before', async () => {
    const [one, other] = [await start(), await start()];
    let value = 'old';
    const read = (): Promise<string> => one.read('product 1', () => value, [row(1)]);
    await read();
    expect(await read()).toBe('old');
    await write(other, 1, () => (value = 'new'));
    expect(await read()).toBe('new');
    expect(one.statistics.of('test')).toMatchObject({ hits: 1, loads: 2 });
  });

  it('keep what a write did not touch', async () => {
    const [one, other] = [await start(), await start()];
    await one.read('product 2', 'kept', [row(2)]);
    await write(other, 1, () => undefined);
    expect(await one.read('product 2', 'loaded again', [row(2)])).toBe('kept');
  });

  it('do not serve what is about to be committed elsewhere, because the commit may have happened', async () => {
    const [one, other] = [await start(), await start()];
    await one.read('product 1', 'before', [row(1)]);
    const mark = other.writes.mark(touching(1));
    await other.writes.announced();
    expect(await one.read('product 1', 'from the database', [row(1)])).toBe('from the database');
    mark.withdraw();
    await other.log.settled();
    await one.read('product 1', 'after it was withdrawn', [row(1)]);
    expect(await one.read('product 1', 'again', [row(1)])).toBe('after it was withdrawn');
  });

  it('are all told of a write before it is committed, where this process follows several logs', async () => {
    const gate = new Gate();
    class SlowBus extends ReferenceBus {
      override async append(...args: Parameters<ReferenceBus['append']>) {
        await gate.opened;
        return super.append(...args);
      }
    }
    const another = new ReferenceLog();
    const [one, slow] = [await start(), await start({ bus: new SlowBus(another) })];
    one.writes.attach(slow.log);
    const known: number[] = [];
    const writing = write(one, 1, () => known.push(log.pending.length, another.pending.length));
    await turn();
    gate.open();
    await writing;
    expect(known).toEqual([1, 1]);
  });

  it('leave no mark open of a write that was under way when they joined, and over before the bus was reached', async () => {
    class ReturningBus extends ReferenceBus {
      isAway = false;
      override async hello(...args: Parameters<ReferenceBus['hello']>) {
        if (this.isAway) throw new Error('away');
        return super.hello(...args);
      }
      override async since(...args: Parameters<ReferenceBus['since']>) {
        if (this.isAway) throw new Error('away');
        return super.since(...args);
      }
    }
    const bus = new ReturningBus(log);
    const [one, joining] = [await start({ bus: new ReferenceBus(new ReferenceLog()) }), await start({ bus })];
    bus.isAway = true;
    expect(await joining.log.catchUp(0)).toBe(false);
    const mark = one.writes.mark(touching(1));
    one.writes.attach(joining.log);
    mark.release(touching(1));
    bus.isAway = false;
    // Longer than between two attempts to reach it.
    await pause(150);
    await joining.log.settled();
    expect(log.pending).toEqual([]);
  });

  it('read their own write at once', async () => {
    const one = await start({ boundMs: 60_000 });
    let value = 1;
    const read = (): Promise<number> => one.read('product 1', () => value, [row(1)]);
    await read();
    await write(one, 1, () => (value = 2));
    expect(await read()).toBe(2);
  });

  it('send one barrier for all reads that wait', async () => {
    let barriers = 0;
    class CountingBus extends ReferenceBus {
      override since(...args: Parameters<ReferenceBus['since']>) {
        barriers++;
        return super.since(...args);
      }
    }
    const one = await start({ bus: new CountingBus(log) });
    await Promise.all(Array.from({ length: 100 }, (_, id) => one.read(`product ${id}`, id, [row(id)])));
    expect(barriers).toBe(1);
  });

  it('wait for no barrier where the head of the log can be read at once and says that nothing is new', async () => {
    let barriers = 0;
    class ReadableBus extends ReferenceBus {
      head(incarnation: string): number | undefined {
        return incarnation === log.incarnation ? log.position : undefined;
      }
      override since(...args: Parameters<ReferenceBus['since']>) {
        barriers++;
        return super.since(...args);
      }
    }
    const [one, other] = [await start({ bus: new ReadableBus(log) }), await start()];
    await one.read('product 1', 'old', [row(1)]);
    expect(await one.read('product 1', 'loaded', [row(1)])).toBe('old');
    expect(barriers).toBe(0);
    await write(other, 1, () => undefined);
    expect(await one.read('product 1', 'new', [row(1)])).toBe('new');
    expect(barriers).toBe(1);
  });

  it('ask nobody within the bound, and hear of everything after it', async () => {
    const [one, other] = [await start({ boundMs: 60_000 }), await start()];
    await one.read('product 1', 'old', [row(1)]);
    await one.read('product 1', 'old', [row(1)]);
    await write(other, 1, () => undefined);
    // Old by less than a minute, or woken by the bus already.
    expect(['old', 'new']).toContain(await one.read('product 1', 'new', [row(1)]));
    await one.log.settled();
    expect(await one.read('product 1', 'new', [row(1)])).toBe('new');
  });
});

describe('A storage that processes share', () => {
  const shared = (): Partial<PeerOptions> => ({ storage: new MapStorage(place) });

  it('gives one process what another has loaded', async () => {
    const [one, other] = [await start(shared()), await start(shared())];
    await one.read('product 1', { id: 1 }, [row(1)]);
    expect(await other.read('product 1', 'loaded', [row(1)])).toEqual({ id: 1 });
    expect(other.statistics.of('test')).toMatchObject({ hits: 1, loads: 0 });
  });

  it('gives many answers at once to a process that has room for one, because none has to wait in memory for its reader', async () => {
    const ids = [1, 2, 3];
    const [one, other] = [await start(shared()), await start({ ...shared(), maxEntries: 1 })];
    for (const id of ids) await one.read(`product ${id}`, id, [row(id)]);
    const answers = await Promise.all(ids.map((id) => other.read(`product ${id}`, 'loaded', [row(id)])));
    expect(answers).toEqual(ids);
    expect(other.statistics.of('test')).toMatchObject({ hits: 3, loads: 0 });
  });

  it('gives a process that starts later what is still valid, and nothing that was written since', async () => {
    const one = await start(shared());
    await one.read('product 1', 'first', [row(1)]);
    await one.read('product 2', 'second', [row(2)]);
    await write(one, 1, () => undefined);
    await one.log.settled();
    const late = await start(shared());
    expect(await late.read('product 1', 'loaded', [row(1)])).toBe('loaded');
    expect(await late.read('product 2', 'loaded', [row(2)])).toBe('second');
  });

  it('is not believed before the barrier is passed, which it may answer before', async () => {
    const gate = new Gate();
    class SlowBus extends ReferenceBus {
      override async since(...args: Parameters<ReferenceBus['since']>) {
        await gate.opened;
        return super.since(...args);
      }
    }
    const [one, late] = [await start(shared()), await start({ ...shared(), bus: new SlowBus(log) })];
    await one.read('product 1', 'old', [row(1)]);
    await write(one, 1, () => undefined);
    await one.log.settled();
    const reading = late.read('product 1', 'loaded', [row(1)]);
    await new Promise(setImmediate);
    gate.open();
    expect(await reading).toBe('loaded');
  });

  it('holds nothing for a process that knows other columns, because their tags name other things', async () => {
    const [one, other] = [await start(shared()), await start({ ...shared(), schema: 'one column more' })];
    await one.read('product 1', 'of the old version', [row(1)]);
    expect(await other.read('product 1', 'of the new version', [row(1)])).toBe('of the new version');
  });

  it('is filled by one load for all, where processes are told to wait for each other', async () => {
    const four = await Promise.all(Array.from({ length: 4 }, () => start({ ...shared(), flight: 'shared' })));
    let loads = 0;
    const load = async (): Promise<string> => {
      loads++;
      await new Promise(setImmediate);
      return 'loaded once';
    };
    const calls = four.flatMap((peer) => Array.from({ length: 250 }, () => peer.read('cold', load, [row(1)])));
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['loaded once']));
    expect(loads).toBe(1);
  });

  it('is not kept locked by who finds there what another has loaded just before', async () => {
    const other = await start(shared());
    let adding: Promise<boolean> | undefined;
    class LateStorage extends MapStorage {
      override add(...args: Parameters<MapStorage['add']>): Promise<boolean> {
        adding = other.read('cold', 'loaded elsewhere', [row(1)]).then(() => super.add(...args));
        return adding;
      }
      override async get(key: string): Promise<Uint8Array | undefined> {
        await turn();
        await adding;
        return super.get(key);
      }
    }
    const one = await start({ storage: new LateStorage(place), flight: 'shared' });
    expect(await one.read('cold', 'loaded', [row(1)])).toBe('loaded elsewhere');
    await turn();
    expect([...place.keys()]).toEqual([expect.not.stringContaining('lock')]);
  });

  it('hands on what an answer depends on that is found there for several at once, of whom one is a load', async () => {
    const found = new Gate();
    const asked: string[] = [];
    class LateStorage extends MapStorage {
      override async get(key: string): Promise<Uint8Array | undefined> {
        // The second look is that of whoever is about to load for all.
        if (key === 'test::cold' && asked.push(key) === 2) await found.opened;
        return super.get(key);
      }
    }
    const [one, other] = [await start({ storage: new LateStorage(place), flight: 'shared' }), await start(shared())];
    const reading = one.read('cold', 'loaded', [row(1)]);
    while (asked.length < 2) await turn();
    const outer = one.read('outer', () => one.read('cold', 'loaded', [row(1)]), [], { isLocal: true });
    while (asked.length < 3) await turn();
    await other.read('cold', 'loaded elsewhere', [row(1)]);
    found.open();
    expect(await Promise.all([reading, outer])).toEqual(['loaded elsewhere', 'loaded elsewhere']);
    await other.writes.invalidate({ touches: [row(1)], sweeps: [] });
    expect(await one.read('outer', 'anew', [], { isLocal: true })).toBe('anew');
  });

  it('is not kept locked by a load that failed', async () => {
    const one = await start({ ...shared(), flight: 'shared' });
    const failing = one.read('cold', () => Promise.reject(new Error('no database')), [row(1)]);
    await expect(failing).rejects.toThrow('no database');
    await turn();
    expect(place.size).toBe(0);
  });

  it('is kept locked until it holds what was loaded, or who waits would find neither and load again', async () => {
    const stored = new Gate();
    class SlowStorage extends MapStorage {
      override async set(...args: Parameters<MapStorage['set']>): Promise<void> {
        await stored.opened;
        return super.set(...args);
      }
    }
    const one = await start({ storage: new SlowStorage(place), flight: 'shared' });
    expect(await one.read('cold', 'loaded', [row(1)])).toBe('loaded');
    await turn();
    expect([...place.keys()]).toEqual([expect.stringContaining('lock')]);
    stored.open();
    await turn();
    expect([...place.keys()]).toEqual([expect.not.stringContaining('lock')]);
  });

  it('is not waited for when its holder has given up', async () => {
    const one = await start({ ...shared(), flight: 'shared' });
    const held = new MapStorage(place);
    await held.set('test::lock:cold', Buffer.from('held'), 60_000);
    const reading = one.read('cold', 'loaded', [row(1)]);
    await pause(100);
    expect(one.statistics.of('test').loads).toBe(0);
    const givenUpAt = performance.now();
    await held.delete('test::lock:cold');
    expect(await reading).toBe('loaded');
    expect(performance.now() - givenUpAt).toBeLessThan(3_000);
  });

  describe('with two answers that are made of each other', () => {
    /** Reads both keys in a process of its own; the load of the first asks for the second once `entered` is open. */
    const crossed = async (
      entered: Gate,
      key: string,
      other: string,
    ): Promise<{ peer: Peer; reading: Promise<string> }> => {
      const peer = await start({ ...shared(), flight: 'shared' });
      const load = async (): Promise<string> => {
        await entered.opened;
        return `${key} of ${await peer.read(other, `bare ${other}`, [row(2)])}`;
      };
      return { peer, reading: peer.read(key, load, [row(1)]) };
    };

    /** Which of them is ready first is open. */
    const readings = [expect.stringMatching(/^A of /), expect.stringMatching(/^B of /)];

    const locks = (): string[] => [...place.keys()].filter((key) => key.includes('lock'));

    it('keeps no process waiting for the other, because what is read within a load is loaded at once', async () => {
      const gate = new Gate();
      const begunAt = performance.now();
      const both = [await crossed(gate, 'A', 'B'), await crossed(gate, 'B', 'A')];
      while (locks().length < 2) await turn();
      gate.open();
      expect(await Promise.all(both.map(({ reading }) => reading))).toEqual(readings);
      expect(performance.now() - begunAt).toBeLessThan(3_000);
    });

    it('keeps none waiting either for one that waits already when a load comes to need it', async () => {
      const gate = new Gate();
      const begunAt = performance.now();
      const both = [await crossed(gate, 'A', 'B'), await crossed(gate, 'B', 'A')];
      while (locks().length < 2) await turn();
      const outside = [both[0].peer.read('B', 'B outside', [row(2)]), both[1].peer.read('A', 'A outside', [row(2)])];
      await pause(100);
      expect(both.map(({ peer }) => peer.statistics.of('test').loads)).toEqual([1, 1]);
      gate.open();
      expect(await Promise.all(both.map(({ reading }) => reading))).toEqual(readings);
      await Promise.all(outside);
      expect(performance.now() - begunAt).toBeLessThan(3_000);
    });
  });

  it('is of no use to a process without the room for an answer, which then loads it for itself', async () => {
    const one = await start({ ...shared(), flight: 'shared' });
    const small = await start({ ...shared(), flight: 'shared', maxBytes: 1 });
    const gate = new Gate();
    const loading = one.read('cold', () => gate.opened.then(() => 'loaded first'), [row(1)]);
    while (place.size === 0) await turn();
    const reading = [1, 2].map(() => small.read('cold', 'loaded', [row(1)]));
    gate.open();
    expect(await loading).toBe('loaded first');
    expect(await Promise.all(reading)).toEqual(['loaded', 'loaded']);
  });

  it('is empty for everybody once one of them has cleared it', async () => {
    const [one, other] = [await start(shared()), await start(shared())];
    await one.read('product 1', 'old', [row(1)]);
    await other.read('product 1', 'old', [row(1)]);
    await one.engine.clear();
    expect(place.size).toBe(0);
    expect(await other.read('product 1', 'new', [row(1)])).toBe('new');
  });
});

describe('A storage that cannot list what it holds', () => {
  class Unlisted extends MapStorage {
    override clear(): Promise<void> {
      return Promise.resolve();
    }
  }
  const shared = (): Partial<PeerOptions> => ({ storage: new Unlisted(place), history: 10 });

  it.each([
    ['at once', 0],
    ['when the log has gone on for longer than it hears of', 100],
  ])('gives nothing of before a clear() to a process that starts %s', async (_when, records) => {
    const [one, other] = [await start(shared()), await start()];
    await one.read('depends on nothing', 'old');
    await one.engine.clear();
    for (let n = 0; n < records; n++) await other.writes.invalidate(touching(1));
    const later = await start(shared());
    expect(await later.read('depends on nothing', 'new')).toBe('new');
  });

  it('gives what was stored since to one that starts later', async () => {
    const one = await start(shared());
    await one.engine.clear();
    await one.read('depends on nothing', 'kept');
    const later = await start(shared());
    expect(await later.read('depends on nothing', 'new')).toBe('kept');
  });
});

describe('A write of a process that knows other columns', () => {
  it('sweeps its tables, because it may not name what others listen for', async () => {
    const [one, old] = [await start(), await start({ schema: 'one column less' })];
    await one.read('product 2', 'by a new column', [row(2)]);
    await write(old, 1, () => undefined);
    expect(await one.read('product 2', 'loaded', [row(2)])).toBe('loaded');
  });

  it('does so in each database that it names, also where the name of one begins with that of another', async () => {
    const other = { database: `${PRODUCT.database}2`, name: 'product' };
    const rowOfOther = (id: number): Tag => rowTag(other, String(id));
    const schemas = { of: (database: string) => (database === other.database ? 'one column less' : 'same') };
    const [one, old] = [await start(), await start({ schemas })];
    await one.read('product 2', 'by a new column', [rowOfOther(2)]);
    await old.writes.invalidate({ touches: [row(1), rowOfOther(1)], sweeps: [] });
    expect(await one.read('product 2', 'loaded', [rowOfOther(2)])).toBe('loaded');
  });

  it('does so from its mark on, also for a process that starts behind it', async () => {
    const writer = await start({ schema: 'one column less' });
    const mark = writer.writes.mark(touching(1));
    await writer.writes.announced();
    const one = await start();
    await one.read('product 2', 'before', [row(2)]);
    expect(await one.read('product 2', 'from the database', [row(2)])).toBe('from the database');
    mark.release(touching(1));
  });
});

describe('A log that is lost', () => {
  it('takes everything with it, and nobody is trusted until the quarantine is over', async () => {
    const one = await start();
    await one.read('product 1', 'old', [row(1)]);
    log.lose(200);
    await one.read('product 1', 'past the cache', [row(1)]);
    await one.log.settled();
    expect(await one.read('product 1', 'in quarantine', [row(1)])).toBe('in quarantine');
    expect(one.statistics.bypasses.get('quarantine')).toBeGreaterThan(0);
  });

  it('is lost all over again in its quarantine, and then the time of the first one says nothing', async () => {
    const one = await start();
    for (const quarantineMs of [100, 500]) {
      log.lose(quarantineMs);
      await one.log.settled();
      while (one.log.incarnation !== log.incarnation) await turn();
    }
    await pause(250);
    expect(one.log.obstacle(0)).toBe('quarantine');
  });

  it('lets nobody apply to the new one what the old one answers late', async () => {
    const gate = new Gate();
    class SlowBus extends ReferenceBus {
      isSlow = false;

      override async since(...args: Parameters<ReferenceBus['since']>) {
        const [isSlow, answer] = [this.isSlow, await super.since(...args)];
        this.isSlow = false;
        if (isSlow) await gate.opened;
        return answer;
      }
    }
    const bus = new SlowBus(log);
    const [one, other] = [await start({ bus }), await start()];
    await other.writes.invalidate(touching(2));
    bus.isSlow = true;
    const asking = one.log.catchUp(0);
    await turn();
    log.lose(0);
    await one.log.settled();
    await untilReached(one);
    await one.read('product 1', 'old', [row(1)]);
    gate.open();
    expect(await asking).toBe(false);
    await other.log.settled();
    await untilReached(other);
    await other.writes.invalidate(touching(1));
    expect(await one.read('product 1', 'new', [row(1)])).toBe('new');
  });

  it('lets nothing be kept that is loaded in its quarantine, also by who called before', async () => {
    const gate = new Gate();
    class SlowStorage extends MapStorage {
      override async get(key: string) {
        await gate.opened;
        return super.get(key);
      }
    }
    const one = await start({ storage: new SlowStorage(place) });
    const reading = one.read('product 1', 'in quarantine', [row(1)]);
    await turn();
    log.lose(100);
    await one.log.settled();
    while (one.log.obstacle(0) !== 'quarantine') await turn();
    gate.open();
    expect(await reading).toBe('in quarantine');
    await untilReached(one);
    expect(await one.read('product 1', 'after it', [row(1)])).toBe('after it');
  });

  it('lets nothing be kept either that was being loaded when it was lost, because positions may begin anew', async () => {
    const [one, other] = [await start(), await start()];
    for (let times = 0; times < 3; times++) await other.writes.invalidate(touching(2));
    await one.log.settled();
    const gate = new Gate();
    const reading = one.read('product 1', () => gate.opened.then(() => 'old'), [row(1)]);
    while (one.statistics.of('test').loads === 0) await turn();
    log.lose(0);
    await one.log.settled();
    await untilReached(one);
    gate.open();
    expect(await reading).toBe('old');
    expect(await one.read('product 1', 'new', [row(1)])).toBe('new');
  });

  it('begins anew for loads, too: one that goes on from before hides nothing from those that start in the new one', async () => {
    const [one, other] = [await start(), await start()];
    for (let id = 0; id < 200; id++) await other.writes.invalidate(touching(1_000));
    const [former, young] = [new Gate(), new Gate()];
    const loading = [one.read('former', () => former.opened, [row(9)])];
    while (one.statistics.of('test').loads < 1) await turn();
    log.lose(0);
    await one.log.settled();
    await untilReached(one);
    const answer = (id: number) => one.read(`product ${id}`, () => young.opened.then(() => 'before'), [row(id)]);
    loading.push(...[1, 2].map(async (id) => void (await answer(id))));
    while (one.statistics.of('test').loads < 3) await turn();
    for (let id = 0; id < 100; id++) await other.writes.invalidate(touching(id === 0 ? 1 : 1_000 + id));
    // A load that ends lets go of what nobody can ask for any more.
    await one.read('another', 'loaded', [row(9)]);
    former.open();
    await loading[0];
    young.open();
    await Promise.all(loading);
    expect(await one.read('product 1', 'after', [row(1)])).toBe('after');
    expect(await one.read('product 2', 'after', [row(2)])).toBe('before');
  });

  it('is not trusted before all are over who were writing in a database at the end of the quarantine', async () => {
    const writing = new Set(['paused', 'busy']);
    const one = await start({ writing: () => Promise.resolve(new Set(writing)) });
    log.lose(20);
    await one.log.settled();
    while (one.log.obstacle(0) !== 'quarantine') await turn();
    await pause(100);
    writing.delete('busy');
    writing.add('began later');
    await pause(200);
    expect(one.log.obstacle(0)).toBe('quarantine');
    writing.delete('paused');
    await untilReached(one);
    expect([...writing]).toEqual(['began later']);
  });

  it('keeps those waiting too who come to it when its quarantine has just ended, and nobody later', async () => {
    class YoungBus extends ReferenceBus {
      constructor(private readonly trustedForMs: number) {
        super(log);
      }

      override async hello() {
        return { ...(await super.hello()), trustedForMs: this.trustedForMs };
      }
    }
    const names = new Set(['paused']);
    const writing = (): Promise<ReadonlySet<string>> => Promise.resolve(new Set(names));
    let isStarted = false;
    const starting = start({ bus: new YoungBus(1_000), writing }).then(() => (isStarted = true));
    expect((await start({ bus: new YoungBus(60_000), writing })).log.obstacle(0)).toBeUndefined();
    await pause(100);
    expect(isStarted).toBe(false);
    names.clear();
    await starting;
  });

  it('is trusted after half a minute all the same, or whoever imports for hours would keep it empty', async () => {
    const time = new SteppedTime();
    const one = await start({
      clock: time,
      timers: time.timersOf(log),
      writing: () => Promise.resolve(new Set(['import'])),
    });
    log.lose(2_000);
    void one.read('product 1', 'past the cache', [row(1)]);
    const lostAt = time.now();
    while (one.log.obstacle(0) !== 'quarantine') await turn();
    for (; one.log.obstacle(0) === 'quarantine'; await turn()) time.pass(() => false);
    expect(time.now() - lostAt).toBeGreaterThan(31_000);
    expect(time.now() - lostAt).toBeLessThan(34_000);
  });

  it('is told what is open, and what is owed, although it is lost again as it is told', async () => {
    class LosingBus extends ReferenceBus {
      losses = 0;

      override append(...args: Parameters<ReferenceBus['append']>) {
        if (this.losses > 0) {
          this.losses--;
          log.lose(0);
        }
        return super.append(...args);
      }
    }
    const bus = new LosingBus(log);
    const one = await start({ bus });
    const [open, over] = [one.writes.mark(touching(1)), one.writes.mark(touching(2))];
    await one.writes.announced();
    over.release(touching(2));
    bus.losses = 3;
    await one.log.settled();
    while (bus.losses > 0) await pause(5);
    await untilReached(one);
    await one.log.settled();
    expect(log.pending).toMatchObject([{ invalidation: touching(1) }]);
    expect(log.after(0)).toContainEqual(expect.objectContaining({ kind: 'release', invalidation: touching(2) }));
    open.withdraw();
  });

  it('is told again what is open before anybody trusts it', async () => {
    const [one, other] = [await start(), await start()];
    const mark = one.writes.mark(touching(1));
    await one.writes.announced();
    log.lose(0);
    await one.log.settled();
    await other.log.settled();
    await other.read('product 1', 'loaded while it is pending', [row(1)]);
    expect(await other.read('product 1', 'again', [row(1)])).toBe('again');
    mark.withdraw();
  });
});

it('A process that has missed what the log has forgotten knows nothing any more, and all that comes from then on', async () => {
  log = new ReferenceLog({ maxRecords: 5 });
  const [one, other] = [await start(), await start()];
  await one.read('product 1', 'old', [row(1)]);
  for (const id of [1, 2, 3, 4, 5, 6, 7]) await other.writes.invalidate(touching(id));
  expect(await one.read('product 1', 'new', [row(1)])).toBe('new');
  await untilReached(one);
  await one.read('product 1', 'kept', [row(1)]);
  expect(await one.read('product 1', 'loaded again', [row(1)])).toBe('kept');
  await other.writes.invalidate(touching(1));
  expect(await one.read('product 1', 'newer', [row(1)])).toBe('newer');
});

describe('A process that is far behind', () => {
  /** Takes its time over an answer, as a large one does. */
  class LaboriousBus extends ReferenceBus {
    asked = 0;

    override async since(...args: Parameters<ReferenceBus['since']>) {
      this.asked++;
      const answer = await super.since(...args);
      await pause(answer.length / 10);
      return answer;
    }
  }

  /** Many small writes elsewhere. */
  async function appendMany(count: number): Promise<void> {
    const invalidation = { touches: ['elsewhere'], sweeps: [] };
    const records = Array.from(
      { length: count },
      () => ({ kind: 'invalidate', transactionId: '', invalidation }) as const,
    );
    await new ReferenceBus(log).append(log.incarnation, records);
  }

  it('because it has just started, is answered from the storage once it has started', async () => {
    const early = await start({ storage: new MapStorage(place) });
    await early.read('product 1', 'cached', [row(1)]);
    await appendMany(3_000);
    const late = await start({ bus: new LaboriousBus(log), storage: new MapStorage(place), history: 10_000 });
    expect(await late.read('product 1', 'loaded', [row(1)])).toBe('cached');
    expect([...late.statistics.bypasses.keys()]).toEqual([]);
  });

  it('because it was idle, reads from the database without asking again and again, until it knows everything', async () => {
    const bus = new LaboriousBus(log);
    const one = await start({ bus });
    await one.read('product 1', 'cached', [row(1)]);
    const { asked } = bus;
    await appendMany(3_000);
    const reads: string[] = [];
    while (!reads.includes('cached') && reads.length < 1_000) {
      reads.push(await one.read('product 1', 'past the cache', [row(1)]));
      await pause(5);
    }
    expect(reads[0]).toBe('past the cache');
    expect(reads.at(-1)).toBe('cached');
    expect(one.statistics.bypasses.get('far behind')).toBeGreaterThan(0);
    expect(bus.asked - asked).toBeLessThan(5);
  });

  it('is waited for by whoever asks where the log stands, as he would miss what is appended already', async () => {
    const one = await start({ bus: new LaboriousBus(log) });
    await appendMany(3_000);
    while (one.log.obstacle(0) !== 'far behind') await one.read('product 1', 'past the cache', [row(1)]);
    expect(await one.log.settled()).toBe(log.position);
  });
});

describe('A bus that is away', () => {
  class UnreachableBus extends ReferenceBus {
    isAway = false;

    override async hello() {
      await turn();
      if (this.isAway) throw new Error('away');
      return super.hello();
    }

    override append(...args: Parameters<ReferenceBus['append']>) {
      return this.isAway ? Promise.reject(new Error('away')) : super.append(...args);
    }

    override since(...args: Parameters<ReferenceBus['since']>) {
      return this.isAway ? Promise.reject(new Error('away')) : super.since(...args);
    }
  }

  it('lets reads go to the database at once, and again to the cache when it is back', async () => {
    const bus = new UnreachableBus(log);
    const one = await start({ bus });
    await one.read('product 1', 'cached', [row(1)]);
    bus.isAway = true;
    expect(await one.read('product 1', 'from the database', [row(1)])).toBe('from the database');
    expect(one.statistics.bypasses.get('bus away')).toBe(1);
    bus.isAway = false;
    await untilReached(one);
    expect(await one.read('product 1', 'loaded', [row(1)])).toBe('cached');
  });

  it('lets nobody be answered by a storage that is there, nor wait for it, since nobody knows what was written meanwhile', async () => {
    const bus = new UnreachableBus(log);
    const one = await start({ bus, storage: new MapStorage(place) });
    const other = await start({ storage: new MapStorage(place) });
    await other.read('product 1', 'old', [row(1)]);
    bus.isAway = true;
    await other.writes.invalidate({ touches: [row(1)], sweeps: [] });
    expect(await one.read('product 1', 'new', [row(1)])).toBe('new');
  });

  it('is waited for by who invalidates something, so that all hear of it who ask when that is over', async () => {
    const bus = new UnreachableBus(log);
    const [one, other] = [await start({ bus }), await start()];
    await other.read('product 1', 'old', [row(1)]);
    bus.isAway = true;
    await one.read('product 2', 'past the cache', [row(2)]);
    const invalidating = one.writes.invalidate(touching(1));
    await pause(50);
    bus.isAway = false;
    await invalidating;
    expect(await other.read('product 1', 'new', [row(1)])).toBe('new');
  });

  it('lets nobody be answered with what his own process has invalidated, however old answers may be', async () => {
    const bus = new UnreachableBus(log);
    const one = await start({ bus, boundMs: 60_000 });
    for (const id of [1, 2]) await one.read(`product ${id}`, 'old', [row(id)]);
    bus.isAway = true;
    await one.writes.invalidate({ touches: [row(1)], sweeps: [] });
    expect(await one.read('product 2', 'new', [row(2)])).toBe('old');
    expect(await one.read('product 1', 'new', [row(1)])).toBe('new');
  });

  it('is owed what was written meanwhile, which leaves first when it is back', async () => {
    const bus = new UnreachableBus(log);
    const [one, other] = [await start({ bus }), await start()];
    await other.read('product 1', 'old', [row(1)]);
    bus.isAway = true;
    await write(one, 1, () => undefined);
    bus.isAway = false;
    await untilReached(one);
    expect(await other.read('product 1', 'new', [row(1)])).toBe('new');
  });

  describe('and can be discarded by whoever does not reach it,', () => {
    class DiscardableBus extends UnreachableBus {
      discards = 0;

      discard(): void {
        this.discards++;
        log.lose(200);
      }
    }

    async function losing(options: Partial<PeerOptions> = {}): Promise<[DiscardableBus, Peer, Peer]> {
      const bus = new DiscardableBus(log);
      const [one, other] = [await start({ bus, ...options }), await start()];
      await other.read('product 1', 'old', [row(1)]);
      bus.isAway = true;
      return [bus, one, other];
    }

    it.each<[string, (peer: Peer) => Promise<unknown>]>([
      ['a write that it could not be told of', (peer) => write(peer, 1, () => undefined)],
      ['an invalidation that it could not be told of', (peer) => peer.writes.invalidate(touching(1))],
    ])('is trusted by nobody any more after %s', async (_, act) => {
      const [bus, one, other] = await losing();
      await act(one);
      expect(await other.read('product 1', 'new', [row(1)])).toBe('new');
      expect(bus.discards).toBe(1);
      bus.isAway = false;
      await untilReached(one);
    });

    it('is trusted by nobody any more when a process is closed that owes it something', async () => {
      const [bus, one, other] = await losing();
      one.log.release('of another life', touching(1));
      await one.log.close();
      expect(await other.read('product 1', 'new', [row(1)])).toBe('new');
      expect(bus.discards).toBe(1);
      expect(one.failures.map(({ during }) => during)).not.toContain('closing the log');
      await write(one, 1, () => undefined);
      expect(bus.discards).toBe(1);
    });

    it('stays where the write is refused', async () => {
      const [bus, one, other] = await losing({ onLogDown: 'reject' });
      await expect(write(one, 1, () => undefined)).rejects.toMatchObject({ code: 'LOG_UNREACHABLE' });
      expect(await other.read('product 1', 'new', [row(1)])).toBe('old');
      expect(bus.discards).toBe(0);
    });

    it('fails no write if that fails', async () => {
      const [bus, one] = await losing();
      bus.discard = () => {
        throw new Error('not permitted');
      };
      await write(one, 1, () => undefined);
      expect(one.failures.map(({ during }) => during)).toContain('leaving the log');
      bus.isAway = false;
    });
  });

  it('is paid a long debt in parts, because one command with all of it would never be answered in time', async () => {
    const bus = new UnreachableBus(log);
    const appended: number[] = [];
    const append = bus.append.bind(bus);
    bus.append = (life, records) => {
      appended.push(records.length);
      return append(life, records);
    };
    const [one, other] = [await start({ bus }), await start()];
    await other.read('product 1', 'old', [row(1)]);
    const open = one.writes.mark(touching(2));
    await one.writes.announced();
    bus.isAway = true;
    await one.log.settled();
    for (let i = 0; i < 2_500; i++) one.log.release(`lost ${i}`, touching(i));
    appended.length = 0;
    bus.isAway = false;
    await untilReached(one);
    await one.log.settled();
    expect(Math.max(...appended)).toBeLessThan(1_100);
    // What is open comes first, because others may trust the log by the time all is paid.
    expect(log.after(1)[0]).toMatchObject({ kind: 'mark', invalidation: touching(2) });
    expect(log.after(1).filter(({ kind }) => kind === 'release')).toHaveLength(2_500);
    expect(await other.read('product 1', 'new', [row(1)])).toBe('new');
    open.withdraw();
  });

  describe('for so long that what is owed would fill the memory,', () => {
    const MOST = 20_000;

    async function begin(options: Partial<PeerOptions> = {}) {
      const bus = new UnreachableBus(log);
      const [one, other] = [await start({ bus, ...options }), await start()];
      await one.writes.invalidate(NOTHING);
      const leave = async (): Promise<void> => {
        bus.isAway = true;
        await one.log.settled();
      };
      const comeBack = async (): Promise<void> => {
        bus.isAway = false;
        await untilReached(one);
        await one.log.settled();
      };
      const begun = log.position;
      return { one, other, leave, comeBack, appended: () => log.after(begun) };
    }

    it('is told of all of it with one record, which reaches whatever the others had a part of', async () => {
      const { one, other, leave, comeBack, appended } = await begin();
      const elsewhere = tagOf('another database', 'product');
      await other.read('product 1', 'old', [row(1)]);
      await other.read('product 2', 'old', [row(2)]);
      await other.read('of another database', 'right', [elsewhere]);
      await leave();
      for (let i = 0; i <= MOST; i++) one.log.release(`lost ${i}`, touching(1));
      await comeBack();
      expect(appended()).toMatchObject([{ kind: 'invalidate', invalidation: { touches: [], sweeps: ['db'] } }]);
      expect(await other.read('product 1', 'new', [row(1)])).toBe('new');
      expect(await other.read('product 2', 'new', [row(2)])).toBe('new');
      expect(await other.read('of another database', 'loaded', [elsewhere])).toBe('right');
    });

    it('lets nobody here read what it is owed in between, and keeps again what is read afterwards', async () => {
      const { one, leave, comeBack } = await begin({ boundMs: 60_000 });
      for (const id of [1, 2]) await one.read(`product ${id}`, 'old', [row(id)]);
      await leave();
      await one.log.mark('lost 0', touching(1));
      expect(await one.read('product 2', 'new', [row(2)])).toBe('old');
      for (let i = 0; i <= MOST; i++) one.log.release(`lost ${i}`, touching(1));
      for (const id of [1, 2])
        expect(await one.read(`product ${id}`, 'past the cache', [row(id)])).toBe('past the cache');
      await comeBack();
      for (const id of [1, 2]) expect(await one.read(`product ${id}`, 'new', [row(id)])).toBe('new');
      for (const id of [1, 2]) expect(await one.read(`product ${id}`, 'newer', [row(id)])).toBe('new');
    });

    it('still hears of each transaction whose mark it holds open, and of each database that was defined anew', async () => {
      const { one, other, leave, comeBack, appended } = await begin();
      await one.log.mark('open', touching(3));
      await leave();
      one.log.release('open', touching(3));
      one.log.define('db');
      for (let i = 0; i < MOST - 1; i++) one.log.release(`lost ${i}`, touching(1));
      one.log.define('db');
      await comeBack();
      expect(appended().map(({ kind, transactionId }) => [kind, transactionId === 'open'])).toEqual([
        ['mark', true],
        ['invalidate', false],
        ['release', true],
        ['invalidate', false],
        ['invalidate', false],
      ]);
      await other.read('product 3', 'new', [row(3)]);
      expect(await other.read('product 3', 'newer', [row(3)])).toBe('new');
    });
  });

  it('carries a mark with the first of what is owed, and the rest soon after', async () => {
    const [one, other] = [await start(), await start()];
    await other.read('product 1', 'old', [row(1)]);
    for (let i = 0; i < 2_500; i++) one.log.release(`late ${i}`, touching(2_500 - i));
    const mark = one.writes.mark(touching(3));
    await one.writes.announced();
    expect(log.position).toBeLessThan(2_000);
    while (log.position < 2_501) await pause(1);
    expect(await other.read('product 1', 'new', [row(1)])).toBe('new');
    mark.withdraw();
  });

  it('is waited for by whoever is closed and owes it something', async () => {
    const bus = new UnreachableBus(log);
    const [one, other] = [await start({ bus }), await start()];
    await other.read('product 1', 'old', [row(1)]);
    bus.isAway = true;
    await write(one, 1, () => undefined);
    const closed = one.log.close();
    await turn();
    bus.isAway = false;
    await closed;
    expect(await other.read('product 1', 'new', [row(1)])).toBe('new');
    expect(one.failures.map(({ during }) => during)).not.toContain('closing the log');
  });

  describe('for a process that is paused and wakes when the others trust it again,', () => {
    const isPaused = (): boolean => false;
    let time: SteppedTime;
    let bus: UnreachableBus;
    let one: Peer;

    beforeEach(async () => {
      time = new SteppedTime();
      bus = new UnreachableBus(log);
      one = await start({ bus, clock: time, timers: time.timersOf(bus) });
    });

    /** Ends the process, which owes something to a bus that stays away. */
    async function end(): Promise<void> {
      const done: true[] = [];
      void one.log.close().then(() => done.push(true));
      for (; done.length === 0; await turn()) if (time.canPass(isPaused)) time.pass(isPaused);
    }

    afterEach(end);

    /** How many marks the log knew when the write was committed. */
    function writing(): { readonly known: number[]; readonly written: Promise<void> } {
      const known: number[] = [];
      return { known, written: write(one, 1, () => known.push(log.pending.length)) };
    }

    async function knownAtCommit({ known, written }: ReturnType<typeof writing>): Promise<readonly number[]> {
      for (; known.length === 0; await turn()) time.pass(isPaused);
      await written;
      return known;
    }

    async function loseIt(): Promise<void> {
      bus.isAway = true;
      await one.read('product 1', 'past the cache', [row(1)]);
    }

    it.each([
      ['first of all', () => undefined],
      ['after its timers', () => time.fireDue(isPaused)],
    ])('is waited for by what it writes %s', async (_, wakeUp) => {
      await loseIt();
      for (const patient = time.now() + 2_000; time.now() < patient; await turn()) time.pass(isPaused);
      time.skip(5_000);
      bus.isAway = false;
      wakeUp();
      expect(await knownAtCommit(writing())).toEqual([1]);
    });

    it('is waited for all over again by what was waiting for it', async () => {
      await loseIt();
      const write = writing();
      await turn();
      time.skip(5_000);
      bus.isAway = false;
      time.fireDue(isPaused);
      expect(await knownAtCommit(write)).toEqual([1]);
    });

    it('is told again of a mark whose answer never came', async () => {
      const append = bus.append.bind(bus);
      bus.append = () => {
        bus.append = append;
        return new Promise(() => undefined);
      };
      const write = writing();
      await turn();
      time.skip(5_000);
      time.fireDue(isPaused);
      expect(await knownAtCommit(write)).toEqual([1]);
    });

    it('is waited for no longer than before by a process that was awake all the time', async () => {
      await loseIt();
      for (const patient = time.now() + 2_000; time.now() < patient; await turn()) time.pass(isPaused);
      const before = time.now();
      expect(await knownAtCommit(writing())).toEqual([0]);
      expect(time.now() - before).toBeLessThan(200);
    });

    it('is not waited for by invalidate() either when it has been away for long', async () => {
      await loseIt();
      for (const patient = time.now() + 2_000; time.now() < patient; await turn()) time.pass(isPaused);
      const before = time.now();
      const done: true[] = [];
      void one.log.invalidate(touching(1)).then(() => done.push(true));
      for (; done.length === 0; await turn()) time.pass(isPaused);
      expect(time.now() - before).toBeLessThan(200);
    });

    it('is waited for by a process that ends for a few seconds, and then that says what others never heard', async () => {
      await loseIt();
      await knownAtCommit(writing());
      const before = time.now();
      await end();
      expect(time.now() - before).toBeGreaterThan(2_000);
      expect(time.now() - before).toBeLessThan(3_000);
      expect(one.failures.at(-1)).toMatchObject({ during: 'closing the log', error: { code: 'LOG_UNREACHABLE' } });
    });

    it('is told again of a mark that it had answered before it was lost', async () => {
      const gate = new Gate();
      const append = bus.append.bind(bus);
      bus.append = async (...args) => {
        const position = await append(...args);
        await gate.opened;
        return position;
      };
      const write = writing();
      await turn();
      time.skip(5_000);
      log.lose(0);
      gate.open();
      expect(await knownAtCommit(write)).toEqual([1]);
    });
  });

  it('holds no write up for longer than it may when it comes back again and again, and never takes its mark', async () => {
    class AlternatingBus extends ReferenceBus {
      appended = 0;

      override async append(...args: Parameters<ReferenceBus['append']>) {
        await turn();
        if (++this.appended % 2 === 1) throw new Error('not this one');
        return super.append(...args);
      }
    }
    const bus = new AlternatingBus(log);
    const one = await start({ bus });
    await write(one, 1, () => undefined);
    expect(bus.appended).toBeGreaterThan(2);
    await one.log.settled();
  });

  it('has writes refused before they are committed, where that is asked for', async () => {
    const bus = new UnreachableBus(log);
    const one = await start({ bus, onLogDown: 'reject' });
    bus.isAway = true;
    let isCommitted = false;
    await expect(write(one, 1, () => (isCommitted = true))).rejects.toMatchObject({ code: 'LOG_UNREACHABLE' });
    expect(isCommitted).toBe(false);
    bus.isAway = false;
    await untilReached(one);
    // What was refused is not pending any more, here nor elsewhere.
    expect(log.pending).toEqual([]);
    await one.read('product 1', 'kept', [row(1)]);
    expect(await one.read('product 1', 'loaded again', [row(1)])).toBe('kept');
  });
});

/** Resolves when what has been set going has come as far as it can without time passing. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Resolves when the process has found the log again. */
async function untilReached({ log: shared }: Peer): Promise<void> {
  while (shared.obstacle(0) !== undefined) await new Promise((resolve) => setTimeout(resolve, 5));
}
