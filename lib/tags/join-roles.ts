import type { ColumnPair, SelectShape } from './select-shape.js';
import type { ForeignKeyInfo, TableInfo } from './table-info.js';
import type { TableId } from './table-tags.js';

/**
 * What a source is to the answer.
 *
 * - `inner`: each combination of rows that counts holds one of its rows;
 * - `attached`: outer-joined, and it does not decide which combinations of the others count, nor where they stand;
 * - `deciding`: outer-joined, and whether it found a row, and which, may decide that.
 */
export type Role = 'inner' | 'attached' | 'deciding';

/** The role of each source. */
export function rolesOf<V>(shape: SelectShape<V>, tables: readonly TableInfo[]): readonly Role[] {
  const { sources } = shape;
  const roles: Role[] = [];
  for (let i = sources.length - 1; i >= 0; i--) roles[i] = roleOf(shape, tables, i, roles);
  return roles;
}

/** @param roles those of the sources behind it. */
function roleOf<V>(shape: SelectShape<V>, tables: readonly TableInfo[], i: number, roles: readonly Role[]): Role {
  const source = shape.sources[i];
  if (source.join !== 'left' || isDemanded(shape, i)) return 'inner';
  // Nobody sees from which rows it was made, so only what is said of constants tells which others can be found.
  if (!shape.isRowwise) return 'deciding';
  if (source.isMentioned && source.isMentionedOnlyInPairs !== true) return 'deciding';
  // Rows that were skipped are counted, and nobody sees them.
  if (shape.hasOffset && !isKeyPaired(tables[i], source.on)) return 'deciding';
  const isNeeded = shape.sources.some((later, k) => k > i && roles[k] !== 'attached' && refersTo(later.on, i));
  return isNeeded ? 'deciding' : 'attached';
}

/** Whether every condition asks for one of its rows, so that the outer join is an inner one. */
function isDemanded<V>({ disjuncts }: SelectShape<V>, i: number): boolean {
  return disjuncts.every((disjunct) =>
    disjunct.some(({ source, values, isNull }) => source === i && isNull !== true && values.length > 0),
  );
}

function refersTo(on: readonly ColumnPair[], i: number): boolean {
  return on.some(({ source }) => source === i);
}

/** Whether the pairs name at most one row of the table for each combination of the others. */
export function isKeyPaired(table: TableInfo, on: readonly ColumnPair[]): boolean {
  return table.key.length > 0 && table.key.every(({ name }) => on.some(({ column }) => column === name));
}

/**
 * Whether a row of the source counts only together with a row that refers to it by a key the database enforces.
 *
 * Such a row came when nobody referred to it, so its coming changes nothing; and nobody refers to it any longer when it
 * goes or is called otherwise.
 */
export function isReferredTo<V>(
  { sources }: SelectShape<V>,
  tables: readonly TableInfo[],
  roles: readonly Role[],
  i: number,
): boolean {
  return sources.some((other, k) => {
    if (k === i || (k > i && roles[k] !== 'inner')) return false;
    return enforcedKeys(tables[k], tables[i]).some((key) =>
      key.columns.every((column, m) =>
        k < i
          ? sources[i].on.some((p) => p.source === k && p.otherColumn === column && p.column === key.toColumns[m])
          : other.on.some((p) => p.source === i && p.column === column && p.otherColumn === key.toColumns[m]),
      ),
    );
  });
}

/**
 * Whether every row of source `i` finds its row of the later source `k`: the join follows a key that the database
 * enforces, and asks for nothing else.
 */
export function surelyFinds<V>(
  { sources }: SelectShape<V>,
  tables: readonly TableInfo[],
  i: number,
  k: number,
): boolean {
  const { on, isPlainJoin } = sources[k];
  if (!isPlainJoin || on.some(({ source }) => source !== i)) return false;
  return enforcedKeys(tables[i], tables[k]).some((key) =>
    on.every(({ column, otherColumn }) => {
      const m = key.columns.indexOf(otherColumn);
      return m >= 0 && key.toColumns[m] === column;
    }),
  );
}

function enforcedKeys(from: TableInfo, to: TableInfo): readonly ForeignKeyInfo[] {
  const keys = from.foreignKeys ?? [];
  return keys.filter((key) => key.isEnforced && isSameTable(key.to, to.id) && key.toColumns.length > 0);
}

/** Two spellings may be two tables. */
function isSameTable(one: TableId, other: TableId): boolean {
  return one.database === other.database && one.schema === other.schema && one.name === other.name;
}
