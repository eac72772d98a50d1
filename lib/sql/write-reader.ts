import { constantAt, constantLength } from './constants.js';
import { foldedName, identityOf, isName, type QualifiedName, qualifiedName } from './names.js';
import { collectPins } from './pins.js';
import { STOPS } from './keywords.js';
import { QueryReader } from './query-reader.js';
import { newScope, type Scope, type Source } from './scope.js';
import type { Cell, ColumnSet, TableWrite, ValueRef, WriteKind } from './statement.js';
import { COMMA, DOT, EQUALS, NAME, NAMED_PARAMETER, OPEN, PARAMETER, STAR, VARIABLE, WORD } from './tokens.js';

/** What RETURNING answers, while it is being read. */
type Returning = TableWrite['returning'];

const insertModifiers = new Set(['low_priority', 'delayed', 'high_priority', 'ignore', 'into']);

/** What may follow the columns of OUTPUT. */
const endsOutput = new Set([
  'into',
  'values',
  'default',
  'select',
  'with',
  'from',
  'where',
  'set',
  'exec',
  'execute',
  'option',
]);

/** Reads INSERT, REPLACE, UPDATE, DELETE and MERGE. */
export class WriteReader extends QueryReader {
  protected dataModification(): void {
    switch (this.wordAt(this.at)) {
      case 'insert':
        this.insert('insert');
        break;
      case 'replace':
        this.insert('replace');
        break;
      case 'update':
        this.update();
        break;
      case 'delete':
        this.delete();
        break;
      default:
        this.merge();
    }
  }

  // ── INSERT ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  private insert(verb: WriteKind): void {
    let kind = verb;
    this.at++;
    if (this.accept('or')) {
      if (this.accept('replace')) kind = 'replace';
      else this.at++;
    }
    while (insertModifiers.has(this.wordAt(this.at))) this.at++;
    const name = this.writeTarget();
    if (name === undefined) return;
    const scope = newScope();
    const source = this.addSource(scope, identityOf(this.tokens, name.last, this.dialect), name.table);
    if (this.accept('as')) {
      if (this.at >= this.end || !isName(this.tokens, this.at, this.dialect)) this.failed();
      else source.alias = identityOf(this.tokens, this.at++, this.dialect);
    } else if (this.wordAt(this.at) === 'partition' && this.kindAt(this.at + 1) === OPEN) {
      this.at++;
      this.skipGroup();
    }
    let columns: readonly string[] | undefined;
    if (this.kindAt(this.at) === OPEN && !this.holdsInsertedQuery(this.at)) {
      let isPlain = true;
      const named: string[] = [];
      this.group(() => {
        isPlain = this.columnList(named);
      });
      if (isPlain) columns = named;
    }
    this.output();
    // OVERRIDING USER VALUE: a number is generated whatever is given, and only the catalogue knows for which column.
    let areReplaced = false;
    if (this.plainWordAt(this.at) === 'overriding') {
      areReplaced = this.plainWordAt(this.at + 1) === 'user';
      this.at += 3;
    }
    let rows: TableWrite['rows'];
    const word = this.plainWordAt(this.at);
    if (word === 'default' && this.wordAt(this.at + 1) === 'values') {
      this.at += 2;
      columns = columns ?? [];
      rows = [[]];
    } else if (word === 'values' || word === 'value') {
      rows = this.tuples();
      if (this.wordAt(this.at) === 'as') {
        // MySQL: a name for the new row, used behind ON DUPLICATE KEY.
        this.at += 2;
        if (this.kindAt(this.at) === OPEN) this.skipGroup();
      } else if (this.wordAt(this.at) !== 'on' && this.wordAt(this.at) !== 'returning' && this.at < this.end) {
        // PostgreSQL: VALUES … ORDER BY, or UNION with another query.
        rows = undefined;
        this.restOfQuery();
      }
    } else if (word === 'set' && this.dialect === 'mysql') {
      const named: string[] = [];
      const cells: (ValueRef | undefined)[] = [];
      this.at++;
      if (this.assignments(named, cells)) {
        columns = named;
        rows = [cells];
      }
    } else this.query();
    const conflicting: string[] = [];
    let conflictsAreKnown = true;
    while (this.accept('on')) {
      if (kind === 'insert') kind = 'upsert';
      conflictsAreKnown = this.conflict(conflicting) && conflictsAreKnown;
    }
    const conflictColumns = kind === 'upsert' && conflictsAreKnown ? [...new Set(conflicting)] : undefined;
    const returning = this.returning(scope, source);
    if (areReplaced) rows = undefined;
    this.writes.push({ table: name.table, kind, pins: [], columns, rows, conflictColumns, returning });
  }

  /** `INSERT INTO t (SELECT …)`: the parenthesis is no column list. */
  private holdsInsertedQuery(open: number): boolean {
    return this.opensQuery(open) || this.tokens.kinds[open + 1] === OPEN;
  }

  /** Reads names separated by commas; false when one is more than a name (`a.b`, `a[1]`). */
  private columnList(into: string[]): boolean {
    while (this.at < this.end) {
      if (!isName(this.tokens, this.at, this.dialect)) return this.irregularColumns();
      const first = this.at++;
      if (this.kindAt(this.at) === DOT && this.dialect === 'mysql') {
        // t.a, as MySQL allows.
        while (this.kindAt(this.at) === DOT) this.at += 2;
      }
      if (this.at < this.end && this.kindAt(this.at) !== COMMA) return this.irregularColumns();
      into.push(foldedName(this.tokens, this.dialect === 'mysql' ? this.at - 1 : first));
      this.at++;
    }
    this.at = this.end;
    return true;
  }

  private irregularColumns(): boolean {
    this.expression(true, false);
    return false;
  }

  /** VALUES (…), (…): constants where they are constants; undefined where the rows are not in the text. */
  private tuples(): (readonly Cell[])[] | undefined {
    const rows: (readonly Cell[])[] = [];
    let areWritten = true;
    this.at++;
    for (;;) {
      this.accept('row');
      if (this.kindAt(this.at) === OPEN) {
        const cells: Cell[] = [];
        this.group(() => this.tuple(cells));
        rows.push(cells);
      } else if (this.kindAt(this.at) === PARAMETER && this.dialect === 'mysql') {
        // MySQL's clients write a list of lists as rows.
        areWritten = false;
        this.at++;
      } else {
        this.surprise();
        return undefined;
      }
      if (this.kindAt(this.at) !== COMMA) return areWritten ? rows : undefined;
      this.at++;
    }
  }

  private tuple(cells: Cell[]): void {
    while (this.at < this.end) {
      cells.push(this.tupleCell());
      if (this.at < this.end) this.at++;
    }
  }

  /** One cell of a tuple, up to a comma. */
  private tupleCell(): Cell {
    const { at } = this;
    if (this.wordAt(at) !== 'default' || (at + 1 < this.end && this.kindAt(at + 1) !== COMMA)) return this.cell();
    this.at++;
    return 'default';
  }

  /** One value, up to a comma: the constant when it is nothing else. */
  private cell(): ValueRef | undefined {
    const length = constantLength(this.tokens, this.at);
    const next = this.at + length;
    if (length > 0 && (next >= this.end || this.tokens.kinds[next] === COMMA)) {
      const value = constantAt(this.tokens, this.at);
      this.at = next;
      return value;
    }
    this.inertExpression(true);
    return undefined;
  }

  /** An expression whose value is stored: that it changes from call to call does not matter to any reader of this statement. */
  private inertExpression(nested: boolean): void {
    const before = this.uncacheable;
    this.expression(nested, true);
    this.uncacheable = before;
  }

  /** Behind ON: CONFLICT … DO NOTHING | UPDATE SET …, or DUPLICATE KEY UPDATE …. False when a column it sets could not be told. */
  private conflict(columns: string[]): boolean {
    if (this.accept('duplicate')) {
      this.at++;
      if (this.accept('update')) return this.assignments(columns, []);
      this.surprise();
      return false;
    }
    if (!this.accept('conflict')) {
      this.surprise();
      return false;
    }
    if (this.kindAt(this.at) === OPEN) {
      this.skipGroup();
      if (this.accept('where')) this.expression(false, false);
    } else if (this.accept('on')) this.at += 2;
    if (!this.accept('do')) {
      this.surprise();
      return false;
    }
    if (this.accept('nothing')) return true;
    if (!this.accept('update') || !this.accept('set')) {
      this.surprise();
      return false;
    }
    const areKnown = this.assignments(columns, []);
    if (this.accept('where')) this.expression(false, false);
    return areKnown;
  }

  // ── UPDATE ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  private update(): void {
    let kind: WriteKind = 'update';
    this.at++;
    if (this.accept('or')) {
      if (this.accept('replace')) kind = 'replace';
      else this.at++;
    }
    while (this.wordAt(this.at) === 'low_priority' || this.wordAt(this.at) === 'ignore') this.at++;
    this.top();
    const scope = newScope();
    if (this.dialect === 'mysql') this.joinedTargets(scope);
    else this.writtenSource(scope);
    const targets = scope.sources.slice();
    if (!this.accept('set')) {
      // Nothing but SET can follow, so what stands in front of it was not read as the database reads it.
      for (const { table } of targets) if (table !== undefined) this.writes.push({ table, kind, pins: [] });
      this.failed();
      return;
    }
    const columns: string[] = [];
    const values: (ValueRef | undefined)[] = [];
    const columnsAreKnown = this.assignments(columns, values);
    const sets = columnsAreKnown && targets.length === 1 ? columnSets(columns, values) : undefined;
    this.output();
    if (this.accept('from')) this.fromList(scope);
    this.tail(scope);
    const written = targets.flatMap((target) => this.resolved(target, scope, targets.length));
    collectPins(this.tokens, scope, this.dialect);
    const returning = targets.length === 1 ? this.returning(scope, targets[0]) : undefined;
    if (written.length === 0) this.writesUnknown = true;
    for (const { table, pins } of written) {
      if (table === undefined) continue;
      this.writes.push({ table, kind, pins, columns: columnsAreKnown ? columns : undefined, sets, returning });
    }
  }

  /** MySQL: UPDATE a JOIN b … SET; which of them are written is told by columns that may not be qualified. */
  private joinedTargets(scope: Scope): void {
    const firstRead = this.reads.length;
    this.fromList(scope);
    if (scope.sources.length === 1 && this.reads.length === firstRead + 1) this.reads.pop();
  }

  /** The one table of an UPDATE or DELETE, which is a table even where a CTE has its name. */
  private writtenSource(scope: Scope): Source | undefined {
    const hasParentheses = this.wordAt(this.at) === 'only' && this.kindAt(this.at + 1) === OPEN;
    let name: QualifiedName | undefined;
    if (hasParentheses) {
      this.at++;
      this.group(() => {
        name = this.writeTarget();
      });
    } else name = this.writeTarget();
    if (name === undefined) return undefined;
    const source = this.addSource(scope, identityOf(this.tokens, name.last, this.dialect), name.table);
    this.sourceAlias(scope, source);
    return source;
  }

  /** The statement surely writes, but what it writes could not be told. */
  private failed(): void {
    this.surprise();
    this.writesUnknown = true;
  }

  /**
   * The tables behind the target of an UPDATE or DELETE. SQL Server lets it be an alias of the FROM clause, which may stand for
   * a derived table whose base table is then written.
   */
  private resolved(target: Source, scope: Scope, targets: number): readonly Source[] {
    const itself = target.table === undefined ? [] : [target];
    if (this.dialect !== 'generic') return itself;
    const alias = target.alias?.toLowerCase();
    const meant = scope.sources.slice(targets).filter((source) => source.alias?.toLowerCase() === alias);
    if (meant.some(({ table }) => table === undefined)) this.writesUnknown = true;
    const isCertain = meant.length === 1 && meant[0].alias === target.alias && target.table?.schema === undefined;
    // The name then means the source in every condition.
    if (isCertain) target.alias = undefined;
    return isCertain ? meant : [...itself, ...meant];
  }

  /**
   * Reads `a = x, b = y` up to the next clause. Answers false when a column could not be told; `values` receives, for each of
   * `columns`, the constant that it is set to.
   */
  private assignments(columns: string[], values: (ValueRef | undefined)[]): boolean {
    let areKnown = true;
    for (;;) {
      const first = this.at;
      areKnown = this.assignedColumns(columns) && areKnown;
      // A field of a column is set (PostgreSQL), which is not the column.
      const isField = this.dialect === 'postgres' && this.kindAt(first + 1) === DOT;
      const start = this.at;
      const length = isField ? 0 : constantLength(this.tokens, start);
      this.inertExpression(false);
      // One value for several columns is a row.
      const isWhole = length > 0 && this.at === start + length && columns.length === values.length + 1;
      const value = isWhole ? constantAt(this.tokens, start) : undefined;
      while (values.length < columns.length) values.push(value);
      if (this.kindAt(this.at) !== COMMA) return areKnown;
      this.at++;
    }
  }

  /** Reads what stands in front of the equals sign, which is left to the expression unless the names were plain. */
  private assignedColumns(columns: string[]): boolean {
    const { tokens } = this;
    if (this.kindAt(this.at) === OPEN) {
      // (a, b) = (…)
      const named: string[] = [];
      let isPlain = true;
      this.group(() => {
        isPlain = this.columnList(named);
      });
      for (const name of named) columns.push(name);
      if (this.kindAt(this.at) === EQUALS) this.at++;
      return isPlain;
    }
    const first = this.at;
    const name = first < this.end ? qualifiedName(tokens, first, this.dialect) : undefined;
    if (name === undefined || tokens.kinds[name.last + 1] !== EQUALS) {
      // a[1] = x sets a; anything else is not known.
      if (name === undefined || this.dialect !== 'postgres' || tokens.kinds[first + 1] === DOT) return false;
      columns.push(foldedName(tokens, first));
      return true;
    }
    // `t.a` is a column of t in MySQL, and a field of the column t in PostgreSQL.
    columns.push(foldedName(tokens, this.dialect === 'postgres' ? first : name.last));
    this.at = name.last + 2;
    return true;
  }

  // ── DELETE ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  private delete(): void {
    this.at++;
    if (this.dialect === 'mysql') this.deleteModifiers();
    this.top();
    const hasFrom = this.accept('from');
    const scope = newScope();
    if (this.isTargetList(hasFrom)) {
      this.deleteThroughJoin(scope);
      return;
    }
    const target = this.writtenSource(scope);
    if (target === undefined) return;
    this.output();
    if (this.accept('using') || (this.dialect === 'generic' && this.accept('from'))) this.fromList(scope);
    this.tail(scope);
    const written = this.resolved(target, scope, 1);
    collectPins(this.tokens, scope, this.dialect);
    const returning = this.returning(scope, target);
    for (const { table, pins } of written) {
      if (table !== undefined) this.writes.push({ table, kind: 'delete', pins, returning });
    }
  }

  private deleteModifiers(): void {
    for (;;) {
      const word = this.plainWordAt(this.at);
      if (word !== 'low_priority' && word !== 'quick' && word !== 'ignore') return;
      // A table may be called quick.
      if (this.wordAt(this.at + 1) !== 'from' && !isName(this.tokens, this.at + 1, this.dialect)) return;
      this.at++;
    }
  }

  /** Whether names of aliases stand here, with the tables behind a second FROM or USING. */
  private isTargetList(hasFrom: boolean): boolean {
    if (this.dialect !== 'mysql' && this.dialect !== 'generic') return false;
    let index = this.at;
    for (;;) {
      const name = index < this.end ? qualifiedName(this.tokens, index, this.dialect) : undefined;
      if (name === undefined) return false;
      index = name.last + 1;
      if (this.kindAt(index) === DOT && this.kindAt(index + 1) === STAR) index += 2;
      if (this.kindAt(index) === COMMA) {
        index++;
        continue;
      }
      const word = this.wordAt(index);
      return word === (hasFrom && this.dialect === 'mysql' ? 'using' : 'from');
    }
  }

  /** DELETE a, b FROM …, DELETE FROM a, b USING …: the tables the names stand for in the second list. */
  private deleteThroughJoin(scope: Scope): void {
    const targets: QualifiedName[] = [];
    for (;;) {
      const name = qualifiedName(this.tokens, this.at, this.dialect) as QualifiedName;
      targets.push(name);
      this.at = name.last + 1;
      if (this.kindAt(this.at) === DOT) this.at += 2;
      if (this.kindAt(this.at) !== COMMA) break;
      this.at++;
    }
    this.at++;
    this.fromList(scope);
    this.tail(scope);
    collectPins(this.tokens, scope, this.dialect);
    for (const target of targets) this.deleteNamed(target, scope);
    if (this.wordAt(this.at) === 'returning') this.returning(scope, scope.sources[0]);
  }

  private deleteNamed(target: QualifiedName, scope: Scope): void {
    const { name, schema } = target.table;
    const isMeant = (source: Source): boolean =>
      source.alias?.toLowerCase() === name &&
      (schema === undefined || source.table?.schema === undefined || source.table.schema === schema);
    const meant = scope.sources.filter(isMeant);
    if (meant.length === 1 && meant[0].table !== undefined) {
      this.writes.push({ table: meant[0].table, kind: 'delete', pins: meant[0].pins });
      return;
    }
    if (meant.length > 0) this.writesUnknown = true;
    this.writes.push({ table: target.table, kind: 'delete', pins: [] });
    if (this.dialect === 'generic') return;
    // Whichever of the joined tables the name stands for.
    for (const { table } of scope.sources)
      if (table !== undefined) this.writes.push({ table, kind: 'delete', pins: [] });
  }

  // ── MERGE ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  private merge(): void {
    this.at++;
    this.top();
    this.accept('into');
    const scope = newScope();
    const target = this.writtenSource(scope);
    if (target?.table === undefined) return;
    this.writes.push({ table: target.table, kind: 'merge', pins: [] });
    if (!this.accept('using')) {
      this.failed();
      return;
    }
    this.fromList(scope);
    // ON and the actions name no further table, except in subqueries.
    while (this.at < this.end && this.wordAt(this.at) !== 'returning') {
      if (this.kindAt(this.at) === OPEN) this.nestedGroup(false);
      else if (this.isOutOfPlaceInMerge()) this.surprise();
      else this.at++;
    }
    this.returning(scope, target);
  }

  private isOutOfPlaceInMerge(): boolean {
    const { keywords, kinds } = this.tokens;
    const keyword = keywords[this.at];
    if (keyword === undefined || (keyword.roles & STOPS) === 0 || kinds[this.at - 1] === DOT) return false;
    return keyword.word !== 'on' && keyword.word !== 'where' && !(keyword.word === 'from' && this.isDistinctFrom());
  }

  // ── what they share ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The table that is written; `undefined` (and everything unknown) when none is named. */
  private writeTarget(): QualifiedName | undefined {
    if (this.wordAt(this.at) === 'only' && isName(this.tokens, this.at + 1, this.dialect)) this.at++;
    const name = this.at < this.end ? qualifiedName(this.tokens, this.at, this.dialect) : undefined;
    if (name === undefined || name.last >= this.end) {
      this.failed();
      return undefined;
    }
    this.at = name.last + 1;
    if (this.kindAt(this.at) === STAR) this.at++;
    // SQL Server writes through CTEs and table functions.
    if (this.dialect === 'generic' && (this.isWith(name) || this.isCall(name))) this.writesUnknown = true;
    return name;
  }

  private isCall(name: QualifiedName): boolean {
    return /^open(?:query|rowset|datasource)$/.test(name.table.name);
  }

  /** SQL Server: UPDATE TOP (10) t. */
  private top(): void {
    if (this.wordAt(this.at) !== 'top' || this.kindAt(this.at + 1) !== OPEN || this.dialect !== 'generic') return;
    this.at++;
    this.skipGroup();
    if (this.plainWordAt(this.at) === 'percent') this.at++;
  }

  /** SQL Server: OUTPUT inserted.id [INTO t]. */
  private output(): void {
    if (this.dialect !== 'generic' || this.wordAt(this.at) !== 'output') return;
    this.at++;
    while (this.at < this.end && !endsOutput.has(this.wordAt(this.at))) {
      if (this.kindAt(this.at) === OPEN) this.nestedGroup(false);
      else this.at++;
    }
    if (!this.accept('into')) return;
    const kind = this.kindAt(this.at);
    if (kind === NAMED_PARAMETER || kind === VARIABLE) {
      this.at++;
    } else {
      const name = this.writeTarget();
      if (name === undefined) return;
      this.writes.push({ table: name.table, kind: 'insert', pins: [] });
    }
    if (this.kindAt(this.at) === OPEN) this.skipGroup();
    this.output();
  }

  /**
   * The columns of the written row that RETURNING answers under their own names. A name that another output column may have too
   * is left out, because the driver keeps only one of them.
   */
  private returning(scope: Scope, source: Source): Returning {
    if (!this.accept('returning')) return undefined;
    const plain: string[] = [];
    const outputs: string[] = [];
    let hasStar = false;
    let hasUnnamed = false;
    for (;;) {
      const start = this.at;
      this.expression(false, true);
      const end = this.at;
      const column = this.returnedColumn(start, end, scope, source);
      if (column === '*') hasStar = true;
      else if (column !== undefined) {
        plain.push(column);
        outputs.push(column);
      } else {
        const label = this.outputLabel(start, end);
        if (label === undefined) hasUnnamed = true;
        else outputs.push(label);
      }
      if (this.kindAt(this.at) !== COMMA) break;
      this.at++;
    }
    if (hasStar && outputs.length === 0 && !hasUnnamed && scope.sources.length === 1) return '*';
    if (hasStar || hasUnnamed) return [];
    const seen = new Set<string>();
    const repeated = new Set<string>();
    for (const name of outputs) (seen.has(name) ? repeated : seen).add(name);
    return plain.filter((name) => !repeated.has(name));
  }

  private returnedColumn(start: number, end: number, scope: Scope, source: Source): string | undefined {
    const { kinds } = this.tokens;
    const last = end - 1;
    const isPlain = end === start + 1;
    const isQualified =
      end === start + 3 && kinds[start + 1] === DOT && (kinds[start] === NAME || kinds[start] === WORD);
    if (!isPlain && !isQualified) return undefined;
    if (isQualified && (source.alias === undefined || identityOf(this.tokens, start, this.dialect) !== source.alias)) {
      return undefined;
    }
    if (kinds[last] === STAR) return '*';
    if (isPlain && scope.sources.length !== 1) return undefined;
    const isColumn =
      kinds[last] === NAME || (kinds[last] === WORD && (isQualified || this.tokens.keywords[last] === undefined));
    return isColumn ? foldedName(this.tokens, last) : undefined;
  }

  /** The name behind AS, or of a column that is not the written table's. */
  private outputLabel(start: number, end: number): string | undefined {
    const { kinds } = this.tokens;
    const last = end - 1;
    if (last > start && this.tokens.keywords[last - 1]?.word === 'as') return foldedName(this.tokens, last);
    if (kinds[last] === NAME || (kinds[last] === WORD && kinds[last - 1] === DOT)) return foldedName(this.tokens, last);
    return undefined;
  }
}

/** What each column is set to; of one that is set twice, which value it keeps is up to the database. */
function columnSets(columns: readonly string[], values: readonly (ValueRef | undefined)[]): readonly ColumnSet[] {
  const times = new Map<string, number>();
  for (const column of columns) times.set(column, (times.get(column) ?? 0) + 1);
  return columns.map((column, index) => ({ column, value: times.get(column) === 1 ? values[index] : undefined }));
}
