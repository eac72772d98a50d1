import { crc32 } from 'node:zlib';
import { bufferOf } from '../../support/buffer-of.js';

/*
 * What stands around the bytes of a value in a storage that processes share
 * =========================================================================
 *
 *   ['Z'] [envelope version: 1 byte] [token: 8] [time to live: 8] [number of texts] [texts] [bytes of the value] [sum: 4]
 *
 *   a text: [units it has in common with the text before] [units of the rest * 2 + 1 if one of them is wide] [rest]
 *
 * The incarnation is the first text, the tags are the others: paths of one database, mostly of few tables, so what a
 * tag adds to the one before is short. A wide rest takes two bytes for a unit, any other one (latin1). The large numbers
 * are little-endian doubles, the small ones take seven bits to a byte, the lowest first.
 *
 * All that decides whether the entry is valid is read without touching the value, and the token, the incarnation and the
 * time without making a string: most entries that are not valid are neither decoded nor looked up.
 *
 * The sum is the CRC-32 of all before it, begun with the place of the entry. Of bytes that were changed at random three in
 * ten would say something else instead of nothing, a lost tag lets an entry outlive a write, and an answer to another
 * question, as from a proxy that has lost count, is whole in itself. So it is looked at first, and nothing else is checked.
 */

/** An entry to be stored. */
export interface Envelope {
  /** The position of the log before the value was asked of the database. */
  readonly token: number;
  /** The unbroken life of the log that the token belongs to. */
  readonly incarnation: string;
  /** What the value depends on. */
  readonly tags: readonly string[];
  /** How long it was to live when it was stored, in milliseconds; `Infinity` for no end. */
  readonly ttlMs: number;
  /** The bytes of the value, as a codec made them. */
  readonly value: Uint8Array;
}

/** An entry that was stored. */
export interface OpenedEnvelope extends Pick<Envelope, 'token' | 'ttlMs'> {
  /** The bytes of the value, not yet decoded: a view of the bytes that were opened. */
  readonly value: Uint8Array;
  /** Whether the token belongs to this incarnation. */
  isOf(incarnation: string): boolean;
  /** The tags, in their order, as new strings with every call. */
  tags(): string[];
}

const MAGIC = 0x5a;
/** Raised with every change of what the header means. */
const VERSION = 3;
/** Where the number of texts is. */
const TEXTS = 18;
const SUM = 4;
/** The CRC-32 of any bytes and theirs behind them, whatever it was begun with: so one call compares, and copies nothing. */
const WHOLE = 0x2144df1c;
/** A length of a text takes no more bytes than this. */
const LENGTH = 5;

const WIDE = /[^\0-\xff]/;

/** Instead of an entry that is not what was sealed for its place. */
export const DAMAGED = Symbol('damaged');

/**
 * The place of what is stored under a text, as a number that two texts have in common once in four thousand million.
 *
 * FNV-1a on units; one call of the engine for a CRC takes twice as long on a key.
 *
 * @param within the place of what precedes the text
 */
export function placeOf(text: string, within = 0x811c9dc5): number {
  let place = within;
  for (let at = 0; at < text.length; at++) place = Math.imul(place ^ text.charCodeAt(at), 0x01000193);
  return place >>> 0;
}

/** The bytes of an entry for one place, in memory of their own. */
export function sealed({ token, incarnation, tags, ttlMs, value }: Envelope, place: number): Uint8Array<ArrayBuffer> {
  let most = TEXTS + LENGTH + textBytes(incarnation);
  for (const tag of tags) most += textBytes(tag);
  const header = Buffer.allocUnsafe(most);
  header[0] = MAGIC;
  header[1] = VERSION;
  header.writeDoubleLE(token, 2);
  header.writeDoubleLE(ttlMs, 10);
  let at = writeText(header, writeLength(header, TEXTS, tags.length + 1), '', incarnation);
  let former = incarnation;
  for (const tag of tags) {
    at = writeText(header, at, former, tag);
    former = tag;
  }
  const bytes = Buffer.allocUnsafeSlow(at + value.length + SUM);
  header.copy(bytes, 0, 0, at);
  bytes.set(value, at);
  const end = at + value.length;
  bytes.writeUInt32LE(crc32(bytes.subarray(0, end), place), end);
  return bytes;
}

/** The entry of these bytes from its place; `undefined` where they are none, or of another version. */
export function opened(given: Uint8Array, place: number): OpenedEnvelope | typeof DAMAGED | undefined {
  if (given[0] !== MAGIC || given[1] !== VERSION) return undefined;
  return crc32(given, place) === WHOLE ? new OpenedBytes(bufferOf(given)) : DAMAGED;
}

class OpenedBytes implements OpenedEnvelope {
  readonly token: number;
  readonly ttlMs: number;
  readonly value: Uint8Array;

  constructor(private readonly bytes: Buffer) {
    this.token = bytes.readDoubleLE(2);
    this.ttlMs = bytes.readDoubleLE(10);
    const texts = new Texts(bytes);
    for (let left = texts.count; left > 0; left--) texts.next();
    this.value = bytes.subarray(texts.to, -SUM);
  }

  isOf(incarnation: string): boolean {
    const { bytes } = this;
    const first = new Texts(bytes);
    first.next();
    const { from, units, isWide } = first;
    if (units !== incarnation.length) return false;
    for (let at = 0; at < units; at++) {
      const unit = isWide ? bytes[from + 2 * at] | (bytes[from + 2 * at + 1] << 8) : bytes[from + at];
      if (unit !== incarnation.charCodeAt(at)) return false;
    }
    return true;
  }

  tags(): string[] {
    const { bytes } = this;
    const texts = new Texts(bytes);
    const all: string[] = [];
    let text = '';
    for (let left = texts.count; left > 0; left--) {
      texts.next();
      // Slices of one large string would be made faster, and keep all of it in memory for as long as one tag is known.
      text = text.slice(0, texts.shared) + bytes.toString(texts.isWide ? 'utf16le' : 'latin1', texts.from, texts.to);
      all.push(text);
    }
    return all.slice(1);
  }
}

/** Goes from text to text. */
class Texts {
  readonly count: number;
  shared = 0;
  units = 0;
  isWide = false;
  /** Where the rest of the text begins and ends. */
  from = 0;
  to = TEXTS;

  constructor(private readonly bytes: Buffer) {
    this.count = this.length();
  }

  /** Goes to the next text. */
  next(): void {
    this.shared = this.length();
    const flagged = this.length();
    this.units = Math.floor(flagged / 2);
    this.isWide = flagged % 2 === 1;
    this.from = this.to;
    this.to += (this.isWide ? 2 : 1) * this.units;
  }

  /** `NaN` at the end of the bytes. */
  private length(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.bytes[this.to++];
      if (!(byte > 127)) return value + byte * factor;
      value += (byte - 128) * factor;
    }
  }
}

/** Writes what a text adds to another, and where the next byte is. */
function writeText(bytes: Buffer, at: number, former: string, text: string): number {
  const shared = unitsInCommon(former, text);
  const rest = text.slice(shared);
  at = writeLength(bytes, at, shared);
  if (WIDE.test(rest)) {
    at = writeLength(bytes, at, rest.length * 2 + 1);
    return at + bytes.write(rest, at, 'utf16le');
  }
  at = writeLength(bytes, at, rest.length * 2);
  for (let unit = 0; unit < rest.length; unit++) bytes[at++] = rest.charCodeAt(unit);
  return at;
}

function unitsInCommon(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let at = 0;
  while (at < most && one.charCodeAt(at) === other.charCodeAt(at)) at++;
  return at;
}

/** What a text takes at most. */
function textBytes({ length }: string): number {
  return 2 * LENGTH + 2 * length;
}

/** Where the next byte is. */
function writeLength(bytes: Uint8Array, at: number, value: number): number {
  for (; value > 127; value = Math.floor(value / 128)) bytes[at++] = (value % 128) | 128;
  bytes[at++] = value;
  return at;
}
