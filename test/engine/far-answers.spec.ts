import { beforeEach, describe, expect, it } from '@jest/globals';
import { rowTag, tableTag } from '../../lib/tags/table-tags.js';
import type { Tag } from '../../lib/tags/tag.js';
import { MapStorage, ReferenceBus, ReferenceLog, type MapPlace } from '../../lib/testing/index.js';
import { Gate } from './engine-fixture.js';
import { stoppedAfterEach, type Peer, type PeerOptions } from './processes.js';

const PRODUCT = { database: 'db', name: 'product' };
const ROW = rowTag(PRODUCT, '1');

interface Product {
  name: string;
  labels: string[];
}

let log: ReferenceLog;
let place: MapPlace;

beforeEach(() => {
  log = new ReferenceLog();
  place = new Map();
});

const startOne = stoppedAfterEach();

function start(options: Partial<PeerOptions> = {}): Promise<Peer> {
  return startOne({ bus: new ReferenceBus(log), storage: new MapStorage(place), ...options });
}

const rope = (): Product => ({ name: 'Rope', labels: ['new'] });

function read(peer: Peer, tags: readonly Tag[] = [ROW]): Promise<Product> {
  return peer.read('product 1', rope, tags);
}

/** A process that finds the answer in the storage, where another has put it. */
async function startLater(options: Partial<PeerOptions> = {}): Promise<Peer> {
  await read(await start());
  return start(options);
}

describe('An answer from the shared storage', () => {
  it('is each caller’s own, when it is brought and when it comes from memory', async () => {
    const later = await startLater();
    for (let time = 0; time < 4; time++) {
      const product = await read(later);
      expect([time, product]).toEqual([time, rope()]);
      product.labels.push('seen');
    }
    expect(later.statistics.of('test')).toMatchObject({ hits: 4, loads: 0 });
  });

  it('is kept as bytes until it is asked for again, and counted as what it is', async () => {
    const first = await start();
    await read(first);
    const later = await start();
    await read(later);
    const { bytes } = later.engine;
    await read(later);
    await read(later);
    expect(later.engine.entries).toBe(1);
    expect(later.engine.bytes).toBe(first.engine.bytes);
    expect(bytes).not.toBe(first.engine.bytes);
  });

  it('hears of writes before and after it is asked for again', async () => {
    const later = await startLater();
    for (const times of [1, 2]) {
      for (let time = 0; time < times; time++) await read(later);
      const { loads } = later.statistics.of('test');
      await later.log.invalidate({ touches: [ROW, tableTag(PRODUCT)], sweeps: [] });
      await read(later);
      expect(later.statistics.of('test').loads).toBe(loads + 1);
    }
  });

  it('is handed out although memory has let go of it, and changes nothing there', async () => {
    const later = await startLater();
    const entry = (await later.engine.find('product 1' as never))!;
    await later.engine.clear();
    for (let time = 0; time < 2; time++) expect(entry.copy(entry.value)).toEqual(rope());
    expect([later.engine.entries, later.engine.bytes, later.failures]).toEqual([0, 0, []]);
  });

  it('is stored as it came when it is given another lifetime', async () => {
    const later = await startLater();
    await read(later);
    expect(await later.engine.touch('product 1' as never, 60_000)).toBe(true);
    const last = await start();
    expect(await read(last)).toEqual(rope());
    expect(last.statistics.of('test').loads).toBe(0);
  });

  it('hands what it depends on to a load around it, also where memory has no room for more than its bytes', async () => {
    const later = await startLater({ maxEntries: 1 });
    for (let time = 0; time < 3; time++) {
      const outer = `outer ${time}`;
      await later.read(outer, () => read(later));
      await later.log.invalidate({ touches: [ROW, tableTag(PRODUCT)], sweeps: [] });
      let isLoaded = false;
      await later.read(outer, () => (isLoaded = true));
      expect([time, isLoaded]).toEqual([time, true]);
    }
  });
});

it('Answers with long keys that begin alike are not taken for each other', async () => {
  const [one, other] = [await start(), await start()];
  const long = 'x'.repeat(1_000);
  for (const end of ['a', 'b']) await one.read(long + end, end, [ROW]);
  for (const end of ['a', 'b']) expect(await other.read(long + end, 'loaded', [ROW])).toBe(end);
});

it.each(['', 'text', '1.5', '0x1'])('%p in the storage is no answer, as nobody stores that', async (text) => {
  place.set('test::product 1', { bytes: Buffer.from(text), expiresMs: Infinity });
  const one = await start();
  expect(await one.read('product 1', 'loaded', [ROW])).toBe('loaded');
});

describe.each([
  ['with a tier', {}],
  ['without a tier', { maxEntries: 1 }],
])('An answer on its way from the shared storage, %s', (_, options: Partial<PeerOptions>) => {
  /** Finds what is stored at once, and hands it out when the gate opens. */
  class SlowStorage extends MapStorage {
    gate = new Gate();

    override async get(key: string) {
      const bytes = await super.get(key);
      await this.gate.opened;
      return bytes;
    }
  }

  /** What is read when something happened while the storage was answering, and what is read after that. */
  async function readDuring(happening: (one: Peer, other: Peer) => Promise<void>): Promise<readonly unknown[]> {
    const storage = new SlowStorage(place);
    const [one, other] = [await start({ storage, ...options }), await start()];
    await other.read('product 1', 'old', [ROW]);
    const reading = one.read('product 1', 'new', [ROW]);
    await new Promise(setImmediate);
    await happening(one, other);
    storage.gate.open();
    return [await reading, await one.read('product 1', 'new', [ROW])];
  }

  it('is answered and kept when nothing happens', async () => {
    expect(await readDuring(() => Promise.resolve())).toEqual(['old', 'old']);
  });

  it('is none any more when the log was lost meanwhile, by which it could be judged', async () => {
    const answers = await readDuring(async (one) => {
      log.lose(0);
      await one.log.settled();
      while (one.log.obstacle(0) !== undefined) await new Promise(setImmediate);
    });
    expect(answers).toEqual(['new', 'new']);
  });

  it('is not kept when everything was emptied meanwhile', async () => {
    const [, later] = await readDuring(async (one, other) => {
      await other.engine.clear();
      await one.log.settled();
    });
    expect(later).toBe('new');
  });

  it('is not explained as one that is cached, when everything was emptied meanwhile', async () => {
    const storage = new SlowStorage(place);
    const [one, other] = [await start({ storage, ...options }), await start()];
    await other.read('product 1', 'old', []);
    const explaining = one.engine.explain('product 1' as never);
    await new Promise(setImmediate);
    await other.engine.clear();
    await one.log.settled();
    storage.gate.open();
    expect(await explaining).toHaveProperty('absent');
  });
});

it('A load that was answered by what memory has no room for is not kept, because nobody tells what it depends on', async () => {
  const large = 'x'.repeat(5_000);
  const [one, small] = [await start(), await start({ maxBytes: 3_000 })];
  await one.read('large', large, [ROW]);
  const outer = (): Promise<number> => small.read('outer', async () => (await small.read('large', '', [ROW])).length);
  expect(await outer()).toBe(large.length);
  await small.log.invalidate({ touches: [ROW], sweeps: [] });
  expect(await outer()).toBe(0);
});

describe('A storage that answers at once', () => {
  class InstantStorage extends MapStorage {
    isBroken = false;
    asked = 0;

    getNow(key: string): Uint8Array | undefined {
      this.asked++;
      if (this.isBroken) throw new Error('broken');
      return place.get(key)?.bytes;
    }

    override get(): Promise<never> {
      return Promise.reject(new Error('nobody needs to wait'));
    }
  }

  it('is not waited for', async () => {
    const storage = new InstantStorage(place);
    const later = await startLater({ storage });
    expect(await read(later)).toEqual(rope());
    expect(later.statistics.of('test')).toMatchObject({ hits: 1, loads: 0 });
    expect(later.failures).toEqual([]);
  });

  it('is left alone for a while when it fails, and the database answers', async () => {
    const storage = new InstantStorage(place);
    storage.isBroken = true;
    const later = await startLater({ storage });
    expect(await read(later)).toEqual(rope());
    expect(await later.read('product 2', rope)).toEqual(rope());
    expect(storage.asked).toBe(1);
    expect(later.failures).toMatchObject([{ during: 'reading from the storage' }]);
  });
});

describe('Without a tier in front of the shared storage, an answer', () => {
  const WITHOUT = { maxEntries: 1 };

  it('is judged and handed out, and nothing is kept of it', async () => {
    const later = await startLater(WITHOUT);
    for (let time = 0; time < 3; time++) expect(await read(later)).toEqual(rope());
    expect(later.statistics.of('test')).toMatchObject({ hits: 3, loads: 0 });
    expect(later.engine.entries).toBe(0);
    expect(later.engine.knows(ROW)).toBe(false);
  });

  it('is not handed out once a write has touched it', async () => {
    const writer = await start();
    const later = await startLater(WITHOUT);
    await writer.writes.invalidate({ touches: [ROW], sweeps: [] });
    await read(later);
    expect(later.statistics.of('test')).toMatchObject({ hits: 0, loads: 1 });
  });

  it('is handed to a load that asks for it, with all it depends on', async () => {
    const writer = await start();
    const later = await startLater(WITHOUT);
    const around = (): Promise<Product> => later.read('around', () => read(later), []);
    await around();
    expect(later.statistics.of('test')).toMatchObject({ hits: 1, loads: 1 });
    await writer.writes.invalidate({ touches: [ROW], sweeps: [] });
    await around();
    expect(later.statistics.of('test')).toMatchObject({ hits: 1, loads: 3 });
  });
});

describe.each([
  ['where each read waits for a barrier', undefined],
  ['where none does', 60_000],
])('An answer whose key means something in its own process only, %s', (_, boundMs) => {
  const LOCAL = { isLocal: true };

  it('does not come from the shared storage', async () => {
    await (await start()).read('product 1', 'another process’s', [ROW]);
    const one = await start({ boundMs });
    await one.read('product 2', 'bounded reads need no barrier behind this one');
    expect(await one.read('product 1', 'own', [ROW], LOCAL)).toBe('own');
  });

  it('does not come from there either where one process loads for all', async () => {
    await (await start()).read('product 1', 'another process’s', [ROW]);
    const one = await start({ boundMs, flight: 'shared' });
    expect(await one.read('product 1', 'own', [ROW], LOCAL)).toBe('own');
  });

  it('does not go there', async () => {
    await (await start({ boundMs })).read('product 1', 'own', [ROW], LOCAL);
    expect(place.size).toBe(0);
  });
});
