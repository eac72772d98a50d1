import { isAboveValues } from '../tags/table-nodes.js';
import { above, tell, type Invalidation, type Tag } from '../tags/tag.js';
import { ALL_BITS, bitsOf, NO_BITS, type Node, type NodeBits } from './node.js';
import { OpenMark } from './open-mark.js';
import { ReachedNodes } from './reached-nodes.js';
import { RememberedRecords } from './remembered-records.js';
import { PENDING, Suspendable } from './suspendable.js';

/** The parent of a topmost node, such as a database. */
const NONE = -1;

/** What an invalidation reaches. */
type Reached = Pick<ReachedNodes, 'touches' | 'sweeps'>;

/** How many nodes the columns have room for at first; they double. */
const FIRST_ROOM = 256;

/**
 * `tag -> last position`: what this process knows of the log.
 *
 * A node is a place in columns of numbers, not an object: entries hold the places of their tags, so judging an entry
 * looks up nothing and reads a few neighbouring numbers, and the garbage collector has nothing to follow.
 *
 * **Memory is bounded by what is held.** A node lives while an entry or a node below needs it; a write makes none. What a
 * write said of tags that nobody holds is kept as its record, exactly as long as the mark is open or a load is running
 * that may still come to depend on one of them, and a node that is made meanwhile catches up with it. With a record that is
 * forgotten the floor rises to its position, where nodes begin that are made later: loads that started behind it do not
 * notice, entries in memory keep their nodes, and whoever comes with an older position finds every tag written since.
 */
export class TagTable {
  private readonly nodes = new Map<Tag, Node>();

  /** The columns. A place that is free has no tag. */
  private readonly tags: (Tag | undefined)[] = [];
  private parents = new Int32Array(FIRST_ROOM);
  /** How many entries, open marks and nodes below need this node to stay. */
  private holds = new Int32Array(FIRST_ROOM);
  /** How many of these are nodes below, which do not hear of what touches this one. */
  private nodesBelow = new Int32Array(FIRST_ROOM);
  /** Where exactly this node was last touched or swept; {@link PENDING} while a mark on it is open. */
  private touchedAt = new Float64Array(FIRST_ROOM);
  /** Where this node and everything below was last swept; {@link PENDING} while such a mark is open. */
  private sweptAt = new Float64Array(FIRST_ROOM);
  private readonly free: Node[] = [];
  /** The nodes above values of columns, by the nodes of changes above them: few, and asked for by those. */
  private readonly groups = new Map<Tag, Set<Tag>>();

  private readonly marks = new Map<string, OpenMark>();
  private readonly touches = new Suspendable((node, position) => (this.touchedAt[node] = position));
  private readonly sweeps = new Suspendable((node, position) => (this.sweptAt[node] = position));
  private readonly remembered: RememberedRecords;

  /** Where anything was last swept: who is younger need not look above his nodes. */
  private anySweptAt = 0;

  /** How many open marks sweep something. */
  private sweepingMarks = 0;

  /**
   * @param oldestToken where the oldest running load started, or Infinity when none is running.
   * @param maxRemembered how many tags are remembered for running loads before the floor rises instead.
   */
  constructor(
    private readonly oldestToken: () => number,
    maxRemembered = 10_000,
    /** Up to here nothing is known of a tag that nobody holds. */
    private floor = 0,
    /** Whether what was held once may rest where others can bring it back: then its groups are known for good. */
    private readonly isForOthersToo = false,
  ) {
    this.remembered = new RememberedRecords(maxRemembered);
  }

  get openMarks(): number {
    return this.marks.size;
  }

  get size(): number {
    return this.nodes.size;
  }

  /** About how many tags that nobody holds are remembered for running loads. */
  get rememberedTags(): number {
    return this.remembered.size;
  }

  /** Whether somebody holds the tag, or any below it; of values, also whether somebody did whose entry may be elsewhere. */
  knows(tag: Tag): boolean {
    return this.nodes.has(tag) || (this.isForOthersToo && this.groups.get(above(tag) ?? tag)?.has(tag) === true);
  }

  /** The nodes above values that somebody holds, below the node of a table's changes. */
  groupsBelow(changes: Tag): Iterable<Tag> {
    return this.groups.get(changes) ?? [];
  }

  tagOf(node: Node): Tag {
    return this.tags[node]!;
  }

  /** The nodes of these tags, each held once more. */
  hold(tags: Iterable<Tag>): readonly Node[] {
    // Mapped and not pushed: an array that grows keeps room for more, and every entry would pay for it.
    return [...tags].map((tag) => {
      const node = this.resolve(tag);
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

  /**
   * A transaction is about to commit: its tags are pending until {@link release}.
   *
   * @returns the bits of those that anybody holds; all where he may hold a tag below one that is swept
   */
  mark(transactionId: string, invalidation: Invalidation): NodeBits {
    // A mark of this process comes back through a log that others share.
    if (this.marks.has(transactionId)) return NO_BITS;
    const mark = new OpenMark(invalidation);
    const reached = this.reachedBy(invalidation);
    const heard = this.heardOf(reached);
    for (const node of reached.touches) this.suspendTouch(mark, node);
    for (const node of reached.sweeps) this.suspendSweep(mark, node);
    this.marks.set(transactionId, mark);
    return heard;
  }

  /**
   * The transaction is over; what it invalidated, if anything, happened at `position`.
   *
   * @returns as {@link mark} does
   */
  release(transactionId: string, invalidation: Invalidation, position: number): NodeBits {
    const mark = this.marks.get(transactionId);
    if (mark === undefined) return this.invalidate(invalidation, position);
    const reached = mark.invalidation === invalidation ? mark : this.reachedBy(invalidation);
    this.moveTo(position, reached);
    this.remember(invalidation, position);
    this.marks.delete(transactionId);
    for (const node of mark.touches) this.touches.resume(node);
    for (const node of mark.sweeps) {
      this.touches.resume(node);
      this.sweeps.resume(node);
    }
    if (mark.sweeps.length > 0 && --this.sweepingMarks === 0) this.anySweptAt = position;
    this.letGo(mark.touches);
    this.letGo(mark.sweeps);
    // The mark has let go of them now, so that whoever holds them still hears.
    return this.heardOf(reached);
  }

  /** @returns as {@link mark} does */
  invalidate(invalidation: Invalidation, position: number): NodeBits {
    const reached = this.reachedBy(invalidation);
    this.moveTo(position, reached);
    this.remember(invalidation, position);
    return this.heardOf(reached);
  }

  /** Forgets what was remembered only for loads that have ended. Called when a load ends. */
  forgetUnheld(): void {
    if (this.remembered.size === 0) return;
    this.forgotUntil(this.remembered.forgetUntil(this.oldestToken()));
  }

  private suspendTouch(mark: OpenMark, node: Node): void {
    this.holds[node]++;
    mark.touches.push(node);
    this.touches.suspend(node, this.touchedAt[node]);
  }

  private suspendSweep(mark: OpenMark, node: Node): void {
    this.holds[node]++;
    if (mark.sweeps.push(node) === 1) this.sweepingMarks++;
    this.anySweptAt = PENDING;
    this.touches.suspend(node, this.touchedAt[node]);
    this.sweeps.suspend(node, this.sweptAt[node]);
  }

  private reachedBy(invalidation: Invalidation): ReachedNodes {
    const reached = new ReachedNodes(this.nodes);
    tell(invalidation, reached);
    return reached;
  }

  /** Most writes are to rows that nobody holds, in tables of which somebody holds others. */
  private heardOf({ touches, sweeps }: Reached): NodeBits {
    if (sweeps.length > 0) return ALL_BITS;
    return bitsOf(touches.filter((node) => this.holds[node] > this.nodesBelow[node]));
  }

  private moveTo(position: number, { touches, sweeps }: Reached): void {
    for (const node of touches) this.touches.set(node, position);
    for (const node of sweeps) {
      this.touches.set(node, position);
      this.sweeps.set(node, position);
    }
    if (sweeps.length > 0 && this.sweepingMarks === 0) this.anySweptAt = position;
  }

  /** Keeps for running loads what those tags missed that nobody holds. */
  private remember(invalidation: Invalidation, position: number): void {
    this.forgotUntil(this.oldestToken() === Infinity ? position : this.remembered.add(invalidation, position));
  }

  private forgotUntil(position: number): void {
    if (position > this.floor) this.floor = position;
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

  private resolve(tag: Tag): Node {
    const known = this.nodes.get(tag);
    if (known !== undefined) return known;
    const upper = above(tag);
    const parent = upper === undefined ? NONE : this.resolve(upper);
    if (parent !== NONE) {
      this.holds[parent]++;
      this.nodesBelow[parent]++;
    }
    const node = this.free.pop() ?? this.grow();
    this.tags[node] = tag;
    this.parents[node] = parent;
    this.touchedAt[node] = this.sweptAt[node] = this.floor;
    this.nodes.set(tag, node);
    if (upper !== undefined && isAboveValues(tag, upper)) this.addGroup(tag, upper);
    if (this.remembered.size > 0) this.catchUp(tag, node);
    for (const mark of this.marks.values()) {
      if (mark.sweepsTag(tag)) this.suspendSweep(mark, node);
      else if (mark.touchesTag(tag)) this.suspendTouch(mark, node);
    }
    return node;
  }

  /** Tells a new node what happened while nobody held its tag. */
  private catchUp(tag: Tag, node: Node): void {
    this.touchedAt[node] = Math.max(this.touchedAt[node], this.remembered.touchedAt(tag));
    const swept = this.remembered.sweptAt(tag);
    if (swept <= this.sweptAt[node]) return;
    this.sweptAt[node] = swept;
    this.anySweptAt = Math.max(this.anySweptAt, swept);
  }

  /** A place at the end of the columns. */
  private grow(): Node {
    const node = this.tags.push(undefined) - 1;
    if (node === this.parents.length) {
      this.parents = doubled(this.parents, Int32Array);
      this.holds = doubled(this.holds, Int32Array);
      this.nodesBelow = doubled(this.nodesBelow, Int32Array);
      this.touchedAt = doubled(this.touchedAt, Float64Array);
      this.sweptAt = doubled(this.sweptAt, Float64Array);
    }
    return node;
  }

  private drop(node: Node): void {
    if (--this.holds[node] === 0) this.remove(node);
  }

  private remove(node: Node): void {
    const tag = this.tagOf(node);
    this.nodes.delete(tag);
    this.tags[node] = undefined;
    this.free.push(node);
    const parent = this.parents[node];
    if (parent === NONE) return;
    const upper = this.tagOf(parent);
    if (!this.isForOthersToo && isAboveValues(tag, upper)) this.groups.get(upper)?.delete(tag);
    this.nodesBelow[parent]--;
    this.drop(parent);
  }

  private addGroup(tag: Tag, changes: Tag): void {
    const groups = this.groups.get(changes);
    if (groups === undefined) this.groups.set(changes, new Set([tag]));
    else groups.add(tag);
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
