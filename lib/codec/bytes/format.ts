/*
 * The bytes of a value
 * ====================
 *
 *   [format version: 1 byte] [flags: 1 byte] [length of what follows, if it is compressed: 4 bytes]
 *   [length of the table: 4 bytes] [length of the rows: 4 bytes] [table] [rows] [texts]
 *
 * The table names what the rows are made of, once: for each shape the name of its class, the class's fingerprint, and
 * the names of the properties. A row is then the number of its shape and the values of its properties in that order, so
 * an entity costs one byte more than its columns. All numbers are little-endian.
 *
 * Texts stand apart, joined to chunks: one call of the engine turns a chunk into a string, of which the others are
 * slices, which takes an eighth of the time of one call per text. A slice keeps its chunk in memory, so chunks are small.
 *
 * A value is a tree of rows, arrays and plain things, or (flag) a graph, in which every object has a number, may be
 * referred to again, and tells all of its properties with their attributes. Trees are what databases answer.
 *
 * What an older or newer version wrote, or a class whose columns have changed since, is not decodable: a miss.
 */

/** Raised with every change of what the bytes mean. */
export const FORMAT_VERSION = 1;

export const IS_GRAPH = 1;
/** The two flags that say how the rest is compressed. */
export const COMPRESSION = 6;

/** The version, the flags, and the lengths of table and rows. */
export const FIXED_BYTES = 10;

/** A number from 0 to 127 is its own tag; a text of up to 63 units has its length in the tag. */
export const TEXT = 0x80;
/** The first 16 shapes have tags of their own. */
export const ROW = 0xc0;
/** And so have arrays of up to 7 elements. */
export const ARRAY = 0xd0;
export const NULL = 0xe0;
export const UNDEFINED = 0xe1;
export const FALSE = 0xe2;
export const TRUE = 0xe3;
/** An index of an array that holds nothing. */
export const HOLE = 0xe4;
export const INT16 = 0xe5;
export const INT32 = 0xe6;
export const FLOAT64 = 0xe7;
export const BIGINT64 = 0xe8;
export const BIGINT = 0xe9;
export const DATE = 0xea;
export const LONG_TEXT = 0xeb;
export const MANY_ROW = 0xec;
export const LONG_ARRAY = 0xed;
export const BUFFER = 0xee;
export const UINT8_ARRAY = 0xef;
/** A plain object whose names stand beside its values, because too many like it have different ones. */
export const RECORD = 0xf0;
export const SYMBOL = 0xf1;
/** In graphs: an object that was met before. */
export const REFERENCE = 0xf2;
/** In graphs: an object with its kind, content and properties. */
export const OBJECT = 0xf3;

/** What an {@link OBJECT} is. */
export const Kind = {
  plain: 0,
  bare: 1,
  instance: 2,
  /** Built by its constructor, given its state through its accessors. */
  constructed: 3,
  array: 4,
  date: 5,
  regexp: 6,
  map: 7,
  set: 8,
  arrayBuffer: 9,
  view: 10,
  error: 11,
  boxed: 12,
  url: 13,
  searchParams: 14,
  /** Made by the transformer of the column that holds it. */
  transformed: 15,
  /** Made by what the user registered for its class. */
  registered: 16,
} as const;

/** Attributes of a property of an {@link OBJECT}. */
export const WRITABLE = 1;
export const ENUMERABLE = 2;
export const CONFIGURABLE = 4;
/** A lazy relation of TypeORM, to be defined anew. */
export const LAZY = 8;

/** A function that the constructor binds, to be left as it made it; of what no constructor makes, its class. */
export const GIVEN = 16;

/** How a chunk of texts is written. */
export const Encoding = { latin1: 0, utf8: 1, utf16: 2 } as const;
export const NAMES_OF_ENCODINGS = ['latin1', 'utf8', 'utf16le'] as const;
