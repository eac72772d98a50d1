import type { DataSourceOptions } from 'typeorm';

/** How to reach the PostgreSQL that all processes share. */
export type DatabaseOptions = Pick<
  Extract<DataSourceOptions, { type: 'postgres' }>,
  'type' | 'host' | 'port' | 'username' | 'password' | 'database'
>;
