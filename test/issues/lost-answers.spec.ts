import { expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { AsyncResource } from 'node:async_hooks';
import { Column, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { untilNothingIsPending } from '../support/pending.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Bunk {
  @PrimaryColumn() id!: number;
  @Column({ length: 20 }) guest!: string;
}

const reads = {
  row: (manager: EntityManager) => manager.findOneBy(Bunk, { id: 1 }),
};

/** A connection of `pg` or `mysql2`, as far as it is used here. */
interface Connection {
  readonly connection?: { readonly stream: { destroy(): void } };
  readonly stream?: { destroy(): void };
}

describeDatabases(
  'a write whose connection is lost before its answer is there',
  (database) => {
    it('is pending as long as the server is at work on it', async () => {
      const cached = await CachedReads.open(database, [Bunk], reads);
      const { dataSource } = cached;
      await dataSource.manager.insert(Bunk, { id: 1, guest: 'nobody' });
      // Whoever asks does not stand in the transaction.
      const ask = AsyncResource.bind(() => cached.ask('row'));
      const guest = async () => (await dataSource.manager.findOneBy(Bunk, { id: 1 }))!.guest;
      const other = dataSource.createQueryRunner();
      await other.query('BEGIN');
      await other.query('SELECT * FROM bunk WHERE id = 1 FOR UPDATE');

      const runner = dataSource.createQueryRunner();
      const { connection, stream } = (await runner.connect()) as Connection;
      const writing = runner.query(`UPDATE bunk SET guest = 'Eve' WHERE id = 1`);
      await pause(500);
      (connection?.stream ?? stream!).destroy();
      await expect(writing).rejects.toThrow(/connection/i);
      expect(await ask()).toMatchObject({ guest: 'nobody' });

      await other.query('ROLLBACK');
      await Promise.all([other.release(), runner.release()]);
      while ((await guest()) !== 'Eve') await pause(10);
      expect(await cached.wrong()).toEqual([]);
      await untilNothingIsPending();
    });
  },
  { only: ({ supportsConcurrentConnections }) => supportsConcurrentConnections },
);
