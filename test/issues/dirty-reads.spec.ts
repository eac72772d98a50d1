import { expect, it } from '@jest/globals';
import { AsyncResource } from 'node:async_hooks';
import mysql2, { type Connection, type PoolOptions } from 'mysql2';
import { Column, Entity, PrimaryColumn, type DataSourceOptions, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Bunk {
  @PrimaryColumn() id!: number;
  @Column({ length: 20 }) guest!: string;
}

const reads = {
  row: (manager: EntityManager) => manager.findOneBy(Bunk, { id: 1 }),
};

/** Makes connections as a server does whose default is this isolation level. */
const driverAt = (level: string) => ({
  ...mysql2,
  createPool(options: PoolOptions) {
    const pool = mysql2.createPool(options);
    pool.on('connection', (connection: Connection) => {
      connection.query(`SET SESSION TRANSACTION ISOLATION LEVEL ${level}`);
    });
    return pool;
  },
});

describeDatabases(
  'what another transaction may yet take back',
  (database) => {
    for (const [level, isKept] of [
      ['READ UNCOMMITTED', false],
      ['READ COMMITTED', true],
    ] as const) {
      it(`is not kept, which a server shows whose default it is: ${level}`, async () => {
        const extra = { driver: driverAt(level) } as Partial<DataSourceOptions>;
        const cached = await CachedReads.open(database, [Bunk], reads, extra);
        // Whoever asks does not stand in the transaction.
        const ask = AsyncResource.bind(async () => [await cached.ask('row'), await cached.cache.has('row')]);
        await cached.dataSource.manager.insert(Bunk, { id: 1, guest: 'nobody' });
        const runner = cached.dataSource.createQueryRunner();
        await runner.startTransaction();
        await runner.manager.update(Bunk, 1, { guest: 'Eve' });
        const asked = await ask();
        await runner.rollbackTransaction();
        await runner.release();
        expect(asked).toMatchObject([{ guest: isKept ? 'nobody' : 'Eve' }, isKept]);
        expect(await cached.wrong()).toEqual([]);
      });
    }
  },
  { only: ({ family }) => family === 'mysql' },
);
