import { expect, it } from '@jest/globals';
import { Entity, PrimaryColumn } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Spot {
  @PrimaryColumn() id!: number;
}

describeDatabases(
  'A value made of several, all of them NULL',
  (database) => {
    it('is found by who looks for NULL', async () => {
      const cached = await CachedReads.open(database, [Spot], {
        nowhere: (manager) => manager.query('SELECT COUNT(*) FROM spot WHERE place IS NULL'),
      });
      const { dataSource } = cached;
      await dataSource.query('CREATE TYPE place AS (x INT, y INT)');
      await dataSource.query('ALTER TABLE spot ADD COLUMN place place');
      for (const [id, text] of ['(1,1)', '(,)', ' (,)'].entries()) {
        await cached.fill();
        await dataSource.query('INSERT INTO spot (id, place) VALUES ($1, $2)', [id, text]);
        expect(await cached.wrong()).toEqual([]);
      }
      await dataSource.query(`UPDATE spot SET place = '(,)' WHERE id = 0`);
      expect(await cached.wrong()).toEqual([]);
    });
  },
  { only: ({ family }) => family === 'postgres' },
);
