import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { KeptArguments } from '../engine/read-plan.js';
import { copiesOf } from '../support/snapshot.js';

/**
 * A builder like the given one, which nothing changes that is done to that one later.
 *
 * Not TypeORM's `clone()`, which leaves out find options and some of what was set. Conditions, joins and aliases are put into
 * lists and not changed there, so a list of its own is all that it takes; parameters belong to whoever gave them.
 */
function keptBuilder<Entity extends ObjectLiteral>(builder: SelectQueryBuilder<Entity>): SelectQueryBuilder<Entity> {
  const { expressionMap } = builder;
  const kept = Object.assign(Object.create(Object.getPrototypeOf(expressionMap) as object), expressionMap) as object;
  for (const [name, value] of Object.entries(expressionMap)) {
    if (Array.isArray(value)) Object.assign(kept, { [name]: [...(value as unknown[])] });
  }
  const { orderBys } = expressionMap;
  const [parameters] = copiesOf([expressionMap.parameters]);
  Object.assign(kept, { orderBys: { ...orderBys }, parameters });
  const copy = Object.create(Object.getPrototypeOf(builder) as object) as SelectQueryBuilder<Entity>;
  return Object.assign(copy, builder, { expressionMap: kept });
}

/** The same of each, as a plan keeps what a load is called with. */
export function keptBuilders(builders: readonly unknown[]): KeptArguments {
  const kept = (builders as readonly SelectQueryBuilder<ObjectLiteral>[]).map(keptBuilder);
  return () => kept;
}
