import type { BusInvalidation, LogRecord } from '../bus/invalidation-bus.js';
import type { Clock } from '../support/clock.js';
import { blindBelow } from '../tags/table-nodes.js';
import { above, below, tagOf, type Tag } from '../tags/tag.js';

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
 *   - Who keeps such answers of a table, and hears of a blind write to it, says so in the log.
 *   - Whoever has heard that asks from then on.
 *
 * Some writes are always blind, because their database cannot be asked. Therefore nobody says the same twice within a
 * second, and each time waits twice as long as before.
 */

/** Stands before the nodes of which somebody hears values. No tag of an answer begins so. */
const HEARD = below(tagOf('?'), '');

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 600_000;

/** More columns than this are not remembered; then it is all learned again. */
const MOST_GROUPS = 10_000;

/** When something was said of a table, and for how long nobody need say it again. */
interface Silence {
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
  /** By the nodes of changes. */
  private readonly silences = new Map<Tag, Silence>();

  constructor(private readonly parts: HeardValuesParts) {}

  /** Whether any process has said that it hears of values below this node. */
  has(group: Tag): boolean {
    return this.groups.has(group);
  }

  /** Learns from the next record of the log, in full; true when it says nothing else. */
  hear({ kind, invalidation: { touches } }: LogRecord): boolean {
    // What a mark says may be coarser than what became of it.
    if (kind === 'release') for (const tag of touches) this.answer(blindBelow(tag as Tag));
    if (kind !== 'invalidate' || !(touches.length > 0 && touches[0].startsWith(HEARD))) return false;
    if (this.groups.size > MOST_GROUPS) this.groups.clear();
    for (const said of touches) {
      const group = said.slice(HEARD.length) as Tag;
      this.groups.add(group);
      const changes = above(group);
      if (changes !== undefined && !this.isSilent(changes)) this.keepSilent(changes);
    }
    return true;
  }

  /** @param changes the node of changes of a table that was written blindly */
  private answer(changes: Tag | undefined): void {
    if (changes === undefined || this.isSilent(changes)) return;
    const groups = [...this.parts.groupsBelow(changes)];
    if (groups.length === 0) return;
    this.keepSilent(changes);
    this.parts.say({ touches: groups.map((group) => HEARD + group), sweeps: [] });
  }

  private isSilent(changes: Tag): boolean {
    return (this.silences.get(changes)?.until ?? -Infinity) > this.parts.clock.now();
  }

  private keepSilent(changes: Tag): void {
    const ms = Math.min(2 * (this.silences.get(changes)?.ms ?? FIRST_PAUSE_MS / 2), LONGEST_PAUSE_MS);
    this.silences.set(changes, { until: this.parts.clock.now() + ms, ms });
  }
}
