import type { BusInvalidation, LocalLog, LogRecord, RecordKind } from '../bus/invalidation-bus.js';

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
}

/** A log as the engines and the write path of this process use it. */
export interface FollowedLog {
  readonly incarnation: string;
  /** Up to where its followers have applied it. */
  readonly position: number;
  /** Hands all records to the follower from now on, and the marks that are open now; the result ends that. */
  follow(follower: Follower): () => void;
  /**
   * Appends a record. When nothing need be waited for it returns undefined; otherwise a promise, which for a mark must be
   * awaited before what it marks is committed.
   *
   * @throws (rejects) only a mark, and only where writes are to fail while the log cannot be reached
   */
  append(
    kind: RecordKind,
    transactionId: string,
    invalidation: BusInvalidation,
    witness?: string,
  ): Promise<void> | undefined;
  /**
   * Why nothing that is held can be judged now, if so.
   *
   * @param boundMs how old an answer may be, in milliseconds
   */
  obstacle(boundMs: number): string | undefined;
  /**
   * Undefined when everything is applied that was appended until `boundMs` milliseconds ago (0: until now); otherwise a
   * promise of whether it came to be.
   */
  catchUp(boundMs: number): Promise<boolean> | undefined;
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

  append(kind: RecordKind, transactionId: string, invalidation: BusInvalidation): undefined {
    this.log.append(kind, transactionId, invalidation);
  }

  obstacle(): undefined {}

  catchUp(): undefined {}
}
