import type { Decoded } from '../codec/bytes/bytes-codec.js';

/**
 * An answer that came from the shared storage, as memory keeps it at first: whoever brought it takes the value that was
 * decoded for him, and what stays is its bytes.
 *
 * Looking at a value to keep it takes three times as long as decoding it, and much of what comes from afar is asked for
 * once and never again.
 */
export class FarAnswer {
  constructor(
    private fresh: Decoded | undefined,
    readonly bytes: Uint8Array,
  ) {}

  /** The value that was decoded on arrival, for the first who asks; undefined for the others. */
  take(): Decoded | undefined {
    const { fresh } = this;
    this.fresh = undefined;
    return fresh;
  }
}
