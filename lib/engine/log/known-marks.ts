import type { BusInvalidation, LogRecord, NewRecord } from '../../bus/invalidation-bus.js';
import { NOTHING } from '../../tags/tag.js';

/** What a release says whose mark has said it all. No tag is spelled so. */
const AS_MARKED: BusInvalidation = { touches: ['='], sweeps: [] };

/** So many marks are remembered to be over. */
const MOST_OVER = 1_000;

/** The release in short: it can be understood where its mark stands in the same life of the log. */
export function shortened(release: NewRecord): NewRecord {
  return { ...release, invalidation: AS_MARKED, schemas: undefined };
}

/**
 * What the open marks of the log say, so that their releases need not say it again: most say the same, and then a release
 * is read in no time, and takes a tenth of the room.
 */
export class KnownMarks {
  private readonly said = new Map<string, BusInvalidation>();
  /** Those that were released last: two applications of one process release the same mark each. */
  private readonly over = new Set<string>();

  /** These are open now, and no others. */
  replace(marks: readonly LogRecord[]): void {
    this.said.clear();
    for (const { transactionId, invalidation } of marks) this.said.set(transactionId, invalidation);
  }

  /** The next record of the log in full; undefined for the short release of a mark that nobody knows here. */
  inFull(record: LogRecord): LogRecord | undefined {
    const { kind, transactionId, invalidation } = record;
    if (kind === 'mark') this.said.set(transactionId, invalidation);
    if (kind !== 'release') return record;
    const marked = this.said.get(transactionId) ?? (this.over.has(transactionId) ? NOTHING : undefined);
    this.said.delete(transactionId);
    if (this.over.size === MOST_OVER) this.over.clear();
    this.over.add(transactionId);
    if (invalidation.touches[0] !== AS_MARKED.touches[0]) return record;
    return marked && { ...record, invalidation: marked };
  }
}
