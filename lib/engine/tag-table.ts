import { above, type Invalidation, type Tag } from '../tags/tag.js';
import { PENDING, Suspendable } from './suspendable.js';

/** A tag in the table: its place in the columns, for as long as somebody holds it. */
export type Node = number;

/** The parent of a topmost node, such as a database. */
const NONE = -1;

/** How many nodes the columns have room for at first; they double. */
const FIRST_ROOM = 256;

/** The list of tags that nobody holds is not looked through before it is this long. */
const FIRST_REVIEW = 64;

/** What an open mark changed in the table, so that its release can undo it. */
interface OpenMark {
  readonly touches: readonly Node[];
  readonly sweeps: readonly Node[];
}

/**
 * `tag -> last position`: what this process knows of the log.
 *
 * A node is a place in columns of numbers, not an object: entries hold the places of their tags, so judging an entry
 * looks up nothing and reads a few neighbouring numbers, and the garbage collector has nothing to follow.
 *
 * **Memory is bounded by what is held.** A node lives while an entry, an open mark or a node below needs it. An absent
 * tag means "not invalidated after the floor", so forgetting a node is sound if the floor rises to its last position,
 * or if no load is running that started before that position: nobody else could ever ask, because entries in memory
 * keep their nodes. A tag that is touched while nobody holds it is therefore remembered exactly as long as a load is
 * running that may still come to depend on it.
 */
export class TagTable {
  private readonly nodes = new Map<Tag, Node>();

  /** The columns. A place that is free has no tag. */
  private readonly tags: (Tag | undefined)[] = [];
  private parents = new Int32Array(FIRST_ROOM);
  /** How many entries, marks and nodes below need this node to stay. */
  private holds = new Int32Array(FIRST_ROOM);
  /** Where exactly this node was last touched or swept; {@link PENDING} while a mark on it is open. */
  private touchedAt = new Float64Array(FIRST_ROOM);
  /** Where this node and everything below was last swept; {@link PENDING} while such a mark is open. */
  private sweptAt = new Float64Array(FIRST_ROOM);
  private readonly free: Node[] = [];

  private readonly marks = new Map<string, OpenMark>();
  private readonly touches = new Suspendable((node, position) => (this.touchedAt[node] = position));
  private readonly sweeps = new Suspendable((node, position) => (this.sweptAt[node] = position));
  private unheld: Node[] = [];

  /** Where anything was last swept: who is younger need not look above his nodes. */
  private anySweptAt = 0;

  /** How many open marks sweep something. */
  private sweepingMarks = 0;

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
    /** Up to here nothing is known. */
    private floor = 0,
  ) {}

  get openMarks(): number {
    return this.marks.size;
  }

  get size(): number {
    return this.nodes.size;
  }

  tagOf(node: Node): Tag {
    return this.tags[node]!;
  }

  /**
   * The nodes of these tags, each held once more.
   *
   * @param token the position from which on the caller must know of invalidations; one that no running load has asks
   * for more than was remembered, and gets what was forgotten for an answer.
   */
  hold(tags: Iterable<Tag>, token = Infinity): readonly Node[] {
    const floor = token < this.oldestToken() ? Math.max(this.floor, this.forgottenAt) : this.floor;
    // Mapped and not pushed: an array that grows keeps room for more, and every entry would pay for it.
    return [...tags].map((tag) => {
      const node = this.resolve(tag, floor);
      this.holds[node]++;
      return node;
    });
  }

  /** Undoes {@link hold}. */
  letGo(nodes: readonly Node[]): void {
    for (const node of nodes) this.drop(node);
  }

  /** Whether nothing that these nodes stand for was invalidated after `token` or is pending now. */
  isQuietSince(nodes: readonly Node[], token: number): boolean {
    const { touchedAt } = this;
    for (let i = 0; i < nodes.length; i++) if (touchedAt[nodes[i]] > token) return false;
    return this.anySweptAt <= token || !this.isSweptAbove(nodes, token);
  }

  /** The tags of the first of these nodes that are not quiet since `token`, at most `limit`. */
  disturbedSince(nodes: readonly Node[], token: number, limit: number): readonly Tag[] {
    const disturbed: Tag[] = [];
    for (const node of nodes) {
      if (this.isQuietSince([node], token)) continue;
      disturbed.push(this.tagOf(node));
      if (disturbed.length === limit) break;
    }
    return disturbed;
  }

  /** A transaction is about to commit: its tags are pending until {@link release}. */
  mark(transactionId: string, invalidation: Invalidation): void {
    // A mark of this process comes back through a log that others share.
    if (this.marks.has(transactionId)) return;
    const mark = { touches: this.hold(invalidation.touches), sweeps: this.hold(invalidation.sweeps) };
    for (const node of mark.touches) this.touches.suspend(node, this.touchedAt[node]);
    for (const node of mark.sweeps) {
      this.touches.suspend(node, this.touchedAt[node]);
      this.sweeps.suspend(node, this.sweptAt[node]);
    }
    if (mark.sweeps.length > 0) {
      this.sweepingMarks++;
      this.anySweptAt = PENDING;
    }
    this.marks.set(transactionId, mark);
  }

  /** The transaction is over; what it invalidated, if anything, happened at `position`. */
  release(transactionId: string, invalidation: Invalidation, position: number): void {
    this.invalidate(invalidation, position);
    const mark = this.marks.get(transactionId);
    if (mark === undefined) return;
    this.marks.delete(transactionId);
    for (const node of mark.touches) this.touches.resume(node);
    for (const node of mark.sweeps) {
      this.touches.resume(node);
      this.sweeps.resume(node);
    }
    if (mark.sweeps.length > 0 && --this.sweepingMarks === 0) this.anySweptAt = position;
    this.letGo(mark.touches);
    this.letGo(mark.sweeps);
  }

  invalidate(invalidation: Invalidation, position: number): void {
    for (const tag of invalidation.touches) {
      const node = this.forRecord(tag, position);
      if (node !== undefined) this.touches.set(node, position);
    }
    for (const tag of invalidation.sweeps) {
      const node = this.forRecord(tag, position);
      if (node === undefined) continue;
      this.touches.set(node, position);
      this.sweeps.set(node, position);
      if (this.sweepingMarks === 0) this.anySweptAt = position;
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
      if (!this.isUnheld(node)) continue;
      if (this.touchedAt[node] > oldest) this.unheld.push(node);
      else this.remove(node);
    }
    this.reviewAt = Math.max(FIRST_REVIEW, this.unheld.length * 2);
  }

  private isSweptAbove(nodes: readonly Node[], token: number): boolean {
    const { parents, sweptAt } = this;
    let lastParent = NONE;
    for (let i = 0; i < nodes.length; i++) {
      const parent = parents[nodes[i]];
      if (parent === lastParent) continue;
      lastParent = parent;
      for (let up = parent; up !== NONE; up = parents[up]) if (sweptAt[up] > token) return true;
    }
    return false;
  }

  private resolve(tag: Tag, floor = this.floor): Node {
    const known = this.nodes.get(tag);
    if (known !== undefined) return known;
    const upper = above(tag);
    const parent = upper === undefined ? NONE : this.resolve(upper, floor);
    if (parent !== NONE) this.holds[parent]++;
    const node = this.free.pop() ?? this.grow();
    this.tags[node] = tag;
    this.parents[node] = parent;
    this.holds[node] = 0;
    this.touchedAt[node] = this.sweptAt[node] = floor;
    this.nodes.set(tag, node);
    return node;
  }

  /** A place at the end of the columns. */
  private grow(): Node {
    const node = this.tags.push(undefined) - 1;
    if (node === this.parents.length) {
      this.parents = doubled(this.parents, Int32Array);
      this.holds = doubled(this.holds, Int32Array);
      this.touchedAt = doubled(this.touchedAt, Float64Array);
      this.sweptAt = doubled(this.sweptAt, Float64Array);
    }
    return node;
  }

  /** The node to write a record to: none if nobody holds the tag and no load is running that may come to need it. */
  private forRecord(tag: Tag, position: number): Node | undefined {
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

  private drop(node: Node): void {
    if (--this.holds[node] > 0) return;
    if (this.touchedAt[node] > this.oldestToken()) this.keepUnheld(node);
    else this.remove(node);
  }

  private keepUnheld(node: Node): void {
    this.unheld.push(node);
    if (this.unheld.length <= this.maxUnheld) return;
    const kept = this.unheld.splice(Math.ceil(this.maxUnheld / 2));
    const forgotten = this.unheld;
    this.unheld = kept;
    for (const old of forgotten) {
      if (!this.isUnheld(old)) continue;
      this.floor = Math.max(this.floor, this.touchedAt[old]);
      this.remove(old);
    }
  }

  /** The list of the unheld may name a place twice, and a place that is free or held again by now. */
  private isUnheld(node: Node): boolean {
    return this.holds[node] === 0 && this.tags[node] !== undefined;
  }

  private remove(node: Node): void {
    this.nodes.delete(this.tagOf(node));
    this.tags[node] = undefined;
    this.free.push(node);
    this.forgottenAt = Math.max(this.forgottenAt, this.touchedAt[node]);
    const parent = this.parents[node];
    if (parent !== NONE) this.drop(parent);
  }
}

function doubled<Column extends Int32Array | Float64Array>(
  column: Column,
  type: new (length: number) => Column,
): Column {
  const longer = new type(column.length * 2);
  longer.set(column);
  return longer;
}
