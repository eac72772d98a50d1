/**
 * What an item in process memory carries.
 *
 * Its place in the storage's queues is kept in the item itself, so an entry costs one object and no wrapper: a caller
 * extends this class with what it wants to remember. An item belongs to one storage at a time.
 */
export abstract class MemoryItem {
  readonly key: string;
  /** What the item counts for against `maxBytes`: all it occupies, key included. The storage's own while it is stored. */
  bytes: number;

  /** Storage's own: the neighbour that entered the queue before this item. */
  older: this | undefined = undefined;
  /** Storage's own: the neighbour that entered the queue after this item. */
  newer: this | undefined = undefined;
  /** Storage's own: uses since the item entered its queue, at most three. */
  uses: number;
  /** Storage's own: which queue holds the item, `0` for none. */
  queue: 0 | 1 | 2 = 0;

  constructor(key: string, bytes: number) {
    this.key = key;
    this.bytes = bytes;
    // Last, so that a hit finds it beside what the class below adds, which a hit reads as well.
    this.uses = 0;
  }
}
