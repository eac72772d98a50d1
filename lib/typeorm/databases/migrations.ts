import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { placeOfDatabase } from './database-identity.js';
import { initializedDataSources } from './data-sources.js';
import { reportHookFailure } from '../library/hook-failures.js';

/** Which migrations a database has been through. */
export interface MigrationState {
  /** A name of the database that differs from those of others. */
  readonly place: string;
  /** Differs when other migrations have run. */
  readonly fingerprint: string;
}

interface MigrationRow {
  readonly name: string;
}

/**
 * The migrations of all DataSources that keep a table of them. A migration that another program ran has changed rows that
 * nobody heard of. Never rejects: a table that cannot be read says nothing.
 */
export async function migrationStates(): Promise<MigrationState[]> {
  const states = await Promise.all([...initializedDataSources()].map((dataSource) => stateOf(dataSource)));
  return states.filter((state) => state !== undefined);
}

async function stateOf(dataSource: DataSource): Promise<MigrationState | undefined> {
  const { migrationsTableName = 'migrations', type } = dataSource.options;
  if (type === 'mongodb') return undefined;
  try {
    const runner = dataSource.createQueryRunner();
    try {
      const { driver } = dataSource;
      const { schema } = dataSource.options as { readonly schema?: string };
      const table = driver.buildTableName(migrationsTableName, schema, driver.database);
      // Asked first: a failing statement would stand in the application's log.
      if (!(await runner.hasTable(table))) return undefined;
      const path = table.split('.').map((part) => driver.escape(part));
      const rows = (await runner.query(`SELECT ${driver.escape('name')} FROM ${path.join('.')}`)) as MigrationRow[];
      const names = rows.map((row) => row.name).sort();
      const fingerprint = createHash('sha256').update(JSON.stringify(names)).digest('base64url').slice(0, 16);
      return { place: placeOfDatabase(dataSource), fingerprint };
    } finally {
      await runner.release();
    }
  } catch (error) {
    reportHookFailure('reading the table of migrations', error);
    return undefined;
  }
}
