import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryGeneratedColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Bunk {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ length: 20 }) guest!: string;
}

const reads = {
  row: (manager: EntityManager) => manager.findOneBy(Bunk, { id: 1 }),
  ofAnn: (manager: EntityManager) => manager.countBy(Bunk, { guest: 'Ann' }),
};

describeDatabases('an INSERT that returns something else under the name of a column', (database) => {
  for (const returning of [
    `id + 1 AS id, 'Bob' AS guest`,
    `id + 1 AS "ID", upper(guest) AS "Guest"`,
    `id + 1 AS id, id AS id, guest`,
  ]) {
    it(`tells of the row that it inserted: RETURNING ${returning}`, async () => {
      const cached = await CachedReads.open(database, [Bunk], reads);
      await cached.fill();
      await cached.dataSource.query(
        `INSERT INTO bunk (guest) VALUES ('Ann') RETURNING ${returning.replaceAll('"', quote)}`,
      );
      expect(await cached.wrong()).toEqual([]);
      expect(await cached.dataSource.manager.countBy(Bunk, { id: 1, guest: 'Ann' })).toBe(1);
    });
  }

  const quote = database.family === 'mysql' ? '`' : '"';
});
