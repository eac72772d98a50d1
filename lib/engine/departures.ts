import type { Tag } from '../tags/tag.js';

/** How many keys are surely remembered with why they hold nothing; at times twice as many. */
export const MAX_DEPARTURES = 10_000;

/** Longer keys are not remembered, so that the memory of all is bounded: about 6 MB at most, and 2 MB for short keys. */
const LONGEST_KEY = 200;

/** What was found out about an answer that a write made worthless. */
export interface Overtaken {
  readonly reason: 'invalidated';
  /** It was right up to this position, and at the second one it was not. */
  readonly validAt: number;
  readonly invalidAt: number;
  /** Some of what it depended on that was invalidated in between. */
  readonly tags: readonly Tag[];
}

/** Why a key holds nothing, and when that came about, in milliseconds of the engine's clock. */
export type Departure = { readonly at: number } & (
  | Overtaken
  | { readonly reason: 'expired' | 'evicted' | 'deleted' }
  | { readonly reason: 'bypassed'; readonly because: string }
);

/**
 * Why keys hold nothing: what happened to each of them last.
 *
 * Written only where an answer leaves or is not stored, read only when somebody asks. Two generations bound it: the
 * older one is forgotten as a whole. A map from which the oldest key is taken each time searches through
 * all that were taken before, which made each note thirty times as dear as a lookup.
 */
export class Departures {
  private young = new Map<string, Departure>();
  private old: ReadonlyMap<string, Departure> = new Map();
  private isComplete = true;
  private isCompleteOfLongKeys = true;

  /** Whether anything like this key was forgotten, so that it need not be new though nothing is known of it. */
  mayHaveForgotten(key: string): boolean {
    return !(key.length > LONGEST_KEY ? this.isCompleteOfLongKeys : this.isComplete);
  }

  of(key: string): Departure | undefined {
    return this.young.get(key) ?? this.old.get(key);
  }

  note(key: string, departure: Departure): void {
    if (key.length > LONGEST_KEY) {
      this.isCompleteOfLongKeys = false;
      return;
    }
    this.young.set(key, departure);
    if (this.young.size < MAX_DEPARTURES) return;
    if (this.old.size > 0) this.isComplete = false;
    this.old = this.young;
    this.young = new Map();
  }
}
