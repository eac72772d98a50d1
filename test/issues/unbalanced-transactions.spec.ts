import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryGeneratedColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Seat {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ length: 20 }) guest!: string;
}

const reads = {
  row: (manager: EntityManager) => manager.findOneBy(Seat, { id: 1 }),
  free: (manager: EntityManager) => manager.countBy(Seat, { guest: 'nobody' }),
  all: (manager: EntityManager) => manager.find(Seat, { order: { id: 'ASC' } }),
};

async function open(database: Parameters<typeof CachedReads.open>[0]): Promise<CachedReads> {
  const cached = await CachedReads.open(database, [Seat], reads);
  await cached.dataSource.manager.insert(Seat, [{ guest: 'nobody' }, { guest: 'nobody' }]);
  await cached.fill();
  return cached;
}

// TypeORM #11260: a BEGIN that fails is counted as none, and its rollback as one less than none.
describeDatabases(
  'A runner that has lost count of its transactions',
  (database) => {
    it('is listened to all the same: what the connection does is what counts', async () => {
      const cached = await open(database);
      const runner = cached.dataSource.createQueryRunner();
      await runner.query('BEGIN');
      await expect(cached.dataSource.transaction(() => Promise.resolve())).rejects.toThrow(/transaction/);
      await runner.query('ROLLBACK').catch(() => undefined);
      await runner.rollbackTransaction().catch(() => undefined);
      await expect(
        cached.dataSource.transaction((manager) => manager.update(Seat, 1, { guest: 'Ann' })),
      ).rejects.toThrow(/transaction|savepoint|syntax/i);
      expect(await cached.wrong()).toEqual([]);

      await runner.query(`UPDATE seat SET guest = 'Bob' WHERE id = 2`);
      expect(await cached.wrong()).toEqual([]);
      await runner.query('BEGIN');
      await runner.query(`UPDATE seat SET guest = 'Eve' WHERE id = 1`);
      await runner.query('COMMIT');
      expect(await cached.wrong()).toEqual([]);
      expect(await cached.ask('row')).toMatchObject({ guest: 'Eve' });
    });
  },
  { only: ({ family }) => family === 'sqlite' },
);

// TypeORM #1884, #3919, #8668: all callers share one runner, so transactions at once are savepoints of one another.
describeDatabases(
  'Transactions that share a runner',
  (database) => {
    it('undo or keep what others wrote, and the cache knows what came of it', async () => {
      const cached = await open(database);
      const { dataSource } = cached;
      let letFail!: () => void;
      const gate = new Promise<void>((resolve) => (letFail = resolve));
      let first: Promise<void> | undefined;
      await new Promise<void>((isOpen) => {
        first = dataSource.transaction(async (manager) => {
          await manager.update(Seat, 1, { guest: 'Ann' });
          isOpen();
          await gate;
          throw new Error('back');
        });
      });
      await dataSource.transaction((manager) => manager.update(Seat, 2, { guest: 'Bob' }));
      await dataSource.manager.update(Seat, 2, { guest: 'Eve' });
      letFail();
      await expect(first).rejects.toThrow('back');
      expect(await cached.wrong()).toEqual([]);
      expect(await cached.wrong()).toEqual([]);
    });
  },
  { only: ({ family }) => family === 'sqlite' },
);
