import type { Dialect } from '../../sql/statement.js';
import type { Catalogue, RunStatement } from './catalogue.js';
import { readMysqlCatalogue } from './mysql-catalogue.js';
import { readPostgresCatalogue } from './postgres-catalogue.js';
import { readSqliteCatalogue } from './sqlite-catalogue.js';

/**
 * Reads the catalogue of a database; undefined where there is no way to.
 *
 * Rejects with what the database says when it does not allow it.
 *
 * @param others databases of the same server, where statements may name tables of several.
 */
export async function readCatalogue(
  dialect: Dialect,
  run: RunStatement,
  others: readonly string[],
): Promise<Catalogue | undefined> {
  switch (dialect) {
    case 'postgres':
      return inOneOrder(await readPostgresCatalogue(run));
    case 'mysql':
      return inOneOrder(await readMysqlCatalogue(run, others));
    case 'sqlite':
      return inOneOrder(await readSqliteCatalogue(run));
    case 'generic':
      return undefined;
  }
}

/** Databases tell theirs in any order, and processes that are told the same have to find that they know the same. */
function inOneOrder(catalogue: Catalogue): Catalogue {
  const { relations, foreignKeys, kinships, triggers } = catalogue;
  return {
    ...catalogue,
    relations: sorted(relations),
    foreignKeys: sorted(foreignKeys),
    kinships: sorted(kinships),
    triggers: triggers && sorted(triggers),
  };
}

function sorted<T>(parts: readonly T[]): readonly T[] {
  return parts
    .map((part) => ({ part, text: JSON.stringify(part) }))
    .sort((one, other) => (one.text < other.text ? -1 : 1))
    .map(({ part }) => part);
}
