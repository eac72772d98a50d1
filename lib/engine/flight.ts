import type { Tag } from '../tags/tag.js';
import type { Entry } from './entry.js';

/** What a flight brings to those who joined it. The entry need not be stored, nor still be valid. */
export interface Landing {
  readonly entry: Entry;
  readonly tags: ReadonlySet<Tag>;
}

/** A load that others may join: it ends with a landing, or with nothing that could be shared. */
export class Flight {
  /** Resolves when the load is over and never rejects: an error belongs to the caller who loads. */
  readonly landed: Promise<Landing | undefined>;

  /** Flights that this one cannot end without. */
  readonly waitsFor = new Set<Flight>();

  private resolve!: (landing: Landing | undefined) => void;

  constructor() {
    this.landed = new Promise((resolve) => (this.resolve = resolve));
  }

  land(landing: Landing | undefined): void {
    this.resolve(landing);
  }
}
