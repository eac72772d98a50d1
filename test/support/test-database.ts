import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { cleanUpLater } from './clean-up.js';
import { absenceOf, connectionTo } from './connections.js';

/** What a DataSource is given as its entities. */
export type Entities = NonNullable<DataSourceOptions['entities']>;

/** One database that a behaviour must hold on; specs ask what it supports, never which one it is. */
export interface TestDatabase {
  readonly family: 'sqlite' | 'postgres' | 'mysql';
  readonly variant: 'sqljs' | 'better-sqlite3' | 'postgres' | 'mariadb';
  readonly isAvailable: boolean;
  /** Whether `QueryRunner.stream` and `stream()` of a query builder work. */
  readonly supportsStreams: boolean;
  /** Whether TypeORM knows that an UPDATE can return the rows it wrote. */
  readonly supportsReturning: boolean;
  /** Whether an UPDATE or DELETE can be asked for the rows it changed, whatever TypeORM knows. */
  readonly tellsChangedRows: boolean;
  /** Whether a DataSource has several connections, so that one transaction can run while another reads. */
  readonly supportsConcurrentConnections: boolean;
  /** Whether two DataSources made from the same options see the same rows. */
  readonly supportsSharing: boolean;
  /** Options for a fresh database that nobody else sees, dropped after the test (or, outside of a test, after the file). */
  createOptions(entities: Entities): Promise<DataSourceOptions>;
}

const all: readonly TestDatabase[] = [
  {
    family: 'sqlite',
    variant: 'sqljs',
    isAvailable: true,
    supportsStreams: false,
    supportsReturning: false,
    tellsChangedRows: true,
    supportsConcurrentConnections: false,
    supportsSharing: false,
    createOptions: async (entities) => ({ type: 'sqljs', entities, synchronize: true }),
  },
  {
    family: 'sqlite',
    variant: 'better-sqlite3',
    isAvailable: absenceOf('better-sqlite3') === undefined,
    supportsStreams: false,
    supportsReturning: false,
    tellsChangedRows: true,
    supportsConcurrentConnections: false,
    supportsSharing: true,
    async createOptions(entities) {
      const directory = await mkdtemp(join(tmpdir(), 'zoo-sqlite-'));
      cleanUpLater(() => rm(directory, { recursive: true, force: true }));
      return {
        type: 'better-sqlite3',
        database: join(directory, 'test.sqlite'),
        entities,
        synchronize: true,
        prepareDatabase: (database: { pragma(text: string): unknown }) => void database.pragma('synchronous = off'),
      };
    },
  },
  {
    family: 'postgres',
    variant: 'postgres',
    isAvailable: absenceOf('postgres') === undefined,
    supportsStreams: true,
    supportsReturning: true,
    tellsChangedRows: true,
    supportsConcurrentConnections: true,
    supportsSharing: true,
    async createOptions(entities) {
      const connection = await connectionTo('postgres');
      const administer = async (sql: string) => {
        const client = new pg.Client(connection);
        await client.connect();
        await client.query(sql);
        await client.end();
      };
      const database = uniqueName();
      await administer(`CREATE DATABASE ${database}`);
      cleanUpLater(() => administer(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`));
      const { user: username, ...rest } = connection;
      return { type: 'postgres', ...rest, username, database, entities, synchronize: true };
    },
  },
  {
    family: 'mysql',
    variant: 'mariadb',
    isAvailable: absenceOf('mariadb') === undefined,
    supportsStreams: true,
    supportsReturning: false,
    tellsChangedRows: false,
    supportsConcurrentConnections: true,
    supportsSharing: true,
    async createOptions(entities) {
      const connection = await connectionTo('mariadb');
      const administer = async (sql: string) => {
        const client = await createConnection(connection);
        await client.query(sql);
        await client.end();
      };
      const database = uniqueName();
      await administer(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
      cleanUpLater(() => administer(`DROP DATABASE IF EXISTS ${database}`));
      const { user: username, ...rest } = connection;
      return { type: 'mariadb', ...rest, username, database, entities, synchronize: true };
    },
  },
];

/** The databases a behaviour must hold on; those this machine lacks are in it too, with `isAvailable: false`. */
export function databases(): readonly TestDatabase[] {
  return all;
}

function uniqueName(): string {
  return `zoo_${process.pid}_${randomBytes(6).toString('hex')}`;
}
