import { tableSpellings, type TableId, type TableSpelling } from './table-tags.js';
import { at, type InvalidationSink, type Tag, type TagPath } from './tag.js';

/** Says what a write does to the nodes below one table, under each spelling of that table. */
export class TableEffect {
  private readonly own: TableSpelling;
  private readonly other: TableSpelling | undefined;

  /** Touches the table itself. */
  constructor(
    private readonly into: InvalidationSink,
    table: TableId,
  ) {
    const { own, other, namesakes } = tableSpellings(table);
    this.own = own;
    this.other = other;
    into.touch(own.table);
    if (other !== undefined) into.touch(other.table);
    if (namesakes !== undefined) into.sweep(namesakes);
  }

  /** Whether anything that is said of changes concerns anybody. */
  get areChangesHeard(): boolean {
    return this.isHeard(this.own.changes, this.other?.changes);
  }

  /** Whether anything that is said of the node, or below it, concerns anybody. */
  isHeardBelow(node: TagPath): boolean {
    const { own, other } = this;
    return this.isHeard(at(own.table, node), other && at(other.table, node));
  }

  /** Whether anybody would tell apart what is said below the node; to all others its sweep says enough. */
  tellsApart(node: TagPath): boolean {
    const { into, own, other } = this;
    return into.tellsApart(at(own.table, node)) || (other !== undefined && into.tellsApart(at(other.table, node)));
  }

  touch(node: TagPath): this {
    this.into.touch(at(this.own.table, node));
    if (this.other !== undefined) this.into.touch(at(this.other.table, node));
    return this;
  }

  sweep(node: TagPath): this {
    this.into.sweep(at(this.own.table, node));
    if (this.other !== undefined) this.into.sweep(at(this.other.table, node));
    return this;
  }

  private isHeard(own: Tag, other: Tag | undefined): boolean {
    return this.into.knows(own) || (other !== undefined && this.into.knows(other));
  }
}
