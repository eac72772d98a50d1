import { expect, it } from '@jest/globals';
import { AsyncResource } from 'node:async_hooks';
import { Column, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Bunk {
  @PrimaryColumn() id!: number;
  @Column({ length: 20 }) guest!: string;
}

describeDatabases(
  'A connection whose autocommit is switched off',
  (database) => {
    for (const off of ['"OFF"', "'off'", '(0)', '-0', 'FALSE'])
      it(`writes in a transaction, also by ${off}`, async () => {
        const cached = await CachedReads.open(database, [Bunk], {
          row: (manager: EntityManager) => manager.findOneBy(Bunk, { id: 1 }),
        });
        await cached.dataSource.manager.insert(Bunk, { id: 1, guest: 'Ann' });
        // Whoever asks here does not stand in the transaction.
        const fill = AsyncResource.bind(() => cached.fill());
        const wrong = AsyncResource.bind(() => cached.wrong());
        const runner = cached.dataSource.createQueryRunner();
        await runner.query(`SET autocommit = ${off}`);
        await runner.query(`UPDATE bunk SET guest = 'Bob'`);
        await fill();
        await runner.query('COMMIT');
        expect(await wrong()).toEqual([]);
        await runner.query('SET autocommit = ON');
        await runner.release();
      });
  },
  { only: ({ family }) => family === 'mysql' },
);
