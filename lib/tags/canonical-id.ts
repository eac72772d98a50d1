/**
 * How the values of a column are compared by the database, as far as a row's name needs it.
 *
 * - `integer`: exact numbers, whatever JavaScript type carries them;
 * - `uuid`: hexadecimal digits, in any case and punctuation;
 * - `text`: compared by a collation of which only the broadest is assumed;
 * - `ascii-text`: the same where collations may also equate accents or ignore punctuation (MySQL's default ones do);
 * - `boolean`: true and false in their usual spellings;
 * - `date`: days in their usual spelling, `2026-11-20`;
 * - `other`: anything whose equality cannot be told from a text (decimals, floats, timestamps, JSON, binary).
 */
export type ValueKind = 'integer' | 'uuid' | 'text' | 'ascii-text' | 'boolean' | 'date' | 'other';

const INTEGER = /^-?\d+$/;

/** Texts of digits that are no longer are safe integers. */
const SAFE_LENGTH = 15;

const UUID = /^[0-9a-f]{32}$/;
const DAY = /^\d{4}-\d\d-\d\d$/;
const NON_ASCII = /[^\u0000-\u007f]/;

/**
 * A text that is the same for two values whenever the database calls them equal, or undefined when that cannot be
 * promised; then the caller must widen from the row to the table.
 *
 * Only that direction matters. Two different rows that share a name cost a needless miss, so text is folded further
 * than most collations do; two spellings of one row with different names would be a stale answer.
 */
export function canonicalValue(kind: ValueKind, value: unknown): string | undefined {
  switch (kind) {
    case 'integer':
      return canonicalInteger(value);
    case 'boolean':
      if (value === true || value === 1 || value === '1' || value === 'true') return '1';
      return value === false || value === 0 || value === '0' || value === 'false' ? '0' : undefined;
    case 'uuid': {
      if (typeof value !== 'string') return undefined;
      const digits = value.toLowerCase().replace(/[-{}]/g, '');
      return UUID.test(digits) ? digits : undefined;
    }
    case 'text':
      return typeof value === 'string' ? canonicalText(value) : undefined;
    case 'ascii-text':
      if (typeof value !== 'string' || NON_ASCII.test(value)) return undefined;
      return value.toLowerCase().replace(/[^a-z0-9]/g, '');
    case 'date':
      return typeof value === 'string' && isDay(value) ? value : undefined;
    case 'other':
      return undefined;
  }
}

/**
 * Lower case comes first: NOCASE of SQLite equates `J` and `j` also in front of a combining caron, with which only the
 * second is a letter of its own to Unicode.
 */
function canonicalText(value: string): string | undefined {
  if (!NON_ASCII.test(value)) return value.toLowerCase().trimEnd();
  // Half a surrogate pair is stored as some other character, as a cut text may end with one.
  return value.isWellFormed() ? value.toLowerCase().normalize('NFKC').toLowerCase().trimEnd() : undefined;
}

/** Days that no calendar has may be stored as another one. */
function isDay(value: string): boolean {
  if (!DAY.test(value) || value.startsWith('0000')) return false;
  const day = Number(value.slice(8));
  if (day >= 1 && day <= 28) return value >= `${value.slice(0, 4)}-01` && value < `${value.slice(0, 4)}-13`;
  const time = Date.parse(value);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}

function canonicalInteger(value: unknown): string | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isSafeInteger(value) ? String(value === 0 ? 0 : value) : undefined;
    case 'bigint':
      return exactly(value);
    case 'string':
      if (!INTEGER.test(value)) return undefined;
      return value.length > SAFE_LENGTH ? exactly(BigInt(value)) : canonicalInteger(Number(value));
    // What MySQL and SQLite call a boolean is a number; elsewhere a number is never compared with one.
    case 'boolean':
      return value ? '1' : '0';
    default:
      return undefined;
  }
}

/** SQLite makes doubles of whole numbers that 64 bits do not hold, and several of those are the same double. */
function exactly(value: bigint): string | undefined {
  return value === BigInt.asIntN(64, value) ? value.toString() : undefined;
}

/**
 * The name of a row from the canonical values of its primary key, in the order of the key's columns; undefined when
 * one of them is.
 */
export function canonicalId(parts: readonly (string | undefined)[]): string | undefined {
  if (parts.length === 1) return parts[0];
  let id = '';
  for (const part of parts) {
    if (part === undefined) return undefined;
    id += `${part.length}.${part}`;
  }
  return id;
}

/** The parts that {@link canonicalId} joined; the id itself when it is no join of so many. */
export function partsOfId(id: string, count: number): readonly string[] {
  if (count < 2) return [id];
  const parts: string[] = [];
  let rest = id;
  while (rest !== '') {
    const [head, length] = /^(\d+)\./.exec(rest) ?? [];
    if (head === undefined) return [id];
    const end = head.length + Number(length);
    parts.push(rest.slice(head.length, end));
    rest = rest.slice(end);
  }
  return parts.length === count ? parts : [id];
}
