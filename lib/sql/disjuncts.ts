import type { Equality } from './select-statement.js';
import type { ValueRef } from './statement.js';

/** An equality whose list of values may still grow. */
export interface OpenEquality extends Equality {
  readonly values: ValueRef[];
}

/** A condition as alternatives, each a list of equalities that hold whenever that alternative is the reason for its truth. */
export type Disjuncts = OpenEquality[][];

/** Receives the columns of an equality that no alternative keeps. */
export type Loses = (equality: Equality) => void;

/** More alternatives than these become one. */
const MOST = 32;

const keyOf = ({ source, column, isNull }: Equality): string => `${isNull === true ? '?' : ''}${source}.${column}`;

/**
 * One alternative that holds whenever any of them does: a column all of them bind is bound to any of their values. Every other
 * column is lost, and from then on matters in a way that no equality tells.
 */
function merged(disjuncts: Disjuncts, loses: Loses): Disjuncts {
  if (disjuncts.length < 2) return disjuncts;
  // Sets, because a product has made several of what is one constant of the text.
  const common = new Map<string, { equality: OpenEquality; values: Set<ValueRef>; count: number }>();
  for (const [index, disjunct] of disjuncts.entries()) {
    for (const equality of disjunct) {
      const key = keyOf(equality);
      const known = common.get(key);
      if (known === undefined) {
        if (index === 0) common.set(key, { equality, values: new Set(equality.values), count: 1 });
      } else if (known.count === index) {
        known.count++;
        if (equality !== known.equality) for (const value of equality.values) known.values.add(value);
      }
    }
  }
  const kept: OpenEquality[] = [];
  for (const { equality, values, count } of common.values()) {
    if (count === disjuncts.length) kept.push({ ...equality, values: [...values] });
  }
  const keys = new Set(kept.map(keyOf));
  for (const disjunct of disjuncts) {
    for (const equality of disjunct) if (!keys.has(keyOf(equality))) loses(equality);
  }
  return [kept];
}

/** `a AND b`. */
export function both(left: Disjuncts, right: Disjuncts, loses: Loses): Disjuncts {
  let [first, second] = [left, right];
  if (first.length * second.length > MOST) [first, second] = [merged(first, loses), merged(second, loses)];
  if (second.length === 1) {
    for (const disjunct of first) for (const equality of second[0]) disjunct.push(equality);
    return first;
  }
  return first.flatMap((disjunct) => second.map((other) => [...disjunct, ...other]));
}

/** `a OR b OR …`; equalities of one column that stand alone become one, as in `id = 1 OR id = 2`. */
export function either(operands: readonly Disjuncts[], loses: Loses): Disjuncts {
  const all: Disjuncts = [];
  const alone = new Map<string, OpenEquality>();
  for (const operand of operands) {
    for (const disjunct of operand) {
      const [equality] = disjunct;
      if (disjunct.length === 1) {
        const key = keyOf(equality);
        const known = alone.get(key);
        if (known !== undefined) {
          for (const value of equality.values) known.values.push(value);
          continue;
        }
        const own = { ...equality, values: [...equality.values] };
        alone.set(key, own);
        all.push([own]);
      } else all.push(disjunct);
    }
  }
  return all.length > MOST ? merged(all, loses) : all;
}
