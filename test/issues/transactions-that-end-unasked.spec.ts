import { expect, it } from '@jest/globals';
import { AsyncResource } from 'node:async_hooks';
import { Column, Entity, PrimaryColumn, type EntityManager, type QueryRunner } from 'typeorm';
import { describeDatabases, openDataSource } from '../support/databases.js';
import { listen } from '../typeorm/hearing.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Bunk {
  @PrimaryColumn() id!: number;
  @Column({ length: 20 }) guest!: string;
}

const reads = {
  row: (manager: EntityManager) => manager.findOneBy(Bunk, { id: 3 }),
  free: (manager: EntityManager) => manager.countBy(Bunk, { guest: 'nobody' }),
};

async function open(database: Parameters<typeof CachedReads.open>[0]): Promise<CachedReads> {
  const cached = await CachedReads.open(database, [Bunk], reads);
  await cached.dataSource.manager.insert(
    Bunk,
    [1, 2, 3].map((id) => ({ id, guest: 'nobody' })),
  );
  await cached.fill();
  return cached;
}

/** The runner's transaction fails by a statement; its caller does not care, goes on, and gives up in the end. */
async function goOnAfter(cached: CachedReads, fail: (runner: QueryRunner) => Promise<void>): Promise<void> {
  // Whoever asks here does not stand in the transaction.
  const wrong = AsyncResource.bind(() => cached.wrong());
  const runner = cached.dataSource.createQueryRunner();
  await runner.startTransaction();
  await fail(runner);
  await runner.manager.update(Bunk, 3, { guest: 'Eve' });
  expect(await wrong()).toEqual([]);
  await runner.rollbackTransaction().catch(() => undefined);
  await runner.release();
  expect(await wrong()).toEqual([]);
  expect(await cached.dataSource.manager.findOneBy(Bunk, { id: 3 })).toMatchObject({ guest: 'Eve' });
}

const ask = (runner: QueryRunner, sql: string): Promise<unknown> => runner.query(sql);
const stream = async (runner: QueryRunner, sql: string): Promise<unknown> => (await runner.stream(sql)).toArray();

describeDatabases(
  'What is written after a deadlock, in what was the transaction of its victim,',
  (database) => {
    for (const [how, send, last] of [
      ['', ask, `UPDATE bunk SET guest = 'Bob' WHERE id = 2`],
      ['', ask, 'SELECT * FROM bunk WHERE id = 2 FOR UPDATE'],
      ['streamed ', stream, `UPDATE bunk SET guest = 'Bob' WHERE id = 2`],
      ['streamed ', stream, 'SELECT * FROM bunk WHERE id = 2 FOR UPDATE'],
    ] as const) {
      it(`is invalidated even if that is rolled back, because each write committed by itself: ${how}${last}`, async () => {
        const cached = await open(database);
        const other = cached.dataSource.createQueryRunner();
        await goOnAfter(cached, async (runner) => {
          await runner.query(`UPDATE bunk SET guest = 'Bob' WHERE id = 1`);
          await other.startTransaction();
          await other.query(`UPDATE bunk SET guest = 'Ann' WHERE id = 2`);
          // The victim is the one that has done less.
          await other.query(`INSERT INTO bunk SELECT seq + 100, 'many' FROM seq_1_to_100`);
          const [mine] = await Promise.allSettled([
            send(runner, last),
            other.query(`UPDATE bunk SET guest = 'Ann' WHERE id = 1`),
          ]);
          expect(mine).toMatchObject({ status: 'rejected', reason: { code: 'ER_LOCK_DEADLOCK' } });
          await other.rollbackTransaction();
          await other.release();
        });
      });
    }
  },
  { only: ({ family }) => family === 'mysql' },
);

describeDatabases(
  'What is written after OR ROLLBACK',
  (database) => {
    it('is invalidated at once, because each write commits by itself', async () => {
      const cached = await open(database);
      await goOnAfter(cached, async (runner) => {
        await expect(runner.query(`INSERT OR ROLLBACK INTO bunk VALUES (1, 'Bob')`)).rejects.toThrow('UNIQUE');
      });
    });

    it('is invalidated at once also by a cache that came after it', async () => {
      const dataSource = await openDataSource(database, [Bunk]);
      await dataSource.manager.insert(Bunk, { id: 1, guest: 'nobody' });
      const runner = dataSource.createQueryRunner();
      await runner.startTransaction();
      await expect(runner.query(`INSERT OR ROLLBACK INTO bunk VALUES (1, 'Bob')`)).rejects.toThrow('UNIQUE');
      const heard = listen();
      await runner.query(`UPDATE bunk SET guest = 'Eve' WHERE id = 1`);
      expect(heard.released()).not.toEqual([]);
      await runner.rollbackTransaction().catch(() => undefined);
      expect(await dataSource.manager.findOneBy(Bunk, { id: 1 })).toMatchObject({ guest: 'Eve' });
    });

    it('does not keep answers out of the cache for good, once a ROLLBACK was refused', async () => {
      const cached = await open(database);
      await goOnAfter(cached, async (runner) => {
        await expect(runner.query(`INSERT OR ROLLBACK INTO bunk VALUES (1, 'Bob')`)).rejects.toThrow('UNIQUE');
      });
      await cached.fill();
      // TypeORM still believes in a transaction, and begins the next one by a savepoint.
      const { manager } = cached.dataSource;
      await manager.transaction((inner) => inner.update(Bunk, 3, { guest: 'nobody' }));
      expect(await cached.wrong()).toEqual([]);
      await cached.fill();
    });
  },
  { only: ({ family }) => family === 'sqlite' },
);
