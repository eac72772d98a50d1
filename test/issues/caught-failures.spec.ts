import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Berth {
  @PrimaryColumn() id!: number;
  @Column({ length: 20 }) ship!: string;
}

/** Answers something else where the database cannot be asked in time. */
const reads = {
  all: (manager: EntityManager) => manager.find(Berth, { order: { id: 'ASC' } }).catch(() => []),
};

describeDatabases(
  'What a cached method answers in the place of an error that it caught',
  (database) => {
    it('is not kept: it came of a lock, and the rows were there all the time', async () => {
      const cached = await CachedReads.open(database, [Berth], reads, { extra: { options: '-c lock_timeout=30ms' } });
      await cached.dataSource.manager.insert(Berth, { id: 1, ship: 'Argo' });
      const holder = cached.dataSource.createQueryRunner();
      await holder.query('BEGIN');
      await holder.query('LOCK TABLE berth IN ACCESS EXCLUSIVE MODE');
      expect(await cached.ask('all')).toEqual([]);
      await holder.query('ROLLBACK');
      await holder.release();
      expect(await cached.wrong()).toEqual([]);
    });
  },
  { only: ({ family }) => family === 'postgres' },
);
