import { beforeEach, describe, expect, it } from '@jest/globals';
import { MapStorage, ReferenceBus, ReferenceLog, type MapPlace } from '../../lib/testing/index.js';
import { rowTag } from '../../lib/tags/table-tags.js';
import { damagedBytes } from '../codec/damages.js';
import { Dice } from '../support/dice.js';
import { stoppedAfterEach, type Peer, type PeerOptions } from './processes.js';

const KEY = 'product 1';
const NAME = `test::${KEY}`;
const OTHER = 'product 2';
const TAGS = Array.from({ length: 10 }, (_, row) => rowTag({ database: 'db', name: 'product' }, `${row}`));

const startOne = stoppedAfterEach();

let log: ReferenceLog;
let place: MapPlace;

beforeEach(() => {
  log = new ReferenceLog();
  place = new Map();
});

function start(options: Partial<PeerOptions> = {}): Promise<Peer> {
  return startOne({ bus: new ReferenceBus(log), storage: new MapStorage(place), ...options });
}

function lies(name: string): Uint8Array {
  return place.get(name)!.bytes;
}

function put(name: string, bytes: Uint8Array): void {
  place.set(name, { bytes, expiresMs: Infinity });
}

/** Storages that are asked, and one that answers at once. */
const STORAGES = [
  ['MapStorage', (): MapStorage => new MapStorage(place)],
  ['one that answers at once', (): MapStorage => Object.assign(new MapStorage(place), { getNow: (name: string) => place.get(name)?.bytes })], // prettier-ignore
] as const;

describe.each(STORAGES)('An entry that is not what was stored, in %s', (_, storage) => {
  it('is no answer, whatever happened to it', async () => {
    const one = await start({ storage: storage(), maxEntries: 1, maxBytes: 1 });
    const answer = (key: string) => ({
      key,
      rows: Array.from({ length: 5 }, (_row, id) => ({ id, name: `row ${id}` })),
    });
    for (const key of [KEY, OTHER]) await one.read(key, () => answer(key), TAGS);
    const [whole, other] = [lies(NAME), lies(`test::${OTHER}`)];
    const dice = new Dice(1);
    let replaced = 0;
    for (let time = 0; time < 2_000; time++) {
      put(NAME, damagedBytes(dice, whole, other));
      await one.read(KEY, () => answer(KEY), TAGS);
      if (Buffer.compare(lies(NAME), whole) === 0) replaced++;
    }
    expect([one.statistics.of('test').loads, replaced]).toEqual([2_002, 2_000]);
  });

  it('is told of once to those who ask at the same time, and replaced by what is loaded', async () => {
    const one = await start({ storage: storage(), maxEntries: 1, maxBytes: 1 });
    await one.read(KEY, 'stored', TAGS);
    put(NAME, lies(NAME).with(30, 0));
    const reads = Array.from({ length: 5 }, () => one.read(KEY, 'loaded', TAGS));
    expect(await Promise.all(reads)).toEqual(reads.map(() => 'loaded'));
    expect(one.failures).toMatchObject([{ during: 'checking a stored answer', error: { code: 'DAMAGED_ENTRY' } }]);
    expect(await one.read(KEY, 'loaded again', TAGS)).toBe('loaded');
    expect(one.failures.length).toBe(1);
  });
});

it('An entry that is not what was stored goes by itself where nothing takes its place', async () => {
  let tellRemoved: (name: string) => void;
  const removed = new Promise<string>((resolve) => (tellRemoved = resolve));
  const telling = Object.assign(new MapStorage(place), {
    delete: (name: string) => {
      tellRemoved(name);
      return Promise.resolve(place.delete(name));
    },
  });
  const one = await start({ storage: telling });
  await (await start()).read(KEY, 'stored', TAGS);
  put(NAME, lies(NAME).subarray(1, 30));
  expect(await one.read(KEY, 'foreign', TAGS, { unless: () => true })).toBe('foreign');
  expect(one.failures).toEqual([]);
  await (await start()).read(KEY, 'stored', TAGS);
  put(NAME, lies(NAME).subarray(0, 30));
  for (let time = 0; time < 3; time++) {
    expect(await one.read(KEY, 'damaged', TAGS, { unless: () => true })).toBe('damaged');
  }
  expect(one.failures.length).toBe(1);
  expect(await removed).toBe(NAME);
  expect(place.has(NAME)).toBe(false);
});
