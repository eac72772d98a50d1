import type { Keyword } from './keywords.js';
import type { Dialect } from './statement.js';

/*
 * Token kinds. Punctuation is its own character code (33 to 126), so kinds of more than one character stay below 32.
 */
/** Past the last token. */
export const END = 0;
/** An unquoted name or keyword. */
export const WORD = 1;
/** A quoted name. */
export const NAME = 2;
/** A character string whose value is known. */
export const STRING = 3;
/** A constant whose value is not used: bit strings, hexadecimal numbers, strings with a character set. */
export const LITERAL = 4;
export const NUMBER = 5;
/** A parameter with a known position. */
export const PARAMETER = 6;
export const NAMED_PARAMETER = 7;
/** A session variable. */
export const VARIABLE = 8;
/** "x" in MySQL: a string, or a name under ANSI_QUOTES. */
export const STRING_OR_NAME = 9;

export const EXCLAMATION_MARK = 33;
export const AMPERSAND = 38;
export const OPEN = 40;
export const CLOSE = 41;
export const STAR = 42;
export const COMMA = 44;
export const MINUS = 45;
export const DOT = 46;
export const COLON = 58;
export const SEMICOLON = 59;
export const EQUALS = 61;
export const AT = 64;
export const OPEN_BRACKET = 91;
export const CLOSE_BRACKET = 93;
export const OPEN_BRACE = 123;
export const PIPE = 124;

/** How the text between the quotes has to be decoded (the link of a NAME, STRING or STRING_OR_NAME). */
export const PLAIN = 0;
export const DOUBLED = 1;
export const BACKSLASH = 2;
export const UNICODE = 3;
/** A dollar-quoted string, whose delimiters are longer than one character. */
export const DOLLAR = 4;
/** Several pieces that the database joins to one string. */
export const CONTINUED = 5;

const INITIAL_CAPACITY = 1024;
/** Buffers grown beyond this many tokens (about 1 MB) are given back after the statement. */
const KEPT_CAPACITY = 65_536;
/** How far past the last token may be looked; what stands there must be END and not the tokens of an earlier text. */
const LOOKAHEAD = 8;

/**
 * The tokens of one text as columns of numbers: an object per token costs more than the whole analysis. The buffers are used
 * again for the next text, so nothing may keep a reference into them.
 */
export class Tokens {
  sql = '';
  dialect: Dialect = 'generic';
  count = 0;
  kinds = new Uint8Array(INITIAL_CAPACITY);
  starts = new Int32Array(INITIAL_CAPACITY);
  ends = new Int32Array(INITIAL_CAPACITY);
  /** Of an opening bracket, its closing one (-1: none); of a parameter, its position; of quoted text, how to decode it. */
  links = new Int32Array(INITIAL_CAPACITY);
  keywords: (Keyword | undefined)[] = [];
  /** The text means different things to different servers, or ends inside a token: nothing told about it is certain. */
  isDoubtful = false;
  /**
   * Clients differ in which parameter gets which value: some of MySQL count question marks inside quotes and comments, and some of
   * SQLite only those that have neither a name nor a number.
   */
  hasUnsurePlaces = false;

  private capacity = INITIAL_CAPACITY;

  reset(sql: string, dialect: Dialect): void {
    this.sql = sql;
    this.dialect = dialect;
    this.count = 0;
    this.isDoubtful = false;
    this.hasUnsurePlaces = false;
  }

  /** Lets go of the text, and of buffers that a huge text has grown. */
  release(): void {
    this.sql = '';
    this.count = 0;
    if (this.capacity > KEPT_CAPACITY) {
      this.resize(INITIAL_CAPACITY, 0);
      this.keywords = [];
    }
  }

  push(kind: number, start: number, end: number, link: number, keyword: Keyword | undefined): void {
    const index = this.count;
    if (index + LOOKAHEAD >= this.capacity) this.resize(this.capacity * 2, index);
    this.kinds[index] = kind;
    this.starts[index] = start;
    this.ends[index] = end;
    this.links[index] = link;
    this.keywords[index] = keyword;
    this.count = index + 1;
  }

  /** Closes the list; everything behind the last token reads as END. */
  finish(): void {
    for (let index = this.count; index < this.count + LOOKAHEAD; index++) {
      this.kinds[index] = END;
      this.starts[index] = this.sql.length;
      this.ends[index] = this.sql.length;
      this.links[index] = -1;
      this.keywords[index] = undefined;
    }
  }

  private resize(capacity: number, kept: number): void {
    const grow = (from: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(capacity);
      to.set(from.subarray(0, kept));
      return to;
    };
    const kinds = new Uint8Array(capacity);
    kinds.set(this.kinds.subarray(0, kept));
    this.kinds = kinds;
    this.starts = grow(this.starts);
    this.ends = grow(this.ends);
    this.links = grow(this.links);
    this.capacity = capacity;
  }
}
