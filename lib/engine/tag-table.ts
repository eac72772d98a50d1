import { above, type Invalidation, type Tag } from '../tags/tag.js';
import { Suspendable } from './suspendable.js';
import { TagNode } from './tag-node.js';

/** The list of tags that nobody holds is not looked through before it is this long. */
const FIRST_REVIEW = 64;

/** What an open mark changed in the table, so that its release can undo it. */
interface OpenMark {
  readonly touches: readonly TagNode[];
  readonly sweeps: readonly TagNode[];
}

/**
 * `tag -> last position`: what this process knows of the log.
 *
 * **Memory is bounded by what is held.** A node lives while an entry, an open mark or a node below needs it. An absent
 * tag means "not invalidated after the floor", so forgetting a node is sound if the floor rises to its last position,
 * or if no load is running that started before that position: nobody else could ever ask, because entries in memory
 * keep their nodes. A tag that is touched while nobody holds it is therefore remembered exactly as long as a load is
 * running that may still come to depend on it.
 */
export class TagTable {
  private readonly nodes = new Map<Tag, TagNode>();
  private readonly marks = new Map<string, OpenMark>();
  private readonly touches = new Suspendable<TagNode>((node, position) => (node.touchedAt = position));
  private readonly sweeps = new Suspendable<TagNode>((node, position) => (node.sweptAt = position));
  private readonly stirs = new Suspendable<TagNode>((root, position) => (root.stirredAt = position));
  private unheld: TagNode[] = [];

  /** Where the topmost nodes, the databases, were last swept or marked: the roots below do not hear of it. */
  private topSweptAt = 0;

  /** How many open marks sweep a database. */
  private topMarks = 0;

  /** What an absent tag stands for to a running load: it may have been invalidated up to here. */
  private floor = 0;

  /** The same to anybody else: up to here tags were forgotten because no running load could ask for them. */
  private forgottenAt = 0;

  /** How long the list of the unheld may grow before it is looked through again. */
  private reviewAt = FIRST_REVIEW;

  /**
   * @param oldestToken where the oldest running load started, or Infinity when none is running.
   * @param maxUnheld how many tags that nobody holds are remembered for running loads before the floor rises instead.
   */
  constructor(
    private readonly oldestToken: () => number,
    private readonly maxUnheld = 10_000,
  ) {}

  get openMarks(): number {
    return this.marks.size;
  }

  get size(): number {
    return this.nodes.size;
  }

  /**
   * The nodes of these tags, each held once more; nodes of one root stand together.
   *
   * @param token the position from which on the caller must know of invalidations; one that no running load has asks
   * for more than was remembered, and gets what was forgotten for an answer.
   */
  hold(tags: Iterable<Tag>, token = Infinity): TagNode[] {
    const floor = token < this.oldestToken() ? Math.max(this.floor, this.forgottenAt) : this.floor;
    const nodes: TagNode[] = [];
    for (const tag of [...tags].sort()) {
      const node = this.resolve(tag, floor);
      node.holds++;
      nodes.push(node);
    }
    return nodes;
  }

  /** Undoes {@link hold}. */
  letGo(nodes: readonly TagNode[]): void {
    for (const node of nodes) this.drop(node);
  }

  /**
   * Whether nothing that these nodes stand for was invalidated after `token` or is pending now.
   *
   * Roots first: a table in which nothing moved answers for all its rows. Then each node, and once per parent the
   * sweeps above it.
   */
  isQuietSince(nodes: readonly TagNode[], token: number): boolean {
    const mayTrustRoots = this.topSweptAt <= token && this.topMarks === 0;
    let root: TagNode | null = null;
    let parent: TagNode | null = null;
    let isRootQuiet = false;
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[i];
      if (node.root !== root) {
        root = node.root;
        isRootQuiet = mayTrustRoots && root.stirredAt <= token;
      }
      if (isRootQuiet) continue;
      if (node.touchedAt > token) return false;
      if (node.parent === parent) continue;
      parent = node.parent;
      for (let up = parent; up !== null; up = up.parent) if (up.sweptAt > token) return false;
    }
    return true;
  }

  /** A transaction is about to commit: its tags are pending until {@link release}. */
  mark(transactionId: string, invalidation: Invalidation): void {
    const mark = { touches: this.hold(invalidation.touches), sweeps: this.hold(invalidation.sweeps) };
    for (const node of mark.touches) this.suspend(node);
    for (const node of mark.sweeps) {
      this.suspend(node);
      this.sweeps.suspend(node, node.sweptAt);
      if (node.parent === null) this.topMarks++;
    }
    this.marks.set(transactionId, mark);
  }

  /** The transaction is over; what it invalidated, if anything, happened at `position`. */
  release(transactionId: string, invalidation: Invalidation, position: number): void {
    this.invalidate(invalidation, position);
    const mark = this.marks.get(transactionId);
    if (mark === undefined) return;
    this.marks.delete(transactionId);
    for (const node of mark.touches) this.resume(node, position);
    for (const node of mark.sweeps) {
      this.resume(node, position);
      this.sweeps.resume(node);
      if (node.parent === null) {
        this.topMarks--;
        this.topSweptAt = position;
      }
    }
    this.letGo(mark.touches);
    this.letGo(mark.sweeps);
  }

  invalidate(invalidation: Invalidation, position: number): void {
    for (const tag of invalidation.touches) {
      const node = this.forRecord(tag, position);
      if (node !== undefined) this.touch(node, position);
    }
    for (const tag of invalidation.sweeps) {
      const node = this.forRecord(tag, position);
      if (node === undefined) continue;
      this.touch(node, position);
      this.sweeps.set(node, position);
      if (node.parent === null) this.topSweptAt = position;
    }
  }

  /** Forgets what was remembered only for loads that have ended. Called when a load ends. */
  forgetUnheld(): void {
    const oldest = this.oldestToken();
    // While loads overlap without a pause the list is reviewed each time it has doubled, so a review costs O(1) a tag.
    if (this.unheld.length === 0 || (oldest !== Infinity && this.unheld.length < this.reviewAt)) return;
    const unheld = this.unheld;
    this.unheld = [];
    for (const node of unheld) {
      if (node.holds > 0) continue;
      if (node.touchedAt > oldest) this.unheld.push(node);
      else this.remove(node);
    }
    this.reviewAt = Math.max(FIRST_REVIEW, this.unheld.length * 2);
  }

  private touch(node: TagNode, position: number): void {
    this.touches.set(node, position);
    this.stirs.set(node.root, position);
  }

  private suspend(node: TagNode): void {
    this.touches.suspend(node, node.touchedAt);
    this.stirs.suspend(node.root, node.root.stirredAt);
  }

  private resume(node: TagNode, position: number): void {
    this.touches.resume(node);
    this.stirs.set(node.root, position);
    this.stirs.resume(node.root);
  }

  private resolve(tag: Tag, floor = this.floor): TagNode {
    const known = this.nodes.get(tag);
    if (known !== undefined) return known;
    const upper = above(tag);
    const parent = upper === undefined ? null : this.resolve(upper, floor);
    if (parent !== null) parent.holds++;
    const node = new TagNode(tag, parent, floor);
    this.nodes.set(tag, node);
    return node;
  }

  /** The node to write a record to: none if nobody holds the tag and no load is running that may come to need it. */
  private forRecord(tag: Tag, position: number): TagNode | undefined {
    const known = this.nodes.get(tag);
    if (known !== undefined) return known;
    if (this.oldestToken() === Infinity) {
      this.forgottenAt = position;
      return undefined;
    }
    const node = this.resolve(tag);
    this.keepUnheld(node);
    return node;
  }

  private drop(node: TagNode): void {
    if (--node.holds > 0) return;
    if (node.touchedAt > this.oldestToken()) this.keepUnheld(node);
    else this.remove(node);
  }

  private keepUnheld(node: TagNode): void {
    this.unheld.push(node);
    if (this.unheld.length <= this.maxUnheld) return;
    const kept = this.unheld.splice(Math.ceil(this.maxUnheld / 2));
    const forgotten = this.unheld;
    this.unheld = kept;
    for (const old of forgotten) {
      if (old.holds > 0) continue;
      this.floor = Math.max(this.floor, old.touchedAt);
      this.remove(old);
    }
  }

  private remove(node: TagNode): void {
    // The list of the unheld may name a node twice, and the tag may have a younger node by now.
    if (this.nodes.get(node.tag) !== node) return;
    this.nodes.delete(node.tag);
    this.forgottenAt = Math.max(this.forgottenAt, node.touchedAt);
    if (node.parent !== null) this.drop(node.parent);
  }
}
