/**
 * Orders invalidations: all of them form one log, every record has a position, and positions grow in real time.
 *
 * Tags travel as plain texts here; only the rooms above know what they name.
 */
export interface BusInvalidation {
  readonly touches: readonly string[];
  readonly sweeps: readonly string[];
}

/**
 * - `mark`: a transaction is about to commit; until it is released its tags are pending;
 * - `release`: that transaction is over, and this is what it invalidated (nothing, when it rolled back);
 * - `invalidate`: a release without a mark, for what no transaction did.
 */
export type RecordKind = 'mark' | 'release' | 'invalidate';

/** One entry of the log. */
export interface LogRecord {
  readonly position: number;
  readonly kind: RecordKind;
  /** Pairs a release with its mark; empty for `invalidate`. */
  readonly transactionId: string;
  readonly invalidation: BusInvalidation;
}

/** What a process must know before it may trust what it holds. */
export interface BusState {
  /** Names one unbroken life of the log; everything from another incarnation is void. */
  readonly incarnation: string;
  readonly position: number;
  /** Entries that started below this position can no longer be judged. */
  readonly floor: number;
  readonly pending: readonly LogRecord[];
  /** How long reads must bypass before they may trust this incarnation, in milliseconds. */
  readonly quarantineMs: number;
}

/** The contract of a bus: it orders invalidations and never holds values. */
export interface InvalidationBus {
  /** Where the log stands; asked on every (re)connection and after `'incarnation changed'`. */
  hello(): Promise<BusState>;
  /** Appends a record; resolves with its position once every reader that asks from now on will see it. */
  append(kind: RecordKind, transactionId: string, invalidation: BusInvalidation): Promise<number>;
  /** The records after a position: the barrier, head and missing records in one call. */
  since(incarnation: string, position: number): Promise<readonly LogRecord[] | 'incarnation changed'>;
  /** Present when the whole log lives in this process, so that appending and reading the head are function calls. */
  readonly local?: LocalLog;
  close(): Promise<void>;
}

/** A log that lives in this process. Whoever follows it has applied every record before `append` returns. */
export interface LocalLog {
  readonly incarnation: string;
  readonly position: number;
  append(kind: RecordKind, transactionId: string, invalidation: BusInvalidation): number;
  /** Hands every later record to `apply`, in order, from inside `append`; and now all marks that are still open. */
  follow(apply: (record: LogRecord) => void): () => void;
}
