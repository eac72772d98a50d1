import { keywordOf } from './keywords.js';
import type { Dialect } from './statement.js';
import {
  AMPERSAND,
  AT,
  BACKSLASH,
  CLOSE,
  CLOSE_BRACKET,
  COLON,
  CONTINUED,
  DOLLAR,
  DOT,
  DOUBLED,
  EXCLAMATION_MARK,
  LITERAL,
  NAME,
  NAMED_PARAMETER,
  NUMBER,
  OPEN,
  OPEN_BRACKET,
  PARAMETER,
  PLAIN,
  STRING,
  STRING_OR_NAME,
  type Tokens,
  UNICODE,
  VARIABLE,
  WORD,
} from './tokens.js';

const QUOTE = 39;
const DOUBLE_QUOTE = 34;
const BACKTICK = 96;
const BACKSLASH_CODE = 92;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const SLASH = 47;
const ASTERISK = 42;
const HYPHEN = 45;
const PLUS = 43;
const HASH = 35;
const DOLLAR_CODE = 36;
const QUESTION_MARK = 63;
const UNDERSCORE = 95;
const BYTE_ORDER_MARK = 0xfeff;

const SPACE_CLASS = 1;
const LETTER_CLASS = 2;
const DIGIT_CLASS = 3;

const classes = new Uint8Array(128);
for (const code of [9, 10, 11, 12, 13, 32]) classes[code] = SPACE_CLASS;
for (let code = 65; code <= 90; code++) classes[code] = classes[code + 32] = LETTER_CLASS;
classes[UNDERSCORE] = LETTER_CLASS;
for (let code = 48; code <= 57; code++) classes[code] = DIGIT_CLASS;

const isLetter = (code: number): boolean => code >= 128 || classes[code] === LETTER_CLASS;
const isDigit = (code: number): boolean => code < 128 && classes[code] === DIGIT_CLASS;
const isSpace = (code: number): boolean => code < 128 && classes[code] === SPACE_CLASS;
const isNamePart = (code: number): boolean => code >= 128 || classes[code] >= LETTER_CLASS || code === DOLLAR_CODE;
/** Past the end of a text charCodeAt answers NaN, which belongs to no class. */
const isNameEnd = (code: number): boolean => !(code >= 128 || classes[code] >= LETTER_CLASS || code === DOLLAR_CODE);

/** Spaces that only some databases take for spaces. */
const isForeignSpace = (code: number): boolean =>
  code === 0x85 ||
  code === 0xa0 ||
  code === 0x1680 ||
  (code >= 0x2000 && code <= 0x200f) ||
  code === 0x2028 ||
  code === 0x2029 ||
  code === 0x202f ||
  code === 0x205f ||
  code === 0x3000 ||
  code === BYTE_ORDER_MARK;

/** The newest server version whose executed comments every supported server executes (MySQL 5.7, MariaDB 10). */
const OLDEST_SERVER = 50699;

/**
 * Cuts a text into tokens in one pass over its characters: every character is looked at a bounded number of times, whatever the
 * text. What two servers of one dialect would read differently makes the text doubtful instead of being guessed.
 */
export function tokenize(sql: string, dialect: Dialect, tokens: Tokens): void {
  tokens.reset(sql, dialect);
  new Tokenizer(sql, dialect, tokens).run();
  tokens.finish();
}

class Tokenizer {
  private readonly length: number;
  private readonly postgres: boolean;
  private readonly mysql: boolean;
  private readonly sqlite: boolean;
  private readonly generic: boolean;
  /** Indexes of the brackets that are still open. */
  private readonly open: number[] = [];
  private at = 0;
  private parameters = 0;
  /** The last question mark was followed by its number. */
  private areNumbered = false;
  private inExecutedComment = false;
  /** Whether it is known what a backslash in front of a quote means, or that nobody knows. */
  private surelyEscapes = false;

  constructor(
    private readonly sql: string,
    dialect: Dialect,
    private readonly tokens: Tokens,
  ) {
    this.length = sql.length;
    this.postgres = dialect === 'postgres';
    this.mysql = dialect === 'mysql';
    this.sqlite = dialect === 'sqlite';
    this.generic = dialect === 'generic';
  }

  run(): void {
    const { sql, length, tokens } = this;
    while (this.at < length) {
      const start = this.at;
      const code = sql.charCodeAt(start);
      if (isSpace(code)) {
        this.at++;
        continue;
      }
      if (isLetter(code)) {
        this.word(start, code);
        continue;
      }
      if (isDigit(code)) {
        this.number(start);
        continue;
      }
      switch (code) {
        case DOUBLE_QUOTE:
          if (this.mysql) this.quoted(start, start, code, STRING_OR_NAME, true);
          else this.quoted(start, start, code, NAME, false);
          break;
        case QUOTE:
          this.quoted(start, start, code, STRING, this.mysql);
          break;
        case BACKTICK:
          if (this.postgres) this.punctuation(code);
          else this.quoted(start, start, code, NAME, false);
          break;
        case OPEN_BRACKET:
          if (this.postgres || this.mysql) {
            this.open.push(tokens.count);
            this.punctuation(code);
          } else this.bracketed(start);
          break;
        case OPEN:
          this.open.push(tokens.count);
          this.punctuation(code);
          break;
        case CLOSE:
          this.close(code, OPEN);
          break;
        case CLOSE_BRACKET:
          this.close(code, OPEN_BRACKET);
          break;
        case DOT:
          if (isDigit(sql.charCodeAt(start + 1)) && !this.followsName(start)) this.number(start);
          else this.punctuation(code);
          break;
        case HYPHEN:
          if (sql.charCodeAt(start + 1) === HYPHEN && this.opensLineComment(start)) this.lineComment(start);
          else this.punctuation(code);
          break;
        case SLASH:
          if (sql.charCodeAt(start + 1) === ASTERISK) this.blockComment(start);
          else this.punctuation(code);
          break;
        case ASTERISK:
          if (this.inExecutedComment && sql.charCodeAt(start + 1) === SLASH) {
            this.inExecutedComment = false;
            this.at += 2;
          } else this.punctuation(code);
          break;
        case HASH:
          if (this.mysql) this.lineComment(start);
          else if (this.generic) this.word(start, code);
          else this.punctuation(code);
          break;
        case QUESTION_MARK:
          this.questionMark(start);
          break;
        case DOLLAR_CODE:
          this.dollar(start);
          break;
        case COLON:
          // PostgreSQL has casts and slices there: `a[:n]` ends at the column n.
          if (this.postgres) this.punctuation(code);
          else if (isLetter(sql.charCodeAt(start + 1)) && !this.followsColon(start)) this.named(start, start + 1);
          else if (!this.mysql && isDigit(sql.charCodeAt(start + 1))) this.named(start, start + 1);
          else this.punctuation(code);
          break;
        case AT:
          if (this.postgres) this.punctuation(code);
          else this.atSign(start);
          break;
        default:
          if (code === 0) tokens.isDoubtful = true;
          this.punctuation(code);
      }
    }
    if (this.open.length > 0 || this.inExecutedComment) tokens.isDoubtful = true;
    for (const index of this.open) tokens.links[index] = -1;
  }

  private punctuation(code: number): void {
    this.tokens.push(code < 32 ? EXCLAMATION_MARK : code, this.at, this.at + 1, -1, undefined);
    this.at++;
  }

  private close(code: number, opening: number): void {
    const { tokens, open } = this;
    if (open.length > 0 && tokens.kinds[open[open.length - 1]] === opening) {
      tokens.links[open.pop() as number] = tokens.count;
    } else if (opening === OPEN || this.postgres) tokens.isDoubtful = true;
    this.punctuation(code);
  }

  private word(start: number, first: number): void {
    const { sql, length } = this;
    // A byte order mark is a space of SQLite where a token could begin.
    if (first === BYTE_ORDER_MARK && (this.sqlite || start === 0)) {
      this.at++;
      return;
    }
    let ascii = true;
    let at = start;
    for (; at < length; at++) {
      const code = sql.charCodeAt(at);
      if (code >= 128) {
        ascii = false;
        if (this.generic && isForeignSpace(code)) this.tokens.isDoubtful = true;
      } else if (classes[code] < LETTER_CLASS && code !== DOLLAR_CODE) {
        if (!this.generic || (code !== HASH && code !== AT)) break;
      }
    }
    const next = sql.charCodeAt(at);
    if (next === QUOTE && at - start <= 2 && this.prefixed(start, at)) return;
    if (next === AMPERSAND && at - start === 1 && this.unicodeQuoted(start, at)) return;
    this.at = at;
    const text = sql.slice(start, at);
    const previous = this.tokens.count - 1;
    if (previous >= 0 && this.tokens.kinds[previous] === NAME && this.tokens.links[previous] === UNICODE) {
      if (text.toLowerCase() === 'uescape') this.tokens.isDoubtful = true;
    }
    this.tokens.push(WORD, start, at, -1, ascii ? keywordOf(text) : undefined);
  }

  /** A string with a letter in front: e'', b'', x'', n''. */
  private prefixed(start: number, quote: number): boolean {
    const prefix = this.sql.slice(start, quote).toLowerCase();
    if (prefix === 'e' && this.postgres) {
      this.escapeString(start, quote);
      return true;
    }
    // To SQLite b is a column in front of its alias.
    if (prefix === 'x' || (prefix === 'b' && !this.sqlite)) {
      this.quoted(start, quote, QUOTE, LITERAL, this.mysql);
      return true;
    }
    if (prefix === 'n' && !this.sqlite) {
      this.quoted(start, quote, QUOTE, STRING, this.mysql);
      return true;
    }
    // Oracle's q'[…]' ends elsewhere than SQL Server would end the same characters.
    if ((prefix === 'q' || prefix === 'nq') && this.generic) this.tokens.isDoubtful = true;
    return false;
  }

  /** U&"…" and U&'…', whose escape character a UESCAPE behind it may change. */
  private unicodeQuoted(start: number, ampersand: number): boolean {
    const letter = this.sql.charCodeAt(start) | 32;
    const quote = this.sql.charCodeAt(ampersand + 1);
    if (letter !== 117 || !(this.postgres || this.generic) || (quote !== QUOTE && quote !== DOUBLE_QUOTE)) return false;
    const index = this.tokens.count;
    this.quoted(start, ampersand + 1, quote, quote === QUOTE ? LITERAL : NAME, false);
    if (this.tokens.count > index && quote === DOUBLE_QUOTE) this.tokens.links[index] = UNICODE;
    return true;
  }

  private quoted(start: number, open: number, quote: number, kind: number, backslashes: boolean): void {
    const { sql, length, tokens } = this;
    let decoding = PLAIN;
    for (let at = open + 1; at < length; at++) {
      const code = sql.charCodeAt(at);
      if (code === quote) {
        if (sql.charCodeAt(at + 1) !== quote) {
          tokens.push(kind, start, at + 1, decoding, undefined);
          this.at = at + 1;
          return;
        }
        if (decoding === PLAIN) decoding = DOUBLED;
        at++;
      } else if (code === BACKSLASH_CODE) {
        if (backslashes) {
          decoding = BACKSLASH;
          at++;
          if (this.mysql) this.escaped(sql.charCodeAt(at), quote, open);
        }
      } else if (code === QUESTION_MARK) {
        if (this.mysql) tokens.hasUnsurePlaces = true;
      } else if (code === 0) tokens.isDoubtful = true;
    }
    this.unterminated();
  }

  /** What stands behind a backslash in a string of MySQL. */
  private escaped(code: number, quote: number, open: number): void {
    if (code === QUESTION_MARK) this.tokens.hasUnsurePlaces = true;
    else if (code === quote && !this.surelyEscapes) {
      if (endsWithoutEscapes(this.sql, open)) this.tokens.isDoubtful = true;
      // A server that would read it otherwise refuses the text.
      this.surelyEscapes = true;
    }
  }

  /** E'…' of PostgreSQL; a further piece on a later line is read with the same escapes. */
  private escapeString(start: number, open: number): void {
    this.quoted(start, open, QUOTE, STRING, true);
    for (let next = this.continuation(); next >= 0; next = this.continuation()) {
      this.tokens.count--;
      this.quoted(start, next, QUOTE, STRING, true);
      if (this.at < this.length || !this.tokens.isDoubtful) this.tokens.links[this.tokens.count - 1] = CONTINUED;
    }
  }

  /** Where the next piece of a string that goes on behind a line break begins, or -1. */
  private continuation(): number {
    const { sql, length } = this;
    let at = this.at;
    let newline = false;
    while (at < length) {
      const code = sql.charCodeAt(at);
      if (code === NEWLINE || code === CARRIAGE_RETURN) newline = true;
      else if (code === HYPHEN && sql.charCodeAt(at + 1) === HYPHEN) {
        at = this.lineEnd(at);
        continue;
      } else if (!isSpace(code)) return newline && code === QUOTE ? at : -1;
      at++;
    }
    return -1;
  }

  private bracketed(start: number): void {
    const { sql, length, tokens } = this;
    let decoding = PLAIN;
    for (let at = start + 1; at < length; at++) {
      const code = sql.charCodeAt(at);
      if (code === CLOSE_BRACKET) {
        if (this.generic && sql.charCodeAt(at + 1) === CLOSE_BRACKET) {
          decoding = DOUBLED;
          at++;
          continue;
        }
        tokens.push(NAME, start, at + 1, decoding, undefined);
        this.at = at + 1;
        return;
      }
      // An array subscript or constructor of some other database, which could hold a query.
      if (this.generic && (code === OPEN || code === OPEN_BRACKET)) tokens.isDoubtful = true;
    }
    this.unterminated();
  }

  private unterminated(): void {
    this.tokens.isDoubtful = true;
    this.at = this.length;
  }

  private followsName(start: number): boolean {
    const { tokens } = this;
    const index = tokens.count - 1;
    const kind = tokens.kinds[index];
    return (
      index >= 0 &&
      tokens.ends[index] === start &&
      (kind === WORD || kind === NAME || kind === STRING_OR_NAME || kind === CLOSE)
    );
  }

  private followsColon(start: number): boolean {
    return start > 0 && this.sql.charCodeAt(start - 1) === COLON;
  }

  private number(start: number): void {
    const { sql } = this;
    if (this.mysql && sql.charCodeAt(start) !== DOT && this.wordOfDigits(start)) return;
    let at = start;
    let kind = NUMBER;
    const second = sql.charCodeAt(start + 1) | 32;
    if (sql.charCodeAt(start) === 48 && (second === 120 || second === 111 || second === 98) && !this.mysql) {
      at = start + 2;
      while (isHexadecimal(sql.charCodeAt(at))) at++;
      kind = LITERAL;
    } else {
      while (isDigit(sql.charCodeAt(at))) at++;
      if (sql.charCodeAt(at) === DOT) {
        at++;
        while (isDigit(sql.charCodeAt(at))) at++;
      }
      const code = sql.charCodeAt(at);
      if (code === 101 || code === 69) {
        const sign = sql.charCodeAt(at + 1);
        const digits = sign === PLUS || sign === HYPHEN ? at + 2 : at + 1;
        if (isDigit(sql.charCodeAt(digits))) {
          at = digits;
          while (isDigit(sql.charCodeAt(at))) at++;
        }
      }
      if (sql.charCodeAt(at) === UNDERSCORE && isDigit(sql.charCodeAt(at + 1))) {
        while (isDigit(sql.charCodeAt(at)) || sql.charCodeAt(at) === UNDERSCORE) at++;
        kind = LITERAL;
      }
    }
    this.tokens.push(kind, start, at, -1, undefined);
    this.at = at;
  }

  /** MySQL: names may begin with digits, and what begins like a number may be one of them. */
  private wordOfDigits(start: number): boolean {
    const { sql, length } = this;
    let at = start;
    while (isDigit(sql.charCodeAt(at))) at++;
    const afterDot = this.tokens.count > 0 && this.tokens.kinds[this.tokens.count - 1] === DOT;
    const digits = at;
    while (at < length && isNamePart(sql.charCodeAt(at))) at++;
    if (at === digits && !afterDot) return false;
    if (!afterDot) {
      const second = sql.charCodeAt(start + 1) | 32;
      if (sql.charCodeAt(start) === 48 && digits === start + 1 && (second === 120 || second === 98)) {
        let end = start + 2;
        while (isHexadecimal(sql.charCodeAt(end))) end++;
        if (end === at && end > start + 2) {
          this.tokens.push(LITERAL, start, end, -1, undefined);
          this.at = end;
          return true;
        }
      }
      if ((sql.charCodeAt(digits) | 32) === 101) {
        let end = digits + 1;
        if (end === at && (sql.charCodeAt(end) === PLUS || sql.charCodeAt(end) === HYPHEN)) {
          if (isDigit(sql.charCodeAt(end + 1))) return false;
        } else {
          while (isDigit(sql.charCodeAt(end))) end++;
          if (end === at && end > digits + 1) return false;
        }
      }
    }
    this.tokens.push(WORD, start, at, -1, undefined);
    this.at = at;
    return true;
  }

  /** MySQL wants a space behind the two hyphens: `5--1` is a subtraction. */
  private opensLineComment(start: number): boolean {
    if (!this.mysql) return true;
    const code = this.sql.charCodeAt(start + 2);
    return !(code > 32);
  }

  private lineEnd(start: number): number {
    const { sql, length } = this;
    for (let at = start; at < length; at++) {
      const code = sql.charCodeAt(at);
      if (code === NEWLINE) return at;
      if (code === CARRIAGE_RETURN) {
        if (this.postgres) return at;
        // Whether a bare carriage return ends a comment is not agreed upon.
        if (this.generic && sql.charCodeAt(at + 1) !== NEWLINE) this.tokens.isDoubtful = true;
      } else if (code === QUESTION_MARK) {
        if (this.mysql) this.tokens.hasUnsurePlaces = true;
      } else if (code === 0) this.tokens.isDoubtful = true;
    }
    return length;
  }

  private lineComment(start: number): void {
    this.at = this.lineEnd(start);
  }

  private blockComment(start: number): void {
    const { sql, length, tokens } = this;
    if (this.mysql && this.executedComment(start)) return;
    let depth = 1;
    for (let at = start + 2; at < length; at++) {
      const code = sql.charCodeAt(at);
      if (code === ASTERISK && sql.charCodeAt(at + 1) === SLASH) {
        at++;
        if (--depth === 0) {
          this.at = at + 1;
          return;
        }
      } else if (code === SLASH && sql.charCodeAt(at + 1) === ASTERISK) {
        if (this.postgres) {
          depth++;
          at++;
        } else if (this.generic) tokens.isDoubtful = true;
      } else if (code === QUESTION_MARK) {
        if (this.mysql) tokens.hasUnsurePlaces = true;
      } else if (code === 0) tokens.isDoubtful = true;
    }
    // SQLite lets a comment end with the text.
    if (!this.sqlite) tokens.isDoubtful = true;
    this.at = length;
  }

  /** `/*! … *\/` is part of the statement; with a version, only on servers at least that new. */
  private executedComment(start: number): boolean {
    const { sql } = this;
    let at = start + 2;
    const mariadb = sql.charCodeAt(at) === 77;
    if (mariadb) at++;
    if (sql.charCodeAt(at) !== EXCLAMATION_MARK) return false;
    const digits = ++at;
    while (at < digits + 6 && isDigit(sql.charCodeAt(at))) at++;
    const version = Number(sql.slice(digits, at));
    // Five digits, or six on newer servers: which of them are the version is itself a question of the server.
    if (mariadb || (at > digits && (version > OLDEST_SERVER || at - digits !== 5)) || this.inExecutedComment) {
      this.tokens.isDoubtful = true;
    }
    this.inExecutedComment = true;
    this.at = at;
    return true;
  }

  private questionMark(start: number): void {
    const { sql, tokens } = this;
    if (this.postgres) {
      this.punctuation(QUESTION_MARK);
      return;
    }
    if (this.mysql && sql.charCodeAt(start + 1) === QUESTION_MARK) {
      // The client writes a name here before the server sees the text.
      tokens.isDoubtful = true;
    }
    let at = start + 1;
    if (this.sqlite) while (isDigit(sql.charCodeAt(at))) at++;
    const isNumbered = at > start + 1;
    const position = isNumbered ? Number(sql.slice(start + 1, at)) : this.parameters + 1;
    if (this.parameters > 0 && isNumbered !== this.areNumbered) tokens.hasUnsurePlaces = true;
    this.areNumbered = isNumbered;
    this.parameters = Math.max(this.parameters, position);
    tokens.push(PARAMETER, start, at, position - 1, undefined);
    this.at = at;
  }

  private dollar(start: number): void {
    const { sql, tokens, length } = this;
    const next = sql.charCodeAt(start + 1);
    if (isDigit(next) && (this.postgres || this.generic)) {
      let at = start + 1;
      while (isDigit(sql.charCodeAt(at))) at++;
      tokens.push(PARAMETER, start, at, Math.min(Number(sql.slice(start + 1, at)) - 1, 0x7fff_ffff), undefined);
      this.at = at;
      return;
    }
    if (this.postgres) {
      let at = start + 1;
      if (isLetter(next))
        while (at < length && isNamePart(sql.charCodeAt(at)) && sql.charCodeAt(at) !== DOLLAR_CODE) at++;
      if (sql.charCodeAt(at) !== DOLLAR_CODE) {
        this.punctuation(DOLLAR_CODE);
        return;
      }
      const delimiter = sql.slice(start, at + 1);
      const close = sql.indexOf(delimiter, at + 1);
      if (close < 0) {
        this.unterminated();
        return;
      }
      this.at = close + delimiter.length;
      tokens.push(STRING, start, this.at, DOLLAR, undefined);
      return;
    }
    if (this.sqlite) this.named(start, start + 1);
    else this.word(start, DOLLAR_CODE);
  }

  private named(start: number, name: number): void {
    let at = name;
    while (!isNameEnd(this.sql.charCodeAt(at))) at++;
    // Tcl names of SQLite (`$a::b(c)`) and `@x.y` are beyond this, and beyond TypeORM.
    if (this.sqlite) this.tokens.hasUnsurePlaces = true;
    this.tokens.push(NAMED_PARAMETER, start, at, -1, undefined);
    this.at = Math.max(at, start + 1);
  }

  private atSign(start: number): void {
    const { sql, tokens } = this;
    const next = sql.charCodeAt(start + 1);
    if (this.generic && isDigit(next)) {
      let at = start + 1;
      while (isDigit(sql.charCodeAt(at))) at++;
      tokens.push(PARAMETER, start, at, Math.min(Number(sql.slice(start + 1, at)), 0x7fff_ffff), undefined);
      this.at = at;
      return;
    }
    if (next === AT) {
      let at = start + 2;
      while (!isNameEnd(sql.charCodeAt(at)) || sql.charCodeAt(at) === DOT) at++;
      tokens.push(VARIABLE, start, at, -1, undefined);
      this.at = at;
      return;
    }
    if (!this.mysql) {
      this.named(start, start + 1);
      return;
    }
    if (next === QUOTE || next === DOUBLE_QUOTE || next === BACKTICK) {
      this.quoted(start, start + 1, next, VARIABLE, next !== BACKTICK);
      return;
    }
    let at = start + 1;
    while (!isNameEnd(sql.charCodeAt(at)) || sql.charCodeAt(at) === DOT) at++;
    tokens.push(VARIABLE, start, at, -1, undefined);
    this.at = at;
  }
}

/**
 * Whether the text from `start` on, the opening quote of a string, is one that a server under NO_BACKSLASH_ESCAPES could take: no
 * string of it is left open, and no backslash stands outside of all.
 */
function endsWithoutEscapes(sql: string, start: number): boolean {
  for (let at = start; at < sql.length; at++) {
    const code = sql.charCodeAt(at);
    let close = at;
    if (code === QUOTE || code === DOUBLE_QUOTE || code === BACKTICK) close = sql.indexOf(sql[at], at + 1);
    else if (code === HASH || (code === HYPHEN && /^--\s/.test(sql.slice(at, at + 3)))) close = sql.indexOf('\n', at);
    else if (code === SLASH && sql.charCodeAt(at + 1) === ASTERISK) close = sql.indexOf('*/', at + 2);
    else if (code === BACKSLASH_CODE && sql[at + 1] !== 'N') return false;
    if (close < 0) return code === HASH || code === HYPHEN;
    at = close;
  }
  return true;
}

const isHexadecimal = (code: number): boolean =>
  isDigit(code) || code === UNDERSCORE || ((code | 32) >= 97 && (code | 32) <= 102);

/** Undoes what the quoting did; `link` is how (see tokens). */
export function unquote(sql: string, start: number, end: number, link: number): string | undefined {
  if (link === CONTINUED) return undefined;
  if (link === DOLLAR) {
    const tag = sql.indexOf('$', start + 1) + 1 - start;
    return sql.slice(start + tag, end - tag);
  }
  let open = start;
  let quote = sql.charCodeAt(open);
  while (open < end && quote !== QUOTE && quote !== DOUBLE_QUOTE && quote !== BACKTICK && quote !== OPEN_BRACKET) {
    quote = sql.charCodeAt(++open);
  }
  const inner = sql.slice(open + 1, end - 1);
  if (link === PLAIN) return inner;
  const character = quote === OPEN_BRACKET ? ']' : String.fromCharCode(quote);
  if (link === BACKSLASH) return unescape(inner, character, sql.charCodeAt(start) !== quote);
  const undoubled = inner.replaceAll(character + character, character);
  if (link !== UNICODE) return undoubled;
  return undoubled.replaceAll(/\\(?:\\|\+([0-9a-f]{6})|([0-9a-f]{4}))/gi, (_, long?: string, short?: string) => {
    const code = Number.parseInt(long ?? short ?? '5c', 16);
    return code <= 0x10_ffff ? String.fromCodePoint(code) : '';
  });
}

const escapes: Readonly<Record<string, string>> = { b: '\b', n: '\n', r: '\r', t: '\t' };

/** Backslash escapes of MySQL and of E''; numeric ones of PostgreSQL are left undecoded, which gives no value at all. */
function unescape(inner: string, quote: string, postgres: boolean): string | undefined {
  if (postgres && /\\[0-7xuUf]/.test(inner)) return undefined;
  return inner.replaceAll(
    new RegExp(`\\\\([^])|${quote}${quote}`, 'g'),
    (pair: string, escaped: string | undefined) => {
      if (escaped === undefined) return quote;
      if (escaped === '0') return '\0';
      if (escaped === 'Z' && !postgres) return '\u001a';
      // MySQL keeps the backslash of \% and \_ for LIKE.
      if ((escaped === '%' || escaped === '_') && !postgres) return pair;
      return escapes[escaped] ?? escaped;
    },
  );
}
