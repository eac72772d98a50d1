/**
 * Stable names of everything this package throws or reports to `onError`; compare with `error.code`.
 *
 * Wrong configuration or use, to be corrected in the code:
 *
 * - `INVALID_OPTION`, `INVALID_DURATION`, `INVALID_TAG`, `INVALID_KEY`, `INVALID_ARGUMENT`: the value of an option, lifetime,
 *   tag, key or argument means nothing;
 * - `UNKNOWN_STORAGE`, `UNKNOWN_ENTITY`: nothing has this URL, or no DataSource has this entity;
 * - `NOT_REGISTERED`, `REGISTERED_TWICE`: `ZooCacheModule.forRoot()` is missing, or was called more than once;
 * - `MISSING_PACKAGE`, `UNSUPPORTED_SERVER`: `ioredis` or `lmdb` cannot be loaded, or the Redis is too old;
 * - `UNSUPPORTED`, `WRONG_VALUE`: the storage cannot count, or the key does not hold a counter.
 *
 * Of values: `UNCOPYABLE_VALUE` and `UNENCODABLE_VALUE` cannot be cached; `UNDECODABLE_VALUE`, and `DAMAGED_ENTRY`, whose bytes
 * are not those that were stored, are loaded again.
 *
 * Of failures around the cache: `BUS_FAILED`, `STORAGE_FAILED`, `TIMED_OUT`, and `LOG_UNREACHABLE` (a write was refused under
 * `onLogDown: 'reject'`, or an application was closed before others heard of its writes).
 */
export type ZooCacheErrorCode =
  | 'BUS_FAILED'
  | 'DAMAGED_ENTRY'
  | 'INVALID_ARGUMENT'
  | 'INVALID_DURATION'
  | 'INVALID_KEY'
  | 'INVALID_OPTION'
  | 'INVALID_TAG'
  | 'LOG_UNREACHABLE'
  | 'MISSING_PACKAGE'
  | 'NOT_REGISTERED'
  | 'REGISTERED_TWICE'
  | 'STORAGE_FAILED'
  | 'TIMED_OUT'
  | 'UNCOPYABLE_VALUE'
  | 'UNDECODABLE_VALUE'
  | 'UNENCODABLE_VALUE'
  | 'UNKNOWN_ENTITY'
  | 'UNKNOWN_STORAGE'
  | 'UNSUPPORTED'
  | 'UNSUPPORTED_SERVER'
  | 'WRONG_VALUE';

/** What went wrong, to which name, and what to do next. */
export interface ZooCacheErrorDetails {
  /** What happened, a sentence without its full stop. */
  readonly what: string;
  /** The option, tag, key, argument or package it happened to. */
  readonly name: string;
  /** What the reader should do next, a sentence without its full stop; or the question that begins with 'Did you mean'. */
  readonly next: string;
  /** The error underneath, if there is one. */
  readonly cause?: unknown;
}

/**
 * The one error class of this package: its message says what happened, to which name, and what to do next.
 *
 * Wrong configuration throws it at start-up, and wrong arguments reject with it. A failing cache fails no read, and no write
 * unless `onLogDown: 'reject'` asks for it: what happened goes to `onError`. Counters are the exception, because a count has
 * no other source.
 */
export class ZooCacheError extends Error {
  override readonly name: string = 'ZooCacheError';

  /** What it happened to. */
  readonly subject: string;

  constructor(
    /** Which failure it is. */
    readonly code: ZooCacheErrorCode,
    details: ZooCacheErrorDetails,
  ) {
    const end = details.next.startsWith('Did you mean') ? '?' : '.';
    // Without one, `[cause]: undefined` would stand at the end of each that is logged.
    super(
      `${details.what}: ${details.name}. ${details.next}${end}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.subject = details.name;
  }
}
