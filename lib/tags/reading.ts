import type { Tag } from './tag.js';

/** One run of a planned statement. */
export interface Reading<V> {
  /** The values behind a constant, several for a list. */
  valuesOf(constant: V): readonly unknown[];
  /** The rows as the driver answered them, by the names of their columns. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  depend(tag: Tag): void;
}

/** What an answer depends on because of one of its sources. */
export interface SourcePlan<V> {
  addTo(reading: Reading<V>): void;
}

/** More rows or values than this are not depended on one by one. */
export const MAX_READ_ROWS = 100;
