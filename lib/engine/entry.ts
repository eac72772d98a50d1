import { MemoryItem } from '../storage/memory/memory-item.js';
import { bitsOf, type Node, type NodeBits } from './node.js';

/** Instead of a time, for an entry that does not expire. */
export const NO_EXPIRY = 0;

/** Instead of a revision, for an entry that was never judged, or has left. */
export const NEVER_JUDGED = -1;

/**
 * What is stored under a key: the value, what it depends on, and since when it is known to be right.
 *
 * An entry never changes its meaning. Only `token` moves, and only forward to a position at which the entry was found
 * valid, which says the same of the same value.
 */
export class Entry extends MemoryItem {
  /** The revision of the engine's knowledge at which it was last found valid: an unchanged one finds it valid again. */
  judgedAt = NEVER_JUDGED;

  /** Its nodes in short. */
  readonly bits: NodeBits;

  /** What all are given who share the value; made for the first of them. */
  promise: Promise<unknown> | undefined = undefined;

  /** The position at which its load started. */
  readonly since: number;

  constructor(
    key: string,
    bytes: number,
    /** The value as it is kept, which `copy` alone understands. */
    public value: unknown,
    /** Makes the private copy that a reader gets. */
    public copy: (value: unknown) => unknown,
    /** The nodes of its tags; undefined once the entry has left the storage and hears of no invalidation any more. */
    public nodes: readonly Node[] | undefined,
    /** Everything that happened up to this position left the value right. */
    public token: number,
    /** When it expires, in whole milliseconds of the engine's clock, which fit the object itself; or {@link NO_EXPIRY}. */
    public expiresAt: number,
  ) {
    super(key, bytes);
    this.bits = bitsOf(nodes ?? []);
    // Behind what a hit reads.
    this.since = token;
  }
}
