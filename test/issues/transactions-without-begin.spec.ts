import { expect, it } from '@jest/globals';
import { AsyncResource } from 'node:async_hooks';
import mysql2, { type Connection, type PoolOptions } from 'mysql2';
import { Column, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { connect, describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Bunk {
  @PrimaryColumn() id!: number;
  @Column({ length: 20 }) guest!: string;
}

const reads = {
  row: (manager: EntityManager) => manager.findOneBy(Bunk, { id: 1 }),
};

/** Makes connections as a server does that does not commit by itself. */
const driver = {
  ...mysql2,
  createPool(options: PoolOptions) {
    const pool = mysql2.createPool(options);
    pool.on('connection', (connection: Connection) => void connection.query('SET autocommit = 0'));
    return pool;
  },
};

describeDatabases(
  'a write on a connection that does not commit by itself',
  (database) => {
    it('is invalidated by the COMMIT, and what is read on such a connection is not kept', async () => {
      const cached = await CachedReads.open(database, [Bunk], reads);
      const { dataSource } = cached;
      const late = await connect({ ...dataSource.options, driver, synchronize: false });
      // Whoever asks does not stand in the transaction.
      const [wrong, fill] = [() => cached.wrong(), () => cached.fill()].map((ask) =>
        AsyncResource.bind(ask as () => Promise<unknown>),
      );
      await cached.cache.getOrLoad('late', () => late.query('SELECT * FROM bunk'));
      expect(await cached.cache.has('late')).toBe(false);
      const runner = late.createQueryRunner();
      await runner.query(`INSERT INTO bunk VALUES (1, 'Ann')`);
      await fill();
      await runner.query('COMMIT');
      expect(await wrong()).toEqual([]);
      await runner.query(`UPDATE bunk SET guest = 'Bob'`);
      await fill();
      await runner.query('COMMIT');
      expect(await wrong()).toEqual([]);
      await runner.release();
      await late.destroy();
      expect(await dataSource.manager.findOneBy(Bunk, { id: 1 })).toMatchObject({ guest: 'Bob' });
    });
  },
  { only: ({ family }) => family === 'mysql' },
);
