import type { Reading } from './reading.js';
import type { RowIds } from './row-places.js';
import type { TableInfo } from './table-info.js';
import { CHANGED, CHOSEN, rowNode } from './table-nodes.js';
import { tableTag } from './table-tags.js';
import { at, type Tag } from './tag.js';

/** The rows of one source that an answer holds. */
export class SeenRows {
  private readonly table: Tag;
  private readonly anyChanged: Tag;
  private readonly anyChosen: Tag | undefined;

  /** @param unnamed what else an answer depends on whose rows are too many or cannot be named. */
  constructor(
    table: TableInfo,
    private readonly ids: RowIds,
    private readonly unnamed: readonly Tag[],
  ) {
    this.table = tableTag(table.id);
    this.anyChanged = at(this.table, CHANGED);
    this.anyChosen = anyChosenOf(table);
  }

  /** @param values those that each of the rows holds one of, as nodes of `A@c`; undefined where that is not known */
  addTo(reading: Reading<unknown>, values: () => readonly Tag[] | undefined): void {
    const ids = this.ids.in(reading.rows);
    if (ids === undefined) {
      reading.depend(this.anyChanged);
      for (const tag of this.unnamed) reading.depend(tag);
      return;
    }
    for (const id of ids) reading.depend(at(this.table, rowNode(id)));
    if (this.anyChosen === undefined || ids.size === 0) return;
    const held = values();
    if (held === undefined) reading.depend(this.anyChosen);
    else for (const value of held) reading.depend(value);
  }
}

/** Rows of which nothing is known but their ids. */
export const ANY_VALUES = (): undefined => undefined;

/** `A@`, which whoever depends on rows of the table depends on, too, unless he knows what they hold; undefined where nobody says it. */
export function anyChosenOf(table: TableInfo): Tag | undefined {
  return table.hidesChosenRows === true ? at(tableTag(table.id), CHOSEN) : undefined;
}
