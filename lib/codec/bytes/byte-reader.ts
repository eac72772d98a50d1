import * as format from './format.js';

/** Makes an object from what follows in the reader; a function compiled for one shape. */
export type MakeRow = (reader: ByteReader) => object;

/** Reads what stands in the general form. */
export interface GraphReader {
  object(reader: ByteReader): object;
  reference(number: number): object;
}

/** Bytes that no version of this format means anything by. */
export class UnreadableBytes extends Error {}

const NO_DATE = new Date(Number.NaN);
const NO_BYTES = Buffer.alloc(0);
const NO_VIEW: DataView = new DataView(NO_BYTES.buffer, 0, 0);
const NO_ROWS: readonly MakeRow[] = [];

/**
 * Reads the values of a message, one after the other.
 *
 * One reader is used for all messages: compiled code is bound to hidden classes, and V8 drops it at the next collection
 * after the last object of such a class has gone, which would be after every message.
 */
export class ByteReader {
  /** The message; compiled functions read from it. */
  bytes: Buffer = NO_BYTES;
  /** Where the next byte is; compiled functions move it on. */
  at = 0;
  private view = NO_VIEW;
  private to = 0;
  private rows = NO_ROWS;
  private graph: GraphReader | undefined = undefined;
  private nextChunk = 0;
  private chunk = '';
  private used = 0;
  private lastTime = Number.NaN;
  private lastDate = NO_DATE;

  /** The value of a message whose rows are between the two places, and whose texts follow. */
  read(bytes: Buffer, from: number, to: number, rows: readonly MakeRow[], graph: GraphReader | undefined): unknown {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = from;
    this.to = to;
    this.rows = rows;
    this.graph = graph;
    this.nextChunk = to;
    this.chunk = '';
    this.used = 0;
    const value = this.value();
    if (this.at !== to || this.used !== this.chunk.length || this.nextChunk !== bytes.length) {
      throw new UnreadableBytes('something is left');
    }
    return value;
  }

  /** Lets go of the message. */
  forget(): void {
    this.bytes = NO_BYTES;
    this.view = NO_VIEW;
    this.rows = NO_ROWS;
    this.graph = undefined;
    this.chunk = '';
    this.lastTime = Number.NaN;
    this.lastDate = NO_DATE;
  }

  value(): unknown {
    const tag = this.bytes[this.at++];
    return tag < format.TEXT ? tag : tag < format.ROW ? this.text(tag & 63) : this.other(tag);
  }

  /** What a tag opens that is neither a small number nor a short text. */
  other(tag: number): unknown {
    if (tag < format.ARRAY) return this.rows[tag & 15](this);
    if (tag < format.NULL) return this.array(tag & 15);
    switch (tag) {
      case format.NULL:
        return null;
      case format.UNDEFINED:
        return undefined;
      case format.FALSE:
        return false;
      case format.TRUE:
        return true;
      case format.DATE:
        return new Date(this.float());
      case format.INT16:
        this.at += 2;
        return this.view.getInt16(this.at - 2, true);
      case format.INT32:
        this.at += 4;
        return this.view.getInt32(this.at - 4, true);
      case format.FLOAT64:
        return this.float();
      case format.LONG_TEXT:
        return this.text(this.length());
      case format.MANY_ROW:
        return this.rows[this.length()](this);
      case format.LONG_ARRAY:
        return this.array(this.length());
      case format.BIGINT64:
        this.at += 8;
        return this.view.getBigInt64(this.at - 8, true);
      case format.BIGINT:
        return BigInt(this.string());
      case format.BUFFER:
        return Buffer.from(this.binary());
      case format.UINT8_ARRAY:
        return new Uint8Array(this.binary());
      case format.RECORD:
        return this.record();
      case format.SYMBOL:
        return this.symbol();
      case format.REFERENCE:
        return this.graph!.reference(this.length());
      case format.OBJECT:
        return this.graph!.object(this);
      default:
        throw new UnreadableBytes(`unknown tag ${tag}`);
    }
  }

  /** A text of so many units. */
  text(length: number): string {
    let end = this.used + length;
    if (end > this.chunk.length) {
      this.openChunk();
      end = length;
      if (end > this.chunk.length) throw new UnreadableBytes('a text is missing');
    }
    const text = this.chunk.slice(this.used, end);
    this.used = end;
    return text;
  }

  string(): string {
    const value = this.value();
    if (typeof value !== 'string') throw new UnreadableBytes('no text');
    return value;
  }

  byte(): number {
    return this.bytes[this.at++];
  }

  length(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.bytes[this.at++];
      if (byte < 128) return value + byte * factor;
      if (byte === undefined) throw new UnreadableBytes('a length is missing');
      value += (byte - 128) * factor;
    }
  }

  float(): number {
    this.at += 8;
    return this.view.getFloat64(this.at - 8, true);
  }

  /**
   * A Date of a row. Many have the time of the one before, as of creation and update, and a Date is copied in three
   * quarters of the time that V8 takes to make one of a number. Where there are rows no code of the user runs that could
   * change the last one before the message is read; there may be some in the general form, which has none.
   */
  date(): Date {
    const time = this.float();
    if (time === this.lastTime) return new Date(this.lastDate);
    this.lastTime = time;
    return (this.lastDate = new Date(time));
  }

  /** A view of the bytes that come with their length. */
  binary(): Buffer {
    const length = this.length();
    const from = this.at;
    this.at += length;
    if (this.at > this.to) throw new UnreadableBytes('bytes are missing');
    return this.bytes.subarray(from, this.at);
  }

  private array(length: number): unknown[] {
    // A literal is exactly as large as it must be, and most related rows are few.
    switch (length) {
      case 0:
        return [];
      case 1:
        return [this.value()];
      case 2:
        return [this.value(), this.value()];
      case 3:
        return [this.value(), this.value(), this.value()];
      default: {
        if (length > this.to - this.at) throw new UnreadableBytes('elements are missing');
        const array: unknown[] = [];
        for (let at = 0; at < length; at++) array.push(this.value());
        return array;
      }
    }
  }

  private record(): object {
    const record: Record<string, unknown> = {};
    for (let left = this.length(); left > 0; left--) {
      const name = this.string();
      record[name] = this.value();
    }
    return record;
  }

  private symbol(): symbol {
    const isRegistered = this.byte() === 1;
    const name = this.string();
    return isRegistered ? Symbol.for(name) : (Reflect.get(Symbol, name) as symbol);
  }

  private openChunk(): void {
    const from = this.nextChunk + 5;
    const to = from + this.view.getUint32(this.nextChunk + 1, true);
    const encoding = format.NAMES_OF_ENCODINGS[this.bytes[this.nextChunk]];
    if (to > this.bytes.length || encoding === undefined) throw new UnreadableBytes('texts are missing');
    this.chunk = this.bytes.toString(encoding, from, to);
    this.used = 0;
    this.nextChunk = to;
  }
}
