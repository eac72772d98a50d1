import { holderAbove } from '../tags/table-nodes.js';
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

  /** Whether it touches exactly this tag, or perhaps, as whoever held what is above was told and nobody else. */
  touchesTag(tag: Tag): boolean {
    if ((this.touchedTags ??= new Set(this.invalidation.touches)).has(tag)) return true;
    const holder = holderAbove(tag);
    return holder !== undefined && this.sweepsTag(holder);
  }

  /** Whether it sweeps exactly this tag. */
  sweepsTag(tag: Tag): boolean {
    return (this.sweptTags ??= new Set(this.invalidation.sweeps)).has(tag);
  }
}
