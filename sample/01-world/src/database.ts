import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { City, Country, Currency, Language } from './entities/index.js';

const entities = [Country, City, Language, Currency];

/**
 * The database of the sample: SQLite in memory, or the PostgreSQL that `WORLD_DATABASE_URL` names.
 * Its tables begin with `world_`; they are made at the start and filled anew each time.
 */
export function databaseOptions(url = process.env.WORLD_DATABASE_URL): TypeOrmModuleOptions {
  if (!url) {
    return { type: 'sqljs', entities, synchronize: true };
  }
  if (!/^postgres(ql)?:\/\//.test(url)) {
    throw new Error(`WORLD_DATABASE_URL must begin with "postgres://" or be absent, and it is "${url}".`);
  }
  return { type: 'postgres', url, entities, synchronize: true, retryAttempts: 1 };
}
