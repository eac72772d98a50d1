import { tableAbove } from './table-tags.js';
import type { Tag } from './tag.js';

/**
 * The same dependencies with at most `limit` tags where that is possible: rows, columns and values become their tables.
 *
 * Every write touches its table too, so the table's node stands for all that is below, at the price of hearing about
 * the rest.
 */
export function widen(tags: Iterable<Tag>, limit: number): ReadonlySet<Tag> {
  const all = tags instanceof Set ? (tags as ReadonlySet<Tag>) : new Set(tags);
  if (all.size <= limit) return all;
  const wide = new Set<Tag>();
  for (const tag of all) wide.add(tableAbove(tag) ?? tag);
  return wide;
}
