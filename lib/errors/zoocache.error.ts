/** Stable names of everything this package throws; compare with `error.code`. */
export type ZooCacheErrorCode =
  | 'BUS_FAILED'
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
 * Wrong configuration throws it at start-up and wrong arguments reject with it; a failing cache never does, because
 * a failing cache never fails a read or a write.
 */
export class ZooCacheError extends Error {
  override readonly name: string = 'ZooCacheError';

  /** What it happened to. */
  readonly subject: string;

  constructor(
    readonly code: ZooCacheErrorCode,
    details: ZooCacheErrorDetails,
  ) {
    const end = details.next.startsWith('Did you mean') ? '?' : '.';
    super(`${details.what}: ${details.name}. ${details.next}${end}`, { cause: details.cause });
    this.subject = details.name;
  }
}
