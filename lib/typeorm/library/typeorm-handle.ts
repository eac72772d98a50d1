import { DataSource, EntityManager, QueryBuilder, Repository } from 'typeorm';

/**
 * Whether a value is a door to a database connection: an EntityManager, a QueryRunner, or what carries one.
 *
 * A method that is handed one may be meant to read inside a transaction, so its answer can come from no cache.
 */
export function isTypeormHandle(value: object): boolean {
  return (
    value instanceof EntityManager ||
    value instanceof Repository ||
    value instanceof QueryBuilder ||
    value instanceof DataSource ||
    isQueryRunner(value)
  );
}

/** Runners have no class in common that TypeORM exports. */
function isQueryRunner(value: object): boolean {
  const runner = value as Record<string, unknown>;
  return (
    typeof runner['query'] === 'function' &&
    typeof runner['startTransaction'] === 'function' &&
    typeof runner['isReleased'] === 'boolean'
  );
}
