import { type CallArguments, impurityOf, isPureSource, takesFrom } from './functions.js';
import { type Keyword, LABELS, MAY_STOP, NO_ALIAS, NO_CALL, STOPS, SUSPECT, SYSTEM_COLUMN } from './keywords.js';
import { catalogueOf, foldedName, identityOf, isName, type QualifiedName, qualifiedName, textOf } from './names.js';
import { collectPins } from './pins.js';
import { newScope, type OpenRead, type Scope, type Source } from './scope.js';
import type { Dialect, TableWrite } from './statement.js';
import {
  AT,
  COLON,
  COMMA,
  DOT,
  EXCLAMATION_MARK,
  NAME,
  NAMED_PARAMETER,
  OPEN,
  OPEN_BRACE,
  OPEN_BRACKET,
  PARAMETER,
  SEMICOLON,
  STAR,
  STRING,
  type Tokens,
  VARIABLE,
  WORD,
} from './tokens.js';

/** Deeper nesting is not followed (the call stack is finite, and hostile text is not); TypeORM stays below twenty. */
const MAX_DEPTH = 200;

/** Words that PostgreSQL reads as the present moment in a string that becomes a date. */
const MOMENT = /\b(?:now|today|tomorrow|yesterday)\b/i;
const LONGEST_MOMENT = 34;

const setOperators = new Set(['union', 'intersect', 'except', 'minus']);
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
const selectModifiers = new Set([
  'all',
  'distinct',
  'distinctrow',
  'high_priority',
  'straight_join',
  'sql_small_result',
  'sql_big_result',
  'sql_buffer_result',
  'sql_cache',
  'sql_no_cache',
  'sql_calc_found_rows',
]);
const joinWords = new Set(['left', 'right', 'full', 'inner', 'cross', 'natural', 'outer']);
const outerJoinWords = new Set(['left', 'right', 'full', 'outer']);
const lockedWith = new Set(['update', 'share', 'no', 'key']);
/** Statement words that no expression of these databases can hold. PostgreSQL lets columns have such names. */
const lockingHint =
  /^(?:nolock|readuncommitted|readcommittedlock|updlock|xlock|holdlock|serializable|repeatableread|tablock|tablockx|paglock|rowlock|readpast|nowait|snapshot)$/;

/** Reads anything that only reads: expressions, SELECT and what may stand in its place, FROM, WITH. */
export abstract class QueryReader {
  readonly reads: OpenRead[] = [];
  readonly writes: TableWrite[] = [];
  /** Something stood where it was not expected, so that tables may have been overlooked from there on. */
  isUnderstood = true;
  readsUnknown = false;
  writesUnknown = false;
  uncacheable: string | undefined;

  protected at = 0;
  protected end = 0;
  private depth = 0;
  /** How many declarations of a CTE are in sight, by name. */
  private readonly withs = new Map<string, number>();

  constructor(
    protected readonly tokens: Tokens,
    protected readonly dialect: Dialect,
  ) {}

  /** Reads INSERT, UPDATE, DELETE or MERGE at the current position. */
  protected abstract dataModification(): void;

  // ── small steps ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The keyword at an index, '' when there is none or the region has ended. */
  protected wordAt(index: number): string {
    return index < this.end ? (this.tokens.keywords[index]?.word ?? '') : '';
  }

  protected kindAt(index: number): number {
    return index < this.end ? this.tokens.kinds[index] : 0;
  }

  protected accept(word: string): boolean {
    if (this.wordAt(this.at) !== word) return false;
    this.at++;
    return true;
  }

  /** The folded text of an unquoted word that need not be a keyword. */
  protected plainWordAt(index: number): string {
    return this.kindAt(index) === WORD ? foldedName(this.tokens, index) : '';
  }

  /** Gives up on the rest of the region. */
  protected surprise(): void {
    this.isUnderstood = false;
    this.at = this.end;
  }

  protected changes(reason: string): void {
    this.uncacheable ??= reason;
  }

  /** Reads what is between the parenthesis at the current position and its counterpart, and moves behind it. */
  protected group(read: () => void): void {
    const close = this.tokens.links[this.at];
    if (close < 0 || close >= this.end || this.depth >= MAX_DEPTH) {
      this.surprise();
      return;
    }
    const outerEnd = this.end;
    this.depth++;
    this.at++;
    this.end = close;
    read();
    if (this.at !== close) this.isUnderstood = false;
    this.depth--;
    this.end = outerEnd;
    this.at = close + 1;
  }

  /** Moves behind a parenthesis that holds names or numbers only. */
  protected skipGroup(): void {
    this.group(() => this.expression(true, false));
  }

  // ── expressions ────────────────────────────────────────────────────────────────────────────────────────────────────────────

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
        if (this.dialect === 'postgres') this.quotedSystemColumn(at);
      } else if (kind === WORD) {
        const keyword = keywords[at];
        if (kinds[at - 1] === DOT) {
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
    else if (kind === STRING) {
      if (this.dialect === 'postgres') this.momentString(this.at);
    } else if (kind === COLON && this.kindAt(this.at + 1) === COLON) {
      this.at++;
      this.typeName(this.at + 1);
    }
    // {ts '…'}, {oj …}: nothing tells what a driver makes of it.
    else if (kind === OPEN_BRACE || kind === SEMICOLON) this.isUnderstood = false;
  }

  /** The type behind a cast: those that look names up in the catalogue depend on it. */
  private typeName(index: number): void {
    if (this.kindAt(index) === WORD || this.kindAt(index) === NAME) this.catalogueType(foldedName(this.tokens, index));
  }

  private catalogueType(name: string): void {
    if (/^reg(?:class|proc|procedure|oper|operator|type|namespace|role|config|dictionary|collation)$/.test(name)) {
      this.changes(name);
    }
  }

  private momentString(index: number): void {
    const { starts, ends } = this.tokens;
    const length = ends[index] - starts[index];
    if (length < 5 || length > LONGEST_MOMENT) return;
    const text = textOf(this.tokens, index);
    if (MOMENT.test(text)) this.changes(`'${text}'`);
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
      if ((keyword.roles & NO_CALL) === 0 && keyword.changesIn?.includes(this.dialect) !== true) {
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

  private beginsJoin(index: number): boolean {
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
    } else reason = impurityOf(name, this.dialect, () => this.callArguments(open));
    if (reason !== undefined) this.changes(reason);
    if (name === 'convert' || name === 'cast') this.catalogueCast(open);
    this.nestedGroup(takesFrom(name));
  }

  /** CAST(x AS regclass). */
  private catalogueCast(open: number): void {
    const close = this.tokens.links[open];
    if (close > open + 2) this.typeName(close - 1);
  }

  private callArguments(open: number): CallArguments {
    const { kinds, links } = this.tokens;
    const close = links[open];
    let count = close > open + 1 ? 1 : 0;
    let mayBeNow = false;
    for (let index = open + 1; index < close; index++) {
      const kind = kinds[index];
      if (kind === COMMA) count++;
      else if (kind === OPEN) {
        if (links[index] < 0) return { count, mayBeNow: true };
        index = links[index];
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
    if (this.opensQuery(this.at)) this.group(() => this.query());
    else this.group(() => this.expression(true, false, mayHoldFrom));
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

  // ── queries ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Reads a query (or, behind WITH, a data modification) and everything that may follow it. */
  protected query(): void {
    const declared = this.wordAt(this.at) === 'with' ? this.withClause() : undefined;
    this.queryBody();
    if (declared !== undefined) this.forget(declared);
  }

  private queryBody(): void {
    switch (this.wordAt(this.at)) {
      case 'insert':
      case 'update':
      case 'delete':
      case 'merge':
      case 'replace':
        this.dataModification();
        return;
      default:
    }
    this.operand();
    this.restOfQuery();
  }

  /** Set operations and what sorts and limits their result, behind the first operand. */
  protected restOfQuery(): void {
    while (setOperators.has(this.wordAt(this.at))) {
      this.at++;
      while (this.wordAt(this.at) === 'all' || this.wordAt(this.at) === 'distinct') this.at++;
      this.operand();
    }
    this.tail(undefined);
  }

  private operand(): void {
    if (this.kindAt(this.at) === OPEN) {
      this.group(() => this.query());
      return;
    }
    switch (this.wordAt(this.at)) {
      case 'select':
        this.select();
        return;
      case 'values':
        this.at++;
        this.expression(false, false);
        return;
      case 'table':
        this.at++;
        this.accept('only');
        this.tableCommand();
        return;
      default:
        this.surprise();
    }
  }

  /** TABLE t, with the parentheses that ONLY may have. */
  private tableCommand(): void {
    if (this.kindAt(this.at) === OPEN) {
      this.group(() => this.tableCommand());
      return;
    }
    const name = qualifiedName(this.tokens, this.at, this.dialect);
    if (name === undefined) {
      this.surprise();
      return;
    }
    this.at = name.last + 1;
    if (this.kindAt(this.at) === STAR) this.at++;
    this.addRead(name);
  }

  private select(): void {
    const scope = newScope();
    this.at++;
    while (selectModifiers.has(this.wordAt(this.at))) {
      if (this.wordAt(this.at) === 'sql_calc_found_rows') this.changes('SQL_CALC_FOUND_ROWS');
      this.at++;
      if (this.wordAt(this.at) === 'on' && this.kindAt(this.at + 1) === OPEN) this.at++;
    }
    this.expression(false, false);
    if (this.wordAt(this.at) === 'into') this.selectInto();
    if (this.accept('from')) this.fromList(scope);
    this.tail(scope);
    collectPins(this.tokens, scope, this.dialect);
  }

  /** WHERE and what comes after it, in any order: the database has checked the order. */
  protected tail(scope: Scope | undefined): void {
    for (;;) {
      switch (this.wordAt(this.at)) {
        case 'where':
          this.at++;
          this.condition(scope);
          break;
        case 'connect':
        case 'start':
          if (scope !== undefined) scope.isUnrestricted = true;
          // CONNECT BY, START WITH
          this.at += 2;
          this.expression(false, false);
          break;
        case 'with':
          if (this.dialect !== 'generic' || this.kindAt(this.at + 1) !== OPEN) return;
          this.tableHints();
          break;
        case 'group':
        case 'having':
        case 'order':
        case 'limit':
        case 'offset':
        case 'fetch':
        case 'window':
        case 'option':
          this.at++;
          this.expression(false, false);
          break;
        case 'for':
          this.locking();
          break;
        case 'lock':
          this.changes('LOCK IN SHARE MODE');
          this.at++;
          this.expression(false, false);
          break;
        case 'into':
          this.selectInto();
          break;
        case 'using':
          // ORDER BY a USING >
          if (this.kindAt(this.at + 1) < EXCLAMATION_MARK || this.kindAt(this.at + 1) === OPEN) return;
          this.at++;
          this.expression(false, false);
          break;
        default:
          return;
      }
    }
  }

  /** Reads a condition that every row of the scope has to meet. */
  protected condition(scope: Scope | undefined): void {
    const start = this.at;
    this.expression(false, false);
    if (scope !== undefined) scope.conditions.push(start, this.at);
  }

  private locking(): void {
    const next = this.plainWordAt(this.at + 1);
    if (lockedWith.has(next)) {
      this.changes(next === 'share' || next === 'key' ? 'FOR SHARE' : 'FOR UPDATE');
      this.at += 2;
      // OF names, NOWAIT, SKIP LOCKED.
      while (this.at < this.end && !this.stopsClause()) this.at++;
    } else if (next === 'read' || next === 'fetch' || next === 'xml' || next === 'json' || next === 'browse') {
      this.at += 2;
      this.expression(false, false);
    } else this.surprise();
  }

  private stopsClause(): boolean {
    const keyword = this.tokens.keywords[this.at];
    return keyword !== undefined && (keyword.roles & (STOPS | MAY_STOP)) !== 0;
  }

  /** SELECT … INTO: a new table, or (MySQL) a file or variables. */
  private selectInto(): void {
    this.at++;
    if (this.dialect === 'mysql' || this.kindAt(this.at) === VARIABLE || this.kindAt(this.at) === NAMED_PARAMETER) {
      this.changes('SELECT … INTO');
      this.expression(false, false);
      return;
    }
    while (/^(?:temporary|temp|unlogged|local|global|table)$/.test(this.wordAt(this.at))) this.at++;
    const name = qualifiedName(this.tokens, this.at, this.dialect);
    if (name === undefined) {
      this.surprise();
      return;
    }
    this.at = name.last + 1;
    this.changes('SELECT … INTO');
    this.writes.push({ table: name.table, kind: 'define', pins: [] });
  }

  // ── WITH ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Reads the CTEs, which stay in sight until they are forgotten. */
  private withClause(): Set<string> {
    this.at++;
    const isRecursive = this.wordAt(this.at) === 'recursive' && isName(this.tokens, this.at + 1, this.dialect);
    if (isRecursive) this.at++;
    const declared = new Set<string>();
    if (isRecursive && this.dialect === 'postgres') {
      // Every CTE of the list sees all others, also those behind it.
      for (const name of this.namesAhead()) this.declare(name, declared);
    }
    for (;;) {
      if (!isName(this.tokens, this.at, this.dialect) || this.at >= this.end) {
        this.surprise();
        return declared;
      }
      const name = identityOf(this.tokens, this.at, this.dialect);
      this.at++;
      // Without RECURSIVE the name inside its own query is a table; only SQLite does not need the word.
      if (isRecursive || this.dialect === 'sqlite') this.declare(name, declared);
      if (this.kindAt(this.at) === OPEN) this.skipGroup();
      if (!this.accept('as')) {
        this.surprise();
        return declared;
      }
      this.accept('not');
      this.accept('materialized');
      if (this.kindAt(this.at) !== OPEN) {
        this.surprise();
        return declared;
      }
      this.group(() => this.query());
      this.declare(name, declared);
      if (!this.nextWith()) return declared;
    }
  }

  private declare(name: string, declared: Set<string>): void {
    if (declared.has(name)) return;
    this.withs.set(name, (this.withs.get(name) ?? 0) + 1);
    declared.add(name);
  }

  private forget(declared: ReadonlySet<string>): void {
    for (const name of declared) {
      const count = (this.withs.get(name) ?? 1) - 1;
      if (count > 0) this.withs.set(name, count);
      else this.withs.delete(name);
    }
  }

  /** Moves behind SEARCH and CYCLE; true when another CTE follows. */
  private nextWith(): boolean {
    const { kinds } = this.tokens;
    const clause = this.plainWordAt(this.at);
    if (clause === 'search' || clause === 'cycle') {
      while (this.at < this.end && !(kinds[this.at] === COMMA && this.isWithItem(this.at + 1))) {
        if (/^(?:select|insert|update|delete|merge|values|table|with)$/.test(this.wordAt(this.at))) break;
        if (kinds[this.at] === OPEN) break;
        this.at++;
      }
    }
    if (this.kindAt(this.at) !== COMMA) return false;
    this.at++;
    return true;
  }

  private isWithItem(index: number): boolean {
    const { kinds, links } = this.tokens;
    if (!isName(this.tokens, index, this.dialect)) return false;
    let at = index + 1;
    if (kinds[at] === OPEN) {
      if (links[at] < 0) return false;
      at = links[at] + 1;
    }
    return this.wordAt(at) === 'as';
  }

  /** The names of all CTEs of the list that begins here. */
  private namesAhead(): string[] {
    const { kinds, links } = this.tokens;
    const names: string[] = [];
    for (let at = this.at; at < this.end; at++) {
      if ((at === this.at || kinds[at - 1] === COMMA) && this.isWithItem(at)) {
        names.push(identityOf(this.tokens, at, this.dialect));
      } else if (kinds[at] === OPEN && links[at] > at) {
        at = links[at];
      } else if (/^(?:select|insert|update|delete|merge|values|table)$/.test(this.wordAt(at))) break;
    }
    return names;
  }

  // ── FROM ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  protected fromList(scope: Scope): void {
    for (;;) {
      this.joinedTable(scope);
      if (this.kindAt(this.at) !== COMMA) return;
      this.at++;
    }
  }

  private joinedTable(scope: Scope): void {
    this.tableFactor(scope);
    /** Joins whose ON has not come yet: whether it is an outer join. */
    const waiting: boolean[] = [];
    let outerWaiting = 0;
    for (;;) {
      const word = this.wordAt(this.at);
      if (word === 'on') {
        // The ON of a MERGE or of ON CONFLICT, which is not for a join.
        if (waiting.length === 0 || this.beginsConflict(this.at)) return;
        const start = ++this.at;
        this.expression(false, true);
        // With an outer join still waiting it is not certain whose ON this is.
        if (outerWaiting === 0) scope.conditions.push(start, this.at);
        if (waiting.pop() === true) outerWaiting--;
      } else if (word === 'using') {
        if (this.kindAt(this.at + 1) !== OPEN) return;
        this.at++;
        this.skipGroup();
        if (this.accept('as')) this.at++;
        if (waiting.pop() === true) outerWaiting--;
      } else if (word === 'join' || word === 'straight_join') {
        this.at++;
        waiting.push(false);
        this.tableFactor(scope);
      } else if (joinWords.has(word)) {
        if (!this.beginsJoin(this.at)) {
          this.surprise();
          return;
        }
        let isOuter = false;
        let hasCondition = true;
        while (joinWords.has(this.wordAt(this.at))) {
          const kind = this.wordAt(this.at);
          if (outerJoinWords.has(kind)) isOuter = true;
          if (kind === 'natural') hasCondition = false;
          // MySQL and SQLite take CROSS JOIN for another spelling of JOIN.
          if (kind === 'cross' && this.dialect !== 'mysql' && this.dialect !== 'sqlite') hasCondition = false;
          this.at++;
        }
        if (this.wordAt(this.at) !== 'join') hasCondition = false;
        this.at++;
        if (hasCondition) {
          waiting.push(isOuter);
          if (isOuter) outerWaiting++;
        }
        this.tableFactor(scope);
      } else return;
    }
  }

  private beginsConflict(on: number): boolean {
    const next = this.wordAt(on + 1);
    if (next === 'duplicate') return this.wordAt(on + 2) === 'key';
    if (next !== 'conflict') return false;
    return this.kindAt(on + 2) === OPEN || this.wordAt(on + 2) === 'do' || this.wordAt(on + 2) === 'on';
  }

  private tableFactor(scope: Scope): void {
    const { tokens, dialect } = this;
    if (this.wordAt(this.at) === 'lateral') this.at++;
    if (this.kindAt(this.at) === OPEN) {
      this.parenthesisedSource(scope);
      return;
    }
    if (this.wordAt(this.at) === 'only') {
      if (this.kindAt(this.at + 1) === OPEN) {
        this.at++;
        this.group(() => this.namedSource(scope));
        this.sourceAlias(scope, scope.sources.at(-1) ?? this.addSource(scope, undefined, undefined, []));
        return;
      }
      if (isName(tokens, this.at + 1, dialect) && this.at + 1 < this.end) this.at++;
    } else if (
      this.wordAt(this.at) === 'rows' &&
      this.wordAt(this.at + 1) === 'from' &&
      this.kindAt(this.at + 2) === OPEN
    ) {
      this.at += 2;
      this.group(() => this.rowsFrom());
      if (this.wordAt(this.at) === 'with' && this.plainWordAt(this.at + 1) === 'ordinality') this.at += 2;
      this.sourceAlias(scope, this.addSource(scope, undefined, undefined, []));
      return;
    }
    this.namedSource(scope);
  }

  /** ROWS FROM (f(…) AS (…), g(…)). */
  private rowsFrom(): void {
    for (;;) {
      const name = qualifiedName(this.tokens, this.at, this.dialect);
      if (name === undefined || this.kindAt(name.last + 1) !== OPEN) {
        this.surprise();
        return;
      }
      this.at = name.last + 1;
      this.sourceCall(name);
      if (this.accept('as')) {
        if (this.kindAt(this.at) === OPEN) this.skipGroup();
        else this.at++;
      }
      if (this.kindAt(this.at) !== COMMA) return;
      this.at++;
    }
  }

  private parenthesisedSource(scope: Scope): void {
    if (this.holdsQuery(this.at)) {
      this.group(() => this.query());
      const source = this.addSource(scope, undefined, undefined, []);
      this.sourceAlias(scope, source);
      return;
    }
    const first = scope.sources.length;
    this.group(() => this.fromList(scope));
    if (!this.aliasFollows()) return;
    // `(a JOIN b …) AS j` hides a and b: conditions on them mean other tables of the same names.
    for (let index = first; index < scope.sources.length; index++) {
      scope.sources[index].alias = undefined;
      scope.sources[index].isRenamed = true;
    }
    this.alias();
  }

  /** Whether a parenthesis in FROM holds a query and not joined tables, looking through further parentheses. */
  private holdsQuery(open: number): boolean {
    const { kinds, links } = this.tokens;
    let at = open;
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      if (this.opensQuery(at)) return true;
      const inner = at + 1;
      if (kinds[inner] !== OPEN || links[inner] < 0) return false;
      const next = links[inner] + 1;
      const word = this.tokens.keywords[next]?.word ?? '';
      if (next !== links[at]) {
        return word === 'order' || word === 'limit' || word === 'offset' || word === 'fetch' || word === 'for';
      }
      at = inner;
    }
    return false;
  }

  private namedSource(scope: Scope): void {
    const { tokens, dialect } = this;
    const keyword = tokens.keywords[this.at];
    if (keyword?.changesIn?.includes(dialect) === true && this.kindAt(this.at + 1) !== DOT) {
      // PostgreSQL: FROM current_user.
      this.changes(keyword.word);
      this.at++;
      if (this.kindAt(this.at) === OPEN) this.skipGroup();
      this.sourceAlias(scope, this.addSource(scope, undefined, undefined, []));
      return;
    }
    const name = this.at < this.end ? qualifiedName(tokens, this.at, dialect) : undefined;
    if (name === undefined || name.last >= this.end) {
      this.surprise();
      return;
    }
    this.at = name.last + 1;
    if (this.kindAt(this.at) === OPEN && !this.isHintList(this.at)) {
      this.sourceCall(name);
      if (this.wordAt(this.at) === 'with') {
        if (this.plainWordAt(this.at + 1) === 'ordinality') this.at += 2;
        else if (this.kindAt(this.at + 1) === OPEN) {
          this.at++;
          this.skipGroup();
        }
      }
      this.sourceAlias(scope, this.addSource(scope, this.identity(name), undefined, []));
      return;
    }
    const isWord = tokens.kinds[name.last] === WORD;
    if (isWord && name.table.name === 'dual' && !name.isQualified && (dialect === 'mysql' || dialect === 'generic')) {
      this.addSource(scope, undefined, undefined, []);
      return;
    }
    const read = this.addRead(name);
    const source = this.addSource(scope, this.identity(name), read?.table, read?.pins ?? []);
    this.sourceAlias(scope, source);
  }

  private identity(name: QualifiedName): string {
    return identityOf(this.tokens, name.last, this.dialect);
  }

  /** A table function: only the known ones surely read no table. */
  private sourceCall(name: QualifiedName): void {
    const isTrusted = !name.isQualified || (name.table.schema === 'pg_catalog' && this.dialect === 'postgres');
    if (!isTrusted || !isPureSource(name.table.name)) {
      this.readsUnknown = true;
      this.changes(`unknown function ${name.table.name}()`);
      // SQLite: a virtual table may be called like a function.
      this.addRead(name);
    }
    this.nestedGroup(false);
  }

  /** Notes that rows of a table are read; `undefined` when the name is a CTE in sight. */
  protected addRead(name: QualifiedName): OpenRead | undefined {
    if (!name.isQualified && this.isWith(name)) return undefined;
    const reason = catalogueOf(name.table, this.dialect);
    if (reason !== undefined) this.changes(reason);
    const read: OpenRead = { table: name.table, pins: [] };
    this.reads.push(read);
    return read;
  }

  protected isWith(name: QualifiedName): boolean {
    return !name.isQualified && this.withs.size > 0 && this.withs.has(this.identity(name));
  }

  protected addSource(scope: Scope, alias: string | undefined, table: Source['table'], pins: Source['pins']): Source {
    const source: Source = { alias, table, pins, isRenamed: false };
    scope.sources.push(source);
    return source;
  }

  // ── aliases and what else stands behind a table ────────────────────────────────────────────────────────────────────────────

  private aliasFollows(): boolean {
    const kind = this.kindAt(this.at);
    if (kind === NAME) return true;
    if (kind === WORD) {
      const keyword = this.tokens.keywords[this.at];
      if (keyword === undefined) return true;
      if (keyword.word === 'as')
        return this.plainWordAt(this.at + 1) !== 'of' || this.plainWordAt(this.at + 2) !== 'system';
      return (keyword.roles & NO_ALIAS) === 0 || !this.isTakenBehindTable(keyword);
    }
    return kind === STRING && this.dialect === 'sqlite';
  }

  /** Words that only some dialects keep for what follows a table are aliases in the others. */
  private isTakenBehindTable(keyword: Keyword): boolean {
    switch (keyword.word) {
      case 'use':
      case 'force':
      case 'ignore':
      case 'partition':
      case 'procedure':
      case 'lock':
        return this.dialect === 'mysql';
      case 'straight_join':
        return this.dialect === 'mysql' || this.wordAt(this.at + 1) !== '';
      case 'indexed':
        return this.dialect === 'sqlite';
      case 'pivot':
      case 'unpivot':
      case 'minus':
      case 'option':
      case 'output':
      case 'connect':
      case 'start':
        return this.dialect === 'generic';
      default:
        return true;
    }
  }

  /** Reads `[AS] alias`, and answers the index of the alias. */
  private alias(): number {
    this.accept('as');
    const index = this.at;
    this.at++;
    return index;
  }

  protected sourceAlias(scope: Scope, source: Source): void {
    this.behindTable(scope, source);
    if (!this.aliasFollows()) return;
    if (this.wordAt(this.at) === 'as' && this.kindAt(this.at + 1) === OPEN) {
      // f() AS (a int, b text)
      this.at++;
      this.skipGroup();
    } else {
      const index = this.alias();
      if (index >= this.end || !isName(this.tokens, index, this.dialect)) {
        this.surprise();
        return;
      }
      source.alias = identityOf(this.tokens, index, this.dialect);
      if (this.kindAt(this.at) === OPEN) {
        if (this.isHintList(this.at)) this.hintGroup();
        else {
          source.isRenamed = true;
          this.skipGroup();
        }
      }
    }
    this.behindTable(scope, source);
  }

  /** Hints, partitions, samples: what may stand before or behind the alias. */
  private behindTable(scope: Scope, source: Source): void {
    for (;;) {
      if (this.kindAt(this.at) === STAR && this.dialect === 'postgres') {
        this.at++;
        continue;
      }
      if (this.kindAt(this.at) === AT && this.dialect === 'postgres') {
        // CockroachDB: t@index
        this.at += 2;
        continue;
      }
      if (this.kindAt(this.at) === OPEN && this.isHintList(this.at)) {
        this.hintGroup();
        continue;
      }
      switch (this.wordAt(this.at)) {
        case 'tablesample':
          this.changes('TABLESAMPLE');
          this.at += 2;
          if (this.kindAt(this.at) === OPEN) this.skipGroup();
          if (this.plainWordAt(this.at) === 'repeatable') {
            this.at++;
            if (this.kindAt(this.at) === OPEN) this.skipGroup();
          }
          continue;
        case 'partition':
          if (this.kindAt(this.at + 1) !== OPEN) return;
          this.at++;
          this.skipGroup();
          continue;
        case 'use':
        case 'force':
        case 'ignore':
          if (this.dialect !== 'mysql') return;
          // USE INDEX FOR ORDER BY (a, b)
          while (this.at < this.end && this.tokens.kinds[this.at] === WORD) this.at++;
          if (this.kindAt(this.at) !== OPEN) return;
          this.skipGroup();
          continue;
        case 'not':
        case 'indexed':
          if (this.dialect !== 'sqlite') return;
          if (this.accept('not')) {
            if (!this.accept('indexed')) this.surprise();
          } else if (this.wordAt(this.at + 1) === 'by') this.at += 3;
          else return;
          continue;
        case 'with':
          if (this.kindAt(this.at + 1) !== OPEN) return;
          this.tableHints();
          continue;
        case 'pivot':
        case 'unpivot':
          if (this.dialect !== 'generic' || this.kindAt(this.at + 1) !== OPEN) return;
          for (const each of scope.sources) each.isRenamed = true;
          this.at++;
          this.skipGroup();
          continue;
        case 'as':
          if (this.plainWordAt(this.at + 1) !== 'of') return;
          if (this.plainWordAt(this.at + 2) !== 'system') return;
          this.changes('AS OF SYSTEM TIME');
          this.at += 4;
          this.expression(false, true);
          return;
        case 'for':
          if (this.plainWordAt(this.at + 1) !== 'system_time' && this.plainWordAt(this.at + 1) !== 'portion') return;
          this.changes('FOR SYSTEM_TIME');
          // Rows of the past: a condition on today's row says nothing about them.
          source.isRenamed = true;
          this.systemTime();
          continue;
        default:
          return;
      }
    }
  }

  /** FOR SYSTEM_TIME AS OF x, FROM x TO y, BETWEEN x AND y, ALL; FOR PORTION OF p FROM x TO y. */
  private systemTime(): void {
    this.at += 2;
    if (this.wordAt(this.at) === 'all') {
      this.at++;
      return;
    }
    if (this.accept('as')) {
      if (this.plainWordAt(this.at) !== 'of') this.surprise();
      this.at++;
      if (this.plainWordAt(this.at) === 'timestamp' || this.plainWordAt(this.at) === 'transaction') this.at++;
      if (this.kindAt(this.at) === OPEN) this.skipGroup();
      else this.at++;
      return;
    }
    this.surprise();
  }

  /** SQL Server: `FROM t (NOLOCK)`. */
  private isHintList(open: number): boolean {
    return this.dialect === 'generic' && lockingHint.test(this.plainWordAt(open + 1));
  }

  private hintGroup(): void {
    for (let index = this.at + 1; index < this.tokens.links[this.at]; index++) {
      const hint = this.plainWordAt(index);
      if (lockingHint.test(hint)) this.changes(`WITH (${hint.toUpperCase()})`);
    }
    this.skipGroup();
  }

  private tableHints(): void {
    if (this.kindAt(this.at + 1) !== OPEN) {
      this.surprise();
      return;
    }
    this.at++;
    this.hintGroup();
  }
}
