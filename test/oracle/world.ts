import { AsyncResource } from 'node:async_hooks';
import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { ZooCacheModule, ZooCacheService } from '../../lib/index.js';
import type { TestDatabase } from '../support/databases.js';
import { KeptLog } from '../nest/application.js';
import { Reader, SOURCES } from './reader.js';
import { entities } from './schema.js';
import { bornAnew } from './seeds.js';

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
  ) {}

  static async open(database: TestDatabase): Promise<World> {
    const options = { ...(await database.createOptions(Object.values(entities))), ...patience(database) };
    const names = database.supportsSharing ? ['default', 'other'] : ['default'];
    const modules = names.map((name, at) =>
      TypeOrmModule.forRoot({ ...options, name, synchronize: at === 0, retryAttempts: 0 }),
    );
    const tokens = names.map((name) => getDataSourceToken(name));
    const builder = Test.createTestingModule({
      imports: [ZooCacheModule.forRoot(process.env['ZOO_ORACLE_STORAGE']), ...modules],
      providers: [Reader, { provide: SOURCES, inject: tokens, useFactory: (...sources: DataSource[]) => sources }],
    });
    const application = await builder.setLogger(new KeptLog()).compile();
    await application.init();
    const sources = application.get<DataSource[]>(SOURCES);
    for (const source of sources) makeImpatient(source);
    if (database.family !== 'sqlite') {
      await sources[0].query('CREATE VIEW simple_tag AS SELECT id, slug FROM tag WHERE id > 0');
    }
    return new World(database, application, sources, application.get(Reader), application.get(ZooCacheService));
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
  on(event: 'connection', listener: (connection: { query(text: string): void }) => void): void;
}

function makeImpatient(source: DataSource): void {
  if (source.options.type !== 'mariadb') return;
  // Past TypeORM, because a SET that is heard makes the connection one whose settings nobody knows.
  const { pool } = source.driver as unknown as { pool: MysqlPool };
  pool.on('connection', (connection) => connection.query('SET SESSION innodb_lock_wait_timeout = 0'));
}
