import type { LocalLog } from '../bus/invalidation-bus.js';
import { NOTHING, type Invalidation } from '../tags/tag.js';
import { currentFrame } from './context.js';

/** A mark that is open in every log: its tags are pending until one of the two methods is called, once. */
export class Mark {
  /**
   * @param transactionId what its records are called by in every log
   * @param close appends the release everywhere.
   */
  constructor(
    readonly transactionId: string,
    private readonly close: (invalidation: Invalidation) => void,
  ) {}

  /** The transaction is over and this is what it invalidated, or what it may have, when its outcome is unknown. */
  release(invalidation: Invalidation): void {
    this.close(invalidation);
  }

  /** The transaction changed nothing after all. */
  withdraw(): void {
    this.close(NOTHING);
  }
}

/**
 * Where writes are announced: every log that anybody in this process follows.
 *
 * Two applications, or two DataSources on one database, may live in one process with a cache each. A write sent by one
 * of them concerns all, and tags name the database, so each write goes to every log and means something only where
 * somebody depends on that database.
 */
export class WritePath {
  /** How many times each log was attached: two applications may share a bus. */
  private readonly logs = new Map<LocalLog, number>();
  private readonly open = new Map<string, Invalidation>();
  private serial = 0;

  /**
   * Announces writes to this log from now on; the result ends that.
   *
   * Marks that are open are made up for: a load that starts now may read what such a transaction is about to change.
   */
  attach(log: LocalLog): () => void {
    const times = this.logs.get(log) ?? 0;
    if (times === 0) {
      for (const [transactionId, invalidation] of this.open) log.append('mark', transactionId, invalidation);
    }
    this.logs.set(log, times + 1);
    return once(() => this.detach(log));
  }

  private detach(log: LocalLog): void {
    const times = this.logs.get(log)! - 1;
    if (times === 0) this.logs.delete(log);
    else this.logs.set(log, times);
  }

  /** Whether anybody follows; without, writes need not be analysed. */
  get hasFollowers(): boolean {
    return this.logs.size > 0;
  }

  get openMarks(): number {
    return this.open.size;
  }

  /** Makes the tags of a transaction pending, before its COMMIT is sent. */
  mark(invalidation: Invalidation): Mark {
    const transactionId = String(++this.serial);
    this.open.set(transactionId, invalidation);
    for (const log of this.logs.keys()) log.append('mark', transactionId, invalidation);
    return new Mark(transactionId, (released) => {
      if (!this.open.delete(transactionId)) return;
      for (const log of this.logs.keys()) log.append('release', transactionId, released);
    });
  }

  /** Invalidates at once what no transaction did. */
  invalidate(invalidation: Invalidation): void {
    for (const log of this.logs.keys()) log.append('invalidate', '', invalidation);
  }

  /** Invalidates when the transaction around the caller commits, or at once outside of any. */
  invalidateAfterCommit(invalidation: Invalidation): void {
    const transaction = currentFrame()?.transactions.current;
    if (transaction === undefined) this.invalidate(invalidation);
    else transaction.collect(invalidation);
  }
}

function once(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) action();
    isDone = true;
  };
}

/**
 * The write path of this process.
 *
 * One for all applications in it, because a connection belongs to the process: TypeORM is hooked once, and whoever
 * caches what was read from a database must hear of every write to it.
 */
export const processWritePath: WritePath = new WritePath();
