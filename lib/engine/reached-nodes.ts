import type { InvalidationSink, Tag } from '../tags/tag.js';
import type { Node } from './node.js';

/** The nodes of a tag table that an invalidation reaches: those of its tags that somebody holds. */
export class ReachedNodes implements InvalidationSink {
  readonly touches: Node[] = [];
  readonly sweeps: Node[] = [];

  constructor(private readonly nodes: ReadonlyMap<Tag, Node>) {}

  knows(tag: Tag): boolean {
    return this.nodes.has(tag);
  }

  tellsApart(tag: Tag): boolean {
    return this.nodes.has(tag);
  }

  touch(tag: Tag): this {
    const node = this.nodes.get(tag);
    if (node !== undefined) this.touches.push(node);
    return this;
  }

  sweep(tag: Tag): this {
    const node = this.nodes.get(tag);
    if (node !== undefined) this.sweeps.push(node);
    return this;
  }
}
