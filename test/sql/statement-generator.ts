import fc from 'fast-check';
import type { Dialect, ValueRef } from '../../lib/sql/statement.js';

/** A statement together with what it was built to do. */
export interface Generated {
  readonly sql: string;
  /** One entry per table occurrence, `table{pins}`, sorted. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** It calls nothing that could change the answer. */
  readonly isPure: boolean;
}

type Draw = fc.GeneratorValue;

interface Source {
  readonly alias: string | undefined;
  readonly pins: string[] | undefined;
}

export const generatedTables: readonly string[] = [
  'author',
  'book',
  'tag',
  'book_tags_tag',
  'order',
  'select',
  'from',
  'We ird',
  'größe',
  'q"uo`te]',
  'join',
];
const plain = new Set(['author', 'book', 'tag', 'book_tags_tag']);
export const generatedColumns: readonly string[] = ['id', 'name', 'authorid', 'age', 'from', 'where'];
const hidden = [' /* FROM hidden */ ', ' -- FROM hidden\n', ' /* ; DELETE FROM hidden */ '];

/** An arbitrary of statements in one dialect, whose generator knows the tables and pins. */
export const generatedStatement = (dialect: Dialect): fc.Arbitrary<Generated> =>
  fc.gen().map((draw) => new StatementGenerator(draw, dialect).statement());

export function readText(table: string, pins: readonly string[]): string {
  return `${table}{${[...pins].sort().join(' ')}}`;
}

export function pinText(column: string, values: readonly ValueRef[]): string {
  const texts = values.map((value) => (value.kind === 'parameter' ? `$${value.index}` : JSON.stringify(value.value)));
  return `${column}=${texts.join(',')}`;
}

class StatementGenerator {
  private readonly pieces: string[] = [];
  private readonly reads: { readonly table: string; readonly pins: string[] }[] = [];
  private readonly writes: { readonly text: string; readonly pins: string[] }[] = [];
  private readonly ctes: string[] = [];
  private parameters = 0;
  private aliases = 0;
  private isPure = true;
  private budget = 40;

  constructor(
    private readonly draw: Draw,
    private readonly dialect: Dialect,
  ) {}

  statement(): Generated {
    switch (this.below(8)) {
      case 0:
        this.insert();
        break;
      case 1:
        this.update();
        break;
      case 2:
        this.delete();
        break;
      default:
        this.query(0);
    }
    return {
      sql: this.render(),
      reads: this.reads.map(({ table, pins }) => readText(table, pins)).sort(),
      writes: this.writes.map(({ text, pins }) => readText(text, pins)).sort(),
      isPure: this.isPure,
    };
  }

  // ── drawing ──

  private below(limit: number): number {
    return this.draw(fc.nat, { max: limit - 1 });
  }

  private chance(oneIn: number): boolean {
    return this.below(oneIn) === oneIn - 1;
  }

  private pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }

  // ── writing ──

  private words(text: string): void {
    for (const word of text.split(' ')) {
      const style = this.below(4);
      this.pieces.push(style === 0 ? word.toLowerCase() : style === 1 ? word[0] + word.slice(1).toLowerCase() : word);
    }
  }

  private put(...pieces: string[]): void {
    this.pieces.push(...pieces);
  }

  private quoted(name: string): string {
    const { dialect } = this;
    const style = this.below(3);
    if (dialect === 'mysql' || (dialect !== 'postgres' && style === 1)) return `\`${name.replaceAll('`', '``')}\``;
    // SQLite has no way to write ] in brackets.
    if (dialect === 'generic' && style === 2) return `[${name.replaceAll(']', ']]')}]`;
    if (dialect === 'sqlite' && style === 2 && !name.includes(']')) return `[${name}]`;
    return `"${name.replaceAll('"', '""')}"`;
  }

  private name(name: string): void {
    if (plain.has(name) || /^[a-z]\w*$/.test(name)) {
      const isWord = !['order', 'select', 'from', 'join', 'where'].includes(name);
      if (isWord && this.chance(2)) {
        this.put(name);
        return;
      }
    }
    this.put(this.quoted(name));
  }

  private list(least: number, most: number, write: () => void): void {
    const count = least + this.below(most - least + 1);
    for (let index = 0; index < count; index++) {
      if (index > 0) this.put(',');
      write();
    }
  }

  private render(): string {
    let sql = '';
    for (const piece of this.pieces) {
      const space = this.below(12);
      if (piece === '.') sql = `${sql}.`;
      else if (sql.endsWith('.')) sql += piece;
      else if (space === 0) sql += this.pick(hidden) + piece;
      else if (space === 1) sql += `\n\t${piece}`;
      else if (space < 4 && /^[(),=]$/.test(piece)) sql += piece;
      else sql += ` ${piece}`;
    }
    return sql;
  }

  // ── values ──

  /** Writes a constant, and answers how a pin spells it; undefined when its value depends on the server's settings. */
  private constant(): string | undefined {
    const { dialect } = this;
    switch (this.below(5)) {
      case 0: {
        if (dialect === 'postgres') {
          const index = this.below(9);
          this.put(`$${index + 1}`);
          return `$${index}`;
        }
        this.put('?');
        return `$${this.parameters++}`;
      }
      case 1:
        this.put("'it''s FROM hidden'");
        return JSON.stringify("it's FROM hidden");
      case 2:
        if (dialect === 'mysql') {
          this.put("'\\' FROM hidden'");
          return undefined;
        }
        if (dialect === 'postgres') {
          this.put(this.pick(['$$FROM hidden$$', '$t$FROM hidden$t$', "E'FROM\\x20hidden'".replace('\\x20', ' ')]));
          return JSON.stringify('FROM hidden');
        }
        this.put("'FROM hidden\\'");
        return JSON.stringify('FROM hidden\\');
      case 3: {
        const value = this.below(100);
        this.put('-', String(value + 1));
        return String(-value - 1);
      }
      default: {
        const value = this.below(1000);
        this.put(String(value));
        return String(value);
      }
    }
  }

  private column(sources: readonly Source[]): void {
    const usable = sources.filter(({ alias }) => alias !== undefined);
    if (usable.length > 0 && this.chance(2)) {
      this.name(this.pick(usable).alias as string);
      this.put('.');
    }
    this.name(this.pick(generatedColumns));
  }

  private expression(sources: readonly Source[], depth: number): void {
    if (depth > 4 || --this.budget < 0) {
      this.constant();
      return;
    }
    const next = depth + 1;
    switch (this.below(14)) {
      case 0:
      case 1:
      case 2:
      case 3:
        this.column(sources);
        return;
      case 4:
      case 5:
        this.constant();
        return;
      case 6:
        this.words(this.pick(['COUNT', 'COALESCE', 'LOWER', 'MAX', 'ABS']));
        this.put('(');
        this.list(1, 2, () => this.expression(sources, next));
        this.put(')');
        return;
      case 7:
        this.put('(');
        this.query(next);
        this.put(')');
        return;
      case 8:
        // In parentheses, because beside a bare CASE no condition is trusted.
        this.put('(');
        this.words('CASE WHEN');
        this.condition(sources, next);
        this.words('THEN');
        this.expression(sources, next);
        this.words('ELSE');
        this.expression(sources, next);
        this.words('END');
        this.put(')');
        return;
      case 9:
        this.put('(');
        this.expression(sources, next);
        this.put(this.pick(['+', '*', '<', '>=']));
        this.expression(sources, next);
        this.put(')');
        return;
      case 10:
        if (this.dialect === 'sqlite' || this.dialect === 'generic') {
          this.column(sources);
          return;
        }
        this.words(this.pick(['EXTRACT ( YEAR FROM', 'SUBSTRING ( name FROM', "TRIM ( BOTH 'x' FROM"]));
        this.column(sources);
        this.put(')');
        return;
      case 11:
        this.words('CAST');
        this.put('(');
        this.expression(sources, next);
        this.words('AS');
        this.put(this.pick(['int', 'numeric(10, 2)', 'varchar(20)']), ')');
        return;
      case 12:
        this.words('SUM');
        this.put('(');
        this.column(sources);
        this.put(')');
        this.words('OVER');
        this.put('(');
        this.words('PARTITION BY');
        this.column(sources);
        this.words('ORDER BY');
        this.expression(sources, next);
        this.words('ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW');
        this.put(')');
        return;
      default:
        this.isPure = false;
        this.put(this.pick(['my_function', 'random', 'now']), '(', ')');
    }
  }

  /** A condition that pins nothing. */
  private condition(sources: readonly Source[], depth: number): void {
    const next = depth + 1;
    // Past the budget, only the kinds that hold nothing further.
    const kind = depth > 4 || --this.budget < 0 ? 2 + this.below(3) : this.below(9);
    switch (kind) {
      case 0:
        this.words('EXISTS');
        this.put('(');
        this.query(next);
        this.put(')');
        return;
      case 1:
        this.column(sources);
        // One piece: a comment between the two words is beyond the parser that judges.
        this.put(this.pick(['IN', 'NOT IN', 'not in']));
        this.put('(');
        this.query(next);
        this.put(')');
        return;
      case 2:
        this.column(sources);
        this.words('BETWEEN');
        this.constant();
        this.words('AND');
        this.constant();
        return;
      case 3:
        this.words('NOT');
        this.column(sources);
        this.put('=');
        this.constant();
        return;
      case 4:
        this.column(sources);
        this.words(this.pick(['IS NULL', 'IS NOT NULL']));
        return;
      case 5:
        this.column(sources);
        this.words('LIKE');
        this.expression(sources, next);
        return;
      case 6:
        this.put('(');
        this.column(sources);
        this.put('=');
        this.constant();
        this.words('OR');
        this.expression(sources, next);
        this.put('<>');
        this.constant();
        this.put(')');
        return;
      case 7:
        this.expression(sources, next);
        this.put(this.pick(['<', '>', '<=', '>=', '<>']));
        this.expression(sources, next);
        return;
      default:
        this.column(sources);
        this.put('=');
        this.constant();
        this.put('+');
        this.constant();
    }
  }

  /** Conjuncts, of which some pin a source. */
  private where(sources: readonly Source[], depth: number): void {
    const opened = this.below(4);
    for (let index = 0; index < opened; index++) this.put('(');
    const count = 1 + this.below(3);
    for (let index = 0; index < count; index++) {
      if (index > 0) this.words('AND');
      if (this.chance(2)) this.pin(sources);
      else this.condition(sources, depth);
    }
    for (let index = 0; index < opened; index++) this.put(')');
  }

  private pin(sources: readonly Source[]): void {
    const named = sources.filter(({ alias }) => alias !== undefined);
    if (named.length === 0) {
      this.constant();
      this.put('=');
      this.constant();
      return;
    }
    const source = this.pick(named);
    const column = this.pick(generatedColumns);
    const isQualified = sources.length > 1 || this.chance(2);
    const opened = this.below(3);
    for (let index = 0; index < opened; index++) this.put('(');
    const write = (): void => {
      if (isQualified) {
        this.name(source.alias as string);
        this.put('.');
        this.name(column);
        // In front of a column that a database could take for a word, nothing but a quoted name is a column.
      } else this.put(this.quoted(column));
    };
    const values: (string | undefined)[] = [];
    switch (this.below(3)) {
      case 0:
        write();
        this.words('IN');
        this.put('(');
        this.list(1, 3, () => values.push(this.constant()));
        this.put(')');
        break;
      case 1:
        values.push(this.constant());
        this.put('=');
        write();
        break;
      default:
        write();
        this.put('=');
        values.push(this.constant());
    }
    for (let index = 0; index < opened; index++) this.put(')');
    if (!values.includes(undefined)) source.pins?.push(`${column}=${values.join(',')}`);
  }

  // ── queries ──

  private table(): string {
    const name = this.pick(generatedTables);
    this.name(name);
    return name.toLowerCase();
  }

  /** A source in FROM, aliased or not. */
  private source(depth: number, sources: Source[]): void {
    const kind = this.below(9);
    if (kind === 8 && depth < 4 && this.budget > 5) {
      this.put('(');
      this.query(depth + 1);
      this.put(')');
      sources.push({ alias: this.alias(), pins: undefined });
      return;
    }
    if (kind === 7 && this.ctes.length > 0) {
      this.name(this.pick(this.ctes));
      sources.push({ alias: this.alias(), pins: undefined });
      return;
    }
    const isQualified = this.chance(6);
    if (isQualified) this.put(this.pick(['public', 'main']), '.');
    const name = this.pick(generatedTables);
    this.name(name);
    const folded = name.toLowerCase();
    if (!isQualified && this.ctes.includes(name)) {
      sources.push({ alias: this.alias(), pins: undefined });
      return;
    }
    const pins: string[] = [];
    this.reads.push({ table: folded, pins });
    sources.push({ alias: this.alias(), pins });
  }

  private alias(): string {
    const alias = `t${++this.aliases}`;
    if (this.chance(2)) this.words('AS');
    this.name(alias);
    return alias;
  }

  private from(depth: number, sources: Source[]): void {
    this.source(depth, sources);
    const joins = this.below(3);
    for (let index = 0; index < joins; index++) {
      switch (this.below(5)) {
        case 0:
          this.put(',');
          this.source(depth, sources);
          break;
        case 1:
          this.words('CROSS JOIN');
          this.source(depth, sources);
          break;
        case 2:
          this.words(this.pick(['LEFT JOIN', 'LEFT OUTER JOIN', 'RIGHT JOIN']));
          this.source(depth, sources);
          this.words('ON');
          this.condition(sources, depth + 1);
          break;
        default:
          this.words(this.pick(['JOIN', 'INNER JOIN']));
          this.source(depth, sources);
          this.words('ON');
          this.where(sources, depth + 1);
      }
    }
  }

  private select(depth: number): void {
    this.words('SELECT');
    if (this.chance(5)) this.words('DISTINCT');
    const listAt = this.pieces.length;
    const sources: Source[] = [];
    // The select list is drawn first so that parameters are counted in the order of the text.
    this.list(1, 3, () => {
      this.expression(sources, depth + 1);
      if (this.chance(3)) {
        this.words('AS');
        this.name(this.pick(['x', 'y', 'z']));
      }
    });
    if (listAt === this.pieces.length) this.put('1');
    if (this.chance(8)) return;
    this.words('FROM');
    this.from(depth, sources);
    if (!this.chance(3)) {
      this.words('WHERE');
      this.where(sources, depth + 1);
    }
    if (this.chance(5)) {
      this.words('GROUP BY');
      this.list(1, 2, () => this.column(sources));
      if (this.chance(2)) {
        this.words('HAVING');
        this.condition(sources, depth + 1);
      }
    }
  }

  private query(depth: number): void {
    const declared = this.ctes.length;
    if (depth < 3 && this.chance(5)) this.with(depth);
    this.select(depth);
    if (this.chance(6)) {
      this.words(this.pick(['UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT']));
      this.select(depth);
    }
    if (this.chance(4)) {
      this.words('ORDER BY');
      this.list(1, 2, () => {
        this.column([]);
        if (this.chance(2)) this.words(this.pick(['ASC', 'DESC']));
      });
    }
    if (this.chance(4)) {
      this.words('LIMIT');
      this.put(String(this.below(100)));
      if (this.chance(2)) {
        this.words('OFFSET');
        this.put(String(this.below(100)));
      }
    }
    this.ctes.length = declared;
  }

  private with(depth: number): void {
    this.words('WITH');
    const isRecursive = this.dialect !== 'generic' && this.chance(3);
    if (isRecursive) this.words('RECURSIVE');
    // Names of tables among them: a CTE hides the table from where it is in sight, and not before.
    const names = this.pick([['c1'], ['author'], ['c1', 'c2'], ['book', 'author'], ['tag', 'c1', 'book']]);
    let isFirst = true;
    for (const name of names) {
      if (!isFirst) this.put(',');
      isFirst = false;
      const seesItself = isRecursive || this.dialect === 'sqlite';
      if (seesItself) this.ctes.push(name);
      // PostgreSQL lets the members of a recursive list see those behind them too.
      const later = isRecursive && this.dialect === 'postgres' ? names.slice(names.indexOf(name) + 1) : [];
      this.ctes.push(...later);
      this.name(name);
      if (this.chance(3)) this.put('(', 'p', ',', 'q', ')');
      this.words('AS');
      if (this.dialect === 'postgres' && this.chance(3)) this.words(this.pick(['MATERIALIZED', 'NOT MATERIALIZED']));
      this.put('(');
      if (this.dialect === 'postgres' && depth === 0 && this.chance(4))
        this.pick([this.update, this.delete, this.insert]).call(this);
      else this.query(depth + 1);
      this.put(')');
      this.ctes.length -= later.length;
      if (!seesItself) this.ctes.push(name);
    }
  }

  // ── writes ──

  private insert(): void {
    this.words('INSERT INTO');
    const table = this.table();
    this.put('(');
    this.list(1, 3, () => this.name(this.pick(['id', 'name', 'age'])));
    this.put(')');
    if (this.chance(3)) this.query(1);
    else {
      this.words('VALUES');
      this.list(1, 3, () => {
        this.put('(');
        this.list(1, 3, () => this.expression([], 2));
        this.put(')');
      });
    }
    let kind = 'insert';
    if (this.chance(3)) {
      if (this.dialect === 'mysql') {
        kind = 'upsert';
        this.words('ON DUPLICATE KEY UPDATE');
        this.name('name');
        this.put('=');
        this.expression([], 2);
      } else if (this.dialect !== 'generic') {
        kind = 'upsert';
        // SQLite takes ON behind a FROM for a join's, unless a WHERE stands between.
        const isAmbiguous = this.dialect === 'sqlite';
        if (isAmbiguous && !this.pieces.some((piece) => /^values$/i.test(piece))) kind = 'insert';
        else {
          this.words('ON CONFLICT');
          this.put('(', 'id', ')');
          if (this.chance(2)) this.words('DO NOTHING');
          else {
            this.words('DO UPDATE SET');
            this.name('name');
            this.put('=');
            this.expression([], 2);
          }
        }
      }
    }
    this.writes.push({ text: `${kind} ${table}`, pins: [] });
    this.returning();
  }

  private returning(): void {
    if (this.dialect === 'generic' || this.dialect === 'mysql' || !this.chance(3)) return;
    this.words('RETURNING');
    this.list(1, 2, () => this.name(this.pick(['id', 'name'])));
  }

  private update(): void {
    this.words('UPDATE');
    const table = this.table();
    const pins: string[] = [];
    const alias = this.alias();
    this.words('SET');
    const sources: Source[] = [{ alias, pins }];
    this.list(1, 3, () => {
      this.name(this.pick(['name', 'age']));
      this.put('=');
      this.expression([], 2);
    });
    if (this.dialect !== 'mysql' && this.chance(4)) {
      this.words('FROM');
      this.from(1, sources);
    }
    if (!this.chance(4)) {
      this.words('WHERE');
      this.where(sources, 1);
    }
    this.writes.push({ text: `update ${table}`, pins });
    this.returning();
  }

  private delete(): void {
    this.words('DELETE FROM');
    const table = this.table();
    const pins: string[] = [];
    const sources: Source[] = [{ alias: this.alias(), pins }];
    if (this.dialect === 'postgres' && this.chance(3)) {
      this.words('USING');
      this.from(1, sources);
    }
    if (!this.chance(4)) {
      this.words('WHERE');
      this.where(sources, 1);
    }
    this.writes.push({ text: `delete ${table}`, pins });
    this.returning();
  }
}
