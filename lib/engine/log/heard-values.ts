import type { BusInvalidation, LogRecord, NewRecord } from '../../bus/invalidation-bus.js';
import type { Clock } from '../../support/clock.js';
import { blindBelow, isAboveValues } from '../../tags/table-nodes.js';
import { above, below, tagOf, type Tag } from '../../tags/tag.js';

/*
 * Of which columns other processes hear values
 * ============================================
 *
 * An update that is asked for the rows it changed tells which answers it concerns, among those that were chosen by a
 * value: `WHERE tenant = 7`. To ask costs the database and this process more than the update itself, and where nobody
 * keeps such answers it is for nothing. A process knows what it keeps itself; of others it is told:
 *
 *   - A write starts out blind. It names the columns it sets and no values, which drops all answers that were chosen by
 *     values of those columns: some needlessly, none wrongly. So all of this is a hint, and may be lost or late.
 *   - Who keeps such answers of a table, and hears of a blind write to it, or of one that told other values, says so in
 *     the log.
 *   - Whoever has heard that asks from then on.
 *
 * Some writers are always blind, because their database cannot be asked. Therefore each of them is answered ever more
 * seldom, and nobody says what somebody has said within the last second.
 */

/** Stands before the nodes of which somebody hears values. No tag of an answer begins so. */
const HEARD = below(tagOf('?'), '');

/** What was said is not said again before this, and not to the same writer before a time that doubles. */
const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 600_000;

/** More columns than this, and more writers of tables, are not remembered; then it is all learned again. */
const MOST = 10_000;

/** When a writer may be answered again, and how long he is to wait then. */
interface Patience {
  readonly until: number;
  readonly ms: number;
}

export interface HeardValuesParts {
  readonly clock: Clock;
  /** The nodes above values that this process hears of, below the node of a table's changes. */
  readonly groupsBelow: (changes: Tag) => Iterable<Tag>;
  /** Appends this to the log. */
  readonly say: (invalidation: BusInvalidation) => void;
}

/** What is said, and has been said, about the columns of which processes hear values. */
export class HeardValues {
  private readonly groups = new Set<string>();
  /** When anybody has last said something of a table, by the node of its changes. */
  private readonly saidAt = new Map<Tag, number>();
  /** By who wrote, and the node of changes. */
  private readonly patience = new Map<string, Patience>();

  constructor(private readonly parts: HeardValuesParts) {}

  /** Whether any process has said that it hears of values below this node. */
  has(group: Tag): boolean {
    return this.groups.has(group);
  }

  /** Learns from the next record of the log, in full; true when it says nothing else. */
  hear(record: LogRecord): boolean {
    const { kind, transactionId } = record;
    const { touches, sweeps } = record.invalidation;
    // What a mark says may be coarser than what became of it.
    if (kind === 'release') {
      for (const tag of touches) {
        const changes = blindBelow(tag as Tag);
        if (changes !== undefined) this.answer(transactionId, changes);
      }
      // Rows of which other values were asked.
      for (const tag of sweeps as readonly Tag[]) {
        const changes = above(tag);
        if (changes !== undefined && isAboveValues(tag, changes)) this.answer(transactionId, changes, tag);
      }
    }
    if (!isHint(record)) return false;
    if (this.groups.size > MOST) this.groups.clear();
    for (const said of touches) {
      const group = said.slice(HEARD.length) as Tag;
      this.groups.add(group);
      this.saidAt.set(above(group) ?? group, this.parts.clock.now());
    }
    return true;
  }

  /**
   * @param changes the node of changes of a table that was written blindly
   * @param missed the one node of whose values nothing was said; of none, where it is absent
   */
  private answer(transactionId: string, changes: Tag, missed?: Tag): void {
    const now = this.parts.clock.now();
    if (now < (this.saidAt.get(changes) ?? -Infinity) + PAUSE_MS) return;
    const groups = [...this.parts.groupsBelow(changes)];
    if (groups.length === 0 || (missed !== undefined && !groups.includes(missed))) return;
    const writer = `${processOf(transactionId)} ${changes}`;
    const { until, ms } = this.patience.get(writer) ?? { until: -Infinity, ms: PAUSE_MS };
    if (now < until) return;
    if (this.patience.size > MOST) this.patience.clear();
    this.patience.set(writer, { until: now + ms, ms: Math.min(2 * ms, LONGEST_PAUSE_MS) });
    this.saidAt.set(changes, now);
    this.parts.say({ touches: groups.map((group) => HEARD + group), sweeps: [] });
  }
}

/** Whether a record only says of which columns somebody hears values: nothing is wrong without it. */
export function isHint({ kind, invalidation: { touches } }: NewRecord): boolean {
  return kind === 'invalidate' && touches.length > 0 && touches[0].startsWith(HEARD);
}

/** What the ids of a process have in common. */
function processOf(transactionId: string): string {
  return transactionId.slice(0, transactionId.lastIndexOf('.'));
}
