import assert from 'node:assert/strict';
import { eventually } from './conformance-check.js';
import { assertBytes, assertHolds, bytesOf, LONG_MS, SHORT_MS, type StorageCheck } from './storage-scene.js';

/** The methods that a storage may have or not. */
export type StorageCapability = 'getMany' | 'add' | 'increment' | 'touch' | 'getNow';

/** What the methods promise that not every storage has. */
export const CAPABILITY_CHECKS: Readonly<Record<StorageCapability, readonly StorageCheck[]>> = {
  getMany: [
    [
      'getMany answers in the order of its keys, a key asked twice twice, and with nothing where there is nothing',
      async ({ storage, prefix, patienceMs }) => {
        const [first, last, never, over] = ['first', 'last', 'never', 'over'].map((end) => prefix + end);
        await storage.set(first, bytesOf('1'), LONG_MS);
        await storage.set(last, bytesOf('9'), LONG_MS);
        await storage.set(over, bytesOf('over'), SHORT_MS);
        await eventually(async () => (await storage.get(over)) === undefined, patienceMs);

        const seen = await storage.getMany!([last, never, first, over, last, first]);
        const texts = seen.map((bytes) => bytes && Buffer.from(bytes).toString());
        assert.deepEqual(texts, ['9', undefined, '1', undefined, '9', '1']);
        assert.deepEqual(await storage.getMany!([]), []);
      },
    ],
    [
      'getMany answers hundreds of keys, every byte as it was set',
      async ({ storage, prefix }) => {
        const keys = Array.from({ length: 300 }, (_, index) => `${prefix}${index}`);
        const bytes = keys.map((_, index) => Uint8Array.from({ length: index }, (_, at) => (at * index) & 0xff));
        await Promise.all(keys.map((key, index) => storage.set(key, bytes[index], LONG_MS)));
        const seen = await storage.getMany!(keys);
        for (const [index, key] of keys.entries()) assertBytes(seen[index], bytes[index], key);
      },
    ],
    [
      'getMany shares no memory with its callers',
      async ({ storage, prefix }) => {
        await storage.set(prefix, bytesOf('unchanged'), LONG_MS);
        for (const answered of await storage.getMany!([prefix, prefix])) answered!.fill(0);
        await assertHolds(storage, { [prefix]: 'unchanged' });
      },
    ],
  ],
  add: [
    [
      'add keeps bytes where there are none, and leaves those that are there',
      async ({ storage, prefix }) => {
        assert.equal(await storage.add!(prefix, bytesOf('first'), LONG_MS), true, 'there was nothing');
        assert.equal(await storage.add!(prefix, bytesOf('second'), LONG_MS), false, 'there was something');
        await assertHolds(storage, { [prefix]: 'first' });
        await storage.delete(prefix);
        assert.equal(await storage.add!(prefix, bytesOf('third'), LONG_MS), true, 'it was deleted');
        await assertHolds(storage, { [prefix]: 'third' });
      },
    ],
    [
      'add succeeds for one of those who call it at once, and keeps the bytes of that one',
      async ({ storage, other, prefix }) => {
        for (let round = 0; round < 10; round++) {
          const key = `${prefix}${round}`;
          const callers = Array.from({ length: 10 }, (_, index) => `caller ${index}`);
          const outcomes = await Promise.all(
            callers.map((caller, index) => (index % 2 ? storage : other).add!(key, bytesOf(caller), LONG_MS)),
          );
          const winners = callers.filter((_, index) => outcomes[index]);
          assert.equal(winners.length, 1, `${winners.length} of 10 callers were told that they were the one`);
          await assertHolds(storage, { [key]: winners[0] });
        }
      },
    ],
    [
      'add takes a lifetime, and a key whose lifetime is over for one that holds nothing',
      async ({ storage, prefix, patienceMs }) => {
        await storage.add!(prefix, bytesOf('over'), SHORT_MS);
        const isAdded = await eventually(() => storage.add!(prefix, bytesOf('next'), LONG_MS), patienceMs);
        assert.ok(isAdded, `${SHORT_MS} ms are over, and the key still holds something`);
        await assertHolds(storage, { [prefix]: 'next' });
      },
    ],
  ],
  increment: [
    [
      'increment begins with the initial number, and keeps its sums as decimal text',
      async ({ storage, prefix }) => {
        assert.equal(await storage.increment!(prefix, 5, 10), 15);
        assert.equal(await storage.increment!(prefix, -20, 10), -5);
        assert.equal(await storage.increment!(prefix, 0, 10), -5);
        await assertHolds(storage, { [prefix]: '-5' });
        await storage.set(prefix, bytesOf('41'), LONG_MS);
        assert.equal(await storage.increment!(prefix, 1, 0), 42);
      },
    ],
    [
      'increment loses no step of those who call it at once, and tells each sum once',
      async ({ storage, other, prefix }) => {
        const steps = Array.from({ length: 100 }, (_, index) => (index % 2 ? storage : other));
        const sums = await Promise.all(steps.map((each) => each.increment!(prefix, 1, 0)));
        const inOrder = sums.map(Number).sort((one, another) => one - another);
        assert.deepEqual(
          inOrder,
          steps.map((_, index) => index + 1),
        );
        await assertHolds(storage, { [prefix]: '100' });
      },
    ],
    [
      'increment keeps the lifetime that the number has',
      async ({ storage, prefix, patienceMs }) => {
        // A machine that stalls for longer than the first lifetime begins again with one that it can keep.
        for (const ttlMs of [SHORT_MS, 20 * SHORT_MS]) {
          await storage.set(prefix, bytesOf('100'), ttlMs);
          if ((await storage.increment!(prefix, 1, 0)) === 101) break;
        }
        const isGone = await eventually(async () => (await storage.get(prefix)) === undefined, patienceMs);
        assert.ok(isGone, 'the lifetime of the number is over, and the sum is still there');
      },
    ],
    [
      'increment leaves alone what is not a whole number',
      async ({ storage, prefix }) => {
        for (const text of ['one', '', '1.5', '1e3', '0x10', '1 2']) {
          await storage.set(prefix, bytesOf(text), LONG_MS);
          assert.equal(await storage.increment!(prefix, 1, 0), undefined, `'${text}' is no whole number`);
          await assertHolds(storage, { [prefix]: text });
        }
      },
    ],
  ],
  touch: [
    [
      'touch gives what a key holds another lifetime, and says whether it held anything',
      async ({ storage, other, prefix, patienceMs }) => {
        const [never, longer, shorter] = ['never', 'longer', 'shorter'].map((end) => prefix + end);
        assert.equal(await storage.touch!(never, LONG_MS), false, 'there was nothing');
        await storage.set(shorter, bytesOf('shorter'), LONG_MS);
        assert.equal(await other.touch!(shorter, SHORT_MS), true, 'there was something');
        await storage.set(longer, bytesOf('longer'), LONG_MS);
        assert.equal(await other.touch!(longer, Infinity), true, 'there was something');
        const isGone = await eventually(async () => (await storage.get(shorter)) === undefined, patienceMs);
        assert.ok(isGone, 'the lifetime that touch gave is over, and the key still holds something');
        await assertHolds(storage, { [longer]: 'longer', [never]: undefined });
        assert.equal(await storage.touch!(shorter, LONG_MS), false, 'its lifetime was over');
      },
    ],
  ],
  getNow: [
    [
      'getNow says at once what get says',
      async ({ storage, other, prefix, patienceMs }) => {
        const [held, over, never] = ['held', 'over', 'never'].map((end) => prefix + end);
        await other.set(held, bytesOf('first'), LONG_MS);
        await other.set(held, bytesOf('last'), LONG_MS);
        await other.set(over, bytesOf('over'), SHORT_MS);
        assertBytes(storage.getNow!(held), bytesOf('last'), 'what was set last');
        assert.equal(storage.getNow!(never), undefined, 'there was nothing');
        const isGone = await eventually(() => Promise.resolve(storage.getNow!(over) === undefined), patienceMs);
        assert.ok(isGone, 'a lifetime is over, and the key still holds something');
        await other.delete(held);
        assert.equal(storage.getNow!(held), undefined, 'it was deleted');
      },
    ],
  ],
};
