import { afterAll, afterEach, beforeEach, describe } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { connectionTo, describeNeeding, isAvailable, type Need } from './services.js';

type Entities = NonNullable<DataSourceOptions['entities']>;

/** One database that a behaviour must hold on; specs ask what it supports, never which one it is. */
export interface TestDatabase {
  readonly family: 'sqlite' | 'postgres' | 'mysql';
  readonly variant: 'sqljs' | 'better-sqlite3' | 'postgres' | 'mariadb';
  readonly isAvailable: boolean;
  /** Whether `QueryRunner.stream` and `stream()` of a query builder work. */
  readonly supportsStreams: boolean;
  /** Whether an UPDATE can return the rows it wrote. */
  readonly supportsReturning: boolean;
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
    supportsConcurrentConnections: false,
    supportsSharing: false,
    createOptions: async (entities) => ({ type: 'sqljs', entities, synchronize: true }),
  },
  {
    family: 'sqlite',
    variant: 'better-sqlite3',
    isAvailable: isAvailable('better-sqlite3'),
    supportsStreams: false,
    supportsReturning: false,
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
    isAvailable: isAvailable('postgres'),
    supportsStreams: true,
    supportsReturning: true,
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
    isAvailable: isAvailable('mariadb'),
    supportsStreams: true,
    supportsReturning: false,
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
  for (const database of all.filter(options.only ?? (() => true))) {
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

function uniqueName(): string {
  return `zoo_${process.pid}_${randomBytes(6).toString('hex')}`;
}

type CleanUp = () => Promise<unknown>;

const afterThisTest: CleanUp[] = [];
const afterThisFile: CleanUp[] = [];
let isInTest = false;

/** Newest first, so that a DataSource is destroyed before its database is dropped. */
async function cleanUp(pending: CleanUp[]): Promise<void> {
  for (let next = pending.pop(); next; next = pending.pop()) await next();
}

function cleanUpLater(task: CleanUp): void {
  (isInTest ? afterThisTest : afterThisFile).push(task);
}

// Registered where a spec file imports this one: at its root, so before the hooks of its own blocks and, for what
// happens afterwards, after them.
beforeEach(() => {
  isInTest = true;
});
afterEach(async () => {
  isInTest = false;
  await cleanUp(afterThisTest);
}, 30_000);
afterAll(() => cleanUp(afterThisFile), 30_000);
