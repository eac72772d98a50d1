import { afterAll, afterEach, beforeEach, describe } from '@jest/globals';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { beginTest, cleanUpAfterEverything, cleanUpAfterTest, cleanUpLater } from './clean-up.js';
import { describeNeeding, type Need } from './services.js';
import { databases, type Entities, type TestDatabase } from './test-database.js';

export { databases, type TestDatabase } from './test-database.js';

/**
 * A `describe` per database, titled "… on postgres"; `only` narrows the list to those a behaviour makes sense on.
 *
 * Where a database is absent its tests are left out by name (see `describeNeeding`).
 */
export function describeDatabases(
  title: string,
  define: (database: TestDatabase) => void,
  options: { only?: (database: TestDatabase) => boolean } = {},
): void {
  for (const database of databases().filter(options.only ?? (() => true))) {
    const named = `${title} on ${database.variant}`;
    if (database.variant === 'sqljs') describe(named, () => define(database));
    else describeNeeding(database.variant satisfies Need, named, () => define(database));
  }
}

/**
 * A connected DataSource on a fresh database with the tables of these entities, destroyed after the test, or after the
 * file when it was opened outside of a test.
 */
export async function openDataSource(
  database: TestDatabase,
  entities: Entities,
  extra: Partial<DataSourceOptions> = {},
): Promise<DataSource> {
  return connect({ ...(await database.createOptions(entities)), ...extra } as DataSourceOptions);
}

/** A connected DataSource made from options of `createOptions`, for specs that need two on one database; destroyed likewise. */
export async function connect(options: DataSourceOptions): Promise<DataSource> {
  const dataSource = new DataSource(options);
  cleanUpLater(async () => {
    if (dataSource.isInitialized) await dataSource.destroy();
  });
  return dataSource.initialize();
}

// Registered where a spec file imports this one: at its root, so before the hooks of its own blocks and, for what
// happens afterwards, after them.
beforeEach(beginTest);
afterEach(cleanUpAfterTest, 30_000);
afterAll(cleanUpAfterEverything, 30_000);
