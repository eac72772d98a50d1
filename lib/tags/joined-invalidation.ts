import { InvalidationSet } from './invalidation-set.js';
import { sizeOf, tell, type Invalidation, type InvalidationSink, type Tag } from './tag.js';

/** What several writes invalidate together: told one after the other, and made a list of when somebody asks for it. */
export class JoinedInvalidation implements Invalidation {
  private made: InvalidationSet | undefined;

  constructor(private readonly parts: readonly Invalidation[]) {}

  get touches(): readonly Tag[] {
    return this.all.touches;
  }

  get sweeps(): readonly Tag[] {
    return this.all.sweeps;
  }

  get size(): number {
    return this.parts.reduce((sum, part) => sum + sizeOf(part), 0);
  }

  tell(into: InvalidationSink): void {
    for (const part of this.parts) tell(part, into);
  }

  private get all(): InvalidationSet {
    if (this.made === undefined) {
      this.made = new InvalidationSet();
      for (const part of this.parts) this.made.add(part);
    }
    return this.made;
  }
}
