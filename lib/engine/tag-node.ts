import type { Tag } from '../tags/tag.js';

/** Later than every position: what a node shows while a mark on it is open, so that one comparison covers both. */
export const PENDING: number = Number.MAX_SAFE_INTEGER;

/**
 * One tag in memory, linked to the node above. Entries hold their nodes directly, so judging an entry looks up nothing.
 */
export class TagNode {
  /** Where exactly this node was last touched or swept; {@link PENDING} while a mark on it is open. */
  touchedAt: number;

  /** Where this node and everything below was last swept; {@link PENDING} while such a mark is open. */
  sweptAt: number;

  /** On a root: where anything at or below it last moved, {@link PENDING} while a mark is open on any of it. */
  stirredAt: number;

  /** How many entries, marks and nodes below need this node to stay. */
  holds = 0;

  /** The table's node, or the first segment of a user's tag; a database's node is its own root. */
  readonly root: TagNode;

  constructor(
    readonly tag: Tag,
    readonly parent: TagNode | null,
    floor: number,
  ) {
    this.touchedAt = this.sweptAt = this.stirredAt = floor;
    this.root = parent === null || parent.parent === null ? this : parent.root;
  }
}
