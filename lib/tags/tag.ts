/**
 * The name of something an answer depends on: a path, so that a sweep of a node covers everything below it.
 *
 * In this process a tag is one string whose segments are joined by the unit separator, a control character that no
 * user-written tag may hold; the readable spelling belongs to the places that speak to people.
 */
export type Tag = string & { readonly __brand: 'Tag' };

/** Joins the segments of a tag; a control character, so no table, id or user tag can forge a boundary. */
const SEPARATOR = '\u001f';

/** The tag whose path has these segments. */
export function tagOf(...segments: readonly string[]): Tag {
  return segments.join(SEPARATOR) as Tag;
}

/** The tag one segment below. */
export function below(tag: Tag, segment: string): Tag {
  return (tag + SEPARATOR + segment) as Tag;
}

/** The end of a tag: some segments below any node, made once to be put below many. */
export type TagPath = string & { readonly __brand: 'TagPath' };

/** The end of a tag with these segments. */
export function pathOf(...segments: readonly string[]): TagPath {
  return (SEPARATOR + segments.join(SEPARATOR)) as TagPath;
}

/** The path one segment longer. */
export function longer(path: TagPath, segment: string): TagPath {
  return (path + SEPARATOR + segment) as TagPath;
}

/** The tag at the end of a path below another. */
export function at(tag: Tag, path: TagPath): Tag {
  return (tag + path) as Tag;
}

/** The tag one segment above, or undefined for the top of a path. */
export function above(tag: Tag): Tag | undefined {
  const end = tag.lastIndexOf(SEPARATOR);
  return end < 0 ? undefined : (tag.slice(0, end) as Tag);
}

/** Where the segment ends that begins at this place of a tag. */
export function endOfSegment(tag: Tag, from: number): number {
  const end = tag.indexOf(SEPARATOR, from);
  return end < 0 ? tag.length : end;
}

/** The segments of a tag, top first. */
export function segmentsOf(tag: Tag): readonly string[] {
  return tag.split(SEPARATOR);
}

/**
 * What a write tells everybody who reads: the nodes it touched (exactly these) and the nodes it swept (these and all
 * below them).
 */
export interface Invalidation {
  readonly touches: readonly Tag[];
  readonly sweeps: readonly Tag[];
  /** About how many tags these are, where that is known without making them; absent: as many as there are. */
  readonly size?: number;
  /**
   * Says the same to somebody, but may leave out what stands below nodes that he does not know. Only what writes and
   * transactions did has it: they make their tags no sooner than somebody needs them.
   */
  tell?(into: InvalidationSink): void;
}

/** Who is told of touches and sweeps. */
export interface InvalidationSink {
  touch(tag: Tag): this;
  sweep(tag: Tag): this;
  /** Whether the node, or any below it, concerns anybody there; what it does not concern need not be said. */
  knows(tag: Tag): boolean;
  /** Whether somebody there would tell apart what stands below the node; otherwise a sweep of it says enough, in one word. */
  tellsApart(tag: Tag): boolean;
}

/** Says all of an invalidation that concerns the one who is told. */
export function tell(invalidation: Invalidation, into: InvalidationSink): void {
  if (invalidation.tell !== undefined) {
    invalidation.tell(into);
    return;
  }
  for (const tag of invalidation.touches) into.touch(tag);
  for (const tag of invalidation.sweeps) into.sweep(tag);
}

/** About how many tags it names. */
export function sizeOf(invalidation: Invalidation): number {
  return invalidation.size ?? invalidation.touches.length + invalidation.sweeps.length;
}

/** The invalidation that reaches nothing. */
export const NOTHING: Invalidation = Object.freeze({ touches: Object.freeze([]), sweeps: Object.freeze([]) });
