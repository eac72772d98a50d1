import type { Reading } from './reading.js';
import type { RowIds } from './row-places.js';
import { CHANGED, rowNode } from './table-nodes.js';
import { at, type Tag } from './tag.js';

/** The rows of one source that an answer holds. */
export class SeenRows {
  private readonly anyChanged: Tag;

  /** @param unnamed what else an answer depends on whose rows are too many or cannot be named. */
  constructor(
    private readonly table: Tag,
    private readonly ids: RowIds,
    private readonly unnamed: readonly Tag[],
  ) {
    this.anyChanged = at(table, CHANGED);
  }

  addTo(reading: Reading<unknown>): void {
    const ids = this.ids.in(reading.rows);
    if (ids === undefined) {
      reading.depend(this.anyChanged);
      for (const tag of this.unnamed) reading.depend(tag);
      return;
    }
    for (const id of ids) reading.depend(at(this.table, rowNode(id)));
  }
}
