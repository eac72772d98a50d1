import { AsyncResource } from 'node:async_hooks';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { ZooCacheModule, zooCacheProvider, ZooCacheService } from '../../lib/index.js';
import type { TestDatabase } from '../support/test-database.js';
import { Reader, SOURCES } from './reader.js';
import type { Path, Read } from './reads.js';
import { entities } from './schema.js';
import { bornAnew } from './seeds.js';
import { madeWithoutEntity } from './shaped-reads.js';
import { StatementCounter } from './statement-counter.js';

export interface WorldOptions {
  /** Whether ordinary repositories read through the cache, and what is saved is put there. */
  readonly isAutomatic: boolean;
  /** The URL of the storage. */
  readonly storage?: string;
}

/** The methods of a repository in whose options TypeORM looks for its cache. */
const TAKING_OPTIONS: readonly string[] = ['find', 'findOne', 'findAndCount', 'count'];

/** An application with a cache, on one database, over and over again with the same rows. */
export class World {
  /** The context of somebody who has nothing to do with any transaction. */
  private readonly outside = new AsyncResource('OracleReader');

  /** The highest keys that the database gave out before the history began. */
  private generated: ReadonlyMap<string, number> = new Map();

  private constructor(
    readonly database: TestDatabase,
    private readonly application: INestApplicationContext,
    /** Both on one database, where that can be; else only one. */
    readonly sources: readonly DataSource[],
    readonly reader: Reader,
    readonly cache: ZooCacheService,
    readonly statements: StatementCounter,
    readonly isAutomatic: boolean,
  ) {}

  static async open(database: TestDatabase, { isAutomatic, storage }: WorldOptions): Promise<World> {
    const statements = new StatementCounter();
    const options = {
      ...(await database.createOptions(Object.values(entities))),
      ...patience(database),
      logger: statements,
      cache: { provider: zooCacheProvider },
    };
    const names = database.supportsSharing ? ['default', 'other'] : ['default'];
    const modules = names.map((name, at) =>
      TypeOrmModule.forRoot({ ...options, name, synchronize: at === 0, retryAttempts: 0 }),
    );
    const tokens = names.map((name) => getDataSourceToken(name));
    const cache = ZooCacheModule.forRoot({ storage, ...(isAutomatic && { entities: { '*': { cacheOnSave: true } } }) });
    const application = await NestFactory.createApplicationContext(
      {
        module: class OracleModule {},
        imports: [cache, ...modules],
        providers: [Reader, { provide: SOURCES, inject: tokens, useFactory: (...sources: DataSource[]) => sources }],
      },
      { logger: false },
    );
    const sources = application.get<DataSource[]>(SOURCES);
    for (const source of sources) makeImpatient(source);
    if (database.family !== 'sqlite') {
      await sources[0].query('CREATE VIEW simple_tag AS SELECT id, slug FROM tag WHERE id > 0');
    }
    const [reader, service] = [application.get(Reader), application.get(ZooCacheService)];
    return new World(database, application, sources, reader, service, statements, isAutomatic);
  }

  /** The ways in which a read can be asked. */
  pathsOf(read: Read): readonly Path[] {
    switch (read.kind) {
      case 'find':
        return [
          'method',
          'repository',
          ...(this.isAutomatic ? (['automatic'] as const) : []),
          ...(TAKING_OPTIONS.includes(read.method) ? (['provider'] as const) : []),
        ];
      case 'builder':
        return madeWithoutEntity.includes(read.shape) ? ['method'] : ['method', 'repository'];
      case 'tree':
        return ['method', 'repository'];
      default:
        return ['method'];
    }
  }

  close(): Promise<void> {
    return this.application.close();
  }

  /** The rows that every history begins with, and an empty cache. */
  async begin(): Promise<void> {
    this.generated = await bornAnew(this.sources[0].manager, this.database);
    await this.cache.clear();
    this.cache.resetStats();
  }

  /** Plain data with the keys that the database will give next in the place of those who stand for them. */
  concrete<T>(data: T): T {
    if (typeof data !== 'object' || data === null) return data;
    if (Array.isArray(data)) return data.map((item) => this.concrete<unknown>(item)) as T;
    if ('next' in data && 'of' in data) {
      return ((this.generated.get(data.of as string) ?? 0) + (data.next as number)) as T;
    }
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, this.concrete<unknown>(value)])) as T;
  }

  /**
   * Ends what a failure left open on a connection that everybody shares: until then nobody sees what is committed. A
   * savepoint that was rolled back is enough, if it was taken when somebody else had just ended his transaction.
   */
  async repair(): Promise<void> {
    if (this.database.supportsConcurrentConnections) return;
    for (const source of this.sources) {
      await source.query('BEGIN').catch(() => undefined);
      await source.query('ROLLBACK').catch(() => undefined);
      const runner = source.createQueryRunner() as unknown as {
        transactionDepth: number;
        isTransactionActive: boolean;
      };
      runner.transactionDepth = 0;
      runner.isTransactionActive = false;
    }
  }

  fromOutside<T>(body: () => T): T {
    return this.outside.runInAsyncScope(body);
  }
}

/** Who waits for a lock that another transaction of the same history holds would wait for ever. */
function patience({ variant }: TestDatabase): object {
  if (variant === 'postgres') return { extra: { options: '-c lock_timeout=30ms' } };
  return variant === 'better-sqlite3' ? { timeout: 20 } : {};
}

interface MysqlPool {
  on(event: 'acquire', listener: (connection: { query(text: string): void }) => void): void;
}

function makeImpatient(source: DataSource): void {
  if (source.options.type !== 'mariadb') return;
  const impatient = new WeakSet();
  // Past TypeORM, because a SET that is heard makes the connection one whose settings nobody knows.
  const { pool } = source.driver as unknown as { pool: MysqlPool };
  // Not only when one is made: those of the start would wait for 50 seconds.
  pool.on('acquire', (connection) => {
    if (impatient.has(connection)) return;
    impatient.add(connection);
    connection.query('SET SESSION innodb_lock_wait_timeout = 0');
  });
}
