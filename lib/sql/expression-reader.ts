import { type CallArguments, impurityOf, isPureSource, takesFrom } from './functions.js';
import { FOLLOWS, type Keyword, LABELS, MAY_STOP, NO_CALL, STOPS, SUSPECT, SYSTEM_COLUMN } from './keywords.js';
import { isMomentType, mayBeMoment } from './moments.js';
import { foldedName, identityOf, isName, type QualifiedName, qualifiedName, textOf } from './names.js';
import { isKnownOperator, isOperatorCharacter, operatorEnd } from './operators.js';
import type { Mention } from './scope.js';
import { TokenCursor } from './token-cursor.js';
import {
  AMPERSAND,
  CLOSE,
  COLON,
  COMMA,
  DOT,
  LITERAL,
  NAME,
  NAMED_PARAMETER,
  OPEN,
  OPEN_BRACE,
  OPEN_BRACKET,
  PARAMETER,
  PIPE,
  SEMICOLON,
  STAR,
  STRING,
  STRING_OR_NAME,
  VARIABLE,
  WORD,
} from './tokens.js';

/** Calls that put texts together. */
const joiners = new Set(['concat', 'concat_ws', 'format', 'replace']);

/** Why an answer that made something else of the row of a table is not to be kept. */
export const WHOLE_ROW = 'unknown function behind a whole row';

/** What joins two queries to one. */
export const setOperators = new Set(['union', 'intersect', 'except', 'minus']);
/** Words behind a WITH that belongs to a type, a call or a clause. */
const withoutTables = new Set([
  'time',
  'local',
  'rollup',
  'cube',
  'ties',
  'ordinality',
  'unique',
  'wrapper',
  'conditional',
  'unconditional',
  'query',
  'parser',
  'totals',
]);
/** Words in front of JOIN (or APPLY) that say which join it is. */
export const joinWords = new Set(['left', 'right', 'full', 'inner', 'cross', 'natural', 'outer']);
/** What a word that FOLLOWS may follow, besides a parenthesis. */
const continued = new Set(['nulls', 'similar', 'time', 'member', 'grouping']);

/** What is an operand whatever stands around it; a word may be an operator. */
const operands = new Set([STRING, STRING_OR_NAME, LITERAL, NAME, PARAMETER, NAMED_PARAMETER]);

/** Reads expressions: only the subqueries, the calls and the words that end them matter. */
export abstract class ExpressionReader extends TokenCursor {
  /** Where the parenthesis, or the call, began that was read last. */
  private lastGroup = 0;
  /** What expressions of the query that is being read name of sources that are not known yet. */
  protected mentions: Mention[] = [];

  /** Reads a query at the current position and everything that belongs to it. */
  protected abstract query(): void;

  /**
   * Reads up to the end of the region, the keyword of the next clause or, if asked to, a comma. Only subqueries and calls
   * matter: the rest of an expression cannot name a table. Inside parentheses (`nested`) clause words belong to a call
   * (`FILTER (WHERE …)`, `string_agg(x ORDER BY y)`), except those that would make it a query.
   */
  protected expression(nested: boolean, stopAtComma: boolean, mayHoldFrom = false): void {
    const { kinds, keywords } = this.tokens;
    while (this.at < this.end) {
      const at = this.at;
      const kind = kinds[at];
      if (kind === NAME) {
        if (kinds[at + 1] === OPEN) this.parenthesis(at);
        else this.at++;
        if (this.dialect === 'postgres') {
          this.quotedSystemColumn(at);
          if (kinds[at - 1] === DOT) this.field(at);
        }
      } else if (kind === WORD) {
        const keyword = keywords[at];
        if (kinds[at - 1] === DOT) {
          if (this.dialect === 'postgres') this.field(at);
          if (keyword !== undefined && (keyword.roles & SYSTEM_COLUMN) !== 0) this.systemColumn(keyword.word);
          if (kinds[at + 1] === OPEN) this.parenthesis(at);
          else this.at++;
        } else if (keyword === undefined) {
          if (kinds[at + 1] === OPEN) this.parenthesis(at);
          else this.at++;
        } else if (this.keyword(keyword, nested, mayHoldFrom)) return;
      } else if (kind === OPEN) this.nestedGroup(false);
      else if (kind === COMMA) {
        if (stopAtComma) return;
        this.at++;
      } else if (kind === OPEN_BRACKET) this.group(() => this.expression(true, false));
      else {
        this.otherToken(kind);
        this.at++;
      }
    }
  }

  private otherToken(kind: number): void {
    if (kind === VARIABLE) this.changes(this.dialect === 'mysql' ? 'user variable' : 'session variable');
    else if (kind === STRING || kind === LITERAL) {
      if (this.dialect === 'postgres') this.momentString(this.at);
    } else if (kind === COLON && this.kindAt(this.at + 1) === COLON) {
      if (this.dialect === 'postgres') {
        const first = this.operandStart(this.at);
        this.momentCast(first, this.at, this.at + 2);
        this.row(first, this.at);
      }
      this.at++;
      this.typeName(this.at + 1);
    } else if (this.dialect === 'postgres' && isOperatorCharacter(kind)) this.operator();
    // {ts '…'}, {oj …}: nothing tells what a driver makes of it.
    else if (kind === OPEN_BRACE || kind === SEMICOLON) this.isUnderstood = false;
  }

  /** Where the operand that ends in front of `to` begins, if that is a parenthesis or a call; else its last token. */
  private operandStart(to: number): number {
    return this.kindAt(to - 1) === CLOSE ? this.lastGroup : to - 1;
  }

  /** `a.f`, which is a column of a or the function f of its row; `(a).f` likewise. */
  private field(index: number): void {
    const { tokens } = this;
    const { kinds } = tokens;
    const qualifier = index - 2;
    if (kinds[qualifier] === CLOSE) this.row(this.operandStart(index - 1), index - 1);
    else if (this.isWordOrName(qualifier) && kinds[index + 1] !== DOT && kinds[index + 1] !== OPEN) {
      const field = foldedName(tokens, index);
      this.mentions.push({ qualifier: identityOf(tokens, qualifier, this.dialect), field });
    }
  }

  /** A user's function may make something else of a row: `(a.*)::text`, `CAST(a AS text)`. */
  private row(from: number, to: number): void {
    const { tokens } = this;
    const { kinds, links } = tokens;
    let [first, last] = [from, to - 1];
    while (kinds[first] === OPEN && links[first] === last) {
      first++;
      last--;
    }
    if (kinds[last] === STAR && kinds[last - 1] === DOT) this.changes(WHOLE_ROW);
    else if (first === last && this.isWordOrName(last) && kinds[last - 1] !== DOT) {
      this.mentions.push({ qualifier: identityOf(tokens, last, this.dialect), field: undefined });
    }
  }

  private isWordOrName(index: number): boolean {
    const kind = this.kindAt(index);
    return kind === WORD || kind === NAME;
  }

  /** An operator is a function, which may be a user's. */
  private operator(): void {
    const { starts, ends, sql } = this.tokens;
    const last = operatorEnd(this.tokens, this.at, this.end) - 1;
    const characters = sql.slice(starts[this.at], ends[last]);
    if (!isKnownOperator(characters)) this.changes(`unknown function behind ${characters}`);
    this.at = last;
  }

  /** The type behind a cast: those that look names up in the catalogue depend on it. */
  private typeName(index: number): void {
    if (this.isWordOrName(index)) this.catalogueType(foldedName(this.tokens, index));
  }

  private catalogueType(name: string): void {
    if (/^reg(?:class|proc|procedure|oper|operator|type|namespace|role|config|dictionary|collation)$/.test(name)) {
      this.changes(name);
    }
  }

  private momentString(index: number): void {
    const { kinds, starts, ends, sql } = this.tokens;
    if (kinds[index] === LITERAL) {
      // U&'…' is not decoded: what marks its escapes may be told behind it.
      if (sql.charCodeAt(starts[index] + 1) === AMPERSAND) this.changes('a string with numeric escapes');
      return;
    }
    // Two strings in a row are one.
    if (kinds[index - 1] === STRING) this.changes('a string in pieces');
    if (ends[index] - starts[index] < 5) return;
    const text = textOf(this.tokens, index);
    // Numeric escapes are not decoded, and could spell anything.
    if (text === '') this.changes('a string with numeric escapes');
    else if (mayBeMoment(text)) this.changes(`'${text}'`);
  }

  /** A text that is put together may spell the present moment where it becomes a date. */
  private momentCast(from: number, to: number, type: number): void {
    if (!isMomentType(foldedName(this.tokens, type))) return;
    const { kinds } = this.tokens;
    for (let index = from; index < to; index++) {
      const isJoined =
        (kinds[index] === PIPE && kinds[index + 1] === PIPE) ||
        (kinds[index] === WORD && kinds[index + 1] === OPEN && joiners.has(foldedName(this.tokens, index)));
      if (isJoined) this.changes('a text put together as a date');
    }
  }

  private quotedSystemColumn(index: number): void {
    const { starts, ends, sql } = this.tokens;
    const length = ends[index] - starts[index] - 2;
    if (length !== 4 && length !== 8) return;
    const first = sql.charCodeAt(starts[index] + 1);
    // x, c, t: the text is cut out only when it may be one of them.
    if (first !== 120 && first !== 99 && first !== 116) return;
    const name = textOf(this.tokens, index);
    if (/^(?:xmin|xmax|cmin|cmax|ctid|tableoid)$/.test(name)) this.systemColumn(name);
  }

  private systemColumn(name: string): void {
    if (this.dialect === 'postgres') this.changes(`system column ${name}`);
  }

  /** Handles one keyword of an expression; true when the expression ends in front of it. */
  private keyword(keyword: Keyword, nested: boolean, mayHoldFrom: boolean): boolean {
    const { roles, word } = keyword;
    const at = this.at;
    if ((roles & LABELS) !== 0) {
      this.at++;
      if (this.kindAt(at + 1) !== OPEN && this.kindAt(at + 1) !== 0) {
        if (nested) this.typeName(at + 1);
        this.at++;
      }
      return false;
    }
    if (keyword.changesIn !== undefined && keyword.changesIn.includes(this.dialect)) this.changes(word);
    if (nested) {
      if ((roles & SUSPECT) !== 0 && this.isSuspectInside(word, mayHoldFrom)) this.surprise();
      else this.operatorOrCall(keyword);
      return false;
    }
    if ((roles & STOPS) !== 0) {
      const isOperator =
        (word === 'from' && this.isDistinctFrom()) ||
        (word === 'group' && this.tokens.keywords[at - 1]?.word === 'within');
      if (isOperator) {
        this.at++;
        return false;
      }
      return true;
    }
    if ((roles & MAY_STOP) !== 0 && this.stopsHere(word)) return true;
    if ((roles & SUSPECT) !== 0 && this.isSuspectInside(word, false)) {
      this.surprise();
      return false;
    }
    this.operatorOrCall(keyword);
    return false;
  }

  private operatorOrCall(keyword: Keyword): void {
    const at = this.at;
    if ((keyword.roles & SYSTEM_COLUMN) !== 0) this.systemColumn(keyword.word);
    if (this.tokens.kinds[at + 1] === OPEN) {
      const isCall =
        (keyword.roles & NO_CALL) === 0 &&
        keyword.changesIn?.includes(this.dialect) !== true &&
        ((keyword.roles & FOLLOWS) === 0 || !this.continues());
      if (isCall) {
        this.parenthesis(at);
        return;
      }
    } else if (keyword.word === 'in' && this.dialect === 'sqlite') {
      // SQLite: `x IN t` reads the table t.
      this.at++;
      this.sqliteInTable();
      return;
    } else if (keyword.word === 'value' && this.wordAt(at + 1) === 'for') {
      this.changes('next value of a sequence');
      this.at += 2;
      return;
    } else if (keyword.word === 'sql_calc_found_rows') this.changes('SQL_CALC_FOUND_ROWS');
    this.at++;
  }

  /** `… ) OVER (`, `NULLS OVER (`, `SIMILAR TO (`, `TIME ZONE (`, `MEMBER OF (`, `GROUPING SETS (`. */
  private continues(): boolean {
    const { kinds, keywords } = this.tokens;
    return kinds[this.at - 1] === CLOSE || continued.has(keywords[this.at - 1]?.word ?? '');
  }

  private sqliteInTable(): void {
    const name = qualifiedName(this.tokens, this.at, this.dialect);
    if (name === undefined) return;
    this.at = name.last + 1;
    if (this.kindAt(this.at) === OPEN) {
      this.sourceCall(name);
      return;
    }
    this.addRead(name);
  }

  /** IS [NOT] DISTINCT FROM is one operator. */
  protected isDistinctFrom(): boolean {
    const { keywords } = this.tokens;
    const at = this.at;
    if (keywords[at - 1]?.word !== 'distinct') return false;
    const before = keywords[at - 2]?.word;
    return before === 'is' || (before === 'not' && keywords[at - 3]?.word === 'is');
  }

  private isSuspectInside(word: string, mayHoldFrom: boolean): boolean {
    switch (word) {
      case 'from':
        return !mayHoldFrom && !this.isDistinctFrom();
      case 'insert':
      case 'update':
      case 'delete':
      case 'merge':
      case 'truncate':
      case 'copy':
      case 'exec':
      case 'execute':
      case 'call':
        // Names of columns in PostgreSQL, of functions in MySQL; two statements without a semicolon in SQL Server.
        return this.dialect !== 'postgres' && this.kindAt(this.at + 1) !== OPEN;
      default:
        return true;
    }
  }

  /** Whether a word that ends expressions only sometimes does so here. */
  private stopsHere(word: string): boolean {
    const next = this.wordAt(this.at + 1);
    switch (word) {
      case 'window':
        return isName(this.tokens, this.at + 1, this.dialect) && this.wordAt(this.at + 2) === 'as';
      case 'offset':
        return this.dialect === 'postgres' || this.dialect === 'generic';
      case 'fetch':
        return next === 'first' || next === 'next';
      case 'for':
        return this.dialect !== 'sqlite';
      case 'minus':
        return this.dialect === 'generic' && (next === 'select' || this.kindAt(this.at + 1) === OPEN);
      case 'lock':
        return this.dialect === 'mysql' && next === 'in';
      case 'set':
        return this.dialect !== 'postgres';
      case 'with':
        return !withoutTables.has(this.plainWordAt(this.at + 1));
      case 'option':
        return this.dialect === 'generic' && this.kindAt(this.at + 1) === OPEN;
      case 'output':
        return this.dialect === 'generic';
      case 'connect':
        return this.dialect === 'generic' && next === 'by';
      case 'start':
        return this.dialect === 'generic' && next === 'with';
      case 'do':
        return next === 'nothing' || next === 'update';
      default:
        return this.beginsJoin(this.at);
    }
  }

  protected beginsJoin(index: number): boolean {
    let at = index;
    while (joinWords.has(this.wordAt(at))) at++;
    if (at === index) return false;
    return this.wordAt(at) === 'join' || this.plainWordAt(at) === 'apply';
  }

  /** A name directly in front of a parenthesis: a call, whatever the name. */
  private parenthesis(index: number): void {
    const { tokens } = this;
    const name = foldedName(tokens, index);
    this.at = index + 1;
    const open = this.at;
    let reason: string | undefined;
    if (
      tokens.kinds[index - 1] === DOT &&
      !(this.plainWordAt(index - 2) === 'pg_catalog' && this.dialect === 'postgres')
    ) {
      reason = `unknown function ${name}()`;
    } else if (this.dialect === 'postgres' && tokens.kinds[index] === NAME && textOf(tokens, index) !== name) {
      // "Count" is not count.
      reason = `unknown function ${textOf(tokens, index)}()`;
    } else if (!this.listsColumns(name, index)) reason = impurityOf(name, this.dialect, () => this.callArguments(open));
    if (reason !== undefined) this.changes(reason);
    if (name === 'convert' || name === 'cast') this.cast(open);
    else if (this.dialect === 'postgres') this.momentCast(open, tokens.links[open], index);
    this.nestedGroup(takesFrom(name));
    this.lastGroup = index;
  }

  /** `JSON_TABLE(x, '$' COLUMNS (…))`: no function is called directly behind an operand. */
  private listsColumns(name: string, index: number): boolean {
    if (name !== 'columns' || this.dialect === 'sqlite') return false;
    return operands.has(this.kindAt(index - 1)) || this.tokens.keywords[index - 2]?.word === 'as';
  }

  /** CAST(x AS regclass), CAST(x AS timestamp with time zone). */
  private cast(open: number): void {
    const close = this.tokens.links[open];
    if (close > open + 2) this.typeName(close - 1);
    if (this.dialect !== 'postgres') return;
    for (let index = open + 1; index < close; index++) {
      if (this.tokens.keywords[index]?.word !== 'as') continue;
      this.momentCast(open, index, index + 1);
      this.row(open + 1, index);
    }
  }

  private callArguments(open: number): CallArguments {
    const { kinds, links } = this.tokens;
    const close = links[open];
    let count = close > open + 1 ? 1 : 0;
    let mayBeNow = false;
    let depth = 0;
    for (let index = open + 1; index < close; index++) {
      const kind = kinds[index];
      if (kind === OPEN) depth++;
      else if (kind === CLOSE) depth--;
      else if (kind === COMMA) {
        if (depth === 0) count++;
      } else if (kind === PARAMETER || kind === NAMED_PARAMETER) mayBeNow = true;
      else if (
        (kind === STRING || kind === NAME) &&
        /^\s*(?:now|subsec|subsecond)\s*$/i.test(textOf(this.tokens, index))
      ) {
        mayBeNow = true;
      }
    }
    return { count, mayBeNow };
  }

  /** A parenthesis inside an expression: a subquery, or more of the expression. */
  protected nestedGroup(mayHoldFrom: boolean): void {
    const open = this.at;
    if (this.opensQuery(open)) this.group(() => this.query());
    else this.group(() => this.expression(true, false, mayHoldFrom));
    this.lastGroup = open;
  }

  /** Whether the parenthesis holds a query, not counting one that is wrapped in more parentheses only. */
  protected opensQuery(open: number): boolean {
    const { kinds, links, keywords } = this.tokens;
    const first = open + 1;
    switch (keywords[first]?.word) {
      case 'select':
      case 'table':
        return true;
      case 'with':
        return kinds[first + 1] === WORD || kinds[first + 1] === NAME;
      case 'values':
        return kinds[first + 1] === OPEN || keywords[first + 1]?.word === 'row';
      default:
    }
    if (kinds[first] !== OPEN || links[first] < 0) return false;
    return setOperators.has(keywords[links[first] + 1]?.word ?? '');
  }

  /** A table function: only the known ones surely read no table. */
  protected sourceCall(name: QualifiedName): void {
    const isTrusted = !name.isQualified || (name.table.schema === 'pg_catalog' && this.dialect === 'postgres');
    if (!isTrusted || !isPureSource(name.table.name, this.dialect)) {
      this.readsUnknown = true;
      this.changes(`unknown function ${name.table.name}()`);
      // SQLite: a virtual table may be called like a function.
      this.addRead(name);
    }
    this.nestedGroup(false);
  }

  /** Moves behind a parenthesis that holds names or numbers only. */
  protected skipGroup(): void {
    this.group(() => this.expression(true, false));
  }
}
