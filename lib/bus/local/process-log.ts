import { randomUUID } from 'node:crypto';
import type { BusInvalidation, LocalLog, LogRecord, RecordKind } from '../invalidation-bus.js';

/**
 * The log of one process: a counter and its followers.
 *
 * Appending returns after every follower has applied the record, so in one process no read can fall between a commit
 * and its invalidation, and a read needs no barrier. Records are not kept: whoever follows has applied them, and
 * whoever follows later starts at the present position with the marks that are still open.
 */
export class ProcessLog implements LocalLog {
  readonly incarnation: string = randomUUID();

  private head = 0;
  private readonly followers = new Set<(record: LogRecord) => void>();
  private readonly marks = new Map<string, LogRecord>();

  get position(): number {
    return this.head;
  }

  get pending(): readonly LogRecord[] {
    return [...this.marks.values()];
  }

  append(kind: RecordKind, transactionId: string, invalidation: BusInvalidation): number {
    const record: LogRecord = { position: ++this.head, kind, transactionId, invalidation };
    if (kind === 'mark') this.marks.set(transactionId, record);
    else if (kind === 'release') this.marks.delete(transactionId);
    for (const apply of this.followers) apply(record);
    return record.position;
  }

  follow(apply: (record: LogRecord) => void): () => void {
    for (const mark of this.marks.values()) apply(mark);
    this.followers.add(apply);
    return () => void this.followers.delete(apply);
  }
}
