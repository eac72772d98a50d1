import { endOfSegment, longer, pathOf, type Tag, type TagPath } from './tag.js';

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

/** `A!`: some row was deleted of which nobody knows what it held. */
export const DELETED_BLINDLY = pathOf('~', '!');

/** `A*`: some row was updated or deleted. */
export const CHANGED = pathOf('~', '*');

/** One row, `A:id`; the id is canonical, see {@link canonicalId}. */
export function rowNode(id: string): TagPath {
  return longer(ROWS, id);
}

/**
 * `A@`: rows were updated or deleted of which nobody knows the ids, but what they held in some column. It stands below all rows, so
 * that a sweep of those covers it, in the place of a row whose id is the empty text: sharing it costs a needless miss.
 */
export const CHOSEN = rowNode('');

/** `A@c`: the node above all values of the column in rows that were chosen by their values. */
export function chosenNode(column: string): TagPath {
  return longer(CHOSEN, `@${column}`);
}

/** `A#c`: the column of some row was set. */
export function columnNode(column: string): TagPath {
  return longer(CHANGES, `#${column}`);
}

/** `A!c`: the column of some row was set, and nobody knows what else that row holds. */
export function blindColumnNode(column: string): TagPath {
  return longer(CHANGES, `!${column}`);
}

/** `A-c`: the node above all values of the column in rows that were deleted and are known as a whole. */
export function goneNode(column: string): TagPath {
  return longer(CHANGES, `-${column}`);
}

/** `A?c`: the node above all values that updates gave the column while the rest of the row was not known. */
export function setNode(column: string): TagPath {
  return longer(CHANGES, `?${column}`);
}

/** `A=c`: the node above all values of the column in rows that are known as a whole. */
export function heldNode(column: string): TagPath {
  return longer(CHANGES, `=${column}`);
}

/**
 * One value below {@link setNode}, {@link heldNode}, {@link goneNode}, {@link chosenNode} or {@link setWhereNode}. NULL, written `null`, has no
 * node of its own: it is a touch of the node above all values, which no value can spell.
 */
export function valueNode(group: TagPath, text: string | null): TagPath {
  return text === null ? group : longer(group, text);
}

/** The node above all that was set in rows which now hold the value, below {@link heldNode}. */
export function holderNode(held: TagPath, text: string | null): TagPath {
  return longer(held, text ?? NULL);
}

/** Swept as a whole, so that NULL needs a node here; the empty text, which shares it, costs a needless miss. */
const NULL = '';

/** `A=c:v?s`: the node above all values that column `s` was given in such rows, from the `A=c:v` of {@link holderNode}. */
export function setWhereNode(holder: TagPath, column: string): TagPath {
  return longer(holder, `?${column}`);
}

/** `A=c:v#s`: updates gave column `s` any value in such rows. */
export function anySetWhereNode(holder: TagPath, column: string): TagPath {
  return longer(holder, `#${column}`);
}

/**
 * The `A=c:v` of {@link holderNode} that a tag stands below; undefined for all other tags. A write may sweep it for anybody, and
 * tell apart what stands there to who holds any of it.
 */
export function holderAbove(tag: Tag): Tag | undefined {
  const start = tag.indexOf(HELD);
  if (start < 0) return undefined;
  const end = endOfSegment(tag, endOfSegment(tag, start + HELD.length) + 1);
  return end < tag.length ? (tag.slice(0, end) as Tag) : undefined;
}

/** How `A=c` begins below the table. */
const HELD = longer(CHANGES, '=');

/** Whether a tag that stands directly below `upper` is the node above all values of a column in known rows, `A=c` or `A-c`. */
export function isAboveValues(tag: Tag, upper: Tag): boolean {
  if (!upper.endsWith(CHANGES)) return false;
  const sign = tag[upper.length + 1];
  return (sign === '=' || sign === '-') && tag.length > upper.length + 2;
}

/** The node above all changes of the table, `A~`, if the tag says that rows were written of which nobody knows what they hold. */
export function blindBelow(tag: Tag): Tag | undefined {
  const at = tag.indexOf(BLIND);
  return at < 0 ? undefined : (tag.slice(0, at + CHANGES.length) as Tag);
}

/** How `A!` and `A!c` begin below the table. */
const BLIND = longer(CHANGES, '!');
