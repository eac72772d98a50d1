import type { BusInvalidation, LocalLog, LogRecord } from '../../bus/invalidation-bus.js';
import type { Tag } from '../../tags/tag.js';

/** Whoever applies a log: an engine. */
export interface Follower {
  /** Applies the next record; or a mark of this process, which is pending here before it has a position of its own. */
  apply(record: LogRecord): void;
  /**
   * Everything known so far is void: the log begins anew, or records of it were missed.
   *
   * @param position from where on every record will be applied
   * @param pending the marks that are open there
   */
  startOver(position: number, pending: readonly LogRecord[]): void;
  /** The nodes above values of columns of which it hears, below the node of a table's changes. */
  groupsBelow?(changes: Tag): Iterable<Tag>;
}

/** A log as the engines and the write path of this process use it. */
export interface FollowedLog {
  /** Whether other processes append to it too. */
  readonly isShared: boolean;
  readonly incarnation: string;
  /** Up to where its followers have applied it. */
  readonly position: number;
  /** Hands all records to the follower from now on, and the marks that are open now; the result ends that. */
  follow(follower: Follower): () => void;
  /**
   * Opens a mark: its tags are pending here from now on. What is returned must be awaited before that is committed which
   * it marks; undefined when there is nothing to wait for.
   *
   * @throws (rejects) only where writes are to fail while the log cannot be reached
   */
  mark(transactionId: string, invalidation: BusInvalidation, witness?: string): Promise<void> | undefined;
  /** Closes a mark. */
  release(transactionId: string, invalidation: BusInvalidation): void;
  /**
   * Invalidates what no transaction did.
   *
   * @returns the position once it has been applied here, and every process that asks from then on hears of it; undefined
   * when the log cannot be reached, which then owes it. Never rejects.
   */
  invalidate(invalidation: BusInvalidation): Promise<number | undefined>;
  /** Where the log stands when all that this process has to append is in it, and has been applied. Never rejects. */
  settled(): Promise<number>;
  /**
   * Why nothing that is held can be judged now, if so.
   *
   * @param boundMs how old an answer may be, in milliseconds; whatever it is, nothing can be judged in a quarantine
   */
  obstacle(boundMs: number): string | undefined;
  /**
   * Undefined when everything is applied that was appended until `boundMs` milliseconds ago (0: until now); otherwise a
   * promise of whether it came to be.
   */
  catchUp(boundMs: number): Promise<boolean> | undefined;
  /** Lets nothing be `boundMs` old that was applied before: whoever asks from now on has to catch up. */
  doubt?(): void;
  /** Releases marks that other processes left open, of whose transactions no database tells whether they are over. */
  giveUpOrphans?(): void;
  /** Says to other processes that something was defined in this database; nobody waits for it. */
  define?(database: string): void;
  /** Whether another process has said that it hears of values below the node; one that has not may do so all the same. */
  isHeardElsewhere?(group: Tag): boolean;
}

const followedLogs = new WeakMap<LocalLog, FollowedLog>();

/** The same for a log in this process: nothing has to be waited for, because whoever follows has applied all there is. */
export function followed(log: LocalLog | FollowedLog): FollowedLog {
  if ('catchUp' in log) return log;
  let known = followedLogs.get(log);
  // One for each log: two applications that share it must not have everything appended twice.
  if (known === undefined) followedLogs.set(log, (known = new FollowedLocalLog(log)));
  return known;
}

class FollowedLocalLog implements FollowedLog {
  readonly isShared = false;

  constructor(private readonly log: LocalLog) {}

  get incarnation(): string {
    return this.log.incarnation;
  }

  get position(): number {
    return this.log.position;
  }

  follow(follower: Follower): () => void {
    return this.log.follow((record) => follower.apply(record));
  }

  mark(transactionId: string, invalidation: BusInvalidation): undefined {
    this.log.append('mark', transactionId, invalidation);
  }

  release(transactionId: string, invalidation: BusInvalidation): void {
    this.log.append('release', transactionId, invalidation);
  }

  invalidate(invalidation: BusInvalidation): Promise<number> {
    return Promise.resolve(this.log.append('invalidate', '', invalidation));
  }

  settled(): Promise<number> {
    return Promise.resolve(this.log.position);
  }

  obstacle(): undefined {}

  catchUp(): undefined {}
}
