import { ColumnScanner, inClause } from './column-scanner.js';
import { constantAt, constantLength } from './constants.js';
import { both, type Disjuncts, either, type OpenEquality } from './disjuncts.js';
import { foldedName } from './names.js';
import type { ColumnUse } from './open-select.js';
import type { ValueRef } from './statement.js';
import {
  AMPERSAND,
  CLOSE,
  COLON,
  COMMA,
  DOT,
  EQUALS,
  MINUS,
  NAME,
  NUMBER,
  OPEN,
  OPEN_BRACKET,
  PARAMETER,
  PIPE,
  STRING,
  WORD,
} from './tokens.js';

const MAX_DEPTH = 64;

/** Where a condition is cut, or `undefined` for the one thing that it is as a whole. */
interface Cuts {
  readonly ands: readonly number[];
  readonly ors: readonly number[];
}

/** Reads conditions as alternatives of equalities, as far as their tokens are exactly that; of the rest, the columns. */
export abstract class ConditionReader extends ColumnScanner {
  /** What WHERE and the ONs of inner joins require. */
  protected disjuncts: Disjuncts = [[]];

  private readonly loses = ({ source, column }: { source: number; column: string }): void => {
    this.uses([{ source, column }]);
  };

  /** Notes columns that a clause mentions in another way than by an equality. */
  protected uses(found: readonly ColumnUse[]): void {
    for (const { source, column } of found) {
      const meant = this.sources[source];
      meant.used.add(column);
      meant.read.add(column);
      meant.isInClause = true;
    }
  }

  /** Reads a condition that every row has to meet; false when it is not understood. */
  protected restrict(from: number, to: number): boolean {
    const met = this.condition(from, to, 0);
    if (met === undefined) return false;
    this.disjuncts = both(this.disjuncts, met, this.loses);
    return true;
  }

  /** Reads the ON of a source; false when it is not understood. */
  protected joinCondition(index: number, from: number, to: number): boolean {
    const source = this.sources[index];
    const { onUses, onRest, pairs } = source;
    let isPlain = true;
    for (const [start, end] of this.conjuncts(from, to)) {
      const pair = this.pair(index, start, end);
      if (pair !== undefined) {
        onUses.push({ source: index, column: pair.column }, { source: pair.source, column: pair.otherColumn });
        pairs.push(pair);
        continue;
      }
      isPlain = false;
      const found: ColumnUse[] = [];
      if (!this.scan(start, end, found, inClause)) return false;
      for (const use of found) onUses.push(use);
      if (source.join === 'left') for (const use of found) onRest.push(use);
      else if (!this.restrict(start, end)) return false;
    }
    source.isPlainJoin = isPlain;
    return true;
  }

  /** The conjuncts of a condition, looking through parentheses around them. */
  private conjuncts(from: number, to: number): (readonly [number, number])[] {
    const [start, end] = this.unwrapped(from, to);
    const cuts = this.cuts(start, end);
    if (cuts === undefined || cuts.ors.length > 0) return [[start, end]];
    const found: (readonly [number, number])[] = [];
    let first = start;
    for (const next of [...cuts.ands, end]) {
      found.push(this.unwrapped(first, next));
      first = next + 1;
    }
    return found;
  }

  /** `own = other` or `other = own`. */
  private pair(
    index: number,
    start: number,
    end: number,
  ): { column: string; source: number; otherColumn: string } | undefined {
    const equals = this.columnEnd(start);
    if (equals < 0 || equals >= end || this.tokens.kinds[equals] !== EQUALS) return undefined;
    if (this.columnEnd(equals + 1) !== end) return undefined;
    const left = this.columnAt(start, equals);
    const right = this.columnAt(equals + 1, end);
    if (left === undefined || right === undefined || left.source === right.source) return undefined;
    const [own, other] = left.source === index ? [left, right] : [right, left];
    if (own.source !== index || other.source > index) return undefined;
    return { column: own.column, source: other.source, otherColumn: other.column };
  }

  private unwrapped(from: number, to: number): readonly [number, number] {
    const { kinds, links } = this.tokens;
    let [start, end] = [from, to];
    while (kinds[start] === OPEN && links[start] === end - 1 && end - 1 > start + 1) {
      start++;
      end--;
    }
    return [start, end];
  }

  private condition(from: number, to: number, depth: number): Disjuncts | undefined {
    const [start, end] = this.unwrapped(from, to);
    if (start >= end || depth > MAX_DEPTH) return undefined;
    const cuts = this.cuts(start, end);
    if (cuts === undefined || (cuts.ands.length === 0 && cuts.ors.length === 0)) return this.atom(start, end);
    const alternatives: Disjuncts[] = [];
    let first = start;
    let and = 0;
    for (const or of [...cuts.ors, end]) {
      let met: Disjuncts = [[]];
      while (first <= or) {
        const next = and < cuts.ands.length && cuts.ands[and] < or ? cuts.ands[and++] : or;
        const conjunct = this.condition(first, next, depth + 1);
        if (conjunct === undefined) return undefined;
        met = both(met, conjunct, this.loses);
        first = next + 1;
      }
      alternatives.push(met);
    }
    return alternatives.length === 1 ? alternatives[0] : either(alternatives, this.loses);
  }

  /**
   * The ANDs and ORs outside of parentheses that surely connect whole conditions. Where anything else could take part in it (CASE with
   * its own ANDs, BETWEEN over more than plain operands, what MySQL spells || and &&), the condition is not cut at all.
   */
  private cuts(start: number, end: number): Cuts | undefined {
    const { kinds, links, keywords } = this.tokens;
    const ands: number[] = [];
    const ors: number[] = [];
    let isBetween = false;
    for (let index = start; index < end; index++) {
      const kind = kinds[index];
      if (kind === OPEN || kind === OPEN_BRACKET) {
        if (links[index] < 0 || links[index] >= end) return undefined;
        index = links[index];
      } else if (kind === WORD && kinds[index - 1] !== DOT) {
        const word = keywords[index]?.word;
        if (word === undefined) continue;
        if (word === 'and') {
          if (!isBetween) ands.push(index);
          isBetween = false;
        } else if (isBetween) {
          if (word !== 'symmetric' && word !== 'asymmetric' && word !== 'null') return undefined;
        } else if (word === 'or') ors.push(index);
        else if (word === 'between') isBetween = true;
        else if (word === 'case' || word === 'xor') return undefined;
      } else if (kind === COMMA) return undefined;
      else if (isBetween) {
        const isPlain =
          kind === NAME ||
          kind === WORD ||
          kind === DOT ||
          kind === NUMBER ||
          kind === STRING ||
          kind === PARAMETER ||
          kind === MINUS ||
          kind === COLON;
        if (!isPlain) return undefined;
      } else if (this.dialect === 'mysql' && (kind === PIPE || kind === AMPERSAND)) {
        if (kinds[index + 1] === kind) return undefined;
      }
    }
    return { ands, ors };
  }

  /** A condition that is not made of others. */
  private atom(start: number, end: number): Disjuncts | undefined {
    const equality = this.equality(start, end);
    if (equality !== undefined) {
      const source = this.sources[equality.source];
      source.read.add(equality.column);
      source.isInClause = true;
      return [[equality]];
    }
    const found: ColumnUse[] = [];
    if (!this.scan(start, end, found, inClause)) return undefined;
    this.uses(found);
    return [[]];
  }

  private equality(start: number, end: number): OpenEquality | undefined {
    const { kinds, links } = this.tokens;
    const constant = constantLength(this.tokens, start);
    if (constant > 0) {
      const column = start + constant + 1;
      if (kinds[column - 1] !== EQUALS || this.columnEnd(column) !== end) return undefined;
      return this.bound(this.columnAt(column, end), start, start + constant, false);
    }
    const after = this.columnEnd(start);
    if (after < 0 || after >= end) return undefined;
    const column = this.columnAt(start, after);
    const value = after + 1;
    if (kinds[after] === EQUALS) {
      const length = constantLength(this.tokens, value);
      if (length > 0) return value + length === end ? this.bound(column, value, end, false) : undefined;
      const isAny = this.dialect === 'postgres' && (this.word(value) === 'any' || this.word(value) === 'some');
      if (!isAny || value + 4 !== end || kinds[value + 1] !== OPEN || kinds[value + 2] !== PARAMETER) return undefined;
      return kinds[value + 3] === CLOSE ? this.bound(column, value + 2, value + 3, true) : undefined;
    }
    const operator = this.word(after);
    if (operator === 'in') {
      if (kinds[value] !== OPEN || links[value] !== end - 1) return undefined;
      return this.bound(column, value + 1, end - 1, false);
    }
    const isNull = operator === 'is' && this.word(value) === 'null' && value + 1 === end;
    // A missing row of an outer join has NULLs too, and becomes a row when one is inserted.
    if (!isNull || column === undefined || this.sources[column.source].join === 'left') return undefined;
    return { ...column, values: [], isNull };
  }

  /** The column bound to the constants between two tokens. */
  private bound(column: ColumnUse | undefined, from: number, to: number, isList: boolean): OpenEquality | undefined {
    if (column === undefined) return undefined;
    const values: ValueRef[] = [];
    for (let index = from; index < to; index++) {
      const length = constantLength(this.tokens, index);
      const value = length > 0 ? constantAt(this.tokens, index) : undefined;
      // Nothing equals NULL, and what a server makes of `= NULL` may depend on its settings.
      if (value === undefined || (value.kind === 'literal' && value.value === null)) return undefined;
      values.push(isList && value.kind === 'parameter' ? { ...value, isList } : value);
      index += length;
      if (index < to && this.tokens.kinds[index] !== COMMA) return undefined;
    }
    return values.length > 0 ? { ...column, values } : undefined;
  }

  /** Where a column with at most one qualifier ends, or -1. */
  protected columnEnd(index: number): number {
    const { kinds, keywords } = this.tokens;
    const kind = kinds[index];
    if (kind !== NAME && (kind !== WORD || keywords[index] !== undefined)) return -1;
    if (kinds[index + 1] !== DOT) return index + 1;
    const last = kinds[index + 2];
    return (last === NAME || last === WORD) && kinds[index + 3] !== DOT ? index + 3 : -1;
  }

  /** The one column that the tokens of a column can mean. */
  protected columnAt(start: number, end: number): ColumnUse | undefined {
    const column = foldedName(this.tokens, end - 1);
    if (column === '') return undefined;
    if (end === start + 3) {
      const source = this.sourceAt(start);
      return source < 0 ? undefined : { source, column };
    }
    if (this.sources.length !== 1 || this.isWholeRow(0, column)) return undefined;
    // SQLite lets WHERE name an expression of the select list.
    const labelled = this.labels.get(column) ?? [];
    return labelled.every(({ plain }) => plain?.column === column) ? { source: 0, column } : undefined;
  }
}
