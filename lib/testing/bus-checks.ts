import assert from 'node:assert/strict';
import { INCARNATION_CHANGED } from '../bus/invalidation-bus.js';
import {
  append,
  assertConsecutive,
  assertState,
  contentOf,
  pendingOf,
  readerFrom,
  recordOf,
  type BusCheck,
} from './bus-scene.js';

/** Texts that have lost something on their way through one encoding or another. */
const TEXTS: readonly string[] = [
  ...[
    '',
    ' ',
    'a b',
    "it's",
    '"',
    '\\',
    '\\u0041',
    '\0',
    '\n',
    '\r\n',
    '\x7f',
    '\u2028',
    'é',
    'e\u0301',
    '😀',
    '\ud800',
  ],
  ...['{}', '[]', 'null', ',', ':', '::', '|', '*', '%', '__proto__', 'x'.repeat(10_000)],
];

/** What every bus promises. */
export const BUS_CHECKS: readonly BusCheck[] = [
  [
    'tells where the log stands: incarnation, position, floor, open marks and quarantine',
    async ({ bus, other, prefix }) => {
      assertState(await bus.hello());
      await append(bus, await bus.hello(), recordOf('mark', `${prefix}open`, prefix));
      assertState(await other.hello());
      await append(other, await other.hello(), recordOf('release', `${prefix}open`));
    },
  ],
  [
    'tells all who ask at once of one incarnation, which stays',
    async ({ bus, other, open, prefix }) => {
      const newcomers = [await open(), await open()];
      const states = await Promise.all([bus, other, ...newcomers].map((each) => each.hello()));
      await append(bus, states[0], recordOf('invalidate', '', prefix));
      const incarnations = [...states, await other.hello()].map(({ incarnation }) => incarnation);
      assert.equal(new Set(incarnations).size, 1, `the incarnations ${incarnations.join(', ')}`);
    },
  ],
  [
    'gives each record the position after the last one, whoever appends',
    async ({ bus, other, prefix }) => {
      const start = await bus.hello();
      const positions: number[] = [];
      for (let index = 0; index < 10; index++) {
        positions.push(await append(index % 2 ? bus : other, start, recordOf('invalidate', '', prefix)));
      }
      assert.deepEqual(
        positions,
        positions.map((_, index) => start.position + 1 + index),
      );
      assert.equal((await bus.hello()).position, positions.at(-1), 'hello tells the position of the last record');
    },
  ],
  [
    'appends several records at consecutive positions in their order, and answers with the last one',
    async ({ bus, prefix }) => {
      const start = await bus.hello();
      const read = readerFrom(bus, start);
      const tags = ['first', 'second', 'third'].map((end) => prefix + end);
      const position = await append(bus, start, ...tags.map((tag) => recordOf('invalidate', '', tag)));

      assert.equal(position, start.position + 3);
      const records = await read();
      assertConsecutive(records, start.position);
      assert.deepEqual(
        records.map(({ invalidation }) => invalidation.touches),
        tags.map((tag) => [tag]),
      );
    },
  ],
  [
    'shows both of two who append at once one and the same order, each append unbroken and at its position',
    async ({ bus, other, prefix }) => {
      const start = await bus.hello();
      const reads = [readerFrom(bus, start), readerFrom(other, start)];
      const appends = Array.from({ length: 60 }, (_, index) =>
        Array.from({ length: 1 + (index % 3) }, (_, part) => recordOf('invalidate', '', `${prefix}${index}.${part}`)),
      );
      const positions = await Promise.all(
        appends.map((records, index) => append(index % 2 ? bus : other, start, ...records)),
      );

      const [seen, seenByOther] = [await reads[0](), await reads[1]()];
      assertConsecutive(seen, start.position);
      assert.equal(seen.length, appends.flat().length, 'each record is there once');
      assert.deepEqual(seenByOther.map(contentOf), seen.map(contentOf), 'both see one order');
      for (const [index, records] of appends.entries()) {
        const end = positions[index] - start.position;
        const there = seen.slice(end - records.length, end);
        assert.deepEqual(there.map(contentOf), records.map(contentOf), `what append ${index} left at its position`);
      }
    },
  ],
  [
    'keeps the tags of a record as they are: any characters, many, none',
    async ({ bus, prefix }) => {
      const start = await bus.hello();
      const read = readerFrom(bus, start);
      const many = Array.from({ length: 1_000 }, (_, index) => `${prefix}${index}`);
      const records = [
        { kind: 'mark', transactionId: `${prefix}it's "one" é😀`, invalidation: { touches: TEXTS, sweeps: [] } },
        { kind: 'release', transactionId: `${prefix}it's "one" é😀`, invalidation: { touches: [], sweeps: TEXTS } },
        { kind: 'invalidate', transactionId: '', invalidation: { touches: [], sweeps: [] } },
        { kind: 'invalidate', transactionId: '', invalidation: { touches: many, sweeps: many } },
      ] as const;
      await append(bus, start, ...records);
      assert.deepEqual((await read()).map(contentOf), records.map(contentOf));
    },
  ],
  [
    'holds a mark pending from its append to its release, whole and at its position',
    async ({ bus, other, prefix }) => {
      const start = await bus.hello();
      const marks = ['one', 'two'].map((id) => recordOf('mark', prefix + id, `${prefix}tag of ${id}`));
      const position = await append(bus, start, ...marks);

      const pending = await pendingOf(other, prefix);
      assert.deepEqual(Object.keys(pending).sort(), ['one', 'two']);
      assert.deepEqual([contentOf(pending['one']), pending['one'].position], [contentOf(marks[0]), position - 1]);
      assert.deepEqual([contentOf(pending['two']), pending['two'].position], [contentOf(marks[1]), position]);

      await append(other, start, recordOf('release', `${prefix}one`, prefix));
      assert.deepEqual(Object.keys(await pendingOf(bus, prefix)), ['two']);
      await append(bus, start, recordOf('release', `${prefix}two`));
      assert.deepEqual(await pendingOf(other, prefix), {});
    },
  ],
  [
    'releases what no mark announced, and invalidates, without ending the marks of others',
    async ({ bus, other, prefix }) => {
      const start = await bus.hello();
      const read = readerFrom(other, start);
      const records = [
        recordOf('mark', `${prefix}open`, prefix),
        recordOf('release', `${prefix}never marked`, `${prefix}released`),
        recordOf('invalidate', '', `${prefix}invalidated`),
        recordOf('release', `${prefix}never marked`, `${prefix}released again`),
      ];
      for (const record of records) await append(bus, start, record);
      assert.deepEqual((await read()).map(contentOf), records.map(contentOf));
      assert.deepEqual(Object.keys(await pendingOf(other, prefix)), ['open']);
      await append(bus, start, recordOf('release', `${prefix}open`));
    },
  ],
  [
    'takes a second mark of a transaction in place of the first, and one release for both',
    async ({ bus, other, prefix }) => {
      const start = await bus.hello();
      await append(bus, start, recordOf('mark', `${prefix}again`, `${prefix}first`));
      const position = await append(bus, start, recordOf('mark', `${prefix}again`, `${prefix}second`));
      const { again } = await pendingOf(other, prefix);
      assert.deepEqual([again?.invalidation.touches, again?.position], [[`${prefix}second`], position]);
      await append(bus, start, recordOf('release', `${prefix}again`));
      assert.deepEqual(await pendingOf(other, prefix), {});
    },
  ],
  [
    'appends nothing to another incarnation than its own',
    async ({ bus, other, prefix }) => {
      const start = await bus.hello();
      const read = readerFrom(other, start);
      const records = [recordOf('mark', `${prefix}foreign`, prefix), recordOf('invalidate', '', prefix)];
      for (const incarnation of ['another life', '', `${start.incarnation}0`]) {
        assert.equal(await bus.append(incarnation, records), INCARNATION_CHANGED);
      }
      assert.deepEqual(await read(), []);
      assert.deepEqual(await pendingOf(other, prefix), {});
      assert.equal((await other.hello()).position, start.position);
    },
  ],
  [
    'tells who asks for records of another incarnation that it is another',
    async ({ bus, prefix }) => {
      const start = await bus.hello();
      await append(bus, start, recordOf('invalidate', '', prefix));
      for (const incarnation of ['another life', '', `${start.incarnation}0`]) {
        assert.equal(await bus.since(incarnation, start.position), INCARNATION_CHANGED);
      }
    },
  ],
  [
    'may be closed twice',
    async ({ bus }) => {
      await bus.hello();
      await bus.close();
      await bus.close();
    },
  ],
];
