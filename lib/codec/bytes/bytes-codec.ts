import { bufferOf } from '../../support/buffer-of.js';
import { ClassLibrary, type ClassKnowledge } from '../copy/class-knowledge.js';
import type { DescribeClass } from '../copy/class-shape.js';
import { ByteReader, type MakeRow } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { StableNames, type FindClass, type RegisteredClass } from './class-names.js';
import { BEST_COMPRESSION, Compression, compress, decompress } from './compression.js';
import * as format from './format.js';
import { GraphDecoder } from './graph-decoder.js';
import { GraphEncoder } from './graph-encoder.js';
import { makeRowOf } from './make-row.js';
import { sampleOf } from './row-sample.js';
import { entriesOf } from './row-shape.js';
import { TreeEncoder } from './tree-encoder.js';
import { unencodable } from './unencodable.js';

/** What a codec knows beside the language. */
export interface BytesCodecOptions {
  /** What is known of entity classes. */
  readonly describe?: DescribeClass;
  /** Finds them again by the names in their descriptions. */
  readonly find?: FindClass;
  /** Other classes, by the names that bytes call them. */
  readonly classes?: Readonly<Record<string, Function | RegisteredClass>>;
  /**
   * Bytes from which on a value is compressed; `Infinity` for never.
   *
   * @default {@link COMPRESS_FROM}
   */
  readonly compressFrom?: number;
}

/**
 * Measured on rows of varied text, deflate level 1, Node 20 (us; decoding beside it):
 *
 *   bytes      -> compressed   deflate   inflate   decode
 *     989          538            20         6        3
 *    3142         1446            32        10        7
 *   12330         4728           113        21       29
 *   24555         8983           199        79      131
 *
 * Inflating costs about what decoding costs. At 1 Gbit/s that is repaid from some 3 KB on, by the time on the wire; but
 * in the memory of a process or on its own machine (5 us per 20 KB) never, so only what is large is compressed, for the
 * room it takes. It is synchronous, because a hit in memory is.
 */
export const COMPRESS_FROM = 16 * 1024;

/** A value that was in bytes. */
export interface Decoded {
  readonly value: unknown;
}

/** What the rows of messages with one table are made by. */
interface Table {
  readonly classes: readonly ClassKnowledge[];
  readonly rows: readonly MakeRow[];
  uses: number;
  /** See {@link sampleOf}. */
  samples: readonly object[];
}

const MOST_TABLES = 512;

/** Version, flags, and the size of what was compressed. */
const COMPRESSED_HEAD = 6;

/**
 * Values to bytes and back: exactly, in any process of the same application, and each time a value of its own.
 *
 * Instances come back as instances of their classes, built by functions compiled for them.
 */
export class BytesCodec {
  private readonly classes: ClassLibrary;
  private readonly names: StableNames;
  private trees: TreeEncoder | undefined;
  private reader: ByteReader | undefined = new ByteReader();
  private readonly compressFrom: number;
  /** Tables are few and come with every message, so each is read once. */
  private readonly tables = new Map<string, Table>();
  private tableCount = 0;

  constructor(options: BytesCodecOptions = {}) {
    this.classes = new ClassLibrary(options.describe ?? (() => undefined));
    this.names = new StableNames(this.classes, options.find ?? (() => undefined), options.classes ?? {});
    this.compressFrom = options.compressFrom ?? COMPRESS_FROM;
  }

  /**
   * The bytes of a value, in memory of their own.
   *
   * @throws ZooCacheError `UNENCODABLE_VALUE` when part of the value cannot be bytes: it names where, what, and the way out
   */
  encode(value: unknown): Uint8Array<ArrayBuffer> {
    // Getters and what writes a class may be code of the user, who may store in a cache meanwhile.
    const trees = this.trees ?? new TreeEncoder(this.classes, this.names, new ByteWriter());
    this.trees = undefined;
    try {
      const bytes = trees.encode(value) ?? this.encodeGraph(value, trees.out);
      return bytes.length < this.compressFrom ? bytes : compressed(bytes);
    } finally {
      this.trees = trees;
    }
  }

  private encodeGraph(value: unknown, out: ByteWriter): Uint8Array<ArrayBuffer> {
    const encoder = new GraphEncoder(this.classes, this.names, out);
    const bytes = encoder.encode(value);
    if (encoder.runsForeignCode) this.tryOut(bytes);
    return bytes;
  }

  /** Constructors, setters, listeners and `read` functions may fail, and a hit would be too late to say so. */
  private tryOut(bytes: Uint8Array): void {
    let cause: unknown;
    try {
      if (this.read(Buffer.from(bytes.buffer)) !== undefined) return;
    } catch (error) {
      cause = error;
    }
    throw unencodable(
      [],
      `an instance that its class does not make again (${cause instanceof Error ? cause.message : 'no reason given'})`,
      'See what its constructor, setters, @AfterLoad methods or `read` do, or return plain data instead',
      cause,
    );
  }

  /** The value of these bytes; `undefined` where they are no such bytes, or of another version of format or classes. */
  decode(bytes: Uint8Array): Decoded | undefined {
    try {
      const buffer = decompressed(bufferOf(bytes));
      return buffer && this.read(buffer);
    } catch {
      // Whatever it was, the value can be loaded again.
      return undefined;
    }
  }

  private read(bytes: Buffer): Decoded | undefined {
    const rowsFrom = format.FIXED_BYTES + bytes.readUInt32LE(2);
    const rowsTo = rowsFrom + bytes.readUInt32LE(6);
    if (rowsTo > bytes.length) return undefined;
    const table = this.tableOf(bytes.toString('latin1', format.FIXED_BYTES, rowsFrom));
    if (table === undefined) return undefined;
    const isGraph = (bytes[1] & format.IS_GRAPH) !== 0;
    const graph = isGraph ? new GraphDecoder(table.classes, this.names) : undefined;
    // What makes a row may be code of the user, who may read from a cache again.
    const reader = this.reader ?? new ByteReader();
    this.reader = undefined;
    try {
      // Fields may come to hold other things in time, so samples are renewed, ever more seldom.
      if ((++table.uses & (table.uses - 1)) > 0 || isGraph) {
        return { value: reader.read(bytes, rowsFrom, rowsTo, table.rows, graph) };
      }
      const met: (object | undefined)[] = [];
      const watched = table.rows.map((make, at) => (from: ByteReader) => (met[at] = make(from)));
      const value = reader.read(bytes, rowsFrom, rowsTo, watched, graph);
      table.samples = met.map((row, at) => sampleOf(row!, table.rows[at]));
      return { value };
    } finally {
      reader.forget();
      this.reader = reader;
    }
  }

  private tableOf(text: string): Table | undefined {
    let table = this.tables.get(text);
    if (table === undefined) {
      table = this.makeTable(text);
      // What is unknown now may be known later: a DataSource that is not connected yet.
      if (table === undefined) return undefined;
      if (this.tables.size === MOST_TABLES) this.tables.clear();
      this.tables.set(text, table);
    }
    return table;
  }

  private makeTable(text: string): Table | undefined {
    const classes: ClassKnowledge[] = [];
    const rows: MakeRow[] = [];
    for (const entry of entriesOf(Buffer.from(text, 'latin1').toString())) {
      const knowledge = this.names.named(entry.name, entry.fingerprint);
      if (knowledge === undefined) return undefined;
      const { prototype, shape } = knowledge;
      // Assigning to what a class has on its prototype could run code of it.
      if (entry.names.some((name) => name in prototype!)) return undefined;
      if (entry.getters.length > 0 && shape?.lazy === undefined) return undefined;
      classes.push(knowledge);
      rows.push(makeRowOf(knowledge, entry, `rows ${this.tableCount++}`));
    }
    return { classes, rows, uses: 0, samples: [] };
  }
}

/** The message as a whole is compressed, so that what comes out of it is one. */
function compressed(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const payload = compress(bytes, BEST_COMPRESSION);
  if (payload.length + COMPRESSED_HEAD >= bytes.length) return bytes;
  const message = Buffer.allocUnsafeSlow(payload.length + COMPRESSED_HEAD);
  message[0] = bytes[0];
  message[1] = bytes[1] | (BEST_COMPRESSION << 1);
  message.writeUInt32LE(bytes.length, 2);
  message.set(payload, COMPRESSED_HEAD);
  return message;
}

function decompressed(bytes: Buffer): Buffer | undefined {
  if (bytes[0] !== format.FORMAT_VERSION || bytes[1] > (format.IS_GRAPH | format.COMPRESSION)) return undefined;
  const compression = (bytes[1] & format.COMPRESSION) >> 1;
  if (compression === Compression.none) return bytes;
  const size = bytes.readUInt32LE(2);
  const message = decompress(bytes.subarray(COMPRESSED_HEAD), compression, size);
  return message?.length === size ? message : undefined;
}
