import type { Equality, SelectShape } from '../../../lib/tags/select-shape.js';
import type { ColumnOf, Condition, Query } from './query.js';
import type { TableName, Value } from './world.js';

/** A constant of a query. */
export interface Constant {
  readonly table: TableName;
  readonly column: string;
  readonly value: Value;
}

/** What the text of the query tells about it. */
export function shapeOf(query: Query): SelectShape<Constant> {
  const { sources, where, order, outputs } = query;
  const used = sources.map(() => new Set<string>());
  const read = sources.map(() => new Set<string>());
  const mentioned = sources.map(() => false);
  const inPairs = sources.map(() => false);
  const equality = ({ source, column, values, isNull }: Condition & { kind: 'equals' }): Equality<Constant> => ({
    source,
    column,
    values: values.map((value) => ({ table: sources[source].table, column, value })),
    isNull,
  });
  const columns = (condition: Condition): readonly ColumnOf[] =>
    condition.kind === 'below column' ? [condition, condition.other] : [condition];
  const use = (at: ColumnOf): void => void used[at.source].add(at.column);

  const onEqualities: Equality<Constant>[] = [];
  sources.forEach(({ join, on, alsoOn }, i) => {
    for (const { column, source, otherColumn } of on) {
      read[i].add(column);
      read[source].add(otherColumn);
      inPairs[source] = true;
    }
    for (const condition of alsoOn) {
      for (const at of columns(condition)) {
        read[at.source].add(at.column);
        if (at.source !== i) mentioned[at.source] = true;
      }
      if (join === 'inner' && condition.kind === 'equals') onEqualities.push(equality(condition));
      else columns(condition).forEach(use);
    }
  });
  const disjuncts = where.map((conditions) => {
    const equalities = [...onEqualities];
    for (const condition of conditions) {
      for (const at of columns(condition)) {
        read[at.source].add(at.column);
        mentioned[at.source] = true;
      }
      if (condition.kind === 'equals') equalities.push(equality(condition));
      else columns(condition).forEach(use);
    }
    return equalities;
  });
  for (const at of order) {
    use(at);
    read[at.source].add(at.column);
    mentioned[at.source] = true;
  }
  for (const output of outputs) {
    read[output.source].add(output.column);
    if (query.answer === 'rows' || query.answer === 'distinct') continue;
    use(output);
    mentioned[output.source] = true;
  }
  return {
    sources: sources.map(({ join, on, alsoOn }, i) => ({
      join,
      on,
      isPlainJoin: alsoOn.length === 0,
      used: [...used[i]],
      isMentioned: mentioned[i] || inPairs[i],
      isMentionedOnlyInPairs: !mentioned[i] && inPairs[i],
      read: [...read[i]],
      outputs: new Map(
        outputs
          .filter(({ source, isExpression }) => source === i && !isExpression)
          .map(({ column, name }) => [column, name]),
      ),
    })),
    disjuncts,
    hasOffset: query.offset > 0,
    isRowwise: query.answer === 'rows',
  };
}
