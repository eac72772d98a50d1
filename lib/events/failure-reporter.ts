/** A failure that was swallowed because a failing cache must not fail a read or a write. */
export interface SwallowedFailure {
  /** What the cache was doing, for example `'storing an answer'`; the same text for failures of the same kind. */
  readonly during: string;
  /** What was thrown: anything, though most often an `Error`. */
  readonly error: unknown;
}

/** Hears of every swallowed failure. */
export interface FailureReporter {
  report(during: string, error: unknown): void;
}
