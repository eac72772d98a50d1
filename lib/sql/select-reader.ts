import { constantLength } from './constants.js';
import { inClause, selected } from './column-scanner.js';
import { ConditionReader } from './condition-reader.js';
import { MAY_STOP, NO_ALIAS, STOPS } from './keywords.js';
import { identityOf, qualifiedName, textOf } from './names.js';
import { type ColumnUse, type OpenSelect, OpenSource, type SelectItem } from './open-select.js';
import {
  CLOSE,
  COMMA,
  DOT,
  NAME,
  NAMED_PARAMETER,
  NUMBER,
  OPEN,
  OPEN_BRACKET,
  PARAMETER,
  SEMICOLON,
  STAR,
  STRING,
  STRING_OR_NAME,
  WORD,
} from './tokens.js';

const MAX_SOURCES = 64;
const joins = new Set(['left', 'right', 'full', 'inner', 'cross', 'natural', 'outer']);

/** Reads one SELECT whose every token it knows; whatever it does not know makes it fail. */
export class SelectReader extends ConditionReader {
  private at = 0;
  private end = 0;
  private hasFailed = false;
  /** Regions of the ONs, by source. */
  private readonly ons = new Map<number, readonly [number, number]>();
  private items: SelectItem[] = [];
  private isDistinct = false;
  /** It has GROUP BY or HAVING. */
  private hasGroups = false;
  private isGrouped = false;
  private isLimited = false;
  private hasOffset = false;
  private hasWhere = false;
  private exists: OpenSelect | undefined;

  /** The only statement of the text, if it is a SELECT. */
  statement(): OpenSelect | undefined {
    const { kinds, count } = this.tokens;
    let end = count;
    while (end > 0 && kinds[end - 1] === SEMICOLON) end--;
    return this.select(0, end, true);
  }

  /** The SELECT that is exactly these tokens; only the outermost may read from a query in parentheses. */
  private select(start: number, end: number, isOutermost: boolean): OpenSelect | undefined {
    this.at = start;
    this.end = end;
    if (!this.accept('select')) return undefined;
    this.modifiers();
    const listStart = this.at;
    const listEnd = this.regionEnd(listStart, false);
    this.at = listEnd;
    if (this.accept('from')) this.fromList(isOutermost);
    if (this.hasFailed) return undefined;
    this.selectList(listStart, listEnd);
    const countsDistinct = this.countsDistinct(listStart, listEnd);
    this.isGrouped = this.metAggregate;
    for (const [source, [from, to]] of this.ons) if (!this.joinCondition(source, from, to)) this.fail();
    this.clauses(isOutermost);
    if (this.hasFailed || this.at !== end) return undefined;
    return {
      sources: this.sources,
      items: this.items,
      disjuncts: this.disjuncts,
      isDistinct: this.isDistinct,
      isGrouped: this.isGrouped || this.hasGroups,
      countsDistinct: countsDistinct && !this.isDistinct && !this.hasGroups,
      hasWhere: this.hasWhere,
      exists: this.exists,
      isLimited: this.isLimited,
      hasOffset: this.hasOffset,
    };
  }

  // ── steps ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  private fail(): void {
    this.hasFailed = true;
    this.at = this.end;
  }

  private wordAt(index: number): string {
    return index < this.end ? this.word(index) : '';
  }

  private kindAt(index: number): number {
    return index < this.end ? this.tokens.kinds[index] : 0;
  }

  private accept(word: string): boolean {
    if (this.wordAt(this.at) !== word) return false;
    this.at++;
    return true;
  }

  /** Where the expressions end that begin here: in front of the next clause or, if asked to, of a comma. */
  private regionEnd(from: number, stopsAtComma: boolean): number {
    const { kinds, links, keywords } = this.tokens;
    for (let index = from; index < this.end; index++) {
      const kind = kinds[index];
      if (kind === OPEN || kind === OPEN_BRACKET) {
        if (links[index] > 0) index = links[index];
      } else if (kind === COMMA) {
        if (stopsAtComma) return index;
      } else if (kind === WORD && kinds[index - 1] !== DOT) {
        const keyword = keywords[index];
        if (keyword !== undefined && this.endsRegion(index, keyword.word, keyword.roles)) return index;
      }
    }
    return this.end;
  }

  private endsRegion(index: number, word: string, roles: number): boolean {
    if (word === 'from') return this.word(index - 1) !== 'distinct' || !/^(?:is|not)$/.test(this.word(index - 2));
    if ((roles & STOPS) !== 0) return true;
    if ((roles & MAY_STOP) === 0) return false;
    switch (word) {
      case 'offset':
        return this.dialect === 'postgres' || this.dialect === 'generic';
      case 'fetch':
        return this.wordAt(index + 1) === 'first' || this.wordAt(index + 1) === 'next';
      case 'for':
        return this.dialect !== 'sqlite';
      default:
        return this.joinAt(index) > 0;
    }
  }

  /** Behind the words of the join that begins here, or 0. */
  private joinAt(index: number): number {
    let at = index;
    while (joins.has(this.wordAt(at))) at++;
    return this.wordAt(at) === 'join' ? at + 1 : 0;
  }

  // ── SELECT ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  private modifiers(): void {
    if (this.accept('distinct')) {
      this.isDistinct = true;
      // DISTINCT ON keeps the first row of each group.
      if (this.wordAt(this.at) === 'on') this.fail();
    } else this.accept('all');
    if (this.dialect !== 'generic' || this.wordAt(this.at) !== 'top') return;
    const { links } = this.tokens;
    const next = this.kindAt(this.at + 1);
    if (next === NUMBER || next === PARAMETER) this.at += 2;
    else if (next === OPEN && links[this.at + 1] === this.at + 3) this.at += 4;
    else {
      this.fail();
      return;
    }
    this.isLimited = true;
  }

  private selectList(from: number, to: number): void {
    if (from >= to) {
      this.fail();
      return;
    }
    this.list(from, to, (start, end) => {
      const item = this.item(start, end);
      if (item === undefined) {
        this.fail();
        return;
      }
      this.items.push(item);
    });
    // Only now: an expression of the select list sees no other one.
    for (const item of this.items) {
      if (item.label === undefined) continue;
      const label = item.label.toLowerCase();
      const others = this.labels.get(label);
      if (others === undefined) this.labels.set(label, [item]);
      else others.push(item);
    }
  }

  /** Calls back for the expressions between the commas outside of parentheses. */
  private list(from: number, to: number, read: (start: number, end: number) => void): void {
    const { kinds, links } = this.tokens;
    let start = from;
    for (let index = from; index < to; index++) {
      const kind = kinds[index];
      if ((kind === OPEN || kind === OPEN_BRACKET) && links[index] > 0) index = links[index];
      else if (kind === COMMA) {
        read(start, index);
        start = index + 1;
      }
    }
    read(start, to);
  }

  private item(start: number, end: number): SelectItem | undefined {
    const { kinds } = this.tokens;
    if (start >= end) return undefined;
    if (end === start + 1 && kinds[start] === STAR) {
      const uses = this.sources.map((_, source) => ({ source, column: '*' }));
      return uses.length === 0 ? undefined : { uses, plain: uses[0], label: undefined };
    }
    const labelAt = this.labelAt(start, end);
    const isNamed = labelAt > start && labelAt < end && this.word(labelAt - 1) === 'as';
    const expressionEnd = labelAt < 0 ? end : isNamed ? labelAt - 1 : labelAt;
    const uses: ColumnUse[] = [];
    if (!this.scan(start, expressionEnd, uses, selected)) return undefined;
    const plain = this.plainColumn(start, expressionEnd);
    if (labelAt >= 0) return { uses, plain, label: this.nameAt(labelAt) };
    const isOwnName = plain !== undefined && plain.column !== '*';
    return { uses, plain, label: isOwnName ? this.nameAt(end - 1) : undefined };
  }

  /** Index of the alias of a select expression, or -1. */
  private labelAt(start: number, end: number): number {
    const { kinds, keywords } = this.tokens;
    const last = end - 1;
    const kind = kinds[last];
    const isName = kind === NAME || kind === WORD;
    if (last - 1 > start && this.word(last - 1) === 'as' && kinds[last - 2] !== DOT) {
      return isName || kind === STRING || kind === STRING_OR_NAME ? last : -1;
    }
    if (!isName || (kind === WORD && keywords[last] !== undefined) || last === start) return -1;
    const before = kinds[last - 1];
    const isBehindColumn = this.columnEnd(start) === last;
    return isBehindColumn || before === CLOSE || before === NUMBER || before === PARAMETER ? last : -1;
  }

  /** An output's name as the row will have it. */
  private nameAt(index: number): string | undefined {
    const text = textOf(this.tokens, index);
    if (text === '') return undefined;
    return this.dialect === 'postgres' && this.tokens.kinds[index] === WORD ? text.toLowerCase() : text;
  }

  private plainColumn(start: number, end: number): ColumnUse | undefined {
    const { kinds } = this.tokens;
    if (end === start + 3 && kinds[start + 1] === DOT && kinds[start + 2] === STAR) {
      return { source: this.sourceAt(start), column: '*' };
    }
    return this.columnEnd(start) === end ? this.columnAt(start, end) : undefined;
  }

  /** The select list is `COUNT(DISTINCT …)`, which counts no row twice. */
  private countsDistinct(from: number, to: number): boolean {
    const { kinds, links } = this.tokens;
    let isSo = true;
    this.list(from, to, (start, end) => {
      const close = links[start + 1];
      const isCall = this.word(start) === 'count' && kinds[start + 1] === OPEN && this.word(start + 2) === 'distinct';
      const isWhole = close === end - 1 || this.labelAt(start, end) === close + (this.word(close + 1) === 'as' ? 2 : 1);
      if (!isCall || !isWhole) isSo = false;
    });
    return isSo;
  }

  // ── FROM ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  private fromList(isOutermost: boolean): void {
    this.tableFactor('first', isOutermost);
    for (;;) {
      if (this.at >= this.end || this.hasFailed) return;
      if (this.kindAt(this.at) === COMMA) {
        this.at++;
        this.tableFactor('inner', false);
        continue;
      }
      const join = this.join();
      if (join === undefined) return;
      this.tableFactor(join.kind, false);
      if (this.accept('on')) {
        if (!join.mayHaveOn) this.fail();
        const from = this.at;
        this.at = this.regionEnd(from, true);
        this.ons.set(this.sources.length - 1, [from, this.at]);
      } else if (join.needsOn) this.fail();
    }
  }

  /** Reads the words of a join: `undefined` when none stands here. */
  private join(): { kind: 'inner' | 'left'; needsOn: boolean; mayHaveOn: boolean } | undefined {
    const isLoose = this.dialect === 'mysql' || this.dialect === 'sqlite';
    switch (this.wordAt(this.at)) {
      case 'inner':
        if (this.wordAt(this.at + 1) !== 'join') return undefined;
        this.at += 2;
        return { kind: 'inner', needsOn: !isLoose, mayHaveOn: true };
      case 'join':
        this.at++;
        return { kind: 'inner', needsOn: !isLoose, mayHaveOn: true };
      case 'cross':
        if (this.wordAt(this.at + 1) !== 'join') return undefined;
        this.at += 2;
        return { kind: 'inner', needsOn: false, mayHaveOn: isLoose };
      case 'left': {
        const join = this.at + (this.wordAt(this.at + 1) === 'outer' ? 2 : 1);
        if (this.wordAt(join) !== 'join') return undefined;
        this.at = join + 1;
        return { kind: 'left', needsOn: true, mayHaveOn: true };
      }
      default:
        return undefined;
    }
  }

  private tableFactor(join: OpenSource['join'], mayBeQuery: boolean): void {
    const { tokens, dialect } = this;
    const kind = this.kindAt(this.at);
    if (this.sources.length >= MAX_SOURCES) {
      this.fail();
      return;
    }
    if (kind === OPEN && mayBeQuery) {
      this.derivedTable();
      return;
    }
    const name = kind === NAME || kind === WORD ? qualifiedName(tokens, this.at, dialect) : undefined;
    const roles = name !== undefined && kind === WORD ? (tokens.keywords[this.at]?.roles ?? 0) : 0;
    if (name === undefined || name.last >= this.end || (!name.isQualified && (roles & STOPS) !== 0)) {
      this.fail();
      return;
    }
    const own = identityOf(tokens, name.last, dialect);
    this.at = name.last + 1;
    const alias = this.alias() ?? own;
    this.addSource(new OpenSource(name.table, alias, join, undefined));
    // FROM ONLY t and FROM LATERAL f() begin with words that are no tables.
    const isWord = !name.isQualified && (name.table.name === 'only' || name.table.name === 'lateral');
    if (this.kindAt(this.at) === OPEN || name.table.name === '' || isWord) this.fail();
  }

  /** `(SELECT …) alias` as the only source. */
  private derivedTable(): void {
    const close = this.tokens.links[this.at];
    if (close < 0 || close >= this.end) {
      this.fail();
      return;
    }
    const derived = new SelectReader(this.tokens, this.dialect).select(this.at + 1, close, false);
    this.at = close + 1;
    const alias = this.alias();
    if (derived === undefined || alias === undefined) this.fail();
    else this.addSource(new OpenSource(undefined, alias, 'first', derived));
    const next = this.wordAt(this.at);
    if (this.kindAt(this.at) === COMMA || next === 'join' || joins.has(next)) this.fail();
  }

  private addSource(source: OpenSource): void {
    // Two sources of one name: the database would refuse, or knows schemas apart that this does not.
    if (source.alias === '' || this.sources.some(({ alias }) => alias === source.alias)) this.fail();
    this.sources.push(source);
  }

  private alias(): string | undefined {
    const { tokens } = this;
    const hasAs = this.accept('as');
    const kind = this.kindAt(this.at);
    const roles = tokens.keywords[this.at]?.roles ?? 0;
    const isAlias =
      kind === NAME ||
      (kind === WORD && (hasAs ? (roles & STOPS) === 0 : (roles & (STOPS | MAY_STOP | NO_ALIAS)) === 0));
    if (!isAlias) {
      if (hasAs) this.fail();
      return undefined;
    }
    const alias = identityOf(tokens, this.at, this.dialect);
    this.at++;
    // An alias with column names.
    if (this.kindAt(this.at) === OPEN) this.fail();
    return alias;
  }

  // ── clauses ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  private clauses(isOutermost: boolean): void {
    while (this.at < this.end) {
      const word = this.wordAt(this.at);
      this.at++;
      switch (word) {
        case 'where':
          this.where(isOutermost);
          break;
        case 'group':
          this.hasGroups = true;
          this.sorting();
          break;
        case 'having':
          this.hasGroups = true;
          this.clause(this.at, (this.at = this.regionEnd(this.at, false)));
          break;
        case 'order':
          this.sorting();
          break;
        case 'limit':
          this.limit();
          break;
        case 'offset':
          this.offset();
          break;
        case 'fetch':
          this.fetch();
          break;
        default:
          this.fail();
      }
    }
  }

  private where(isOutermost: boolean): void {
    const from = this.at;
    const to = this.regionEnd(from, false);
    this.at = to;
    if (this.hasWhere || from >= to) this.fail();
    this.hasWhere = true;
    const { kinds, links } = this.tokens;
    if (isOutermost && this.word(from) === 'exists' && kinds[from + 1] === OPEN && links[from + 1] === to - 1) {
      this.exists = new SelectReader(this.tokens, this.dialect).select(from + 2, to - 1, false);
      if (this.exists === undefined) this.fail();
      return;
    }
    if (!this.restrict(from, to)) this.fail();
  }

  /** ORDER BY or GROUP BY. */
  private sorting(): void {
    if (!this.accept('by')) this.fail();
    const from = this.at;
    this.at = this.regionEnd(from, false);
    this.metAggregate = false;
    this.list(from, this.at, (start, end) => this.sortItem(start, end));
    // SELECT a FROM t ORDER BY COUNT(*)
    if (this.metAggregate) this.isGrouped = true;
  }

  private sortItem(start: number, end: number): void {
    const { kinds, links, sql, starts, ends } = this.tokens;
    if (start >= end) {
      this.fail();
      return;
    }
    if (this.isOrdinal(start, end)) {
      const position = Number(sql.slice(starts[start], ends[start]));
      const item = this.items[position - 1];
      if (item === undefined || this.items.some(({ plain }) => plain?.column === '*')) this.fail();
      else this.uses(item.uses);
      return;
    }
    // SQL Server: an order that is none.
    const isNone = kinds[start] === OPEN && links[start] === start + 3 && this.word(start + 1) === 'select';
    if (isNone && this.word(start + 2) === 'null' && end === start + 4) return;
    // `(2)`, `+2`, or a parameter that MySQL's clients write as 2, may stand for a column as 2 does.
    if (this.clause(start, end) === 0 && !this.metAggregate) this.fail();
  }

  private isOrdinal(start: number, end: number): boolean {
    if (this.tokens.kinds[start] !== NUMBER) return false;
    const next = this.word(start + 1);
    return (
      end === start + 1 ||
      ((next === 'asc' || next === 'desc' || next === 'nulls') && this.tokens.kinds[start + 1] === WORD)
    );
  }

  /** An expression outside of WHERE and the select list; answers how many columns it mentions. */
  private clause(from: number, to: number): number {
    const found: ColumnUse[] = [];
    if (from >= to || !this.scan(from, to, found, inClause)) this.fail();
    this.uses(found);
    return found.length;
  }

  // ── LIMIT ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Moves behind a number or parameter; answers whether it is the literal 0. */
  private amount(): boolean {
    const { kinds, sql, starts, ends } = this.tokens;
    const length = this.kindAt(this.at) === NAMED_PARAMETER ? 1 : constantLength(this.tokens, this.at);
    const from = this.at;
    this.at += length;
    if (length === 0 || this.at > this.end || kinds[from] === STRING) this.fail();
    return length === 1 && sql.slice(starts[from], ends[from]) === '0';
  }

  private limit(): void {
    this.isLimited = true;
    if (this.accept('all')) return;
    const isZero = this.amount();
    if (this.kindAt(this.at) === COMMA) {
      // LIMIT offset, count
      this.at++;
      this.amount();
      if (!isZero) this.hasOffset = true;
    } else if (this.accept('offset')) this.offset();
  }

  private offset(): void {
    if (!this.amount()) this.hasOffset = true;
    if (!this.accept('rows')) this.accept('row');
  }

  private fetch(): void {
    this.isLimited = true;
    this.at++;
    if (!/^rows?$/.test(this.wordAt(this.at))) this.amount();
    if (!this.accept('rows') && !this.accept('row')) this.fail();
    if (!this.accept('only') && !(this.accept('with') && this.accept('ties'))) this.fail();
  }
}
