import type { ColumnOf, Condition, Query } from './query.js';
import type { Database, Row, Value } from './world.js';

/** One row of each source, null where an outer join found none. */
type Combination = readonly (Row | null)[];

export interface Answer {
  /** By the names of the outputs. */
  readonly rows: readonly Readonly<Record<string, Value>>[];
  /** The same for two answers that nobody can tell apart. */
  readonly text: string;
}

const valueAt = (combination: Combination, { source, column }: ColumnOf): Value =>
  combination[source]?.[column] ?? null;

function holds(condition: Condition, combination: Combination): boolean {
  const value = valueAt(combination, condition);
  switch (condition.kind) {
    case 'equals':
      return value === null ? condition.isNull : condition.values.includes(value);
    case 'above':
      return value !== null && value > condition.value;
    case 'differs':
      return value !== null && value !== condition.value;
    case 'not null':
      return value !== null;
    case 'coalesced':
      return (value ?? condition.value) === condition.value;
    case 'below column': {
      const other = valueAt(combination, condition.other);
      return value !== null && other !== null && value < other;
    }
  }
}

/** The answer of the query, by trying all combinations of rows. */
export function evaluate(query: Query, database: Database): Answer {
  let combinations: Combination[] = [[]];
  for (const { table, join, on, alsoOn } of query.sources) {
    const next: Combination[] = [];
    for (const combination of combinations) {
      let isFound = false;
      for (const row of database[table]) {
        const longer = [...combination, row];
        const isPaired = on.every(({ column, source, otherColumn }) => {
          const value = row[column];
          return value !== null && value === (combination[source]?.[otherColumn] ?? null);
        });
        if (!isPaired || !alsoOn.every((condition) => holds(condition, longer))) continue;
        isFound = true;
        next.push(longer);
      }
      if (!isFound && join === 'left') next.push([...combination, null]);
    }
    combinations = next;
  }
  combinations = combinations.filter((each) => query.where.some((all) => all.every((one) => holds(one, each))));
  switch (query.answer) {
    case 'rows':
      return rowsOf(query, combinations);
    case 'distinct':
      return { ...rowsOf(query, distinct(query, combinations)) };
    case 'count':
      return single(query.outputs.length === 0 ? combinations.length : counted(query, combinations));
    case 'exists':
      return single(combinations.length > 0 ? 1 : 0);
    case 'highest':
      return single(
        query.outputs.length === 0
          ? 0
          : combinations.reduce<Value>((most, each) => {
              const value = valueAt(each, query.outputs[0]);
              return value !== null && (most === null || value > most) ? value : most;
            }, null),
      );
    case 'groups':
      return groups(query, combinations);
  }
}

function single(value: Value): Answer {
  return { rows: [{ value }], text: String(value) };
}

const counted = (query: Query, combinations: readonly Combination[]): number =>
  combinations.filter((each) => valueAt(each, query.outputs[0]) !== null).length;

function groups(query: Query, combinations: readonly Combination[]): Answer {
  const sizes = new Map<string, number>();
  for (const each of combinations) {
    const group = query.outputs.map((output) => valueAt(each, output)).join();
    sizes.set(group, (sizes.get(group) ?? 0) + 1);
  }
  const text = [...sizes].map(([group, size]) => `${group}:${size}`).sort();
  return { rows: text.map((_, index) => ({ value: index })), text: text.join(' ') };
}

function distinct(query: Query, combinations: readonly Combination[]): Combination[] {
  const seen = new Map<string, Combination>();
  for (const each of sorted(query, combinations)) {
    const text = query.outputs.map((output) => valueAt(each, output)).join();
    if (!seen.has(text)) seen.set(text, each);
  }
  return [...seen.values()];
}

/** In order, and where that leaves a choice in the order in which rows lie, as a database may do it. */
function sorted({ order }: Query, combinations: readonly Combination[]): Combination[] {
  return [...combinations].sort((one, other) => {
    for (const at of order) {
      const difference = (valueAt(one, at) ?? -1) - (valueAt(other, at) ?? -1);
      if (difference !== 0) return at.isDescending ? -difference : difference;
    }
    for (let i = 0; i < one.length; i++) {
      const difference = (one[i]?.['#'] ?? 0) - (other[i]?.['#'] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  });
}

function rowsOf(query: Query, combinations: readonly Combination[]): Answer {
  const { limit, offset, order, outputs } = query;
  const isCut = limit !== undefined || offset > 0;
  let seen = isCut || order.length > 0 ? sorted(query, combinations) : combinations;
  if (isCut) seen = seen.slice(offset, limit === undefined ? undefined : offset + limit);
  const rows = seen.map((each) => {
    const row: Record<string, Value> = {};
    for (const output of outputs) row[output.name] = valueAt(each, output);
    return row;
  });
  const texts = rows.map((row) => outputs.map(({ name }) => row[name]).join());
  if (isCut) return { rows, text: texts.join(' ') };
  // Rows that are equal in what they are ordered by may come in any order.
  const keyed = texts.map((text, i) => `${order.map((at) => valueAt(seen[i], at)).join()};${text}`);
  if (order.length === 0) return { rows, text: keyed.sort().join(' ') };
  return { rows, text: inOrder(keyed) };
}

function inOrder(keyed: readonly string[]): string {
  const groups: string[][] = [];
  let last: string | undefined;
  for (const each of keyed) {
    const group = each.slice(0, each.indexOf(';'));
    if (group !== last) groups.push([]);
    last = group;
    // What is ordered by need not be selected.
    groups.at(-1)!.push(each.slice(each.indexOf(';') + 1));
  }
  return groups.map((group) => group.sort().join(' ')).join(' ');
}
