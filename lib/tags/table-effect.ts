import { tableSpellings, type TableId } from './table-tags.js';
import { at, type InvalidationSink, type Tag, type TagPath } from './tag.js';

/** Says what a write does to the nodes below one table, under each spelling of that table. */
export class TableEffect {
  private readonly own: Tag;
  private readonly other: Tag | undefined;

  /** Touches the table itself. */
  constructor(
    private readonly into: InvalidationSink,
    table: TableId,
  ) {
    const { own, other, namesakes } = tableSpellings(table);
    this.own = own;
    this.other = other;
    into.touch(own);
    if (other !== undefined) into.touch(other);
    if (namesakes !== undefined) into.sweep(namesakes);
  }

  touch(node: TagPath): this {
    this.into.touch(at(this.own, node));
    if (this.other !== undefined) this.into.touch(at(this.other, node));
    return this;
  }

  sweep(node: TagPath): this {
    this.into.sweep(at(this.own, node));
    if (this.other !== undefined) this.into.sweep(at(this.other, node));
    return this;
  }
}
