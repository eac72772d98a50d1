import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Bunk {
  @Column() place!: number;
  @PrimaryColumn({ generatedType: 'STORED', asExpression: 'place * 10' }) id!: number;
}

const reads = {
  before: (manager: EntityManager) => manager.findOneBy(Bunk, { id: 10 }),
  after: (manager: EntityManager) => manager.findOneBy(Bunk, { id: 20 }),
  at: (manager: EntityManager) => manager.countBy(Bunk, { place: 2 }),
};

describeDatabases(
  'a key that the database computes',
  (database) => {
    it('is another one after an update of what it is computed from', async () => {
      const cached = await CachedReads.open(database, [Bunk], reads);
      await cached.dataSource.query('INSERT INTO bunk (place) VALUES (1)');
      await cached.fill();
      await cached.dataSource.query('UPDATE bunk SET place = 2 WHERE place = 1');
      expect(await cached.wrong()).toEqual([]);
    });
  },
  { only: ({ family }) => family === 'postgres' },
);
