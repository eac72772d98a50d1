import { ExpressionReader, joinWords } from './expression-reader.js';
import { type Keyword, NO_ALIAS } from './keywords.js';
import { identityOf, isName, qualifiedName } from './names.js';
import type { OpenRead, Scope, Source } from './scope.js';
import type { TableName } from './statement.js';
import { MAX_DEPTH } from './token-cursor.js';
import { AT, COMMA, DOT, NAME, OPEN, STAR, STRING, WORD } from './tokens.js';

const outerJoinWords = new Set(['left', 'right', 'full', 'outer']);
/** Hints of SQL Server that lock rows, or read what is not committed. */
const lockingHint =
  /^(?:nolock|readuncommitted|readcommittedlock|updlock|xlock|holdlock|serializable|repeatableread|tablock|tablockx|paglock|rowlock|readpast|nowait|snapshot)$/;

/** Reads FROM clauses: joins, sources of every kind, and what stands behind them. */
export abstract class FromReader extends ExpressionReader {
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
        this.sourceAlias(scope, scope.sources.at(-1) ?? this.addSource(scope, undefined));
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
      this.sourceAlias(scope, this.addSource(scope, undefined));
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
      const source = this.addSource(scope, undefined);
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
      this.sourceAlias(scope, this.addSource(scope, undefined));
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
      this.sourceAlias(scope, this.addSource(scope, this.identity(name)));
      return;
    }
    const isWord = tokens.kinds[name.last] === WORD;
    if (isWord && name.table.name === 'dual' && !name.isQualified && (dialect === 'mysql' || dialect === 'generic')) {
      this.addSource(scope, undefined);
      return;
    }
    const read = this.addRead(name);
    const source = this.addSource(scope, this.identity(name), read?.table, read);
    this.sourceAlias(scope, source);
  }

  protected addSource(scope: Scope, alias: string | undefined, table?: TableName, read?: OpenRead): Source {
    const source: Source = { alias, table, pins: read?.pins ?? [], fields: read?.fields ?? [], isRenamed: false };
    scope.sources.push(source);
    return source;
  }

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

  protected tableHints(): void {
    if (this.kindAt(this.at + 1) !== OPEN) {
      this.surprise();
      return;
    }
    this.at++;
    this.hintGroup();
  }
}
