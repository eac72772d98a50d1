import { InvalidationSet } from '../../tags/invalidation-set.js';
import type { Invalidation } from '../../tags/tag.js';

/**
 * What was known of a database when the reach of a write was judged: its foreign keys, views and partitions.
 *
 * Entities name some of them; the database's own catalogue names all, and is read later, or never. It is not read inside
 * transactions, so a transaction that was judged without it, or by less than it turned out to hold, sweeps all that it
 * may have reached when it commits.
 */
export class Knowledge {
  private isComplete = false;
  private wasTooLittle = false;

  /** @param source whose `sweep` is everything it reaches. */
  constructor(private readonly source: { readonly sweep: Invalidation }) {}

  /** The catalogue has been read, or cannot be, and holds no more than was known. */
  confirm(): void {
    this.isComplete = true;
  }

  /** The catalogue holds more. */
  refute(): void {
    this.wasTooLittle = true;
  }

  /** What a write judged by this knowledge must sweep beside what it is known to have written. */
  get doubt(): Invalidation | undefined {
    return this.isComplete && !this.wasTooLittle ? undefined : this.source.sweep;
  }
}

/** What a write invalidates that was judged by this knowledge. */
export function withDoubt(invalidation: Invalidation, judgedBy: Knowledge | undefined): Invalidation {
  const doubt = judgedBy?.doubt;
  return doubt === undefined ? invalidation : new InvalidationSet().add(invalidation).add(doubt);
}
