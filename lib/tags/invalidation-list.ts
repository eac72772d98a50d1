import type { Invalidation, InvalidationSink, Tag } from './tag.js';

/** Collects touches and sweeps as they come. Cheaper than a set, for what a single write says: it repeats little. */
export class InvalidationList implements Invalidation, InvalidationSink {
  readonly touches: Tag[] = [];
  readonly sweeps: Tag[] = [];

  touch(tag: Tag): this {
    this.touches.push(tag);
    return this;
  }

  sweep(tag: Tag): this {
    this.sweeps.push(tag);
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
    this.touches.push(...other.touches);
    this.sweeps.push(...other.sweeps);
    return this;
  }
}
