import { chmodSync } from 'node:fs';
import { postgres } from '../../../../test/support/services/postgres.mjs';
import type { DatabaseOptions } from './database-options.js';

/** A PostgreSQL, and what ends it. */
export interface Postgres {
  options: DatabaseOptions;
  stop(): Promise<void>;
}

/** The PostgreSQL that the URL names. Its table is `shop_product`; the story fills it anew each time. */
export function namedPostgres(url: string): Postgres {
  if (!/^postgres(ql)?:\/\//.test(url)) {
    throw new Error(`SHOP_DATABASE_URL must begin with "postgres://" or be absent, and it is "${url}".`);
  }
  return { options: optionsOf(postgres.fromUrl(url)), stop: async () => {} };
}

/** A new PostgreSQL below the directory, as the specs start theirs; undefined where its programs are not installed. */
export async function privatePostgres(directory: string): Promise<Postgres | undefined> {
  if (postgres.missingProgram() !== undefined) {
    return undefined;
  }
  // It refuses to run as root; the user it runs as instead must be able to walk through.
  chmodSync(directory, 0o711);
  const { connection, stop } = await postgres.start(directory);
  return { options: optionsOf(connection), stop };
}

function optionsOf({ user, ...rest }: ReturnType<typeof postgres.fromUrl>): DatabaseOptions {
  return { type: 'postgres', username: user, ...rest };
}
