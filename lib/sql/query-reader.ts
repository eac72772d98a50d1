import { setOperators, WHOLE_ROW } from './expression-reader.js';
import { FromReader } from './from-reader.js';
import { MAY_STOP, STOPS } from './keywords.js';
import { identityOf, isName, qualifiedName } from './names.js';
import { collectPins } from './pins.js';
import { type Mention, newScope, type Scope } from './scope.js';
import type { TableName } from './statement.js';
import { COMMA, EXCLAMATION_MARK, NAMED_PARAMETER, OPEN, STAR, VARIABLE } from './tokens.js';

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
const lockedWith = new Set(['update', 'share', 'no', 'key']);

/** Reads SELECT and what may stand in its place, set operations, and WITH. */
export abstract class QueryReader extends FromReader {
  /** Reads INSERT, UPDATE, DELETE or MERGE at the current position. */
  protected abstract dataModification(): void;

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
    const outer = this.mentions;
    this.mentions = [];
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
    this.settle(scope, outer);
  }

  /** Finds the sources of what was mentioned; what is none of this query belongs to one around it. */
  private settle({ sources }: Scope, outer: Mention[]): void {
    for (const mention of this.mentions) {
      const { qualifier, field } = mention;
      const source = sources.find(({ alias }) => alias === qualifier);
      if (source === undefined) outer.push(mention);
      else if (source.table === undefined || source.isRenamed) continue;
      else if (field === undefined) this.changes(WHOLE_ROW);
      else source.fields.push(field);
    }
    this.mentions = outer;
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
    let isTemporary = false;
    for (; /^(?:temporary|temp|unlogged|local|global|table)$/.test(this.wordAt(this.at)); this.at++) {
      if (this.wordAt(this.at).startsWith('temp')) isTemporary = true;
    }
    const name = qualifiedName(this.tokens, this.at, this.dialect);
    if (name === undefined) {
      this.surprise();
      return;
    }
    this.at = name.last + 1;
    this.changes('SELECT … INTO');
    this.define(name.table, isTemporary);
  }

  /** A table or view of that name becomes another one. */
  protected define(table: TableName, isTemporary = false): void {
    this.writes.push(
      isTemporary ? { table, kind: 'define', pins: [], isTemporary } : { table, kind: 'define', pins: [] },
    );
  }

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
}
