/** A value as the cache keeps it: out of everybody's reach, with its size, and the way to hand it out. */
export interface StoredValue<T = unknown> {
  /** The cache's own copy (or the value itself where nobody can change it); never hand it out without `copy`. */
  readonly value: T;
  /** What the value occupies on the heap and beside it, in bytes. */
  readonly bytes: number;
  /** The cheapest sound way to give a caller a value of its own; pure, synchronous, and right only for `value`. */
  readonly copy: (value: T) => T;
}
