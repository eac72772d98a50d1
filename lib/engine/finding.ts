import type { Tag } from '../tags/tag.js';
import type { Culprit } from './recent-records.js';

/** Why a key holds no answer; times are in milliseconds before the question. */
export type Absence =
  | { readonly reason: 'never-loaded' | 'forgotten' }
  | { readonly reason: 'expired' | 'evicted' | 'deleted'; readonly agoMs: number }
  | { readonly reason: 'bypassed'; readonly because: string; readonly agoMs: number | undefined }
  | {
      readonly reason: 'invalidated';
      /** Undefined: it is longer ago than is remembered. */
      readonly by: (Culprit & { readonly agoMs: number }) | undefined;
    };

/** A valid answer, as far as it can be told about. */
export interface Presence {
  /** The position of the log at which its load started. */
  readonly since: number;
  readonly tags: readonly Tag[];
  /** Infinity when it does not expire. */
  readonly expiresInMs: number;
  /** Why the key held none the last time, if that is known. */
  readonly lastAbsence: Absence | undefined;
}

/** What an engine knows of a key. */
export type Finding = { readonly present: Presence } | { readonly absent: Absence };
