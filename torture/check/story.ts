import type { FaultLog } from '../faults/faults.js';
import type { Slot } from '../world/states.js';
import type { ProcessHistory } from './history.js';

/** Something that happened, in words. */
export interface Event {
  readonly at: number;
  readonly what: string;
}

/** What happened to a row in some time, in order, and what was done to the processes meanwhile: for a person. */
export function storyOf(
  slot: Slot,
  from: number,
  to: number,
  histories: readonly ProcessHistory[],
  faults: FaultLog,
): readonly Event[] {
  const ofRow = histories.flatMap((history) => eventsOf(slot, history)).filter(({ at }) => at >= from && at <= to);
  const around = faults.all
    .filter((fault) => fault.from <= to && fault.to >= from)
    .flatMap(({ what, of = 'all', from, healedAt, to }) => [
      { at: from, what: `-- ${what} of ${of}` },
      ...(healedAt === undefined ? [] : [{ at: healedAt, what: `-- ${what} of ${of} is healed` }]),
      { at: to, what: `-- ${what} of ${of} is over` },
    ]);
  return [...ofRow, ...around].sort((a, b) => a.at - b.at);
}

function eventsOf(slot: Slot, { name, entries }: ProcessHistory): Event[] {
  const attempts = new Set<number>();
  return entries.flatMap((entry): Event[] => {
    if (entry.what === 'attempt') {
      const state = entry.states.find((state) => state.slot === slot);
      if (state === undefined) return [];
      attempts.add(entry.number);
      return [{ at: entry.at, what: `${name} writes ${state.stamp} (${state.note ?? 'deleted'})` }];
    }
    if (entry.what === 'acknowledged' && attempts.has(entry.number)) {
      return [{ at: entry.at, what: `${name} is told that it is committed` }];
    }
    if (entry.what !== 'read') return [];
    const { rows, missing, animalsOf, count } = entry.answer;
    const row = rows.find((state) => state.slot === slot);
    if (row === undefined && missing !== slot && animalsOf === undefined) return [];
    const told = row !== undefined ? `${row.stamp} (${row.note})` : count === undefined ? 'not there' : String(count);
    const took = ((entry.to - entry.from) / 1_000).toFixed(1);
    return [{ at: entry.from, what: `${name} ${entry.kind} ${entry.name} in ${took} ms: ${told}` }];
  });
}
