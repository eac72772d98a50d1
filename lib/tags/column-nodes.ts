import type { ColumnInfo, TableInfo } from './table-info.js';
import { blindColumnNode, chosenNode, columnNode, goneNode, heldNode, setNode } from './table-nodes.js';
import { pathOf, type TagPath } from './tag.js';

/** The nodes of one column of a table. */
export interface ColumnNodes {
  readonly column: ColumnInfo;
  /** `A#c` */
  readonly changed: TagPath;
  /** `A!c` */
  readonly blind: TagPath;
  /** `A-c` */
  readonly gone: TagPath;
  /** `A@c` */
  readonly chosen: TagPath;
  /** `A?c` */
  readonly set: TagPath;
  /** `A=c` */
  readonly held: TagPath;
  /** What `setWhereNode` puts below a node. */
  readonly setWhere: TagPath;
  /** What `anySetWhereNode` puts below a node. */
  readonly anySetWhere: TagPath;
}

const nodes = new WeakMap<TableInfo, readonly ColumnNodes[]>();

/** Those of all columns that are known; made once, because every write of a row needs them. */
export function nodesOfColumns(table: TableInfo): readonly ColumnNodes[] {
  let known = nodes.get(table);
  if (known === undefined) {
    known = (table.columns ?? []).map((column) => ({
      column,
      changed: columnNode(column.name),
      blind: blindColumnNode(column.name),
      gone: goneNode(column.name),
      chosen: chosenNode(column.name),
      set: setNode(column.name),
      held: heldNode(column.name),
      setWhere: pathOf(`?${column.name}`),
      anySetWhere: pathOf(`#${column.name}`),
    }));
    nodes.set(table, known);
  }
  return known;
}
