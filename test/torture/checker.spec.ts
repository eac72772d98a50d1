import { describe, expect, it } from '@jest/globals';
import { Checker, type Rules, type Violation } from '../../torture/check/checker.js';
import { FaultLog } from '../../torture/faults/faults.js';
import type { Answer, Entry } from '../../torture/world/journal.js';
import type { RowState } from '../../torture/world/states.js';

const TRANSPARENT: Rules = { level: 'transparent', boundMs: 0, slackMs: 1_000 };

/** Times are in milliseconds here. */
const animal = (stamp: number, keeperId?: number): RowState => ({ slot: 'a1', stamp, keeperId, note: `n${stamp}` });

let numbers = 0;
const first = write(0, animal(1, 1), 0);

function write(at: number, state: RowState, acknowledgedAt?: number): Entry[] {
  const number = ++numbers;
  const attempt: Entry = { what: 'attempt', at: 1_000 * at, number, states: [state] };
  return acknowledgedAt === undefined
    ? [attempt]
    : [attempt, { what: 'acknowledged', at: 1_000 * acknowledgedAt, number }];
}

function read(from: number, answer: Answer, kind: 'cached' | 'direct' = 'cached'): Entry {
  return { what: 'read', kind, name: 'it', from: 1_000 * from, to: 1_000 * (from + 1), answer };
}

function row(state: RowState): Answer {
  return { rows: [state] };
}

function judge(writer: Entry[], reader: Entry[], rules = TRANSPARENT, faults = new FaultLog()): readonly Violation[] {
  const histories = [
    { name: '1.1', entries: [...first, ...writer] },
    { name: '2.1', entries: reader },
  ];
  return new Checker(histories, faults, rules).check().violations;
}

describe('an answer', () => {
  it('is too old when a newer state had been acknowledged before the read began, at any level', () => {
    const writer = write(10, animal(2, 1), 12);
    for (const rules of [TRANSPARENT, { ...TRANSPARENT, level: 'strict' as const }]) {
      expect(judge(writer, [read(13, row(animal(1, 1)))], rules)).toHaveLength(1);
      expect(judge(writer, [read(11, row(animal(1, 1)))], rules)).toEqual([]);
    }
  });

  it('is too old when somebody had seen a newer state, unless only what was acknowledged counts', () => {
    const writer = write(10, animal(2, 1), 20);
    const reader = [read(11, row(animal(2, 1)), 'direct'), read(13, row(animal(1, 1)))];
    expect(judge(writer, reader)).toHaveLength(1);
    expect(judge(writer, reader, { ...TRANSPARENT, level: 'strict' })).toEqual([]);
  });

  it('may be as old as the bound says', () => {
    const writer = write(10, animal(2, 1), 12);
    const rules: Rules = { ...TRANSPARENT, level: 'bounded', boundMs: 50 };
    expect(judge(writer, [read(61, row(animal(1, 1)))], rules)).toEqual([]);
    expect(judge(writer, [read(63, row(animal(1, 1)))], rules)).toHaveLength(1);
  });

  it('is wrong when a row is missing that has been there, and right when it was deleted or moved', () => {
    const nothing: Answer = { rows: [], animalsOf: 1 };
    expect(judge([], [read(5, nothing)])).toHaveLength(1);
    expect(judge(write(3, animal(2, 2), 4), [read(5, nothing)])).toEqual([]);
    expect(judge(write(3, animal(2), 4), [read(5, { rows: [], missing: 'a1' })])).toEqual([]);
    const back = [...write(1, animal(2, 2), 2), ...write(3, animal(3, 1), 4)];
    expect(judge(back, [read(5, nothing)])).toHaveLength(1);
  });

  it('is wrong when it counts rows that cannot all have been there, or fewer than there were', () => {
    const count = (count: number): Answer => ({ rows: [], animalsOf: 1, count });
    expect(judge([], [read(5, count(1))])).toEqual([]);
    expect(judge([], [read(5, count(0))])).toHaveLength(1);
    expect(judge([], [read(5, count(2))])).toHaveLength(1);
  });

  it('is wrong when nobody committed what it tells', () => {
    const rolledBack: RowState = { ...animal(2, 1), note: 'other' };
    const [{ kind }] = judge(write(3, animal(2, 1), 4), [read(5, row(rolledBack))]);
    expect(kind).toBe('never committed');
  });

  /** Process 1.1 does not reach the bus. */
  function partitioned(): FaultLog {
    const faults = new FaultLog();
    const partition = faults.begin('partition', '1.1');
    Object.assign(partition, { from: 1_000 * 5, to: 1_000 * 30 });
    faults.partitions.push(partition);
    return faults;
  }

  it('may lack what a process wrote that did not reach the bus, until it has had time to pay', () => {
    const faults = partitioned();
    const writer = write(10, animal(2, 1), 12);
    expect(judge(writer, [read(29, row(animal(1, 1)))], TRANSPARENT, faults)).toEqual([]);
    expect(judge(writer, [read(31, row(animal(1, 1)))], TRANSPARENT, faults)).toHaveLength(1);
    const own = [...writer, read(13, row(animal(1, 1)))];
    expect(judge(own, [], TRANSPARENT, faults)).toHaveLength(1);
  });

  it('may show a row where it was before such a process moved it, though somebody else has renamed it since', () => {
    const faults = partitioned();
    const moved = write(10, animal(2, 2), 12);
    const renamed = write(14, animal(3, 2), 15);
    for (const [at, violations] of [
      [16, 0],
      [31, 1],
    ]) {
      for (const answer of [
        { rows: [], animalsOf: 2 },
        { rows: [], animalsOf: 2, count: 0 },
        { rows: [], animalsOf: 1, count: 1 },
      ]) {
        expect(judge(moved, [...renamed, read(at, answer)], TRANSPARENT, faults)).toHaveLength(violations);
      }
    }
    const movedByItself = write(14, animal(3, 3), 15);
    const answer = { rows: [], animalsOf: 3 };
    expect(judge(moved, [...movedByItself, read(16, answer)], TRANSPARENT, faults)).toHaveLength(1);
  });

  it('is not held against a statement that was sent and never answered', () => {
    const moved: Answer = { rows: [], animalsOf: 2, count: 1 };
    expect(judge([], [read(5, moved)])).toHaveLength(1);
    const sent: Entry = { what: 'sent', at: 4_000, number: ++numbers, slots: ['a1'] };
    expect(judge([sent], [read(5, moved)])).toEqual([]);
    const answered: Entry = { what: 'attempt', at: 4_000, number: numbers, states: [animal(2, 1)] };
    expect(judge([sent, answered], [read(5, moved)])).toHaveLength(1);
  });

  it('may tell what such a statement made in the place of what another killed process had attempted', () => {
    const told = row({ ...animal(2, 1), note: 'other' });
    const attempted = write(10, animal(2, 1));
    const sent: Entry = { what: 'sent', at: 4_000, number: ++numbers, slots: ['a1'] };
    expect(judge(attempted, [read(15, told)])).toHaveLength(1);
    expect(judge([...attempted, sent], [read(15, told)])).toEqual([]);
    expect(judge([...attempted, sent], [read(3, told)])).toHaveLength(1);
    expect(judge([...attempted, sent], [read(15, told), read(17, row(animal(2, 1)), 'direct')])).toHaveLength(1);
    expect(judge([...attempted, sent], [read(15, told), read(17, row(animal(2, 1)))])).toHaveLength(1);
  });

  it('is too slow when it took longer than its budget and the database together', () => {
    const slow: Entry = { what: 'read', kind: 'cached', name: 'it', from: 0, to: 1_200_000, answer: row(animal(1, 1)) };
    const [{ kind }] = judge([], [slow]);
    expect(kind).toBe('too slow');
  });
});
