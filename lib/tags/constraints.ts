import type { Role } from './join-roles.js';
import type { Equality, SelectShape } from './select-shape.js';
import { columnOf, type TableInfo } from './table-info.js';

/** A column that holds one of some constants in every combination of rows that one disjunct lets through. */
export interface Constraint<V> {
  readonly source: number;
  readonly column: string;
  readonly values: readonly V[];
  /** Or NULL. */
  readonly isNull: boolean;
  /** It was said of another column, which a join equates with this one. */
  readonly isDerived: boolean;
}

/**
 * All that the equalities of a disjunct say, also through joins: where `post.author_id = author.id` and `author.id = 5`,
 * `post.author_id` is 5. What is said of a source holds for the rows of later sources that are joined to it, and the
 * other way round if an inner join does it.
 *
 * @returns for each source what holds of its columns; the same column may be said of twice.
 */
export function constraintsOf<V>(
  { sources }: SelectShape<V>,
  tables: readonly TableInfo[],
  roles: readonly Role[],
  disjunct: readonly Equality<V>[],
): readonly (readonly Constraint<V>[])[] {
  const bySource: Constraint<V>[][] = sources.map(() => []);
  const queue: Constraint<V>[] = [];
  const add = (constraint: Constraint<V>): void => {
    const known = bySource[constraint.source];
    const { column, isDerived } = constraint;
    if (known.some((other) => other.column === column && (!isDerived || other.isDerived))) return;
    known.push(constraint);
    queue.push(constraint);
  };
  const derive = (from: Constraint<V>, source: number, column: string): void => {
    if (source === from.source && column === from.column) return;
    const kind = columnOf(tables[source], column)?.kind;
    if (kind === undefined || kind !== columnOf(tables[from.source], from.column)?.kind) return;
    // NULL equals nothing, so no join finds it.
    add({ source, column, values: from.values, isNull: false, isDerived: true });
  };
  for (const { source, column, values, isNull } of disjunct) {
    add({ source, column, values, isNull: isNull === true, isDerived: false });
  }
  for (const constraint of queue) {
    sources.forEach(({ on }, k) => {
      for (const pair of on) {
        if (pair.source === constraint.source && pair.otherColumn === constraint.column) {
          derive(constraint, k, pair.column);
        } else if (k === constraint.source && pair.column === constraint.column && roles[k] === 'inner') {
          derive(constraint, pair.source, pair.otherColumn);
        }
      }
    });
  }
  return bySource;
}
