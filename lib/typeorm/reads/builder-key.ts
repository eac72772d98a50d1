import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { sequence } from '../entities/find-methods.js';

type State = Readonly<Record<string, unknown>>;

/**
 * All that tells the answers of two builders apart: the SQL and its parameters, and what TypeORM makes of the rows, of
 * which the SQL says nothing. Undefined for a builder that is not complete, or holds a function.
 *
 * @param nameOf a name for a class that no other has
 */
export function askedByBuilder<Entity extends ObjectLiteral>(
  builder: SelectQueryBuilder<Entity>,
  nameOf: (target: Function) => string,
): readonly unknown[] | undefined {
  const map = builder.expressionMap as unknown as State;
  const list = (name: string): readonly State[] => (map[name] ?? []) as readonly State[];
  const named = (target: unknown): unknown => (typeof target === 'function' ? { class: nameOf(target) } : target);
  const nameOfTarget = (entry: unknown): unknown => named((entry as { target?: unknown } | undefined)?.target);
  try {
    const [sql, parameters] = builder.getQueryAndParameters();
    const { findOptions = {} } = builder as unknown as { findOptions?: State };
    const aliases = list('aliases').map((alias) => [alias['name'], metadataTarget(alias, nameOfTarget)]);
    const joins = list('joinAttributes').map((join) => {
      const alias = join['alias'] as State | undefined;
      return [
        // A joined subquery is in the SQL; what made it is a new function each time.
        alias?.['subQuery'] === undefined ? named(join['entityOrProperty']) : undefined,
        alias?.['name'],
        join['mapToProperty'],
        join['isMappingMany'],
        named(join['mapAsEntity']),
      ];
    });
    // What is counted is TypeORM 0.3's alone.
    const mapped = ['relationIdAttributes', 'relationCountAttributes'].map((name) =>
      list(name).map((attribute) => [
        attribute['relationName'],
        attribute['alias'],
        attribute['mapToProperty'],
        attribute['disableMixedMap'],
        attribute['queryBuilderFactory'],
      ]),
    );
    return [
      sql,
      parameters,
      aliases,
      joins,
      mapped,
      { ...findOptions, order: sequence(findOptions['order']) },
      map['orderBys'] === undefined ? undefined : sequence(map['orderBys']),
      [map['skip'], map['take'], map['limit'], map['offset']],
      [map['options'], map['withDeleted'], map['relationLoadStrategy'], map['callListeners'], map['maxExecutionTime']],
      (map['mainAlias'] as State | undefined)?.['name'],
    ];
  } catch {
    return undefined;
  }
}

/** Aliases of subqueries and of tables without an entity have no metadata, and throw when they are asked for it. */
function metadataTarget(alias: State, nameOfTarget: (entry: unknown) => unknown): unknown {
  return alias['hasMetadata'] === true ? nameOfTarget(alias['metadata']) : alias['tablePath'];
}
