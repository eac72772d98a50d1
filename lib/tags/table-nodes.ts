import { pathOf, type TagPath } from './tag.js';

/*
 * What stands below a table: its rows below one node and everything about changes below another, so that "these rows,
 * but nobody knows which columns" and "some rows, but nobody knows which" are two sweeps at most. Namesakes of the table
 * in schemas that statements name stand below a third, which neither sweep reaches.
 */

/** The node above all rows, `A:`. Sweeping it says "rows changed whose ids are unknown". */
export const ROWS = pathOf(':');

/** The node above all nodes about changes. Sweeping it says "rows came, went or got other values, nobody knows which". */
export const CHANGES = pathOf('~');

/** `A+`: some row was inserted. */
export const INSERTED = pathOf('~', '+');

/** `A-`: some row was deleted. */
export const DELETED = pathOf('~', '-');

/** `A*`: some row was updated or deleted. */
export const CHANGED = pathOf('~', '*');

/** One row, `A:id`; the id is canonical, see {@link canonicalId}. */
export function rowNode(id: string): TagPath {
  return (ROWS + pathOf(id)) as TagPath;
}

/** `A#c`: the column of some row was set. */
export function columnNode(column: string): TagPath {
  return pathOf('~', `#${column}`);
}

/** `A?c`: the node above all values that updates gave the column while the rest of the row was not known. */
export function setNode(column: string): TagPath {
  return pathOf('~', `?${column}`);
}

/** `A=c`: the node above all values of the column in rows that are known as a whole. */
export function heldNode(column: string): TagPath {
  return pathOf('~', `=${column}`);
}

/**
 * One value below {@link setNode} or {@link heldNode}. NULL, written `null`, has no node of its own: it is a touch of the
 * node above all values, which no value can spell.
 */
export function valueNode(group: TagPath, text: string | null): TagPath {
  return text === null ? group : ((group + pathOf(text)) as TagPath);
}
