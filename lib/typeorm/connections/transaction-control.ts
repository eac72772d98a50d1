import type { Invalidation } from '../../tags/tag.js';

/** What starts, ends or subdivides a transaction. */
export type Control =
  | { readonly kind: 'begin' | 'prepare' | 'commits-chain' | 'commits-end' }
  | { readonly kind: AutocommitControl }
  | { readonly kind: 'commit' | 'rollback'; readonly isChained?: boolean }
  | { readonly kind: 'savepoint' | 'release-savepoint' | 'rollback-to-savepoint'; readonly savepoint: string }
  | { readonly kind: 'end-prepared' };

export type AutocommitControl = 'autocommit-on' | 'autocommit-off' | 'autocommit-unknown';

/** How the databases differ in what they make of transaction commands. */
export interface TransactionRules {
  /** BEGIN inside a transaction commits it (MySQL, MariaDB); elsewhere it fails or changes nothing. */
  readonly beginCommits: boolean;
  /** SAVEPOINT outside of a transaction starts one, which ends with its release (SQLite). */
  readonly savepointBegins: boolean;
  /**
   * A statement that fails may end the transaction around it, and what follows commits by itself: a deadlock does so in MySQL, OR
   * ROLLBACK and a full disk in SQLite. PostgreSQL lets nothing through until its transaction is ended.
   */
  readonly failureMayEnd: boolean;
  /** Whether a COMMIT or ROLLBACK was refused because no transaction is open; other databases let it pass (SQLite). */
  saysNoneIsOpen(error: unknown): boolean;
}

/** One statement of a text: what it does to the transaction, or what it writes. */
export interface Step {
  readonly control?: Control;
  readonly write?: Invalidation;
  /** The transaction around it is committed whatever comes of it. */
  readonly commits?: boolean | 'perhaps';
}

/** A statement on its way; exactly one of the two is called when its answer is known. */
export interface OnItsWay {
  succeeded(): void;
  failed(error?: unknown): void;
}
