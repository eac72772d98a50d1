import type { BusInvalidation, NewRecord } from '../../bus/invalidation-bus.js';
import { segmentsOf, type Tag } from '../../tags/tag.js';
import { databaseDefinedBy } from './definitions.js';
import { isHint } from './heard-values.js';

/**
 * More records than this are not kept: a busy process fills its memory with them while the log is away for an hour, some
 * 500 bytes for each write.
 */
const MOST = 20_000;

export interface OutboxParts {
  /** Whether others may hold the mark of a release open, and wait for just this one. */
  readonly isAwaited: (release: NewRecord) => boolean;
  /** One record that says all that so many said. */
  readonly invalidation: (invalidation: BusInvalidation) => NewRecord;
  /** The first one stands for the others now, which will never be appended. */
  readonly merged: (into: NewRecord, records: readonly NewRecord[]) => void;
}

/**
 * What this process has to append, in the order in which it leaves.
 *
 * A debt that grows too large is paid coarsely: with one record that sweeps whatever the others had a part of.
 */
export class Outbox {
  private records: NewRecord[] = [];
  private most = MOST;

  constructor(private readonly parts: OutboxParts) {}

  get size(): number {
    return this.records.length;
  }

  add(record: NewRecord): void {
    this.records.push(record);
    if (this.records.length > this.most) this.merge();
  }

  /** Takes the first so many out. */
  take(count: number): readonly NewRecord[] {
    return this.records.splice(0, count);
  }

  /** Puts back what was taken and could not be appended. */
  putBack(records: readonly NewRecord[]): void {
    this.records = [...records, ...this.records];
  }

  private merge(): void {
    const sweeps = new Set<Tag>();
    const kept: NewRecord[] = [];
    const merged: NewRecord[] = [];
    const defined = new Set<string>();
    for (const record of this.records) {
      const database = databaseDefinedBy(record);
      const isNew = database !== undefined && !defined.has(database);
      if (isNew) defined.add(database);
      if (isNew || this.parts.isAwaited(record)) kept.push(record);
      else {
        merged.push(record);
        if (database === undefined && !isHint(record)) sweepTops(record.invalidation, sweeps);
      }
    }
    const into = this.parts.invalidation({ touches: [], sweeps: [...sweeps] });
    this.records = [into, ...kept];
    // Those that are kept again and again must not have everything looked at with each record that comes.
    this.most = MOST + kept.length;
    this.parts.merged(into, merged);
  }
}

/** The top of a path is a database, or all that an application names itself. */
function sweepTops({ touches, sweeps }: BusInvalidation, into: Set<Tag>): void {
  for (const tags of [touches, sweeps]) for (const tag of tags as readonly Tag[]) into.add(segmentsOf(tag)[0] as Tag);
}
