import { forEachSpelling, type TableId } from './table-tags.js';
import { at, type InvalidationSink, type TagPath } from './tag.js';

/** What a write does to the nodes below one table, before it is said under each spelling of that table. */
export class TableEffect {
  private readonly touches = new Set<TagPath>();
  private readonly sweeps = new Set<TagPath>();

  touch(node: TagPath): this {
    this.touches.add(node);
    return this;
  }

  sweep(node: TagPath): this {
    this.sweeps.add(node);
    return this;
  }

  /** Touches the table, and what is collected below it. */
  addTo(into: InvalidationSink, table: TableId): void {
    forEachSpelling(table, into, (spelling) => {
      into.touch(spelling);
      for (const node of this.touches) into.touch(at(spelling, node));
      for (const node of this.sweeps) into.sweep(at(spelling, node));
    });
  }
}
