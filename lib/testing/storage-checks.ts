import assert from 'node:assert/strict';
import { eventually } from './conformance-check.js';
import { assertBytes, assertHolds, bytesOf, LONG_MS, SHORT_MS, shown, type StorageCheck } from './storage-scene.js';

const MEGABYTE = 1024 ** 2;

/** Texts of which no two are the same key, though some stores fold, trim, cut or interpret them into one. */
const KEY_ENDINGS: readonly string[] = [
  ...['a', 'A', ' a', 'a ', 'a\t', 'a\n', 'a\0', 'a\0b', 'é', 'e\u0301', 'ß', 'ss', 'ı', 'i', 'İ', '😀', '\u{10ffff}'],
  ...['*', '?', '[a]', '{a}', '{b}', '\\', '"', "'", '`', '%', '_', '/', '//', '.', '..', ':', '::', '%2F', '\u2028'],
  ...['x'.repeat(1_200), 'x'.repeat(1_199) + 'y', '€'.repeat(4_096), '€'.repeat(4_095) + '$'],
];

/** Prefixes that mean more than themselves in some language of patterns, each with a text such a pattern would match. */
const PATTERNS: readonly (readonly [prefix: string, matching: string])[] = [
  ['*', 'any'],
  ['?', 'x'],
  ['[ab]', 'a'],
  ['[^z]', 'a'],
  ['{a,b}', 'a'],
  ['.', 'x'],
  ['a+', 'aa'],
  ['^', 'x'],
  ['%', 'any'],
  ['_', 'x'],
  ['\\*', '*'],
  ['A', 'a'],
];

/** What every storage promises. */
export const STORAGE_CHECKS: readonly StorageCheck[] = [
  [
    'gives back every byte as it was set: none at all, each value, a megabyte',
    async ({ storage, prefix }) => {
      const contents = {
        none: new Uint8Array(),
        each: Uint8Array.from({ length: 256 }, (_, byte) => byte),
        megabyte: Uint8Array.from({ length: MEGABYTE }, (_, index) => (index * 31 + (index >> 8)) & 0xff),
      };
      for (const [name, bytes] of Object.entries(contents)) await storage.set(prefix + name, bytes, LONG_MS);
      for (const [name, bytes] of Object.entries(contents)) assertBytes(await storage.get(prefix + name), bytes, name);
    },
  ],
  [
    'takes the bytes that a view shows of a larger buffer, and no others',
    async ({ storage, prefix }) => {
      await storage.set(prefix, bytesOf('before inside after').subarray(7, 13), LONG_MS);
      await assertHolds(storage, { [prefix]: 'inside' });
    },
  ],
  [
    'knows nothing of a key that was never set',
    async ({ storage, prefix }) => {
      await storage.set(`${prefix}set`, bytesOf('it'), LONG_MS);
      await assertHolds(storage, { [prefix]: undefined, [`${prefix}se`]: undefined, [`${prefix}sets`]: undefined });
    },
  ],
  [
    'holds what was set last, for the lifetime that was given with it',
    async ({ storage, prefix, patienceMs }) => {
      const [replaced, witness] = [`${prefix}replaced`, `${prefix}witness`];
      await storage.set(replaced, bytesOf('a longer text'), SHORT_MS);
      await storage.set(replaced, bytesOf('former'), LONG_MS);
      await storage.set(replaced, bytesOf('later'), Infinity);
      await assertHolds(storage, { [replaced]: 'later' });

      await storage.set(witness, bytesOf('gone'), SHORT_MS);
      await eventually(async () => (await storage.get(witness)) === undefined, patienceMs);
      await assertHolds(storage, { [replaced]: 'later' });
    },
  ],
  [
    'forgets a key when its lifetime is over, whatever others have left of theirs',
    async ({ storage, prefix, patienceMs }) => {
      const [short, silent, minutes, fraction] = ['short', 'silent', 'minutes', 'fraction'].map((end) => prefix + end);
      await storage.set(minutes, bytesOf('here'), LONG_MS);
      await storage.set(fraction, bytesOf('here'), LONG_MS + 0.5);
      await storage.set(silent, bytesOf('gone'), SHORT_MS);
      await storage.set(short, bytesOf('gone'), SHORT_MS + 0.5);

      const isGone = await eventually(async () => (await storage.get(short)) === undefined, patienceMs);
      assert.ok(isGone, `${SHORT_MS} ms are over, and the key still holds something`);
      assert.equal(await storage.delete(silent), false, 'delete found something after the lifetime was over');
      await assertHolds(storage, { [minutes]: 'here', [fraction]: 'here' });
    },
  ],
  [
    'keeps a key whose lifetime is Infinity',
    async ({ storage, prefix, patienceMs }) => {
      const [endless, witness] = [`${prefix}endless`, `${prefix}witness`];
      await storage.set(endless, bytesOf('here'), Infinity);
      await storage.set(witness, bytesOf('gone'), SHORT_MS);
      await eventually(async () => (await storage.get(witness)) === undefined, patienceMs);
      await assertHolds(storage, { [endless]: 'here' });
    },
  ],
  [
    'forgets a key that is deleted, and says whether it held something',
    async ({ storage, prefix }) => {
      const [deleted, kept] = [`${prefix}deleted`, `${prefix}deleted too`];
      await storage.set(deleted, bytesOf('gone'), LONG_MS);
      await storage.set(kept, bytesOf('here'), LONG_MS);
      assert.equal(await storage.delete(deleted), true, 'the key held something');
      assert.equal(await storage.delete(deleted), false, 'the key held nothing any more');
      await assertHolds(storage, { [deleted]: undefined, [kept]: 'here' });
    },
  ],
  [
    'shows what one connection set and deleted to the other',
    async ({ storage, other, prefix }) => {
      const [set, deleted] = [`${prefix}set`, `${prefix}deleted`];
      for (const key of [set, deleted]) await storage.set(key, bytesOf('here'), LONG_MS);
      assert.equal(await other.delete(deleted), true, 'the other connection deletes');
      await assertHolds(other, { [set]: 'here', [deleted]: undefined });
      await assertHolds(storage, { [deleted]: undefined });
    },
  ],
  [
    'takes keys of any characters and of thousands of them, and no two for one',
    async ({ storage, prefix }) => {
      const keys = KEY_ENDINGS.map((ending) => prefix + ending);
      for (const [index, key] of keys.entries()) await storage.set(key, bytesOf(`value ${index}`), LONG_MS);
      await assertHolds(storage, Object.fromEntries(keys.map((key, index) => [key, `value ${index}`])));
    },
  ],
  [
    'never answers one key with the bytes of another, even when UTF-8 cannot tell them apart',
    async ({ storage, prefix }) => {
      const keys = ['\ud800', '\udbff', '\udfff', '\ufffd'].map((unpaired) => prefix + unpaired);
      for (const [index, key] of keys.entries()) await storage.set(key, bytesOf(`value ${index}`), LONG_MS);
      for (const [index, key] of keys.entries()) {
        const seen = await storage.get(key);
        if (seen !== undefined) assertBytes(seen, bytesOf(`value ${index}`), shown(key));
      }
    },
  ],
  [
    'leaves one of the values set at once whole, and the same one for all who ask',
    async ({ storage, other, prefix }) => {
      const values = Array.from({ length: 20 }, (_, index) => new Uint8Array(1_000 + index).fill(index));
      await Promise.all(values.map((bytes, index) => (index % 2 ? storage : other).set(prefix, bytes, LONG_MS)));
      const seen = await storage.get(prefix);
      assertBytes(seen, values[(seen?.length ?? 0) - 1_000] ?? values[0], 'what one of the callers set');
      assertBytes(await other.get(prefix), seen!, 'what the other connection sees');
    },
  ],
  [
    'serves hundreds of calls at once, each with its own answer',
    async ({ storage, other, prefix }) => {
      const keys = Array.from({ length: 300 }, (_, index) => `${prefix}${index}`);
      await Promise.all(keys.map((key, index) => (index % 2 ? storage : other).set(key, bytesOf(key), LONG_MS)));
      const seen = await Promise.all(keys.map((key) => storage.get(key)));
      for (const [index, key] of keys.entries()) assertBytes(seen[index], bytesOf(key), key);
    },
  ],
  [
    'shares no memory with its callers: theirs may be changed afterwards',
    async ({ storage, prefix }) => {
      const given = bytesOf('unchanged');
      await storage.set(prefix, given, LONG_MS);
      given.fill(0);
      const answered = await storage.get(prefix);
      assertBytes(answered, bytesOf('unchanged'), 'after the bytes given were changed');
      answered!.fill(0);
      await assertHolds(storage, { [prefix]: 'unchanged' });
    },
  ],
  [
    'touches no key that does not start with the prefix that is cleared, whatever pattern it resembles',
    async ({ storage, prefix }) => {
      for (const [index, [pattern, matching]] of PATTERNS.entries()) {
        const room = `${prefix}${index}:`;
        const others = [room + matching + pattern, `${room}${matching}:1`, room, `x${room}${pattern}`];
        for (const key of others) await storage.set(key, bytesOf('here'), LONG_MS);
        await storage.clear(room + pattern);
        await assertHolds(storage, Object.fromEntries(others.map((key) => [key, 'here'])));
        await storage.delete(`x${room}${pattern}`);
      }
    },
  ],
  [
    'may be closed twice',
    async ({ storage, other, prefix }) => {
      await other.set(prefix, bytesOf('here'), LONG_MS);
      await storage.close?.();
      await storage.close?.();
      await assertHolds(other, { [prefix]: 'here' });
    },
  ],
];

const CLEARS_PREFIXES: StorageCheck = [
  'forgets every key that starts with the prefix that is cleared, thousands of them, whatever the prefix',
  async ({ storage, prefix }) => {
    const starts = [...PATTERNS.map(([pattern], index) => `${prefix}${index}:${pattern}`), `${prefix}many:`];
    for (const start of starts) {
      const endings = start === `${prefix}many:` ? Array.from({ length: 1_500 }, (_, index) => index) : ['', ':1', '*'];
      const keys = endings.map((ending) => `${start}${ending}`);
      await Promise.all(keys.map((key) => storage.set(key, bytesOf('gone'), LONG_MS)));
      await storage.clear(start);
      await Promise.all(keys.map((key) => assertHolds(storage, { [key]: undefined })));
    }
  },
];

const CLEARS_EVERYTHING: StorageCheck = [
  'forgets every key when the empty prefix is cleared',
  async ({ storage, other, prefix }) => {
    const keys = [prefix, `${prefix}1`, `:${prefix}`, `other ${prefix}`];
    for (const key of keys) await storage.set(key, bytesOf('gone'), Infinity);
    await storage.clear('');
    await assertHolds(other, Object.fromEntries(keys.map((key) => [key, undefined])));
  },
];

const REFUSES_EVERYTHING: StorageCheck = [
  'refuses to clear the empty prefix, and keeps every key',
  async ({ storage, prefix }) => {
    await storage.set(prefix, bytesOf('here'), LONG_MS);
    await assert.rejects(async () => storage.clear(''), 'clear of the empty prefix');
    await assertHolds(storage, { [prefix]: 'here' });
  },
];

/** What `clear` promises, by what it forgets. */
export const CLEARING_CHECKS: Readonly<Record<'everything' | 'prefixes' | 'nothing', readonly StorageCheck[]>> = {
  everything: [CLEARS_PREFIXES, CLEARS_EVERYTHING],
  prefixes: [CLEARS_PREFIXES, REFUSES_EVERYTHING],
  nothing: [],
};
