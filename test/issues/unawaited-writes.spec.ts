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

@Entity()
class Bell {
  @PrimaryColumn() id!: number;
}

const reads = {
  row: (manager: EntityManager) => manager.findOneBy(Bunk, { id: 1 }),
};

describeDatabases(
  'a write that nobody waited for',
  (database) => {
    it('is invalidated by the COMMIT behind it, and not only by its own answer', async () => {
      const cached = await CachedReads.open(database, [Bunk, Bell], reads);
      const { dataSource } = cached;
      await dataSource.query(
        `CREATE FUNCTION ring() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1); RETURN NULL; END'`,
      );
      await dataSource.query(
        `CREATE CONSTRAINT TRIGGER ringing AFTER INSERT ON bell DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ring()`,
      );
      await dataSource.manager.insert(Bunk, { id: 1, guest: 'nobody' });
      // Whoever asks does not stand in the transaction.
      const ask = AsyncResource.bind(() => cached.ask('row'));
      const runner = dataSource.createQueryRunner();
      await runner.startTransaction();
      // Its COMMIT takes a while.
      await runner.manager.insert(Bell, { id: 1 });
      const writing = runner.manager.update(Bunk, 1, { guest: 'Eve' });
      const committing = runner.commitTransaction();
      await writing;
      const asked = await ask();
      await committing;
      await runner.release();
      expect(asked).toMatchObject({ guest: 'nobody' });
      expect(await cached.wrong()).toEqual([]);
    });
  },
  { only: ({ family }) => family === 'postgres' },
);
