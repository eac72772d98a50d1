/*
 * What stands around the bytes of a value in a storage that processes share
 * =========================================================================
 *
 *   ['Z'] [envelope version: 1 byte] [length of the header: 4 bytes] [header] [bytes of the value]
 *
 *   header: [token: 8] [stored at: 8] [expires at: 8] [incarnation] [number of tags] [tags]
 *
 * Texts come with their length; numbers are little-endian. Everything that decides whether the entry is valid stands in
 * the header, which is read without touching the value: most entries that are not valid are never decoded.
 */

/** An entry as it is stored. */
export interface Envelope {
  /** The position of the log before the value was asked of the database. */
  readonly token: number;
  /** The unbroken life of the log that the token belongs to. */
  readonly incarnation: string;
  /** What the value depends on. */
  readonly tags: readonly string[];
  /** When it was stored and when it expires, in milliseconds of whoever stored it; `Infinity` for no expiry. */
  readonly storedAt: number;
  readonly expiresAt: number;
  /** The bytes of the value, as a codec made them; of an opened envelope a view of its bytes. */
  readonly value: Uint8Array;
}

const MAGIC = 0x5a;
/** Raised with every change of what the header means. */
const VERSION = 1;
const HEAD = 6;
const NUMBERS = 24;

/** The bytes of an entry, in memory of their own. */
export function sealed({ token, incarnation, tags, storedAt, expiresAt, value }: Envelope): Uint8Array<ArrayBuffer> {
  const texts = [incarnation, ...tags].map((text) => Buffer.from(text, 'utf16le'));
  const headerBytes = NUMBERS + 4 + texts.reduce((sum, text) => sum + 4 + text.length, 0);
  const bytes = Buffer.allocUnsafeSlow(HEAD + headerBytes + value.length);
  bytes[0] = MAGIC;
  bytes[1] = VERSION;
  bytes.writeUInt32LE(headerBytes, 2);
  bytes.writeDoubleLE(token, HEAD);
  bytes.writeDoubleLE(storedAt, HEAD + 8);
  bytes.writeDoubleLE(expiresAt, HEAD + 16);
  bytes.writeUInt32LE(texts.length, HEAD + NUMBERS);
  let at = HEAD + NUMBERS + 4;
  for (const text of texts) {
    bytes.writeUInt32LE(text.length, at);
    text.copy(bytes, at + 4);
    at += 4 + text.length;
  }
  bytes.set(value, at);
  return bytes;
}

/** The entry of these bytes, its value not yet decoded; `undefined` where they are none, or of another version. */
export function opened(given: Uint8Array): Envelope | undefined {
  if (given[0] !== MAGIC || given[1] !== VERSION || given.length < HEAD + NUMBERS + 4) return undefined;
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  const end = HEAD + bytes.readUInt32LE(2);
  if (end > bytes.length) return undefined;
  const texts: string[] = [];
  let at = HEAD + NUMBERS + 4;
  for (let left = bytes.readUInt32LE(HEAD + NUMBERS); left > 0; left--) {
    const from = at + 4;
    if (from > end) return undefined;
    at = from + bytes.readUInt32LE(from - 4);
    if (at > end) return undefined;
    texts.push(bytes.toString('utf16le', from, at));
  }
  const [incarnation, ...tags] = texts;
  if (at !== end || incarnation === undefined) return undefined;
  return {
    token: bytes.readDoubleLE(HEAD),
    storedAt: bytes.readDoubleLE(HEAD + 8),
    expiresAt: bytes.readDoubleLE(HEAD + 16),
    incarnation,
    tags,
    value: bytes.subarray(end),
  };
}
