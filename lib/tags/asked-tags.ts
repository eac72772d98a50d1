import { above, tell, type Invalidation, type InvalidationSink, type Tag } from './tag.js';

/** Some tags, of which is asked what invalidations reach. */
export class AskedTags {
  private readonly withAllAbove = new Set<Tag>();

  constructor(private readonly tags: readonly Tag[]) {
    for (const tag of tags) for (const each of upwards(tag)) this.withAllAbove.add(each);
  }

  /** Those of the tags that the invalidation reaches: touched, or swept themselves or from above. */
  reachedBy(invalidation: Invalidation): readonly Tag[] {
    const said = new Said(this.withAllAbove);
    tell(invalidation, said);
    return this.tags.filter((tag) => said.reaches(tag));
  }
}

/** What an invalidation says of some tags. */
class Said implements InvalidationSink {
  private readonly touched = new Set<Tag>();
  private readonly swept = new Set<Tag>();

  constructor(private readonly known: ReadonlySet<Tag>) {}

  knows(tag: Tag): boolean {
    return this.known.has(tag);
  }

  tellsApart(tag: Tag): boolean {
    return this.known.has(tag);
  }

  touch(tag: Tag): this {
    if (this.known.has(tag)) this.touched.add(tag);
    return this;
  }

  sweep(tag: Tag): this {
    if (this.known.has(tag)) this.swept.add(tag);
    return this;
  }

  reaches(tag: Tag): boolean {
    if (this.touched.has(tag)) return true;
    for (const each of upwards(tag)) if (this.swept.has(each)) return true;
    return false;
  }
}

/** The tag and all above it. */
function* upwards(tag: Tag): Iterable<Tag> {
  for (let up: Tag | undefined = tag; up !== undefined; up = above(up)) yield up;
}
