import { groupAbove } from './table-tags.js';
import type { Invalidation, Tag } from './tag.js';

/** Collects touches and sweeps without repeating any; what several statements of a transaction add up to. */
export class InvalidationSet implements Invalidation {
  private readonly touched = new Set<Tag>();
  private readonly swept = new Set<Tag>();

  get touches(): readonly Tag[] {
    return [...this.touched];
  }

  get sweeps(): readonly Tag[] {
    return [...this.swept];
  }

  get isEmpty(): boolean {
    return this.touched.size === 0 && this.swept.size === 0;
  }

  /** How many touches and sweeps there are. */
  get size(): number {
    return this.touched.size + this.swept.size;
  }

  touch(tag: Tag): this {
    this.touched.add(tag);
    return this;
  }

  sweep(tag: Tag): this {
    this.swept.add(tag);
    return this;
  }

  /** It is for anybody. */
  knows(): boolean {
    return true;
  }

  /** Nobody knows for whom, and to say it all would take too many words. */
  tellsApart(): boolean {
    return false;
  }

  add(other: Invalidation): this {
    for (const tag of other.touches) this.touched.add(tag);
    for (const tag of other.sweeps) this.swept.add(tag);
    return this;
  }

  /** Sweeps all rows, and all values of a column, of which any is named, and names none of them any longer. */
  widenRows(): this {
    for (const named of [this.touched, this.swept]) {
      for (const tag of named) {
        const group = groupAbove(tag);
        if (group === undefined) continue;
        named.delete(tag);
        this.swept.add(group);
      }
    }
    return this;
  }
}
