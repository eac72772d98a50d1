import assert from 'node:assert/strict';
import { INCARNATION_CHANGED, type NewRecord } from '../bus/invalidation-bus.js';
import {
  append,
  assertConsecutive,
  assertState,
  contentOf,
  pendingOf,
  readAfter,
  recordOf,
  type BusCheck,
} from './bus-scene.js';
import { monotonicClock } from '../support/clock.js';
import { eventually } from './conformance-check.js';

/** For how long nothing must be trusted in a life that follows another one. */
const QUARANTINE_MS = 2_000;

/** By how much two clocks that count milliseconds may differ. */
const CLOCK_MS = 50;

/** What a bus promises whose log several processes share. */
export const SHARED_BUS_CHECKS: readonly BusCheck[] = [
  [
    'shows what one connection appended to the other, if that asks afterwards',
    async ({ bus, other, prefix }) => {
      const start = await bus.hello();
      let { position } = start;
      for (let round = 0; round < 20; round++) {
        const [writer, reader] = round % 2 ? [bus, other] : [other, bus];
        await append(writer, start, recordOf('invalidate', '', `${prefix}${round}`));
        const records = await readAfter(reader, start, position);
        assertConsecutive(records, position++);
        assert.deepEqual(records.map(contentOf), [contentOf(recordOf('invalidate', '', `${prefix}${round}`))]);
      }
    },
  ],
  [
    'answers with the records after a position, however many, and with none at the head',
    async ({ bus, other, prefix }) => {
      const start = await bus.hello();
      const records = Array.from({ length: 3_000 }, (_, index) => recordOf('invalidate', '', `${prefix}${index}`));
      for (let from = 0; from < records.length; from += 100) {
        await append(bus, start, ...records.slice(from, from + 100));
      }
      for (const skipped of [0, 1, 1_500, 2_999, 3_000]) {
        const seen = await readAfter(other, start, start.position + skipped);
        assertConsecutive(seen, start.position + skipped);
        assert.deepEqual(seen.map(contentOf), records.slice(skipped).map(contentOf));
      }
    },
  ],
  [
    'takes a position that it has not come to for one of another life, since its own has no such position',
    async ({ bus, prefix }) => {
      const start = await bus.hello();
      const head = await append(bus, start, recordOf('invalidate', '', prefix));
      assert.equal(await bus.since(start.incarnation, head + 1), INCARNATION_CHANGED);
      assert.equal(await bus.since(start.incarnation, head + 1_000), INCARNATION_CHANGED);
    },
  ],
  [
    'keeps what only other processes read: how to learn of an end, and what the writer knew',
    async ({ bus, other, prefix }) => {
      const start = await bus.hello();
      const schemas = { [`${prefix}it's "one"`]: 'a\nb', 'é😀': 'é😀' };
      const records: readonly NewRecord[] = [
        { ...recordOf('mark', `${prefix}both`, prefix), witness: `pg:{"pid":7} é😀\n${prefix}`, schemas },
        { ...recordOf('mark', `${prefix}neither`, prefix) },
        { ...recordOf('mark', `${prefix}empty`, prefix), witness: '', schemas: {} },
        { ...recordOf('invalidate', '', prefix), schemas },
      ];
      await append(bus, start, ...records);
      assert.deepEqual((await readAfter(other, start, start.position)).map(contentOf), records.map(contentOf));

      const { both, neither, empty } = await pendingOf(other, prefix);
      assert.deepEqual([both, neither, empty].map(contentOf), records.slice(0, 3).map(contentOf));
      for (const id of ['both', 'neither', 'empty']) await append(bus, start, recordOf('release', prefix + id));
    },
  ],
  [
    'rejects what is asked after it was closed, and leaves the other connections open',
    async ({ bus, other, prefix }) => {
      const start = await bus.hello();
      await bus.close();
      await assert.rejects(async () => bus.hello(), 'hello after close');
      await assert.rejects(async () => bus.append(start.incarnation, [recordOf('invalidate', '', prefix)]), 'append');
      await assert.rejects(async () => bus.since(start.incarnation, start.position), 'since after close');
      assert.deepEqual(await readAfter(other, start, start.position), []);
      await append(other, start, recordOf('invalidate', '', prefix));
    },
  ],
];

/** What `follow` promises where there is one. */
export const FOLLOWING_CHECKS: readonly BusCheck[] = [
  [
    'wakes who follows soon after others append, until it has enough',
    async ({ bus, other, prefix, patienceMs }) => {
      const start = await bus.hello();
      const woken = { former: 0, later: 0 };
      const speak = () => append(other, start, recordOf('invalidate', '', prefix));
      const unfollowFormer = bus.follow!(() => void woken.former++);
      // A wake may be lost, and then the next one must come.
      const isWoken = await eventually(async () => woken.former > 0 || (await speak()) < 0, patienceMs);
      assert.ok(isWoken, 'nobody was woken');

      unfollowFormer();
      const { former } = woken;
      const unfollowLater = bus.follow!(() => void woken.later++);
      const isWokenAgain = await eventually(async () => woken.later > 0 || (await speak()) < 0, patienceMs);
      unfollowLater();
      assert.ok(isWokenAgain, 'nobody was woken who followed after another had enough');
      assert.equal(woken.former, former, 'one was woken who had enough');
    },
  ],
];

/** What a log of bounded length promises; the scene is one of such a log, which keeps about `records` records. */
export function boundedLogChecks(records: number): readonly BusCheck[] {
  return [
    [
      'says of records that it no longer keeps that they are forgotten, raises the floor, and keeps the marks',
      async ({ bus, other, prefix }) => {
        const start = await bus.hello();
        const mark = recordOf('mark', `${prefix}open`, prefix);
        const marked = await append(bus, start, mark);
        // Ten times the bound, because a log may be cut in coarse steps.
        let seen: unknown;
        for (let appended = 0; appended < 10 * records + 1_000 && seen !== 'forgotten'; appended += 100) {
          const batch = Array.from({ length: 100 }, () => recordOf('invalidate', '', prefix));
          await append(bus, start, ...batch);
          seen = await other.since(start.incarnation, start.position);
        }
        assert.equal(seen, 'forgotten', 'what the log answers for the position before all of them');

        const state = await other.hello();
        assertState(state);
        assert.equal(state.incarnation, start.incarnation, 'a log that was cut is the same one');
        assert.ok(state.floor > start.position, `the floor is ${state.floor} after position ${start.position} is gone`);
        const rest = await readAfter(other, start, state.floor);
        assert.equal(rest.length, state.position - state.floor, 'all above the floor is there');
        assertConsecutive(rest, state.floor);

        const { open } = await pendingOf(other, prefix);
        assert.deepEqual(
          [open && contentOf(open), open?.position],
          [contentOf(mark), marked],
          'the mark is open still',
        );
        await append(bus, start, recordOf('release', `${prefix}open`));
        assert.deepEqual(await pendingOf(other, prefix), {});
      },
    ],
  ];
}

/** What is promised of a log that is lost; `loseLog` destroys it. */
export function lossChecks(loseLog: () => unknown): readonly BusCheck[] {
  return [
    [
      'begins another life when its log is lost: nothing of the former one is answered or appended to',
      async ({ bus, other, prefix }) => {
        const former = await bus.hello();
        await append(other, former, recordOf('mark', `${prefix}former`, prefix));
        const lostAt = monotonicClock.now();
        await loseLog();

        const records = [recordOf('mark', `${prefix}late`, prefix)];
        assert.equal(await bus.append(former.incarnation, records), INCARNATION_CHANGED);
        assert.equal(await bus.since(former.incarnation, former.position), INCARNATION_CHANGED);
        const states = await Promise.all([bus, other, bus, other].map((each) => each.hello(former.incarnation)));
        const leastQuarantineMs = Math.floor(QUARANTINE_MS - CLOCK_MS - (monotonicClock.now() - lostAt));
        for (const state of states) {
          assertState(state);
          assert.notEqual(state.incarnation, former.incarnation, 'the former life goes on');
          assert.equal(state.incarnation, states[0].incarnation, 'there are two lives at once');
          assert.ok(
            state.quarantineMs >= leastQuarantineMs,
            `a quarantine of ${state.quarantineMs} ms, though marks of the former life may commit for ${leastQuarantineMs} ms`,
          );
        }
        assert.equal(await other.append(former.incarnation, records), INCARNATION_CHANGED);
        assert.equal(await other.since(former.incarnation, former.position), INCARNATION_CHANGED);
        assert.equal((await pendingOf(other, prefix))['late'], undefined, 'what was refused is pending');

        const head = await append(bus, states[0], recordOf('invalidate', '', prefix));
        assert.equal((await other.hello()).position, head, 'the new life takes records');
        assertConsecutive(await readAfter(other, states[0], states[0].position), states[0].position);
      },
    ],
  ];
}
