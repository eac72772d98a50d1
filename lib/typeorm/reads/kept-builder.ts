import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { KeptArguments } from '../../engine/read-plan.js';
import { copiesOf } from '../../support/snapshot.js';

/**
 * A builder like the given one, which nothing changes that is done to that one later.
 *
 * Not TypeORM's `clone()`, which leaves out find options and some of what was set. Conditions, joins and aliases are put into
 * lists and not changed there, so a list of its own is all that it takes; parameters belong to whoever gave them.
 */
export function keptBuilder<Entity extends ObjectLiteral>(
  builder: SelectQueryBuilder<Entity>,
): SelectQueryBuilder<Entity> {
  const { joinAttributes, orderBys, parameters } = builder.expressionMap;
  const { findOptions } = builder as unknown as { findOptions?: unknown };
  const given = copiesOf([parameters, findOptions]);
  const expressionMap = withListsOfItsOwn(builder.expressionMap);
  // A join looks into its builder for whether it is selected, when the rows are there, and remembers it.
  const joins = joinAttributes.map((join) =>
    Object.assign(likeOf(join), { queryExpressionMap: expressionMap, isSelectedEvaluated: false }),
  );
  Object.assign(expressionMap, { joinAttributes: joins, orderBys: { ...orderBys }, parameters: given[0] });
  return Object.assign(withListsOfItsOwn(builder), { expressionMap, findOptions: given[1] });
}

function withListsOfItsOwn<T extends object>(value: T): T {
  const copy = likeOf(value);
  for (const [name, list] of Object.entries(value)) {
    if (Array.isArray(list)) Object.assign(copy, { [name]: [...(list as unknown[])] });
  }
  return copy;
}

function likeOf<T extends object>(value: T): T {
  return Object.assign(Object.create(Object.getPrototypeOf(value) as object) as T, value);
}

/** The same of each, as a plan keeps what a load is called with. */
export function keptBuilders(builders: readonly unknown[]): KeptArguments {
  const kept = (builders as readonly SelectQueryBuilder<ObjectLiteral>[]).map(keptBuilder);
  return () => kept;
}
