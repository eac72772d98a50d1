import type { LogRecord } from '../bus/invalidation-bus.js';
import type { Invalidation, Tag } from '../tags/tag.js';
import { widen } from '../tags/widen.js';
import { NEVER_JUDGED, type Entry } from './entry.js';
import { NO_BITS, type Node, type NodeBits } from './node.js';
import { TagTable } from './tag-table.js';

/** More tags than this are widened from rows to their tables. */
const MAX_TAGS = 300;

/** How many tags that nobody here holds are remembered for the entries of a shared storage. */
const REMEMBERED_FOR_OTHERS = 50_000;

/** Of so many revisions at most it is kept in short what was heard: of more, all entries would have something in common with it. */
const REVISIONS_IN_SHORT = 4;

/** Whose entries are judged, as far as it decides what must be remembered of the log. */
export interface Judged {
  /** Where the oldest running load started, or Infinity when none is running. */
  readonly oldestToken: () => number;
  /** Whether entries come that were stored by other processes. */
  readonly isSharedStorage: boolean;
  readonly maxRememberedTags: number | undefined;
}

/** What this process knows of the log, and what that makes of an entry. */
export class Validity {
  private table: TagTable;

  /**
   * Grows with everything that can make an entry invalid that is held here, also where the position stays: a mark of this
   * process. What concerns nobody leaves all entries as they were judged.
   */
  private revision = 0;

  /** What was heard of since this revision, which is one of the last few. */
  private heardSince = 0;
  private heard: NodeBits = NO_BITS;

  /**
   * @param judged what entries there are
   * @param applied up to where the log has been applied
   */
  constructor(
    private readonly judged: Judged,
    private applied: number,
  ) {
    this.table = this.newTable();
  }

  /** Up to where the log has been applied. */
  get position(): number {
    return this.applied;
  }

  get openMarks(): number {
    return this.table.openMarks;
  }

  isValid(entry: Entry): boolean {
    if (entry.judgedAt === this.revision) return true;
    if (entry.judgedAt < this.heardSince || (entry.bits & this.heard) !== NO_BITS) return this.judge(entry);
    return this.confirm(entry);
  }

  /** Whether the entry is valid; if so it is known to be right up to now. */
  judge(entry: Entry): boolean {
    return this.isQuiet(entry) && this.confirm(entry);
  }

  /** The same without a trace. */
  isQuiet({ nodes, token }: Entry): boolean {
    return nodes !== undefined && this.table.isQuietSince(nodes, token);
  }

  /** Some of the tags by which an entry is not valid any more, at most `limit`. */
  disturbing({ nodes, token }: Entry, limit: number): readonly Tag[] {
    return nodes === undefined ? [] : this.table.disturbedSince(nodes, token, limit);
  }

  /** Whether anything held here depends on the tag, or on any below it. */
  knows(tag: Tag): boolean {
    return this.table.knows(tag);
  }

  /** The nodes above values that anything held here depends on, below the node of a table's changes. */
  groupsBelow(changes: Tag): Iterable<Tag> {
    return this.table.groupsBelow(changes);
  }

  tagOf(node: Node): Tag {
    return this.table.tagOf(node);
  }

  tagsOf(nodes: readonly Node[]): Tag[] {
    return nodes.map((node) => this.table.tagOf(node));
  }

  /** The nodes by which an entry hears what happens to its tags; {@link letGo} gives them back. */
  hold(tags: Iterable<Tag>): readonly Node[] {
    return this.table.hold(widen(tags, MAX_TAGS));
  }

  /** From now on nobody tells the entry what happens, so it can never be found valid again. */
  letGo(entry: Entry): void {
    if (entry.nodes === undefined) return;
    this.table.letGo(entry.nodes);
    entry.nodes = undefined;
    entry.judgedAt = NEVER_JUDGED;
  }

  /**
   * Listens to what happens to tags after `token`, until it is asked, once, whether nothing did. In another life of the log
   * nobody knows.
   */
  watch(tags: Iterable<Tag>, token: number): () => boolean {
    const { table } = this;
    const nodes = this.hold(tags);
    return () => {
      const isQuiet = table === this.table && table.isQuietSince(nodes, token);
      table.letGo(nodes);
      return isQuiet;
    };
  }

  /** Forgets what was remembered only for loads that have ended. Called when a load ends. */
  forgetUnheld(): void {
    this.table.forgetUnheld();
  }

  /** Learns of the next record. */
  apply({ position, kind, transactionId, invalidation }: LogRecord): void {
    this.applied = position;
    const heard =
      kind === 'mark'
        ? this.table.mark(transactionId, invalidation as Invalidation)
        : this.table.release(transactionId, invalidation as Invalidation, position);
    if (heard !== NO_BITS) this.hear(heard);
  }

  /** What was known of the log is void. Whoever holds nodes has let go of them before. */
  startOver(position: number, pending: readonly LogRecord[]): void {
    this.table = this.newTable(position);
    this.applied = position;
    for (const mark of pending) this.table.mark(mark.transactionId, mark.invalidation as Invalidation);
  }

  private hear(heard: NodeBits): void {
    if (this.revision - this.heardSince === REVISIONS_IN_SHORT) {
      this.heardSince = this.revision;
      this.heard = NO_BITS;
    }
    this.heard |= heard;
    this.revision++;
  }

  private confirm(entry: Entry): true {
    entry.token = this.applied;
    entry.judgedAt = this.revision;
    return true;
  }

  /** With a shared storage any tag may be asked for at any time: by an entry that was stored elsewhere. */
  private newTable(floor = 0): TagTable {
    const { isSharedStorage, maxRememberedTags, oldestToken } = this.judged;
    if (!isSharedStorage) return new TagTable(oldestToken, maxRememberedTags, floor);
    return new TagTable(() => floor, maxRememberedTags ?? REMEMBERED_FOR_OTHERS, floor, true);
  }
}
