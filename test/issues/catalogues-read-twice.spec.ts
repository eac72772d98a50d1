import { expect, it } from '@jest/globals';
import { Entity, PrimaryColumn, type EntityManager, type Logger, type QueryRunner } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Bunk {
  @PrimaryColumn() id!: number;
}

describeDatabases('The catalogue of a database', (database) => {
  it('is read once when the application starts', async () => {
    const sent: string[] = [];
    const nothing = (): void => undefined;
    const logger: Logger = {
      logQuery: (text) => void sent.push(text.trim()),
      logQueryError: nothing,
      logQuerySlow: nothing,
      logSchemaBuild: nothing,
      logMigration: nothing,
      log: nothing,
    };
    const reads = { all: (manager: EntityManager) => manager.find(Bunk) };
    const cached = await CachedReads.open(database, [Bunk], reads, { logger });
    // Those of the schema builder come first.
    const own = sent.slice(sent.findLastIndex((text) => /^(?:commit|create)/i.test(text)) + 1);
    await cached.fill();
    expect(own.length).toBeGreaterThan(0);
    expect(own).toEqual([...new Set(own)]);
  });

  it('does not wait for itself where somebody else has wrapped what sends statements', async () => {
    const first = await CachedReads.open(database, [Bunk], {});
    const prototype = Object.getPrototypeOf(first.dataSource.createQueryRunner()) as QueryRunner;
    const { query } = prototype;
    const later = async function (this: QueryRunner, ...args: Parameters<typeof query>): Promise<unknown> {
      await Promise.resolve();
      return query.apply(this, args) as unknown;
    };
    Object.assign(prototype, { query: later });
    try {
      const cached = await CachedReads.open(database, [Bunk], {
        all: (manager: EntityManager) => manager.find(Bunk),
      });
      await cached.fill();
      expect(await cached.wrong()).toEqual([]);
    } finally {
      Object.assign(prototype, { query });
    }
  });
});
