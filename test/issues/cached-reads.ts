import { isDeepStrictEqual } from 'node:util';
import { afterEach } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions, type EntityManager } from 'typeorm';
import { ZooCacheModule, ZooCacheService, type ZooCacheOptions } from '../../lib/index.js';
import type { TestDatabase } from '../support/databases.js';

type Entities = Parameters<TestDatabase['createOptions']>[0];
type Reads = Readonly<Record<string, (manager: EntityManager) => Promise<unknown>>>;

const running: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const application of running.splice(0)) await application.close();
});

/** An application whose reads are cached under their names, closed after the test. */
export class CachedReads {
  private constructor(
    readonly dataSource: DataSource,
    readonly cache: ZooCacheService,
    private readonly reads: Reads,
  ) {}

  static async open(
    database: TestDatabase,
    entities: Entities,
    reads: Reads,
    extra: Partial<DataSourceOptions> = {},
    caching: ZooCacheOptions = {},
  ): Promise<CachedReads> {
    const options = { ...(await database.createOptions(entities)), ...extra } as DataSourceOptions;
    const application = await Test.createTestingModule({
      imports: [ZooCacheModule.forRoot(caching), TypeOrmModule.forRoot({ ...options, retryAttempts: 0 })],
    }).compile();
    await application.init();
    running.push(application);
    return new CachedReads(application.get(DataSource), application.get(ZooCacheService), reads);
  }

  ask(name: string): Promise<unknown> {
    return this.cache.getOrLoad(name, () => this.reads[name](this.dataSource.manager));
  }

  /** Asks for all of them, so that whatever comes next finds them cached. */
  async fill(): Promise<void> {
    for (const name of Object.keys(this.reads)) {
      await this.ask(name);
      if (!(await this.cache.has(name))) throw new Error(`${name} is not cached`);
    }
  }

  /** Those whose cached answer is not what the database answers. */
  async wrong(): Promise<string[]> {
    const wrong: string[] = [];
    for (const [name, read] of Object.entries(this.reads)) {
      const fresh = await this.cache.bypass(() => read(this.dataSource.manager));
      if (!isDeepStrictEqual(await this.ask(name), fresh)) wrong.push(name);
    }
    return wrong;
  }
}
