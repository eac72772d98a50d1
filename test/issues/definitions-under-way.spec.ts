import { expect, it } from '@jest/globals';
import { AsyncResource } from 'node:async_hooks';
import { Column, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { HeardDataSource } from '../../lib/typeorm/statements/heard-data-source.js';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Bunk {
  @PrimaryColumn() id!: number;
  @Column({ length: 20, default: '' }) guest!: string;
}

@Entity()
class Key {
  @PrimaryColumn() id!: number;
}

const reads = {
  keys: (manager: EntityManager) => manager.find(Key),
};

describeDatabases(
  'a table whose definition changes in a transaction',
  (database) => {
    for (const definition of ['ALTER TABLE bunk ADD COLUMN place INT DEFAULT 5', 'LOCK TABLE bunk']) {
      it(`lets others read and write what is not locked: ${definition}`, async () => {
        const cached = await CachedReads.open(database, [Bunk, Key], reads);
        const { dataSource } = cached;
        await dataSource.query('CREATE VIEW guest AS SELECT guest FROM bunk');
        // Whoever asks does not stand in the transaction.
        const [write, wrong, fill] = [
          async () => dataSource.manager.insert(Key, { id: 1 }),
          async () => cached.wrong(),
          async () => cached.fill(),
        ].map((action) => AsyncResource.bind(action as () => Promise<unknown>));
        await dataSource.transaction(async (manager) => {
          await manager.query(definition);
          // The transaction waits for them, so they must not wait for it.
          await write();
          expect(await wrong()).toEqual([]);
        });
        await dataSource.query('CREATE TABLE anything (id INT)');
        await fill();
        expect(await wrong()).toEqual([]);
      });
    }

    it('is asked for after a second again', async () => {
      const { dataSource } = await CachedReads.open(database, [Bunk, Key], reads);
      let time = 0;
      const source = new HeardDataSource(dataSource, { now: () => time });
      const runner = dataSource.createQueryRunner();
      const isRead = async () => {
        await source.readCatalogue((text) => runner.query(text));
        return source.isCatalogueRead;
      };
      const other = dataSource.createQueryRunner();
      await other.query('BEGIN; LOCK TABLE bunk');
      expect(await isRead()).toBe(false);
      expect(source.knowledge.doubt).toBeDefined();
      await other.query('COMMIT');
      time = 999;
      expect(await isRead()).toBe(false);
      time = 1_000;
      expect(await isRead()).toBe(true);
      expect(source.knowledge.doubt).toBeUndefined();
      await runner.release();
      await other.release();
    });
  },
  { only: ({ family }) => family === 'postgres' },
);
