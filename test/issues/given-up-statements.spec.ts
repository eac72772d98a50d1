import { expect, it } from '@jest/globals';
import { AsyncResource } from 'node:async_hooks';
import { Column, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { processWritePath } from '../../lib/engine/write-path.js';
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

/** A connection of `pg`, as far as it is used here. */
interface Client {
  readonly connectionParameters: { query_timeout?: number };
}

describeDatabases(
  'a write that the driver has given up waiting for',
  (database) => {
    for (const isInTransaction of [false, true]) {
      it(`is pending until the server is done with it, which may ${isInTransaction ? 'COMMIT' : 'write'} later`, async () => {
        const cached = await CachedReads.open(database, [Bunk], reads);
        const { dataSource } = cached;
        await dataSource.manager.insert(Bunk, { id: 1, guest: 'nobody' });
        await dataSource.query('CREATE TABLE bell (id int)');
        await dataSource.query(
          `CREATE FUNCTION ring() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM 1 FROM bunk WHERE id = 2 FOR UPDATE; RETURN NULL; END'`,
        );
        await dataSource.query(
          `CREATE CONSTRAINT TRIGGER ringing AFTER INSERT ON bell DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ring()`,
        );
        await dataSource.manager.insert(Bunk, { id: 2, guest: 'nobody' });
        // Whoever asks does not stand in the transaction.
        const ask = AsyncResource.bind(() => cached.ask('row'));
        const other = dataSource.createQueryRunner();
        await other.query('BEGIN');
        await other.query(`SELECT * FROM bunk WHERE id = ${isInTransaction ? 2 : 1} FOR UPDATE`);

        const runner = dataSource.createQueryRunner();
        const { connectionParameters } = (await runner.connect()) as Client;
        if (isInTransaction) {
          await runner.query('BEGIN');
          await runner.query('INSERT INTO bell VALUES (1)');
          await runner.query(`UPDATE bunk SET guest = 'Eve' WHERE id = 1`);
        }
        connectionParameters.query_timeout = 300;
        const last = isInTransaction ? 'COMMIT' : `UPDATE bunk SET guest = 'Eve' WHERE id = 1`;
        await expect(runner.query(last)).rejects.toThrow('Query read timeout');
        connectionParameters.query_timeout = 0;
        expect(await ask()).toMatchObject({ guest: 'nobody' });

        await other.query('ROLLBACK');
        await runner.query('SELECT 1');
        await Promise.all([other.release(), runner.release()]);
        expect(await cached.wrong()).toEqual([]);
        expect(processWritePath.openMarks).toBe(0);
        expect(await dataSource.manager.findOneBy(Bunk, { id: 1 })).toMatchObject({ guest: 'Eve' });
      });
    }
  },
  { only: ({ family }) => family === 'postgres' },
);
