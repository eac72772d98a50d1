import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LRUCache } from 'lru-cache';
import { MemoryItem } from '../../lib/storage/memory/memory-item.js';
import { MemoryStorage, type RemovalReason } from '../../lib/storage/memory/memory-storage.js';

class Answer extends MemoryItem {}

const answer = (key: string, bytes = 1) => new Answer(key, bytes);

/** A repeatable stream of numbers from 0 up to 1. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function zipf(keys: number, skew: number, random: () => number): () => number {
  const cumulative = new Float64Array(keys);
  let total = 0;
  for (let rank = 0; rank < keys; rank++) cumulative[rank] = total += 1 / (rank + 1) ** skew;
  return () => {
    const aim = random() * total;
    let low = 0;
    let high = keys - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (cumulative[middle] < aim) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

describe('a storage in process memory', () => {
  it('gives back the very item it was given, so that a hit allocates nothing', () => {
    const storage = new MemoryStorage<Answer>();
    const item = answer('a', 10);
    expect(storage.set(item)).toBe(true);
    expect(storage.get('a')).toBe(item);
    expect(storage.peek('a')).toBe(item);
    expect(storage.get('b')).toBeUndefined();
    expect([...storage.keys()]).toEqual(['a']);
    expect([...storage.values()]).toEqual([item]);
    expect([storage.entries, storage.bytes]).toEqual([1, 10]);
  });

  it('replaces what the key held and says so once, also when the newcomer is larger than the whole storage', () => {
    const gone: [Answer, RemovalReason][] = [];
    const storage = new MemoryStorage<Answer>({ maxBytes: 100, onRemove: (...event) => gone.push(event) });
    const [first, second, third] = [answer('a', 10), answer('a', 30), answer('a', 101)];
    storage.set(first);
    expect(storage.set(second)).toBe(true);
    expect(storage.set(second)).toBe(true);
    expect(storage.bytes).toBe(30);
    expect(storage.set(third)).toBe(false);
    expect(storage.get('a')).toBeUndefined();
    expect([storage.entries, storage.bytes]).toEqual([0, 0]);
    expect(gone).toEqual([
      [first, 'replaced'],
      [second, 'replaced'],
    ]);
  });

  it('removes by item, so that a late removal does not hit the successor under its key', () => {
    const storage = new MemoryStorage<Answer>();
    const [former, current] = [answer('a'), answer('a')];
    storage.set(former);
    storage.set(current);
    expect(storage.remove(former)).toBe(false);
    expect(storage.get('a')).toBe(current);
    expect(storage.remove(current, 'evicted')).toBe(true);
    expect(storage.entries).toBe(0);
  });

  it('lets go of what left, so that an item held elsewhere does not hold its former neighbours', () => {
    const storage = new MemoryStorage<Answer>({ maxEntries: 20 });
    const items = Array.from({ length: 60 }, (_, at) => answer(`k${at}`));
    for (const item of items) storage.set(item);
    storage.clear();
    for (const item of items) {
      expect([item.older, item.newer, item.queue]).toEqual([undefined, undefined, 0]);
    }
    expect([storage.entries, storage.bytes]).toEqual([0, 0]);
  });

  it('is whole while it tells who left, so that the listener may use it', () => {
    const seen: number[] = [];
    const storage: MemoryStorage<Answer> = new MemoryStorage<Answer>({
      maxEntries: 10,
      onRemove: (item) => {
        seen.push(storage.entries);
        storage.delete(`side-${item.key}`);
        if (!item.key.startsWith('side-')) storage.set(answer(`side-${item.key}`));
      },
    });
    for (let at = 0; at < 50; at++) storage.set(answer(`k${at}`));
    expect(storage.entries).toBeLessThanOrEqual(10);
    expect(storage.bytes).toBe(storage.entries);
    expect(Math.max(...seen)).toBeLessThanOrEqual(10);
  });

  it.each([0, -1, Number.NaN])('refuses the limit %p at start-up, because it would never hold anything', (limit) => {
    expect(() => new MemoryStorage({ maxBytes: limit })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(() => new MemoryStorage({ maxEntries: limit })).toThrow(/maxEntries/);
  });

  it('keeps a large newcomer although the storage is full, because a large answer is the dearest to load', () => {
    const storage = new MemoryStorage<Answer>({ maxBytes: 1000 });
    for (let at = 0; at < 200; at++) storage.set(answer(`k${at}`, 10));
    storage.set(answer('large', 900));
    expect(storage.peek('large')).toBeDefined();
    expect(storage.bytes).toBeLessThanOrEqual(1000);
  });

  it('keeps its hot set through a scan of ten times its capacity over keys used once', () => {
    const capacity = 1000;
    const storage = new MemoryStorage<Answer>({ maxEntries: capacity });
    const hot = Array.from({ length: capacity / 2 }, (_, at) => `hot-${at}`);
    for (const key of hot) storage.set(answer(key));
    for (const key of hot) storage.get(key);
    for (let at = 0; at < 10 * capacity; at++) storage.set(answer(`scan-${at}`));
    expect(hot.filter((key) => storage.peek(key) !== undefined)).toHaveLength(hot.length);
  });

  it('gives newcomers time to be used, although everything it holds was used before', () => {
    const storage = new MemoryStorage<Answer>({ maxEntries: 100 });
    for (let at = 0; at < 300; at++) {
      storage.set(answer(`used-${at}`));
      storage.get(`used-${at}`);
    }
    for (let at = 0; at < 20; at++) storage.set(answer(`once-${at}`));
    storage.set(answer('newcomer'));
    for (let at = 20; at < 25; at++) storage.set(answer(`once-${at}`));
    expect(storage.get('newcomer')).toBeDefined();
  });

  it('brings a key that comes back soon after its eviction into the main queue, past the next scan', () => {
    const storage = new MemoryStorage<Answer>({ maxEntries: 100 });
    for (let at = 0; at < 100; at++) storage.set(answer(`first-${at}`));
    for (let at = 0; at < 30; at++) storage.set(answer(`second-${at}`));
    expect(storage.peek('first-0')).toBeUndefined();
    storage.set(answer('first-0'));
    for (let at = 0; at < 120; at++) storage.set(answer(`third-${at}`));
    expect(storage.peek('first-0')).toBeDefined();
    expect(storage.peek('second-29')).toBeUndefined();
  });

  it('hits no less than least-recently-used would, on keys as unequal as in practice', () => {
    for (const [skew, keys, capacity] of [
      [0.9, 20_000, 200],
      [0.9, 20_000, 2000],
      [0.9, 20_000, 6000],
    ]) {
      const random = zipf(keys, skew, randomFrom(42));
      const storage = new MemoryStorage<Answer>({ maxEntries: capacity });
      const lru = new LRUCache<string, boolean>({ max: capacity });
      const hits = { storage: 0, lru: 0 };
      const rounds = 200_000;
      for (let round = 0; round < rounds; round++) {
        const key = `key-${random()}`;
        if (storage.get(key) !== undefined) hits.storage++;
        else storage.set(answer(key));
        if (lru.get(key) !== undefined) hits.lru++;
        else lru.set(key, true);
      }
      expect(hits.storage / rounds).toBeGreaterThan(hits.lru / rounds - 0.01);
    }
  });
});

describe('every history of a storage in process memory', () => {
  const key = fc.integer({ min: 0, max: 30 }).map(String);
  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('set' as const), key, bytes: fc.integer({ min: 0, max: 60 }) }),
    },
    { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom('get' as const, 'peek' as const), key }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('delete' as const, 'remove' as const), key }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const) }) },
  );

  it('keeps both limits, counts exactly, and tells of every item that leaves exactly once', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 300 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 12 }),
        (steps, maxBytes, maxEntries) => {
          const held = new Map<string, Answer>();
          const left = new Map<Answer, RemovalReason>();
          const storage = new MemoryStorage<Answer>({
            maxBytes,
            maxEntries,
            onRemove: (item, reason) => {
              expect(left.has(item)).toBe(false);
              expect(held.get(item.key)).toBe(item);
              left.set(item, reason);
              held.delete(item.key);
            },
          });
          for (const action of steps) {
            if (action.kind === 'set') {
              const item = answer(action.key, action.bytes);
              const fits = storage.set(item);
              expect(fits).toBe(action.bytes <= maxBytes);
              if (fits) held.set(action.key, item);
            } else if (action.kind === 'get') {
              expect(storage.get(action.key)).toBe(held.get(action.key));
            } else if (action.kind === 'peek') {
              expect(storage.peek(action.key)).toBe(held.get(action.key));
            } else if (action.kind === 'delete') {
              const item = held.get(action.key);
              expect(storage.delete(action.key)).toBe(item);
            } else if (action.kind === 'remove') {
              const item = held.get(action.key);
              if (item !== undefined) expect(storage.remove(item)).toBe(true);
            } else {
              storage.clear();
              expect(held.size).toBe(0);
            }
            expect(storage.entries).toBe(held.size);
            expect(storage.bytes).toBe([...held.values()].reduce((sum, item) => sum + item.bytes, 0));
            expect(storage.bytes).toBeLessThanOrEqual(maxBytes);
            expect(storage.entries).toBeLessThanOrEqual(maxEntries);
            expect(new Set(storage.keys())).toEqual(new Set(held.keys()));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
