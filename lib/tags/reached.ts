import { above, type Invalidation, type Tag } from './tag.js';

/** Those of the tags that the invalidation reaches: touched, or swept themselves or from above. */
export function reachedBy({ touches, sweeps }: Invalidation, tags: readonly Tag[]): readonly Tag[] {
  const touched = new Set(touches);
  const swept = new Set(sweeps);
  return tags.filter((tag) => {
    if (touched.has(tag)) return true;
    for (let up: Tag | undefined = tag; up !== undefined; up = above(up)) if (swept.has(up)) return true;
    return false;
  });
}
