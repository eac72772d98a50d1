import type { StoredValue } from '../copy/stored-value.js';
import { sizeOfBinary } from '../size.js';
import type { BytesCodec } from './bytes-codec.js';
import { undecodable } from './undecodable.js';

/** Keeps values as their bytes: what a hit gives is decoded for it alone, and what is kept is counted to the byte. */
export class SerializedValues {
  constructor(private readonly codec: Pick<BytesCodec, 'encode' | 'decode'>) {}

  /**
   * The bytes of a value, their size, and how to hand a value out.
   *
   * @throws ZooCacheError `UNENCODABLE_VALUE` when part of the value cannot be bytes: it names where, what, and the way out
   */
  store(value: unknown): StoredValue {
    const bytes = this.codec.encode(value);
    return { value: bytes, bytes: sizeOfBinary(bytes.length), copy: this.copy };
  }

  private readonly copy = (bytes: unknown): unknown => {
    const decoded = this.codec.decode(bytes as Uint8Array);
    if (decoded !== undefined) return decoded.value;
    throw undecodable(bytes as Uint8Array);
  };
}
