import type { DataSource } from 'typeorm';
import type { Dialect } from '../../sql/statement.js';

const DIALECTS: Readonly<Record<string, Dialect>> = {
  postgres: 'postgres',
  'aurora-postgres': 'postgres',
  cockroachdb: 'postgres',
  mysql: 'mysql',
  mariadb: 'mysql',
  'aurora-mysql': 'mysql',
  'better-sqlite3': 'sqlite',
  sqlite: 'sqlite',
  sqljs: 'sqlite',
  expo: 'sqlite',
  cordova: 'sqlite',
  capacitor: 'sqlite',
  nativescript: 'sqlite',
  'react-native': 'sqlite',
};

/** The family of SQL a DataSource speaks. */
export function dialectOf(dataSource: DataSource): Dialect {
  return DIALECTS[dataSource.options.type] ?? 'generic';
}

/** Databases that commit the open transaction before DDL, and go on in another one. */
const DEFINING_COMMITS: ReadonlySet<string> = new Set(['oracle', 'sap']);

/** Whether DDL commits the transaction around it, which goes on as another one (MySQL's ends: its statements say so). */
export function definitionsCommit(dataSource: DataSource): boolean {
  return DEFINING_COMMITS.has(dataSource.options.type);
}
