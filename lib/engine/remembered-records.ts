import { holderAbove } from '../tags/table-nodes.js';
import { sizeOf, type Invalidation, type Tag } from '../tags/tag.js';

/** Fewer records and tags than this are not looked through for those that can be forgotten. */
const FIRST_REVIEW = 64;

/** Records that name more tags than this together are kept as tags: of many writes, most name the same. */
const MAX_TAGS_OF_RECORDS = 4_096;

interface Remembered {
  readonly position: number;
  readonly invalidation: Invalidation;
  readonly size: number;
}

/**
 * What was invalidated while loads are running, for the tags that nobody holds before such a load has ended.
 *
 * Records are kept as they came, because most are never asked about: only when a load ends with a tag that is new, or
 * when they become many, are they taken apart.
 */
export class RememberedRecords {
  private records: Remembered[] = [];
  private tagsOfRecords = 0;

  /** Where each tag was last touched or swept, and swept, in older records: in the order of these positions. */
  private readonly touched = new Map<Tag, number>();
  private readonly swept = new Map<Tag, number>();

  /** How many records and tags there may be before they are looked through again. */
  private reviewAt = FIRST_REVIEW;

  /** The position of the last record. */
  private latest = 0;

  /** @param maxTags how many tags are remembered. */
  constructor(private readonly maxTags: number) {}

  /** About how many tags are remembered. */
  get size(): number {
    return this.tagsOfRecords + this.touched.size;
  }

  /** @returns the position up to which tags were forgotten because they are too many; 0 when none was. */
  add(invalidation: Invalidation, position: number): number {
    const size = sizeOf(invalidation);
    if (size === 0) return 0;
    this.latest = position;
    this.records.push({ position, invalidation, size });
    this.tagsOfRecords += size;
    if (this.tagsOfRecords <= Math.min(this.maxTags, MAX_TAGS_OF_RECORDS)) return 0;
    this.takeApart();
    let forgotten = 0;
    if (this.touched.size <= this.maxTags) return forgotten;
    for (const [tag, at] of this.touched) {
      // What one record says is forgotten together.
      if (this.touched.size <= this.maxTags / 2 && at > forgotten) break;
      this.touched.delete(tag);
      this.swept.delete(tag);
      forgotten = at;
    }
    return forgotten;
  }

  /**
   * Forgets what happened up to `position`, now or when it pays.
   *
   * @returns the position up to which something was forgotten; 0 when nothing was.
   */
  forgetUntil(position: number): number {
    if (position === Infinity) return this.forgetAll();
    // While loads overlap without a pause all is reviewed each time it has doubled, so a review costs O(1) a tag.
    if (this.records.length + this.touched.size < this.reviewAt) return 0;
    let forgotten = 0;
    for (const [tag, at] of this.touched) {
      if (at > position) break;
      this.touched.delete(tag);
      this.swept.delete(tag);
      forgotten = at;
    }
    const found = this.records.findIndex((record) => record.position > position);
    const count = found < 0 ? this.records.length : found;
    if (count > 0) forgotten = this.records[count - 1].position;
    this.records = this.records.slice(count);
    this.tagsOfRecords = this.records.reduce((sum, { size }) => sum + size, 0);
    this.reviewAt = Math.max(FIRST_REVIEW, 2 * (this.records.length + this.touched.size));
    return forgotten;
  }

  private forgetAll(): number {
    this.records = [];
    this.tagsOfRecords = 0;
    this.touched.clear();
    this.swept.clear();
    this.reviewAt = FIRST_REVIEW;
    return this.latest;
  }

  /**
   * Where the tag was last touched or swept, or perhaps, as whoever held what is above was told and nobody else; 0 when it was
   * not, as far as is remembered.
   */
  touchedAt(tag: Tag): number {
    this.takeApart();
    const position = this.touched.get(tag) ?? 0;
    const holder = holderAbove(tag);
    return holder === undefined ? position : Math.max(position, this.swept.get(holder) ?? 0);
  }

  /** The same for sweeps of exactly this tag. */
  sweptAt(tag: Tag): number {
    this.takeApart();
    return this.swept.get(tag) ?? 0;
  }

  private takeApart(): void {
    if (this.records.length === 0) return;
    for (const { position, invalidation } of this.records) {
      for (const tag of invalidation.touches) this.moved(tag, position);
      for (const tag of invalidation.sweeps) {
        this.moved(tag, position);
        this.swept.set(tag, position);
      }
    }
    this.records = [];
    this.tagsOfRecords = 0;
  }

  /** Last in the order, like its position. */
  private moved(tag: Tag, position: number): void {
    this.touched.delete(tag);
    this.touched.set(tag, position);
  }
}
