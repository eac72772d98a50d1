import type { DataSourceOptions } from 'typeorm';

/** How to connect to PostgreSQL. */
export type DatabaseOptions = Extract<DataSourceOptions, { type: 'postgres' }>;
