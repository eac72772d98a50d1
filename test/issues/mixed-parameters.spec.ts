import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Seat {
  @PrimaryColumn() id!: number;
  @Column() row!: number;
  @Column() taken!: number;
}

const asked = (condition: string, parameters: unknown[]) => (manager: EntityManager) =>
  manager.query(`select id from seat where ${condition}`, parameters);

/** The same answers to the same conditions, as each client counts its parameters. */
const reads = {
  'better-sqlite3': {
    named: asked('taken = :taken and row = ? and id = ?', [5, 9, { taken: 1 }]),
    numbered: asked('taken = ?3 and id = ?', [0, 0, 9, { 3: 1 }]),
  },
  sqljs: { named: asked('taken = :taken and taken = :taken and row = ? and id = ?', [1, 5, 9]) },
};

describeDatabases(
  'Question marks among parameters with names or numbers',
  (database) => {
    it('are not taken for the values in the order of the text, which each client counts in its own way', async () => {
      const cached = await CachedReads.open(database, [Seat], reads[database.variant as keyof typeof reads]);
      const { manager } = cached.dataSource;
      await cached.fill();
      await manager.insert(Seat, { id: 9, row: 5, taken: 1 });
      expect(await cached.wrong()).toEqual([]);
    });

    it('name no row of a write', async () => {
      const cached = await CachedReads.open(database, [Seat], {
        row: (manager) => manager.findOneBy(Seat, { id: 3 }),
      });
      await cached.dataSource.manager.insert(Seat, { id: 3, row: 7, taken: 0 });
      await cached.fill();
      const update = 'update seat set taken = :taken where id = ? and row > ? and :taken = :taken';
      const isCounted = database.variant === 'sqljs';
      await cached.dataSource.query(update, isCounted ? [1, 3, 2] : [3, 2, { taken: 1 }]);
      expect(await cached.wrong()).toEqual([]);
    });
  },
  { only: ({ family }) => family === 'sqlite' },
);
