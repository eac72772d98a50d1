import type { Dice } from './dice.js';
import { columnsOf, keyOf, someValue, type TableName, type Value } from './world.js';

/** A column of one of the sources. */
export interface ColumnOf {
  readonly source: number;
  readonly column: string;
}

export type Condition =
  | (ColumnOf & { readonly kind: 'equals'; readonly values: readonly Value[]; readonly isNull: boolean })
  | (ColumnOf & { readonly kind: 'above' | 'differs'; readonly value: number })
  | (ColumnOf & { readonly kind: 'not null' })
  | (ColumnOf & { readonly kind: 'coalesced'; readonly value: number })
  | (ColumnOf & { readonly kind: 'below column'; readonly other: ColumnOf });

export interface Pair {
  readonly column: string;
  readonly source: number;
  readonly otherColumn: string;
}

export interface Source {
  readonly table: TableName;
  readonly join: 'first' | 'inner' | 'left';
  readonly on: readonly Pair[];
  readonly alsoOn: readonly Condition[];
}

export type Output = ColumnOf & { readonly name: string; readonly isExpression: boolean };

export interface Query {
  readonly sources: readonly Source[];
  /** Any of these lists of conditions. */
  readonly where: readonly (readonly Condition[])[];
  readonly order: readonly (ColumnOf & { readonly isDescending: boolean })[];
  readonly limit: number | undefined;
  readonly offset: number;
  readonly answer: 'rows' | 'distinct' | 'count' | 'exists' | 'groups' | 'highest';
  /** What is selected, counted, grouped by or compared. */
  readonly outputs: readonly Output[];
}

/** How tables are joined; everything else of a query is made up. */
export interface JoinShape {
  readonly name: string;
  readonly sources: readonly {
    readonly table: TableName;
    readonly join: Source['join'];
    readonly on: readonly Pair[];
  }[];
}

const first = (table: TableName) => ({ table, join: 'first', on: [] }) as const;
const joined = (join: 'left' | 'inner', table: TableName, column: string, source: number, otherColumn: string) =>
  ({ table, join, on: [{ column, source, otherColumn }] }) as const;

export const JOIN_SHAPES: readonly JoinShape[] = [
  { name: 'one table', sources: [first('a')] },
  { name: 'many-to-one LEFT', sources: [first('a'), joined('left', 'b', 'id', 0, 'b_id')] },
  { name: 'many-to-one INNER', sources: [first('a'), joined('inner', 'b', 'id', 0, 'b_id')] },
  { name: 'one-to-many LEFT', sources: [first('a'), joined('left', 'c', 'a_id', 0, 'id')] },
  { name: 'one-to-many INNER', sources: [first('a'), joined('inner', 'c', 'a_id', 0, 'id')] },
  {
    name: 'junction LEFT',
    sources: [first('a'), joined('left', 'j', 'a_id', 0, 'id'), joined('left', 'b', 'id', 1, 'b_id')],
  },
  {
    name: 'junction INNER',
    sources: [first('a'), joined('inner', 'j', 'a_id', 0, 'id'), joined('inner', 'b', 'id', 1, 'b_id')],
  },
  { name: 'self, parent LEFT', sources: [first('a'), joined('left', 'a', 'id', 0, 'p_id')] },
  { name: 'self, parent INNER', sources: [first('a'), joined('inner', 'a', 'id', 0, 'p_id')] },
  { name: 'self, children LEFT', sources: [first('a'), joined('left', 'a', 'p_id', 0, 'id')] },
  {
    name: 'nested LEFT',
    sources: [first('a'), joined('left', 'c', 'a_id', 0, 'id'), joined('left', 'b', 'id', 1, 'b_id')],
  },
  {
    name: 'LEFT then INNER',
    sources: [first('a'), joined('left', 'c', 'a_id', 0, 'id'), joined('inner', 'b', 'id', 1, 'b_id')],
  },
  {
    name: 'INNER then LEFT',
    sources: [first('c'), joined('inner', 'a', 'id', 0, 'a_id'), joined('left', 'b', 'id', 1, 'b_id')],
  },
  {
    name: 'two lists LEFT',
    sources: [first('a'), joined('left', 'c', 'a_id', 0, 'id'), joined('left', 'j', 'a_id', 0, 'id')],
  },
  { name: 'values LEFT', sources: [first('a'), joined('left', 'c', 'k', 0, 'x')] },
  { name: 'values INNER', sources: [first('a'), joined('inner', 'c', 'k', 0, 'x')] },
  {
    name: 'two pairs LEFT',
    sources: [
      first('a'),
      {
        table: 'c',
        join: 'left',
        on: [
          { column: 'a_id', source: 0, otherColumn: 'id' },
          { column: 'k', source: 0, otherColumn: 'x' },
        ],
      },
    ],
  },
  { name: 'no pair LEFT', sources: [first('a'), { table: 'c', join: 'left', on: [] }] },
  { name: 'no pair INNER', sources: [first('a'), { table: 'c', join: 'inner', on: [] }] },
];

/** Any query over the tables so joined. */
export function someQuery(shape: JoinShape, dice: Dice): Query {
  const { length } = shape.sources;
  const columnIn = (limit: number): ColumnOf => {
    // Conditions are about the first table more often than not.
    const source = dice.once(2) ? 0 : dice.below(limit);
    return { source, column: dice.pick(columnsOf(shape.sources[source].table)) };
  };
  const equality = (limit: number): Condition => {
    const { source, column } = columnIn(limit);
    const { table } = shape.sources[source];
    const isNull = dice.once(6);
    const values: Value[] = [];
    for (let count = isNull ? dice.below(2) : 1 + dice.below(2); count > 0; count--) {
      values.push(someValue(table, column, dice));
    }
    return { kind: 'equals', source, column, values, isNull };
  };
  const condition = (limit: number): Condition => {
    if (!dice.once(3)) return equality(limit);
    const at = columnIn(limit);
    switch (dice.below(5)) {
      case 0:
        return { kind: 'above', ...at, value: dice.below(3) };
      case 1:
        return { kind: 'differs', ...at, value: dice.below(3) };
      case 2:
        return { kind: 'not null', ...at };
      case 3:
        return { kind: 'coalesced', ...at, value: 1 };
      default:
        return { kind: 'below column', ...at, other: columnIn(limit) };
    }
  };
  const list = <T>(most: number, make: () => T): T[] => Array.from({ length: dice.below(most + 1) }, make);
  const sources = shape.sources.map((source, i): Source => {
    const isBare = i > 0 && source.on.length === 0;
    return { ...source, alsoOn: i > 0 && (isBare || dice.once(5)) ? [condition(i + 1)] : [] };
  });
  const where = dice.once(5)
    ? [[]]
    : Array.from({ length: dice.once(3) ? 2 : 1 }, () => list(2, () => condition(length)));
  const answer = dice.once(3) ? dice.pick(['distinct', 'count', 'exists', 'groups', 'highest'] as const) : 'rows';
  const isLimited = dice.once(3);
  return {
    sources,
    where,
    order: isLimited || dice.once(4) ? list(2, () => ({ ...columnIn(length), isDescending: dice.once(2) })) : [],
    limit: isLimited ? 1 + dice.below(2) : undefined,
    offset: isLimited && dice.once(3) ? 1 + dice.below(2) : 0,
    answer,
    outputs: answer === 'rows' ? selected(sources, dice) : dice.some(selected(sources, dice), 2).slice(0, 2),
  };
}

/** Mostly whole rows, sometimes only keys, anything else, or nothing of a source. */
function selected(sources: readonly Source[], dice: Dice): Output[] {
  return sources.flatMap(({ table }, source) => {
    const all = columnsOf(table);
    const columns = dice.pick([all, all, all, keyOf(table), dice.some(all), []]);
    return columns.map((column) => ({ source, column, name: `s${source}_${column}`, isExpression: dice.once(20) }));
  });
}
