import * as format from './format.js';

/**
 * A text of which a caller keeps a slice stays in memory as a whole, so a chunk is no larger than this many units
 * (as Node's pool of Buffers is, for the same reason), unless a single text is.
 */
const CHUNK = 4096;

const NOT_LATIN1 = /[^\0-\xff]/;

interface Chunk {
  readonly text: string;
  readonly encoding: number;
  readonly bytes: number;
}

/** Writes rows and texts; one is reused for all values, so that its room need not be made again. */
export class ByteWriter {
  private bytes = Buffer.allocUnsafeSlow(16 * 1024);
  private view = viewOf(this.bytes);
  private at = 0;
  private room = this.bytes.length - 16;

  private text = '';
  private textLength = 0;
  private chunks: Chunk[] = [];

  start(): void {
    this.at = 0;
    this.text = '';
    this.textLength = 0;
    this.chunks = [];
  }

  byte(value: number): void {
    if (this.at > this.room) this.grow(0);
    this.bytes[this.at++] = value;
  }

  number(value: number): void {
    if (this.at > this.room) this.grow(0);
    // Zero has a sign, which only a float keeps.
    if ((value | 0) === value && (value !== 0 || 1 / value > 0)) {
      if (value >= 0 && value < 128) {
        this.bytes[this.at++] = value;
      } else if (value >= -32768 && value < 32768) {
        this.bytes[this.at] = format.INT16;
        this.view.setInt16(this.at + 1, value, true);
        this.at += 3;
      } else {
        this.bytes[this.at] = format.INT32;
        this.view.setInt32(this.at + 1, value, true);
        this.at += 5;
      }
      return;
    }
    this.float(format.FLOAT64, value);
  }

  /** The tag and a number of 64 bits. */
  float(tag: number, value: number): void {
    if (this.at > this.room) this.grow(0);
    this.bytes[this.at] = tag;
    this.view.setFloat64(this.at + 1, value, true);
    this.at += 9;
  }

  /** What opens a row of the shape with this number. */
  row(shape: number): void {
    if (shape < 16) this.byte(format.ROW | shape);
    else {
      this.byte(format.MANY_ROW);
      this.length(shape);
    }
  }

  /** What opens an array. */
  array(length: number): void {
    if (length < 8) this.byte(format.ARRAY | length);
    else {
      this.byte(format.LONG_ARRAY);
      this.length(length);
    }
  }

  bigint(value: bigint): void {
    if (BigInt.asIntN(64, value) === value) {
      this.byte(format.BIGINT64);
      this.view.setBigInt64(this.at, value, true);
      this.at += 8;
    } else {
      this.byte(format.BIGINT);
      this.string(value.toString());
    }
  }

  string(value: string): void {
    const { length } = value;
    if (length < 64) {
      if (this.at > this.room) this.grow(0);
      this.bytes[this.at++] = format.TEXT | length;
    } else {
      this.byte(format.LONG_TEXT);
      this.length(length);
    }
    this.textLength += length;
    if (this.textLength > CHUNK && this.textLength > length) {
      this.endChunk();
      this.textLength = length;
    }
    this.text += value;
  }

  /** A number from 0 up, the shorter the smaller it is. */
  length(value: number): void {
    if (this.at > this.room) this.grow(0);
    while (value > 127) {
      this.bytes[this.at++] = (value % 128) | 128;
      value = Math.floor(value / 128);
    }
    this.bytes[this.at++] = value;
  }

  /** The tag, how many bytes follow, and the bytes. */
  binary(tag: number, value: Uint8Array): void {
    this.byte(tag);
    this.length(value.length);
    if (this.at + value.length > this.room) this.grow(value.length);
    this.bytes.set(value, this.at);
    this.at += value.length;
  }

  /** All that was written since the start, in memory of its own. */
  finish(flags: number, table: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
    this.endChunk();
    let tableBytes = 0;
    for (const part of table) tableBytes += part.length;
    let size = format.FIXED_BYTES + tableBytes + this.at;
    for (const chunk of this.chunks) size += 5 + chunk.bytes;

    const message = Buffer.allocUnsafeSlow(size);
    const view = viewOf(message);
    message[0] = format.FORMAT_VERSION;
    message[1] = flags;
    view.setUint32(2, tableBytes, true);
    view.setUint32(6, this.at, true);
    let at = format.FIXED_BYTES;
    for (const part of table) {
      message.set(part, at);
      at += part.length;
    }
    this.bytes.copy(message, at, 0, this.at);
    at += this.at;
    for (const { text, encoding, bytes } of this.chunks) {
      message[at] = encoding;
      view.setUint32(at + 1, bytes, true);
      message.write(text, at + 5, format.NAMES_OF_ENCODINGS[encoding]);
      at += 5 + bytes;
    }
    // A large value must not keep its room from the rest of the process.
    if (this.bytes.length > 1024 * 1024) this.resize(16 * 1024);
    this.start();
    return message;
  }

  private endChunk(): void {
    const { text } = this;
    this.text = '';
    if (text === '') return;
    const encoding = !NOT_LATIN1.test(text)
      ? format.Encoding.latin1
      : text.isWellFormed()
        ? format.Encoding.utf8
        : // UTF-8 cannot hold half a pair.
          format.Encoding.utf16;
    this.chunks.push({ text, encoding, bytes: Buffer.byteLength(text, format.NAMES_OF_ENCODINGS[encoding]) });
  }

  private grow(more: number): void {
    const former = this.bytes;
    this.resize(2 * (former.length + more));
    former.copy(this.bytes, 0, 0, this.at);
  }

  private resize(size: number): void {
    this.bytes = Buffer.allocUnsafeSlow(size);
    this.view = viewOf(this.bytes);
    this.room = size - 16;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
