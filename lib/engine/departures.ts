import type { Tag } from '../tags/tag.js';

/** How many keys are remembered with why they hold nothing. */
export const MAX_DEPARTURES = 10_000;

/** Longer keys are not remembered, so that the memory of all is bounded: about 3 MB at most, and 1 MB for short keys. */
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
 * Written only where an answer leaves or is not stored, read only when somebody asks; the longest unchanged is forgotten
 * first.
 */
export class Departures {
  private readonly byKey = new Map<string, Departure>();
  private isComplete = true;

  /** Whether anything was forgotten, so that an unknown key need not be new. */
  get haveForgotten(): boolean {
    return !this.isComplete;
  }

  of(key: string): Departure | undefined {
    return this.byKey.get(key);
  }

  note(key: string, departure: Departure): void {
    if (key.length > LONGEST_KEY) {
      this.isComplete = false;
      return;
    }
    this.byKey.delete(key);
    this.byKey.set(key, departure);
    if (this.byKey.size <= MAX_DEPARTURES) return;
    for (const oldest of this.byKey.keys()) {
      this.byKey.delete(oldest);
      break;
    }
    this.isComplete = false;
  }
}
