import { DefinitionReader } from './definition-reader.js';
import { commitsImplicitly, mayNotCommit } from './implicit-commit.js';
import { WRITES } from './keywords.js';
import { foldedName, textOf } from './names.js';
import type { Dialect, Statement, TransactionCommand } from './statement.js';
import { tokenize } from './tokenizer.js';
import { DOT, NAME, OPEN, SEMICOLON, STRING, Tokens, WORD } from './tokens.js';
import { transactionCommand } from './transaction-control.js';

/*
 * How a text is understood without a full grammar, and why no table is missed.
 *
 * A table can only be named behind a word that says so (FROM, JOIN, INTO, UPDATE, TABLE, …) or in a list that began behind one.
 * So the readers know the grammar around those words exactly and nothing else: between them an expression is any sequence of
 * tokens, of which only parentheses that hold a query, calls, and the words themselves are looked at. Such a word where the
 * grammar has no place for it, a region that is left before its end, brackets that do not match, or characters that two servers
 * of one dialect read differently: each makes the statement "not understood", which reports its tables as unknown.
 *
 * Precision errs the same way. A name is a CTE only when the database must take it for one, a condition pins only when its
 * tokens are exactly an equality, a function is pure only when it is listed.
 *
 * Outside of the text, and so beyond this room: views, inheritance and partitions, triggers, rules, side effects of functions,
 * whether `a.f` of PostgreSQL is a column or calls f(a), and standard_conforming_strings = off. What ANSI_QUOTES and
 * NO_BACKSLASH_ESCAPES of MySQL would have mean something else is not understood, or has no value.
 */

/**
 * Buffers used again by every call: analysing a text is synchronous and leaves nothing behind in them.
 */
const scratch = new Tokens();

/**
 * What every statement of a text does, in order; an empty list when the text holds no statement. Never throws, takes time in
 * proportion to the length of the text, and names every table that is read or written unless the statement says `…Unknown`.
 */
export function analyse(sql: string, dialect: Dialect): readonly Statement[] {
  tokenize(sql, dialect, scratch);
  const statements: Statement[] = [];
  let start = 0;
  while (start < scratch.count) {
    const end = statementEnd(scratch, start, dialect);
    if (end > start) statements.push(readStatement(scratch, start, end, dialect));
    start = end + 1;
  }
  scratch.release();
  return statements;
}

const bodies = new Set(['trigger', 'function', 'procedure', 'event', 'package', 'type']);

/** Index of the semicolon behind the statement, or of the end; the semicolons of a procedural body are part of it. */
function statementEnd(tokens: Tokens, start: number, dialect: Dialect): number {
  const { kinds, links, keywords, count } = tokens;
  const first = keywords[start]?.word;
  const isBlock = first === 'begin' && kinds[start + 1] !== SEMICOLON && isProcedural(tokens, start, dialect);
  const mayHaveBody = isBlock || ((first === 'create' || first === 'alter') && definesBody(tokens, start));
  let isInBody = false;
  for (let index = start; index < count; index++) {
    const kind = kinds[index];
    if (kind === OPEN && links[index] >= 0) index = links[index];
    else if (mayHaveBody && kind === WORD && keywords[index]?.word === 'begin') {
      // The bodies of these two end with the END that follows a semicolon; of the others, nothing but their server knows.
      if (dialect !== 'sqlite' && dialect !== 'postgres') return count;
      isInBody = true;
    } else if (kind === SEMICOLON) {
      if (!isInBody) return mayHaveBody && dialect === 'mysql' ? count : index;
      if (keywords[index + 1]?.word === 'end' && (kinds[index + 2] === SEMICOLON || index + 2 >= count))
        isInBody = false;
    }
  }
  return count;
}

/** BEGIN … of Oracle and MariaDB that is a block and not a transaction. */
function isProcedural(tokens: Tokens, start: number, dialect: Dialect): boolean {
  return transactionCommand(tokens, start, Math.min(start + 2, tokens.count), dialect) === 'unknown';
}

function definesBody(tokens: Tokens, start: number): boolean {
  // CREATE OR REPLACE DEFINER = 'u'@'h' AGGREGATE FUNCTION: the kind of object is among the first words.
  for (let index = start + 1; index < Math.min(start + 12, tokens.count); index++) {
    if (tokens.kinds[index] === WORD && bodies.has(foldedName(tokens, index))) return true;
    if (tokens.kinds[index] === OPEN || tokens.kinds[index] === SEMICOLON) return false;
  }
  return false;
}

function readStatement(tokens: Tokens, start: number, end: number, dialect: Dialect): Statement {
  const reader = new StatementReader(tokens, dialect);
  return reader.read(start, end);
}

/** Statements that neither read nor write tables, but whose answer does not depend on tables alone. */
const harmless = new Set(
  (
    'show pragma describe desc vacuum grant revoke comment listen unlisten notify reset checkpoint prepare deallocate unlock ' +
    'flush optimize repair check install uninstall change stop kill cache close reindex cluster security lock move start ' +
    'help binlog purge shutdown restart clone print'
  ).split(' '),
);

/** Settings of SQLite that change what the same SELECT answers, or on which of its facts can be relied. */
const answeringPragmas = new Set(
  (
    'case_sensitive_like foreign_keys full_column_names short_column_names reverse_unordered_selects temp_store ' +
    'writable_schema'
  ).split(' '),
);

/** Settings that change which table a name means. */
const namingSettings = new Set(['search_path', 'schema', 'role', 'database', 'catalog', 'current_schema', 'all']);

/** A connection so set reads rows that may never be committed. */
const dirtyReads = /\bread[\s-]+uncommitted\b/i;

/** Reads one statement whatever its verb. */
class StatementReader extends DefinitionReader {
  private transaction: TransactionCommand | undefined;
  private start = 0;

  read(start: number, end: number): Statement {
    const { tokens, dialect } = this;
    this.start = start;
    this.at = start;
    this.end = end;
    let first = start;
    while (first < end && tokens.kinds[first] === OPEN) first++;
    const verb = tokens.kinds[first] === WORD ? foldedName(tokens, first) : '';
    this.dispatch(first === start ? verb : 'query');
    if (this.at < end) this.isUnderstood = false;
    if (tokens.isDoubtful) this.isUnderstood = false;
    if (!this.isUnderstood) {
      this.readsUnknown = true;
      if (this.mayWrite()) this.writesUnknown = true;
    }
    const commits = dialect === 'mysql' && this.commits();
    return {
      verb,
      reads: this.reads,
      writes: this.writes,
      writesUnknown: this.writesUnknown,
      readsUnknown: this.readsUnknown,
      uncacheable: this.uncacheable ?? (this.isUnderstood ? undefined : 'not understood'),
      callsUnknown: this.callsUnknown,
      transaction: this.transaction,
      commitsImplicitly: commits,
      commitsPerhaps: commits && this.transaction === undefined && mayNotCommit(tokens, this.start, this.end),
    };
  }

  private commits(): boolean {
    return commitsImplicitly(this.tokens, this.start, this.end) || this.transaction?.control === 'autocommit-on';
  }

  private dispatch(verb: string): void {
    const command = transactionCommand(this.tokens, this.start, this.end, this.dialect);
    if (command !== undefined) {
      if (command === 'unknown') {
        this.everything();
        return;
      }
      this.transaction = command;
      // Other settings may stand beside it.
      if (verb === 'set' && this.dialect === 'mysql') this.set();
      else this.changes(verb);
      this.at = this.end;
      return;
    }
    switch (verb) {
      case 'select':
      case 'with':
      case 'values':
      case 'table':
      case 'query':
        this.query();
        break;
      case 'insert':
      case 'update':
      case 'delete':
      case 'merge':
      case 'replace':
        this.dataModification();
        break;
      case 'create':
        this.create();
        break;
      case 'alter':
        this.alter();
        break;
      case 'drop':
        this.drop();
        break;
      case 'truncate':
        this.truncate();
        break;
      case 'rename':
        this.rename();
        break;
      case 'refresh':
        this.refresh();
        break;
      case 'copy':
        this.copy();
        break;
      case 'load':
        this.load();
        break;
      case 'handler':
        this.handler();
        break;
      case 'explain':
      case 'describe':
      case 'desc':
        this.explain();
        break;
      case 'analyze':
      case 'analyse':
        this.analyze();
        break;
      case 'declare':
        if (this.dialect === 'generic') this.everything();
        else this.cursor();
        break;
      case 'fetch':
        this.changes('FETCH');
        this.readsUnknown = true;
        this.at = this.end;
        break;
      case 'set':
        this.set();
        break;
      case 'discard':
        this.everything();
        break;
      case 'pragma':
        if (this.dialect === 'sqlite' && this.setsAnswering()) this.everything();
        else this.nothing(verb);
        break;
      case 'vacuum':
        // SQLite numbers rows anew that have no INTEGER PRIMARY KEY, unless the copy is another file.
        if (this.dialect === 'sqlite' && this.plainWordAt(this.end - 2) !== 'into') this.everything();
        else this.nothing(verb);
        break;
      default:
        if (harmless.has(verb)) this.nothing(verb);
        else this.everything();
    }
  }

  /** PRAGMA name = value, or name (value), behind a schema or not. */
  private setsAnswering(): boolean {
    const name = this.kindAt(this.at + 2) === DOT ? this.at + 3 : this.at + 1;
    // SQLite takes a text for a name here.
    const setting = this.kindAt(name) === STRING ? textOf(this.tokens, name).toLowerCase() : this.settingAt(name);
    return name + 1 < this.end && answeringPragmas.has(setting);
  }

  /** No table is read or written. */
  private nothing(verb: string): void {
    this.changes(verb.toUpperCase());
    const name = this.settingAt(this.start + 1);
    if (verb === 'reset' && namingSettings.has(name)) this.writesUnknown = true;
    // SQL Server needs no semicolon between two statements.
    if (this.dialect === 'generic' && this.mayWriteBehind(this.start + 1)) this.writesUnknown = true;
    this.at = this.end;
  }

  /** What the statement reads and writes cannot be told from its text. */
  private everything(): void {
    this.readsUnknown = true;
    this.writesUnknown = true;
    this.changes('not understood');
    this.at = this.end;
  }

  /** EXPLAIN runs nothing unless ANALYZE is among its options. */
  private explain(): void {
    const verb = this.plainWordAt(this.at);
    let runs = false;
    this.at++;
    this.changes(verb.toUpperCase());
    if (this.kindAt(this.at) === OPEN && !this.opensQuery(this.at)) {
      for (let index = this.at; index < this.tokens.links[this.at]; index++) {
        if (/^analy[sz]e$/.test(this.plainWordAt(index))) runs = true;
      }
      this.at = this.tokens.links[this.at] + 1;
    } else {
      for (let index = this.at; index < this.end && !this.beginsStatement(index); index++) {
        if (/^analy[sz]e$/.test(this.plainWordAt(index))) runs = true;
      }
    }
    if (!runs) {
      this.at = this.end;
      return;
    }
    this.runsInner();
  }

  /** ANALYZE of MariaDB runs the statement behind it; of tables, it only counts. */
  private analyze(): void {
    const verb = this.plainWordAt(this.at);
    this.at++;
    const runs =
      this.dialect === 'mysql' &&
      (this.beginsStatement(this.at) || this.plainWordAt(this.at) === 'format') &&
      this.wordAt(this.at) !== 'table';
    this.changes(verb.toUpperCase());
    if (runs) this.runsInner();
    else this.nothing(verb);
  }

  private beginsStatement(index: number): boolean {
    return /^(?:select|with|values|table|insert|update|delete|merge|replace|create|declare|execute|refresh)$/.test(
      this.wordAt(index),
    );
  }

  /** Reads the statement behind the options of EXPLAIN ANALYZE. */
  private runsInner(): void {
    while (this.at < this.end && !this.beginsStatement(this.at) && this.kindAt(this.at) !== OPEN) this.at++;
    if (this.at >= this.end) {
      this.failedDefinition();
      return;
    }
    this.start = this.at;
    this.dispatch(this.kindAt(this.at) === OPEN ? 'query' : this.plainWordAt(this.at));
  }

  private set(): void {
    const { at } = this;
    this.changes('SET');
    let index = at + 1;
    while (/^(?:session|local|global|persist)$/.test(this.plainWordAt(index))) index++;
    if (this.dialect === 'mysql' && this.plainWordAt(index) === 'statement') {
      // MariaDB: SET STATEMENT setting = value FOR statement.
      this.at = index;
      this.runsInner();
      return;
    }
    const name = this.settingAt(index);
    if (this.dialect !== 'mysql' && (namingSettings.has(name) || name === 'authorization')) this.writesUnknown = true;
    if (this.dialect === 'generic' && this.mayWriteBehind(index)) this.writesUnknown = true;
    // MySQL's bare SET TRANSACTION is about the next transaction only, and PostgreSQL has no dirty reads.
    const lasts =
      this.dialect === 'generic' || (this.dialect === 'mysql' && (index > at + 1 || name !== 'transaction'));
    if (lasts && dirtyReads.test(this.textFrom(at))) this.writesUnknown = true;
    this.at = this.end;
  }

  /** The name of a setting, quoted or not. */
  private settingAt(index: number): string {
    return this.kindAt(index) === NAME ? foldedName(this.tokens, index) : this.plainWordAt(index);
  }

  private textFrom(index: number): string {
    return this.tokens.sql.slice(this.tokens.starts[index], this.tokens.ends[this.end - 1]);
  }

  /** Whether a statement that is not understood holds a word that could write. */
  private mayWrite(): boolean {
    return this.tokens.isDoubtful || this.mayWriteBehind(this.start);
  }

  private mayWriteBehind(start: number): boolean {
    const { keywords } = this.tokens;
    for (let index = start; index < this.end; index++) {
      const keyword = keywords[index];
      if (keyword !== undefined && (keyword.roles & WRITES) !== 0) return true;
    }
    return false;
  }
}
