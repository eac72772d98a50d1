import type { Invalidation, Tag } from '../tags/tag.js';
import type { Node } from './node.js';

/** A mark that is open, and what it changed in a tag table, so that its release can undo it. */
export class OpenMark {
  /** The nodes of its tags, as far as somebody holds them. */
  readonly touches: Node[] = [];
  readonly sweeps: Node[] = [];

  private touchedTags: ReadonlySet<Tag> | undefined;
  private sweptTags: ReadonlySet<Tag> | undefined;

  constructor(readonly invalidation: Invalidation) {}

  /** Whether it touches exactly this tag. */
  touchesTag(tag: Tag): boolean {
    return (this.touchedTags ??= new Set(this.invalidation.touches)).has(tag);
  }

  /** Whether it sweeps exactly this tag. */
  sweepsTag(tag: Tag): boolean {
    return (this.sweptTags ??= new Set(this.invalidation.sweeps)).has(tag);
  }
}
