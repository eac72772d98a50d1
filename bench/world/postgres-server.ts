import { onServer } from '../harness/databases.js';
import type { Finding } from '../harness/scenario.js';

/** What TypeORM needs to reach the server. */
export interface PostgresOptions {
  readonly type: 'postgres';
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly database: string;
  readonly poolSize: number;
}

/** Measures on a PostgreSQL server of its own, with one connection; where there is none, says that it was left out. */
export function onPostgres(
  measure: (options: PostgresOptions) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  return onServer('postgres', (options) => measure({ ...options, poolSize: 1 } as PostgresOptions));
}
