import type { Reach } from '../support/reach.js';

/** What one record invalidates, as tags. To a bus they are plain texts: it need not know what they name. */
export interface BusInvalidation {
  /** Tags that are invalidated themselves, without those below them. */
  readonly touches: readonly string[];
  /** Tags that are invalidated together with all tags below them. */
  readonly sweeps: readonly string[];
}

/**
 * What a record says.
 *
 * - `mark`: a transaction is about to commit; until it is released its tags are pending;
 * - `release`: that transaction is over, and this is what it invalidated (nothing, when it rolled back);
 * - `invalidate`: a release without a mark, for what no transaction did.
 */
export type RecordKind = 'mark' | 'release' | 'invalidate';

/** A record on its way into the log. */
export interface NewRecord {
  readonly kind: RecordKind;
  /** Pairs a release with its mark, and is the same in no two processes; empty for `invalidate`. */
  readonly transactionId: string;
  /** What the transaction is about to change, or has changed. */
  readonly invalidation: BusInvalidation;
  /**
   * Of a mark: how other processes learn that the transaction is over, should the one that made the mark die. Absent
   * when nobody can tell. The bus does not read it.
   */
  readonly witness?: string;
  /** What the writer knew of each database that the record names, as fingerprints by tag. The bus does not read it. */
  readonly schemas?: Readonly<Record<string, string>>;
}

/** One entry of the log. */
export interface LogRecord extends NewRecord {
  /** A whole number; that of the next record is one more. */
  readonly position: number;
}

/** What a process must know before it may trust what it holds. */
export interface BusState {
  /** Names one unbroken life of the log; everything from another incarnation is void. */
  readonly incarnation: string;
  /** That of the last record, or 0. */
  readonly position: number;
  /** Records up to here are forgotten: entries that started below can no longer be judged. */
  readonly floor: number;
  /** The marks that are open, wherever in the log they stand. */
  readonly pending: readonly LogRecord[];
  /**
   * How long reads must bypass before they may trust this incarnation, in milliseconds from now on. A life that may follow
   * another one begins with 2,000: a COMMIT is sent within a second of its mark, which may have been in the log that is gone.
   */
  readonly quarantineMs: number;
  /** For how long the quarantine of this incarnation has been over, in milliseconds. @default for ever */
  readonly trustedForMs?: number;
}

/** The answer to a position of another life of the log. */
export const INCARNATION_CHANGED = 'incarnation changed';

/** The answer to a position whose next record is forgotten already. */
export const FORGOTTEN = 'forgotten';

/**
 * The contract of a bus: it orders invalidations and never holds values. All records form one log, every record has a
 * position, and positions grow in real time.
 *
 * Every method may be called concurrently. One that rejects may have done its work all the same. A bus retries nothing
 * and measures no time but that of its quarantine: who uses it does.
 */
export interface InvalidationBus {
  /** How far it is shared. @default 'network' */
  readonly reach?: Reach;
  /**
   * Where the log stands; asked before anything else, and after every answer that says it is not what it was.
   *
   * A log that is not there (any more), in part or as a whole, begins a new incarnation.
   *
   * @param former the incarnation that the caller knew before, if any: then it is known that the log had an earlier life
   * @throws ZooCacheError (rejects) `INVALID_OPTION` where the bus can be had with other options only: an application does
   *   not start then. Any other rejection says that it is away.
   */
  hello(former?: string): Promise<BusState>;
  /**
   * Appends records at consecutive positions, all or none; resolves with the position of the last one, once every reader
   * that asks from now on will see it. To another incarnation than the given one nothing is appended.
   */
  append(incarnation: string, records: readonly NewRecord[]): Promise<number | typeof INCARNATION_CHANGED>;
  /**
   * The records after a position, in their order: the barrier, head and missing records in one call. A position that the
   * log has not come to is one of another life, whatever the incarnation.
   */
  since(
    incarnation: string,
    position: number,
  ): Promise<readonly LogRecord[] | typeof INCARNATION_CHANGED | typeof FORGOTTEN>;
  /**
   * Calls `wake` soon after others appended something, until the returned function is called. Only lowers the latency
   * of reads that do not ask first: calls may come late, twice, or never.
   */
  follow?(wake: () => void): () => void;
  /**
   * Present where the position of the last record can be read by a function call, whoever appended it: a barrier that need
   * not be waited for. `undefined` when that incarnation is not current or cannot be read: then {@link since} tells.
   */
  head?(incarnation: string): number | undefined;
  /**
   * Leaves nobody who trusts the log, in whatever life it is, for one who could not append and goes on all the same. Present
   * where that can be done without appending; takes effect before it returns.
   */
  discard?(): void;
  /** Present when the whole log lives in this process, so that appending and reading the head are function calls. */
  readonly local?: LocalLog;
  /** Closes what the bus opened; may be called twice. Calls on their way reject. */
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
