import { AsyncLocalStorage } from 'node:async_hooks';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { MapStorage, ReferenceBus, ReferenceLog, type MapPlace } from '../../lib/testing/index.js';
import { collectGarbage } from '../support/collect-garbage.js';
import { stoppedAfterEach, type Peer } from './processes.js';

let log: ReferenceLog;
let place: MapPlace;

beforeEach(() => {
  log = new ReferenceLog();
  place = new Map();
});

const startOne = stoppedAfterEach();

function start(storage: MapStorage): Promise<Peer> {
  return startOne({ bus: new ReferenceBus(log), storage });
}

/** Notes what it is asked for, and can fail or keep silent. */
class NotingStorage extends MapStorage {
  readonly calls: (readonly string[])[] = [];
  trouble: 'broken' | 'throws' | 'silent' | undefined;

  override get(key: string): Promise<Uint8Array | undefined> {
    return this.answer([key], () => super.get(key));
  }

  override getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    return this.answer(keys, () => super.getMany(keys));
  }

  private answer<T>(keys: readonly string[], answer: () => Promise<T>): Promise<T> {
    this.calls.push(keys);
    if (this.trouble === 'throws') throw new Error('thrown');
    if (this.trouble === 'broken') return Promise.reject(new Error('broken'));
    return this.trouble === 'silent' ? new Promise(() => undefined) : answer();
  }
}

class WithoutMany extends NotingStorage {
  declare getMany: never;

  constructor(where: MapPlace) {
    super(where);
    Object.defineProperty(this, 'getMany', { value: undefined });
  }
}

/** A process that finds answers under many keys. */
async function startLater<Storage extends NotingStorage>(
  type: new (where: MapPlace) => Storage,
  count: number,
): Promise<{ later: Peer; storage: Storage; readAll: () => Promise<number[]> }> {
  const numbers = Array.from({ length: count }, (_, at) => at);
  const first = await start(new MapStorage(place));
  await Promise.all(numbers.map((at) => first.read(`item ${at}`, at)));
  const storage = new type(place);
  const later = await start(storage);
  return { later, storage, readAll: () => Promise.all(numbers.map((at) => later.read(`item ${at}`, at))) };
}

describe('Reads of one turn', () => {
  it('ask the storage once, and each is given its own answer', async () => {
    const { later, storage, readAll } = await startLater(NotingStorage, 20);
    expect(await readAll()).toEqual(Array.from({ length: 20 }, (_, at) => at));
    expect(storage.calls.map(({ length }) => length)).toEqual([20]);
    expect(later.statistics.of('test')).toMatchObject({ hits: 20, loads: 0 });
  });

  it('ask in parts where they are very many', async () => {
    const { storage, readAll } = await startLater(NotingStorage, 1_100);
    expect(await readAll()).toHaveLength(1_100);
    expect(storage.calls.map(({ length }) => length)).toEqual([500, 500, 100]);
  });

  it('ask one by one where the storage cannot answer many', async () => {
    const { later, storage, readAll } = await startLater(WithoutMany, 3);
    expect(await readAll()).toEqual([0, 1, 2]);
    expect(storage.calls.map(({ length }) => length)).toEqual([1, 1, 1]);
    expect(later.statistics.of('test')).toMatchObject({ hits: 3, loads: 0 });
  });

  it.each(['broken', 'throws', 'silent'] as const)(
    'load when the storage is %s, which is reported once',
    async (trouble) => {
      const { later, storage, readAll } = await startLater(NotingStorage, 3);
      storage.trouble = trouble;
      expect(await readAll()).toEqual([0, 1, 2]);
      expect(later.statistics.of('test')).toMatchObject({ hits: 0, loads: 3 });
      expect(later.failures).toMatchObject([{ during: 'reading from the storage' }]);
    },
  );

  it('load each where it was called, though one barrier lets them all go on', async () => {
    const later = await start(new MapStorage(place));
    const caller = new AsyncLocalStorage<string>();
    const names = ['one', 'two', 'three'];
    const seen = names.map((name) => caller.run(name, () => later.read(name, () => caller.getStore())));
    expect(await Promise.all(seen)).toEqual(names);
  });
});

it('What memory keeps of an answer from the storage keeps little else alive', async () => {
  const size = 1_000_000;
  class SlicingStorage extends NotingStorage {
    override async get(key: string): Promise<Uint8Array | undefined> {
      const bytes = await super.get(key);
      if (bytes === undefined) return undefined;
      const slice = Buffer.alloc(size).subarray(0, bytes.length);
      slice.set(bytes);
      return slice;
    }

    override getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
      return Promise.all(keys.map((key) => this.get(key)));
    }
  }
  const { later, readAll } = await startLater(SlicingStorage, 64);
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  const kept = (): number => process.memoryUsage().arrayBuffers - before;
  await readAll();
  expect(later.engine.entries).toBe(64);
  // What is collected is given back by another thread, which a busy machine lets wait.
  for (let turns = 0; turns < 100 && kept() >= 10 * size; turns++) {
    collectGarbage();
    await new Promise(setImmediate);
  }
  expect(kept()).toBeLessThan(10 * size);
});
