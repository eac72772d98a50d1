import { constantAt, constantLength } from './constants.js';
import { STOPS } from './keywords.js';
import { foldedName, identityOf } from './names.js';
import type { Scope, Source } from './scope.js';
import type { Dialect, ValueRef } from './statement.js';
import { CLOSE, COMMA, DOT, EQUALS, NAME, OPEN, PARAMETER, PIPE, type Tokens, VARIABLE, WORD } from './tokens.js';

/** Beyond this many sources, finding an alias for every condition would take too long, and nobody looks one up by its key. */
const MAX_SOURCES = 64;
const MAX_DEPTH = 64;

/** Hands every source of the scope the pins that its conditions surely put on it. */
export function collectPins(tokens: Tokens, scope: Scope, dialect: Dialect): void {
  const { conditions, sources } = scope;
  if (conditions.length === 0 || scope.isUnrestricted || sources.length > MAX_SOURCES) return;
  const collector = new PinCollector(tokens, sources, dialect);
  for (let index = 0; index < conditions.length; index += 2) {
    collector.condition(conditions[index], conditions[index + 1], 0);
  }
}

/** An equality found between two tokens: whose column, and what it may be. */
interface Equality {
  readonly source: Source;
  readonly column: string;
  readonly values: ValueRef[];
}

/**
 * Reads conditions only as far as it must: a conjunct counts when its tokens are exactly `column = constant` or a variation of
 * it, from one AND to the next. Whatever else could bind tighter or looser makes the tokens differ, and the conjunct is left out.
 */
class PinCollector {
  constructor(
    private readonly tokens: Tokens,
    private readonly sources: readonly Source[],
    private readonly dialect: Dialect,
  ) {}

  condition(from: number, to: number, depth: number): void {
    if (depth > MAX_DEPTH) return;
    const { kinds, links, keywords } = this.tokens;
    let start = from;
    let end = to;
    while (kinds[start] === OPEN && links[start] === end - 1) {
      start++;
      end--;
    }
    const ands: number[] = [];
    const ors: number[] = [];
    let openBetweens = 0;
    for (let index = start; index < end; index++) {
      const kind = kinds[index];
      if (kind === OPEN) {
        if (links[index] < 0) return;
        index = links[index];
      } else if (kind === WORD) {
        const keyword = keywords[index];
        if (keyword === undefined || kinds[index - 1] === DOT) continue;
        switch (keyword.word) {
          case 'between':
            openBetweens++;
            break;
          case 'and':
            if (openBetweens > 0) openBetweens--;
            else ands.push(index);
            break;
          case 'or':
            ors.push(index);
            break;
          // Its WHEN … END may hold ANDs that are no conjunctions.
          case 'case':
          case 'xor':
            return;
          default:
            // A query in the parentheses: its ANDs are its own.
            if ((keyword.roles & STOPS) !== 0 && keywords[index - 1]?.word !== 'distinct') return;
        }
      } else if (kind === PIPE) {
        // || is OR in MySQL.
        if (this.dialect === 'mysql') return;
      } else if (kind === VARIABLE || kind === COMMA) {
        // `@a := b = 1 AND …` assigns the conjunction; `(x, y = 1 AND …)` is a row.
        return;
      }
    }
    if (ors.length > 0) {
      if (ands.length === 0) this.alternatives(start, ors, end);
      return;
    }
    let first = start;
    for (const and of ands) {
      this.conjunct(first, and, depth);
      first = and + 1;
    }
    this.conjunct(first, end, depth);
  }

  private conjunct(start: number, end: number, depth: number): void {
    const { kinds, links } = this.tokens;
    if (kinds[start] === OPEN && links[start] === end - 1) {
      this.condition(start + 1, end - 1, depth + 1);
      return;
    }
    const equality = this.equality(start, end);
    if (equality !== undefined) equality.source.pins.push({ column: equality.column, values: equality.values });
  }

  /** `a.id = 1 OR a.id = 2` is `a.id IN (1, 2)`. */
  private alternatives(start: number, ors: readonly number[], end: number): void {
    const { kinds, links } = this.tokens;
    let found: Equality | undefined;
    let first = start;
    for (const next of [...ors, end]) {
      let from = first;
      let to = next;
      while (kinds[from] === OPEN && links[from] === to - 1) {
        from++;
        to--;
      }
      const equality = this.equality(from, to);
      if (equality === undefined) return;
      if (found === undefined) found = equality;
      else if (found.source !== equality.source || found.column !== equality.column) return;
      else for (const value of equality.values) found.values.push(value);
      first = next + 1;
    }
    if (found !== undefined) found.source.pins.push({ column: found.column, values: found.values });
  }

  private equality(start: number, end: number): Equality | undefined {
    const { kinds, keywords } = this.tokens;
    const constant = constantLength(this.tokens, start);
    if (constant > 0) {
      const column = start + constant + 1;
      if (kinds[column - 1] !== EQUALS || this.columnEnd(column) !== end) return undefined;
      return this.found(column, end, start, start + constant, false);
    }
    const after = this.columnEnd(start);
    if (after < 0 || after >= end) return undefined;
    if (kinds[after] === EQUALS) {
      const value = after + 1;
      const length = constantLength(this.tokens, value);
      if (length > 0) return value + length === end ? this.found(start, after, value, end, false) : undefined;
      if (
        this.dialect !== 'postgres' ||
        (keywords[value]?.word !== 'any' && keywords[value]?.word !== 'some') ||
        value + 4 !== end
      )
        return undefined;
      if (kinds[value + 1] !== OPEN || kinds[value + 2] !== PARAMETER || kinds[value + 3] !== CLOSE) return undefined;
      return this.found(start, after, value + 2, value + 3, true);
    }
    if (keywords[after]?.word !== 'in' || kinds[after + 1] !== OPEN) return undefined;
    if (this.tokens.links[after + 1] !== end - 1) return undefined;
    return this.found(start, after, after + 2, end - 1, false);
  }

  /** Where a column with at most one qualifier ends, or -1. */
  private columnEnd(index: number): number {
    const { kinds, keywords } = this.tokens;
    const kind = kinds[index];
    if (kind !== NAME && (kind !== WORD || keywords[index] !== undefined)) return -1;
    if (kinds[index + 1] !== DOT) return index + 1;
    const last = kinds[index + 2];
    return (last === NAME || last === WORD) && kinds[index + 3] !== DOT ? index + 3 : -1;
  }

  private found(column: number, columnEnd: number, first: number, end: number, isList: boolean): Equality | undefined {
    const source = this.sourceOf(column, columnEnd);
    if (source === undefined) return undefined;
    const values: ValueRef[] = [];
    for (let index = first; index < end; index++) {
      const length = constantLength(this.tokens, index);
      if (length === 0) return undefined;
      const value = constantAt(this.tokens, index);
      // Nothing equals NULL, and what a server makes of `= NULL` may depend on its settings.
      if (value === undefined || (value.kind === 'literal' && value.value === null)) return undefined;
      values.push(isList && value.kind === 'parameter' ? { ...value, isList } : value);
      index += length;
      if (index < end && this.tokens.kinds[index] !== COMMA) return undefined;
    }
    return values.length > 0 ? { source, column: foldedName(this.tokens, columnEnd - 1), values } : undefined;
  }

  private sourceOf(column: number, columnEnd: number): Source | undefined {
    const { sources } = this;
    let source: Source | undefined;
    if (columnEnd === column + 1) {
      if (sources.length === 1) source = sources[0];
    } else {
      const alias = identityOf(this.tokens, column, this.dialect);
      for (const candidate of sources) {
        if (candidate.alias !== alias) continue;
        if (source !== undefined) return undefined;
        source = candidate;
      }
    }
    return source === undefined || source.table === undefined || source.isRenamed ? undefined : source;
  }
}
