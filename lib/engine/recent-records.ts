import type { RecordKind } from '../bus/invalidation-bus.js';
import { AskedTags } from '../tags/asked-tags.js';
import { sizeOf, type Invalidation, type Tag } from '../tags/tag.js';

/** How many records are remembered: marks and releases, so about half as many writes. */
export const MAX_RECORDS = 2_000;

/** How many tags these may name together, about 3 MB; the last record is kept in any case. */
const MAX_TAGS = 20_000;

/** A record of the log, and when it was applied here in milliseconds of the engine's clock. */
export interface KeptRecord {
  readonly position: number;
  readonly kind: RecordKind;
  readonly transactionId: string;
  readonly invalidation: Invalidation;
  readonly at: number;
}

/** The record that made an answer worthless, and what became of its transaction. */
export interface Culprit {
  readonly record: KeptRecord;
  readonly outcome: 'committed' | 'open' | 'rolled back';
  /** What the answer depended on that the record invalidated. */
  readonly met: readonly Tag[];
}

/** What happened to some tags since a transaction was marked; see {@link RecentRecords.fateOf}. */
export type Fate = 'alone' | 'overtaken' | 'open';

/**
 * The records applied last, for whoever asks which write it was, or whether there was one.
 *
 * They are kept as they came; nothing is computed before somebody asks.
 */
export class RecentRecords {
  private records: KeptRecord[] = [];
  /** How many tags each of them names, as it was known when it came. */
  private sizes: number[] = [];
  /** Those before it are forgotten; the list is cut when they are half of it, so forgetting one costs O(1). */
  private first = 0;
  private tags = 0;
  /** The transactions whose marks are open. */
  private readonly open = new Set<string>();

  /**
   * A mark that comes again is not taken for the beginning of its transaction, which may have been committed by then: whoever
   * finds the log again appends what he has open once more.
   */
  add(record: KeptRecord): void {
    const { kind, transactionId } = record;
    if (kind !== 'mark') this.open.delete(transactionId);
    else if (this.open.has(transactionId)) return;
    else this.open.add(transactionId);
    const size = sizeOf(record.invalidation);
    this.records.push(record);
    this.sizes.push(size);
    this.tags += size;
    while (this.length > MAX_RECORDS || (this.tags > MAX_TAGS && this.length > 1)) {
      this.tags -= this.sizes[this.first++];
    }
    if (this.first > this.length) {
      this.records = this.records.slice(this.first);
      this.sizes = this.sizes.slice(this.first);
      this.first = 0;
    }
  }

  /**
   * Forgets them all: positions mean something else from now on.
   *
   * @param pending the marks that are open, of which nobody knows what came behind them so far
   */
  forget(pending: readonly { readonly transactionId: string }[]): void {
    this.open.clear();
    for (const { transactionId } of pending) this.open.add(transactionId);
    this.records = [];
    this.sizes = [];
    this.first = 0;
    this.tags = 0;
  }

  /**
   * The first record that invalidated one of the tags after the first position and not after the second; or the one that
   * kept it pending at the second, when none did. Undefined when it is forgotten.
   */
  culprit(tags: readonly Tag[], after: number, until: number): Culprit | undefined {
    const asked = new AskedTags(tags);
    const open = new Map<string, KeptRecord>();
    for (let i = this.first; i < this.records.length; i++) {
      const record = this.records[i];
      if (record.position > until) break;
      if (record.kind === 'mark') {
        open.set(record.transactionId, record);
        continue;
      }
      open.delete(record.transactionId);
      if (record.position <= after) continue;
      const met = asked.reachedBy(record.invalidation);
      if (met.length > 0) return { record, outcome: 'committed', met };
    }
    for (const mark of open.values()) {
      const met = asked.reachedBy(mark.invalidation);
      if (met.length > 0) return this.outcomeOf(mark, met);
    }
    return undefined;
  }

  /**
   * What happened to the tags since this transaction was marked: nothing by anybody else (`'alone'`), or something, which
   * it is also if the mark is forgotten (`'overtaken'`); or nothing so far, and its own release is yet to come (`'open'`).
   *
   * Marks of others that are open are not looked for: what they hold pending is not stored anyway.
   */
  fateOf(transactionId: string, tags: readonly Tag[]): Fate {
    const asked = new AskedTags(tags);
    let isReleased = false;
    for (let i = this.records.length - 1; i >= this.first; i--) {
      const record = this.records[i];
      if (record.transactionId !== transactionId) {
        if (record.kind !== 'mark' && asked.reachedBy(record.invalidation).length > 0) return 'overtaken';
      } else if (record.kind === 'mark') return isReleased ? 'alone' : 'open';
      else isReleased = true;
    }
    return 'overtaken';
  }

  private get length(): number {
    return this.records.length - this.first;
  }

  /** What became of a mark that was open; its release may know better what was written. */
  private outcomeOf(mark: KeptRecord, met: readonly Tag[]): Culprit {
    const release = this.records.find(
      ({ kind, transactionId, position }) =>
        kind === 'release' && transactionId === mark.transactionId && position > mark.position,
    );
    if (release === undefined) return { record: mark, outcome: 'open', met };
    return sizeOf(release.invalidation) === 0
      ? { record: mark, outcome: 'rolled back', met }
      : { record: release, outcome: 'committed', met };
  }
}
