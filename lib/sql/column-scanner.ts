import { STOPS, SUSPECT } from './keywords.js';
import { foldedName, identityOf } from './names.js';
import type { ColumnUse, OpenSource, SelectItem } from './open-select.js';
import { isScalar } from './scalar-functions.js';
import type { Dialect } from './statement.js';
import {
  CLOSE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  DOT,
  LITERAL,
  NAME,
  NAMED_PARAMETER,
  NUMBER,
  OPEN,
  OPEN_BRACE,
  OPEN_BRACKET,
  PARAMETER,
  SEMICOLON,
  STAR,
  STRING,
  STRING_OR_NAME,
  type Tokens,
  VARIABLE,
  WORD,
} from './tokens.js';

const MAX_DEPTH = 64;

/** Words behind an operand that want another one. */
const operators = new Set(
  (
    'and or xor div mod like ilike rlike regexp glob match between in is not escape overlaps when then else separator ' +
    'symmetric asymmetric'
  ).split(' '),
);
/** Words behind an operand that leave it one. */
const postfixes = new Set(['end', 'isnull', 'notnull', 'asc', 'desc']);
/** Words in front of an operand. */
const prefixes = new Set(['not', 'case', 'when', 'distinct']);
/** Words in front of a parenthesis that is no list of arguments. */
const quantifiers = new Set(['all', 'any', 'some']);
const constants = new Set(['null', 'true', 'false']);
/** Types that make a string behind them a constant. */
const typed = new Set(['date', 'time', 'timestamp', 'timestamptz', 'interval', 'datetime']);
const typeWords = new Set(['precision', 'varying', 'zone', 'with', 'without', 'time']);
/** Calls whose arguments are separated by words. */
const wordy = new Set(['substring', 'trim', 'overlay', 'extract']);

/** What names may mean where an expression stands. */
export interface ScanContext {
  /** Names of the select list too. */
  readonly seesLabels: boolean;
  /** A string behind an expression may be its alias. */
  readonly mayBeLabelled: boolean;
}

/** An expression of the select list. */
export const selected: ScanContext = { seesLabels: false, mayBeLabelled: true };
/** An expression of any other clause. */
export const inClause: ScanContext = { seesLabels: true, mayBeLabelled: false };
const insideSelected: ScanContext = { seesLabels: false, mayBeLabelled: false };

/** The expressions up to one end: those of a clause, of a pair of parentheses, or of a call. */
interface Region {
  readonly to: number;
  readonly into: ColumnUse[];
  readonly context: ScanContext;
  readonly depth: number;
  /** The call whose arguments these are, '(' and '[' in bare brackets, '' outside of all. */
  readonly call: string;
}

const NOT_UNDERSTOOD = 0;

/**
 * Reads expressions for the columns they mention, word by word: at every token it is known whether an operand or an operator must
 * stand there, so that a word is a column exactly where a database would take it for one. Anything unexpected is not understood.
 */
export class ColumnScanner {
  sources: OpenSource[] = [];
  /** The select list by folded label. */
  readonly labels = new Map<string, SelectItem[]>();
  /** A call has been met that may be an aggregate. */
  metAggregate = false;

  constructor(
    protected readonly tokens: Tokens,
    protected readonly dialect: Dialect,
  ) {}

  /** Appends every column that the tokens mention; false when they are not understood. */
  protected scan(from: number, to: number, into: ColumnUse[], context: ScanContext): boolean {
    return this.region(from, { to, into, context, depth: 0, call: '' });
  }

  /** The same for what is between two brackets. */
  private inner(open: number, outer: Region, call: string, skipped = 1): boolean {
    const close = this.tokens.links[open];
    if (close < 0 || close >= outer.to || outer.depth >= MAX_DEPTH) return false;
    const context = outer.context.seesLabels ? inClause : insideSelected;
    return this.region(open + skipped, { to: close, into: outer.into, context, depth: outer.depth + 1, call });
  }

  private region(from: number, region: Region): boolean {
    const { kinds, links } = this.tokens;
    const { to, call } = region;
    let wantsOperand = true;
    let at = from;
    while (at < to) {
      const kind = kinds[at];
      switch (kind) {
        case WORD:
        case NAME: {
          const next: number = wantsOperand ? this.operand(at, region) : this.operator(at, region);
          if (next === NOT_UNDERSTOOD) return false;
          wantsOperand = next < 0;
          at = Math.abs(next);
          continue;
        }
        case NUMBER:
        case LITERAL:
        case PARAMETER:
        case NAMED_PARAMETER:
          if (!wantsOperand) return false;
          wantsOperand = false;
          break;
        case STRING:
          // Two strings in a row are one.
          if (!wantsOperand && kinds[at - 1] !== STRING) return false;
          wantsOperand = false;
          break;
        case STRING_OR_NAME:
          if (!wantsOperand || !this.bare(at, region)) return false;
          wantsOperand = false;
          break;
        case OPEN:
          if (!wantsOperand || !this.inner(at, region, '(')) return false;
          at = links[at];
          wantsOperand = false;
          break;
        case OPEN_BRACKET:
          if (!this.inner(at, region, '[')) return false;
          at = links[at];
          wantsOperand = false;
          break;
        case COMMA:
          if (region.depth === 0) return false;
          wantsOperand = true;
          break;
        case STAR:
          // COUNT(*)
          if (wantsOperand && (call === '' || call === '(' || call === '[' || from + 1 !== to)) return false;
          wantsOperand = !wantsOperand;
          break;
        case DOT:
          // (x).field
          if (wantsOperand || kinds[at - 1] !== CLOSE || (kinds[at + 1] !== NAME && kinds[at + 1] !== WORD))
            return false;
          at++;
          break;
        case COLON:
          if (kinds[at + 1] !== COLON) {
            if (call !== '[') return false;
            wantsOperand = true;
            break;
          }
          at = wantsOperand ? NOT_UNDERSTOOD : this.typeEnd(at + 2, to);
          if (at === NOT_UNDERSTOOD) return false;
          continue;
        case VARIABLE:
        case SEMICOLON:
        case OPEN_BRACE:
        case CLOSE:
        case CLOSE_BRACKET:
          return false;
        default:
          wantsOperand = true;
      }
      at++;
    }
    return true;
  }

  /** Where the type behind `::` ends. */
  private typeEnd(from: number, to: number): number {
    const { kinds, links } = this.tokens;
    if (from >= to || (kinds[from] !== WORD && kinds[from] !== NAME)) return NOT_UNDERSTOOD;
    let at = from + 1;
    while (at + 1 < to && kinds[at] === DOT && (kinds[at + 1] === WORD || kinds[at + 1] === NAME)) at += 2;
    for (; at < to; at++) {
      if (kinds[at] === OPEN || kinds[at] === OPEN_BRACKET) {
        if (links[at] < 0 || links[at] >= to) return NOT_UNDERSTOOD;
        at = links[at];
      } else if (!typeWords.has(this.word(at))) break;
    }
    return at;
  }

  /** Reads a name where an operand stands. Answers where it ends, negated if an operand is still wanted there. */
  private operand(at: number, region: Region): number {
    const { kinds, links } = this.tokens;
    const next = at + 1 < region.to ? kinds[at + 1] : 0;
    if (next === DOT) return this.qualified(at, region);
    const word = this.word(at);
    if (kinds[at] === WORD) {
      if (constants.has(word)) return at + 1;
      if (prefixes.has(word)) return -(at + 1);
      if (quantifiers.has(word) && next === OPEN) return -(at + 1);
      if (word === 'symmetric' && this.dialect === 'postgres') return -(at + 1);
      if (word === 'binary' && this.dialect === 'mysql') return -(at + 1);
      if (word === 'array' && next === OPEN_BRACKET) return -(at + 1);
      if (next === STRING) {
        const isType = typed.has(word) && !(region.context.mayBeLabelled && this.dialect !== 'postgres');
        return isType ? at + 2 : NOT_UNDERSTOOD;
      }
      if (region.call === 'extract' && this.word(at + 1) === 'from') return -(at + 2);
      const roles = this.tokens.keywords[at]?.roles ?? 0;
      if ((roles & (STOPS | SUSPECT)) !== 0) return NOT_UNDERSTOOD;
    }
    if (next !== OPEN) return this.bare(at, region) ? at + 1 : NOT_UNDERSTOOD;
    if (word === '' || word === 'exists') return NOT_UNDERSTOOD;
    if (!isScalar(word)) this.metAggregate = true;
    return this.inner(at + 1, region, word) ? links[at + 1] + 1 : NOT_UNDERSTOOD;
  }

  /** Reads a word behind an operand; answers like `operand`. */
  private operator(at: number, region: Region): number {
    const { kinds, links } = this.tokens;
    const word = this.word(at);
    if (word === 'is') return this.comparison(this.word(at + 1) === 'not' ? at + 2 : at + 1);
    if (word === 'not') {
      if (this.word(at + 1) === 'null') return at + 2;
      if (this.word(at + 1) === 'similar' && this.word(at + 2) === 'to') return -(at + 3);
      return operators.has(this.word(at + 1)) ? this.operator(at + 1, region) : NOT_UNDERSTOOD;
    }
    // SQLite: `x IN t` reads the table t.
    if (word === 'in' && kinds[at + 1] !== OPEN) return NOT_UNDERSTOOD;
    if (operators.has(word)) return -(at + 1);
    if (postfixes.has(word)) return at + 1;
    switch (word) {
      case 'similar':
        return this.word(at + 1) === 'to' ? -(at + 2) : NOT_UNDERSTOOD;
      case 'at':
        return this.word(at + 1) === 'time' && this.word(at + 2) === 'zone' ? -(at + 3) : NOT_UNDERSTOOD;
      case 'nulls':
        return this.word(at + 1) === 'first' || this.word(at + 1) === 'last' ? at + 2 : NOT_UNDERSTOOD;
      case 'collate': {
        let end = at + 2;
        while (end + 1 < region.to && kinds[end] === DOT) end += 2;
        return end <= region.to && (kinds[at + 1] === WORD || kinds[at + 1] === NAME) ? end : NOT_UNDERSTOOD;
      }
      case 'filter': {
        if (kinds[at + 1] !== OPEN || this.word(at + 2) !== 'where') return NOT_UNDERSTOOD;
        return this.inner(at + 1, region, '(', 2) ? links[at + 1] + 1 : NOT_UNDERSTOOD;
      }
      case 'from':
      case 'for':
        return wordy.has(region.call) ? -(at + 1) : NOT_UNDERSTOOD;
      case 'order': {
        const isInCall = region.depth > 0 && region.call !== '(' && region.call !== '[';
        return isInCall && this.word(at + 1) === 'by' ? -(at + 2) : NOT_UNDERSTOOD;
      }
      case 'as':
        return region.call === 'cast' || region.call === 'try_cast' ? region.to : NOT_UNDERSTOOD;
      default:
        return NOT_UNDERSTOOD;
    }
  }

  /** Behind IS or IS NOT. */
  private comparison(at: number): number {
    if (this.word(at) === 'unknown') return at + 1;
    return this.word(at) === 'distinct' && this.word(at + 1) === 'from' ? -(at + 2) : -at;
  }

  /** The folded text of an unquoted word, '' for anything else. */
  protected word(index: number): string {
    if (this.tokens.kinds[index] !== WORD) return '';
    return this.tokens.keywords[index]?.word ?? foldedName(this.tokens, index);
  }

  /** `source.column` or `source.*`. */
  private qualified(at: number, { to, into }: Region): number {
    const { kinds } = this.tokens;
    const end = at + 3;
    if (end > to || (end < to && (kinds[end] === DOT || kinds[end] === OPEN))) return NOT_UNDERSTOOD;
    const source = this.sourceAt(at);
    if (source < 0) return NOT_UNDERSTOOD;
    const last = kinds[at + 2];
    const column = last === STAR ? '*' : last === NAME || last === WORD ? foldedName(this.tokens, at + 2) : '';
    if (column === '') return NOT_UNDERSTOOD;
    into.push({ source, column });
    return end;
  }

  /** The source that a qualifier names, or -1. */
  protected sourceAt(index: number): number {
    const alias = identityOf(this.tokens, index, this.dialect);
    return this.sources.findIndex((source) => source.alias === alias);
  }

  /** An unqualified name: with several sources, or where it may also be a label, it counts as everything it could be. */
  private bare(index: number, { into, context }: Region): boolean {
    const column = foldedName(this.tokens, index);
    // Oracle counts the rows of the result with it.
    if (column === '' || (this.dialect === 'generic' && column === 'rownum')) return false;
    if (context.seesLabels) {
      for (const item of this.labels.get(column) ?? []) for (const use of item.uses) into.push(use);
    }
    for (let source = 0; source < this.sources.length; source++) {
      into.push({ source, column });
      if (this.isWholeRow(source, column)) into.push({ source, column: '*' });
    }
    return true;
  }

  /** PostgreSQL: the name of a source where a column could stand is its row. */
  protected isWholeRow(source: number, column: string): boolean {
    return this.dialect === 'postgres' && this.sources[source].alias.toLowerCase() === column;
  }
}
