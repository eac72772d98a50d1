import { isName, qualifiedName } from './names.js';
import { newScope } from './scope.js';
import type { TableName, WriteKind } from './statement.js';
import { COMMA, OPEN, STAR, STRING } from './tokens.js';
import { WriteReader } from './write-reader.js';

/** Words between CREATE and TABLE. */
const tableAdjectives = new Set([
  'global',
  'local',
  'temporary',
  'temp',
  'unlogged',
  'external',
  'foreign',
  'virtual',
  'private',
  'shared',
  'column',
  'row',
  'immutable',
  'duplicated',
  'sharded',
  'history',
]);
const indexAdjectives = new Set([
  'unique',
  'fulltext',
  'spatial',
  'clustered',
  'nonclustered',
  'bitmap',
  'null_filtered',
  'vector',
]);
/** Objects whose definition changes no row and no meaning of a name. */
const harmlessObjects = new Set([
  'index',
  'sequence',
  'user',
  'role',
  'login',
  'publication',
  'subscription',
  'tablespace',
  'server',
]);
/** What ALTER TABLE may do to tables it does not name first. */
const reachesFurther = new Set([
  'attach',
  'detach',
  'exchange',
  'switch',
  'inherit',
  'union',
  'import',
  'discard',
  'partition',
  'schema',
]);

/** Reads what defines tables, empties them, or moves rows in bulk. */
export class DefinitionReader extends WriteReader {
  protected create(): void {
    this.at++;
    if (this.accept('or')) this.at++;
    const first = this.at;
    let isTemporary = false;
    for (; tableAdjectives.has(this.plainWordAt(this.at)); this.at++) {
      if (this.plainWordAt(this.at).startsWith('temp')) isTemporary = true;
    }
    if (this.accept('table')) {
      this.createTable(isTemporary);
      return;
    }
    if (isTemporary) this.temporaryView();
    this.at = first;
    while (indexAdjectives.has(this.plainWordAt(this.at))) this.at++;
    if (this.accept('index')) this.createIndex();
    else this.otherObject();
  }

  private createTable(isTemporary: boolean): void {
    this.ifExists();
    const name = this.namedTable();
    if (name === undefined) return;
    this.define(name, isTemporary);
    this.definitionBody();
  }

  /** What else it does is known of it no more than of any view. */
  private temporaryView(): void {
    this.accept('recursive');
    if (!this.accept('view')) return;
    this.ifExists();
    const name = this.namedTable();
    if (name !== undefined) this.define(name, true);
  }

  /** Column definitions hold no table that matters; AS and SELECT bring a query. */
  private definitionBody(): void {
    while (this.at < this.end) {
      const word = this.wordAt(this.at);
      if (word === 'select' || word === 'with' || word === 'values' || word === 'table') {
        // WITH (fillfactor = 70), WITH DATA, VALUES LESS THAN, TABLE options of other databases.
        if (word !== 'select' && this.wordAt(this.at - 1) !== 'as') this.at++;
        else {
          this.query();
          // WITH NO DATA
          if (this.accept('with')) this.at = this.end;
        }
      } else if (word === 'execute') {
        // CREATE TABLE t AS EXECUTE prepared
        this.readsUnknown = true;
        this.at = this.end;
      } else if (this.kindAt(this.at) === OPEN) this.nestedDefinition();
      else this.at++;
    }
  }

  private nestedDefinition(): void {
    if (this.opensQuery(this.at) || this.tokens.kinds[this.at + 1] === OPEN) {
      this.nestedGroup(false);
      return;
    }
    // Defaults, checks and generated columns may call anything; they run when rows are written.
    this.group(() => {
      this.at = this.end;
    });
  }

  private createIndex(): void {
    this.accept('concurrently');
    this.ifExists();
    while (this.at < this.end && this.wordAt(this.at) !== 'on') this.at++;
    this.at++;
    this.accept('only');
    const name = this.namedTable();
    if (name !== undefined) this.define(name);
    this.at = this.end;
  }

  protected alter(): void {
    this.at++;
    if (this.wordAt(this.at) === 'ignore') this.at++;
    while (tableAdjectives.has(this.plainWordAt(this.at))) this.at++;
    if (!this.accept('table')) {
      this.otherObject();
      return;
    }
    this.ifExists();
    this.accept('only');
    if (this.wordAt(this.at) === 'all') {
      this.failedDefinition();
      return;
    }
    const name = this.namedTable();
    if (name === undefined) return;
    this.define(name);
    for (; this.at < this.end; this.at++) {
      const word = this.plainWordAt(this.at);
      if (reachesFurther.has(word)) this.writesUnknown = true;
      else if (word === 'rename') this.renamed(name);
    }
  }

  /** RENAME [TO | AS] name; RENAME COLUMN, INDEX, KEY and CONSTRAINT keep the table's name. */
  private renamed(table: TableName): void {
    const next = this.plainWordAt(this.at + 1);
    if (/^(?:column|index|key|constraint|value|partition)$/.test(next)) return;
    const at = next === 'to' || next === 'as' ? this.at + 2 : this.at + 1;
    // PostgreSQL: RENAME a TO b is about a column.
    if (this.plainWordAt(at + 1) === 'to') return;
    const name = at < this.end ? qualifiedName(this.tokens, at, this.dialect) : undefined;
    if (name !== undefined) this.define(name.isQualified ? name.table : { ...name.table, schema: table.schema });
  }

  protected drop(): void {
    this.at++;
    while (tableAdjectives.has(this.plainWordAt(this.at))) this.at++;
    if (this.wordAt(this.at) === 'index' && (this.dialect === 'mysql' || this.dialect === 'generic')) {
      while (this.at < this.end && this.wordAt(this.at) !== 'on') this.at++;
      if (this.accept('on')) {
        const name = this.namedTable();
        if (name !== undefined) this.define(name);
      }
      this.at = this.end;
      return;
    }
    if (!this.accept('table') && this.plainWordAt(this.at) !== 'tables') {
      this.otherObject();
      return;
    }
    if (this.plainWordAt(this.at) === 'tables') this.at++;
    this.ifExists();
    this.tableList('define');
    // SQLite deletes the rows first, and foreign keys act on that.
    if (this.dialect === 'sqlite')
      for (const { table } of this.writes.slice()) this.writes.push({ table, kind: 'delete', pins: [] });
  }

  protected truncate(): void {
    this.at++;
    this.accept('table');
    this.ifExists();
    this.tableList('truncate');
  }

  /** Names separated by commas, and CASCADE somewhere behind them. */
  private tableList(kind: WriteKind): void {
    const tables: TableName[] = [];
    for (;;) {
      this.accept('only');
      const name = this.namedTable();
      if (name === undefined) return;
      tables.push(name);
      if (this.kindAt(this.at) === STAR) this.at++;
      if (this.kindAt(this.at) !== COMMA) break;
      this.at++;
    }
    let cascades = false;
    for (; this.at < this.end; this.at++) if (this.wordAt(this.at) === 'cascade') cascades = true;
    for (const table of tables)
      this.writes.push(cascades ? { table, kind, pins: [], cascades } : { table, kind, pins: [] });
  }

  /** RENAME TABLE a TO b, c TO d. */
  protected rename(): void {
    this.at++;
    if (this.plainWordAt(this.at) === 'user') {
      this.at = this.end;
      return;
    }
    if (!this.accept('table') && this.plainWordAt(this.at) !== 'tables') {
      this.failedDefinition();
      return;
    }
    if (this.plainWordAt(this.at) === 'tables') this.at++;
    this.ifExists();
    for (;;) {
      const name = this.namedTable();
      if (name === undefined) return;
      this.define(name);
      // MariaDB: RENAME TABLE a WAIT 5 TO b.
      while (this.at < this.end && this.wordAt(this.at) !== 'to' && this.kindAt(this.at) !== COMMA) this.at++;
      if (this.at >= this.end) return;
      this.at++;
    }
  }

  protected refresh(): void {
    this.at++;
    if (this.plainWordAt(this.at) !== 'materialized' || this.wordAt(this.at + 1) !== 'view') {
      this.failedDefinition();
      return;
    }
    this.at += 2;
    this.accept('concurrently');
    const name = this.namedTable();
    if (name !== undefined) this.writes.push({ table: name, kind: 'refresh', pins: [] });
    this.at = this.end;
  }

  /** COPY t FROM …, COPY t TO …, COPY (query) TO …. */
  protected copy(): void {
    this.at++;
    this.changes('COPY');
    if (this.kindAt(this.at) === OPEN) {
      this.group(() => this.query());
      this.at = this.end;
      return;
    }
    if (this.plainWordAt(this.at) === 'binary' && isName(this.tokens, this.at + 1, this.dialect)) {
      const next = this.wordAt(this.at + 1);
      if (next !== 'from' && next !== 'to') this.at++;
    }
    const name = this.namedTable();
    if (name === undefined) return;
    if (this.kindAt(this.at) === OPEN) this.skipGroup();
    if (this.wordAt(this.at) === 'to') this.reads.push({ table: name, pins: [], fields: [] });
    else this.writes.push({ table: name, kind: 'insert', pins: [] });
    this.at = this.end;
  }

  /** LOAD DATA | XML … [REPLACE] INTO TABLE t …. */
  protected load(): void {
    this.at++;
    this.changes('LOAD');
    const what = this.plainWordAt(this.at);
    if (what !== 'data' && what !== 'xml') {
      if (what !== 'index' && this.kindAt(this.at) !== STRING) this.writesUnknown = true;
      this.at = this.end;
      return;
    }
    let kind: WriteKind = 'insert';
    for (; this.at < this.end; this.at++) {
      if (this.wordAt(this.at) === 'replace') kind = 'replace';
      else if (this.wordAt(this.at) === 'into' && this.wordAt(this.at + 1) === 'table') {
        this.at += 2;
        const name = this.namedTable();
        if (name !== undefined) this.writes.push({ table: name, kind, pins: [] });
        this.at = this.end;
        return;
      }
    }
    this.failedDefinition();
  }

  /** DECLARE c CURSOR FOR query. */
  protected cursor(): void {
    this.changes('cursor');
    while (this.at < this.end && this.wordAt(this.at) !== 'for') this.at++;
    this.at++;
    this.query();
  }

  private otherObject(): void {
    if (!harmlessObjects.has(this.plainWordAt(this.at))) this.writesUnknown = true;
    this.at = this.end;
  }

  protected failedDefinition(): void {
    this.surprise();
    this.writesUnknown = true;
  }

  private ifExists(): void {
    if (!this.accept('if')) return;
    this.accept('not');
    this.accept('exists');
  }

  private namedTable(): TableName | undefined {
    const name = this.at < this.end ? qualifiedName(this.tokens, this.at, this.dialect) : undefined;
    if (name === undefined || name.last >= this.end) {
      this.failedDefinition();
      return undefined;
    }
    this.at = name.last + 1;
    return name.table;
  }

  /** MySQL's HANDLER t OPEN | READ | CLOSE. */
  protected handler(): void {
    this.at++;
    this.changes('HANDLER');
    this.readsUnknown = true;
    const scope = newScope();
    this.fromList(scope);
    this.at = this.end;
  }
}
