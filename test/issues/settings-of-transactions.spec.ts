import { expect, it } from '@jest/globals';
import { AsyncResource } from 'node:async_hooks';
import { Column, Entity, PrimaryColumn, type EntityManager, type QueryRunner } from 'typeorm';
import { describeDatabases, type TestDatabase } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Bunk {
  @PrimaryColumn() id!: number;
  @Column({ length: 20 }) guest!: string;
}

/** A connection of its own, and others who do not stand in its transactions. */
async function open(database: TestDatabase) {
  const cached = await CachedReads.open(database, [Bunk], {
    row: (manager: EntityManager) => manager.findOneBy(Bunk, { id: 1 }),
  });
  await cached.dataSource.manager.insert(Bunk, { id: 1, guest: 'Ann' });
  const fill = AsyncResource.bind(() => cached.fill());
  const wrong = AsyncResource.bind(() => cached.wrong());
  return { cached, fill, wrong, runner: cached.dataSource.createQueryRunner() };
}

/** Whether what is read on the connection is kept. */
async function keeps(cached: CachedReads, runner: QueryRunner): Promise<boolean> {
  await cached.cache.delete('own');
  await cached.cache.getOrLoad('own', () => runner.query('SELECT * FROM bunk'));
  return cached.cache.has('own');
}

const on = [[[1]], [['on']], [[true]]] as const;

describeDatabases(
  'A connection that is told how it ends transactions',
  (database) => {
    it.each<[string, unknown[]]>([
      ['?', [0]],
      ['?', ['Off']],
      ['?', [false]],
      ['?', [0n]],
      ['@no', []],
      ['1 - 1', []],
      ['@@sql_auto_is_null', []],
    ])('writes in a transaction when autocommit is %s %j', async (value, parameters) => {
      const { cached, fill, wrong, runner } = await open(database);
      await runner.query('SET @no = 0');
      await runner.query(`SET autocommit = ${value}`, parameters);
      for (const guest of ['Bob', 'Cyd']) {
        await runner.query('UPDATE bunk SET guest = ?', [guest]);
        expect(await keeps(cached, runner)).toBe(false);
        await fill();
        await runner.query('COMMIT');
        expect(await wrong()).toEqual([]);
      }
      await runner.query('SET autocommit = 1');
      await runner.release();
    });

    it.each(on)('commits by itself again when autocommit is %j', async (parameters) => {
      const { cached, fill, wrong, runner } = await open(database);
      await runner.query('SET autocommit = 0');
      await runner.query(`UPDATE bunk SET guest = 'Bob'`);
      await fill();
      await runner.query('SET autocommit = ?', [...parameters]);
      expect(await wrong()).toEqual([]);
      expect(await keeps(cached, runner)).toBe(true);
      await runner.release();
    });

    it.each(['1', "'CHAIN'", 'CHAIN', '?'])('goes on in another one when completion_type is %s', async (value) => {
      const { cached, fill, wrong, runner } = await open(database);
      await runner.query(`SET completion_type = ${value}`, value === '?' ? [1] : undefined);
      await runner.query('COMMIT');
      await runner.query(`UPDATE bunk SET guest = 'Bob'`);
      expect(await keeps(cached, runner)).toBe(false);
      await fill();
      await runner.query('COMMIT');
      expect(await wrong()).toEqual([]);
      await runner.query('SET completion_type = 0');
      await runner.query('ROLLBACK');
      expect(await keeps(cached, runner)).toBe(true);
      await runner.release();
    });

    it('keeps nothing of what others have not committed when the same statement asks for that', async () => {
      const { cached, runner } = await open(database);
      await runner.query("SET autocommit = 1, tx_isolation = 'READ-UNCOMMITTED'");
      expect(await keeps(cached, runner)).toBe(false);
      await runner.query("SET tx_isolation = 'REPEATABLE-READ'");
      await runner.release();
    });
  },
  { only: ({ family }) => family === 'mysql' },
);
