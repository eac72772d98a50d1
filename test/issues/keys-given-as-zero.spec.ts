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
  first: (manager: EntityManager) => manager.findOneBy(Bunk, { id: 1 }),
  second: (manager: EntityManager) => manager.findOneBy(Bunk, { id: 2 }),
};

describeDatabases(
  'a key that is given as 0',
  (database) => {
    it('is generated, so any row may have been inserted', async () => {
      const cached = await CachedReads.open(database, [Bunk], reads);
      await cached.fill();
      await cached.dataSource.query(`INSERT INTO bunk (id, guest) VALUES (0, 'Ann'), (0, 'Bob')`);
      expect(await cached.wrong()).toEqual([]);
      expect(await cached.dataSource.manager.countBy(Bunk, { id: 2 })).toBe(1);
    });
  },
  { only: ({ family }) => family === 'mysql' },
);

@Entity()
class Shelf {
  @PrimaryGeneratedColumn() id!: number;
  @Column() books!: number;
}

describeDatabases(
  'NULL that is given for a column which takes none',
  (database) => {
    it('is stored as another value', async () => {
      const cached = await CachedReads.open(database, [Shelf], {
        empty: (manager) => manager.countBy(Shelf, { books: 0 }),
      });
      await cached.fill();
      await cached.dataSource.query(`INSERT IGNORE INTO shelf (books) VALUES (NULL)`);
      expect(await cached.wrong()).toEqual([]);
      await cached.dataSource.query(`INSERT INTO shelf (books) VALUES (7)`);
      await cached.fill();
      await cached.dataSource.query(`UPDATE IGNORE shelf SET books = NULL WHERE books = 7`);
      expect(await cached.wrong()).toEqual([]);
      expect(await cached.dataSource.manager.countBy(Shelf, { books: 0 })).toBe(2);
    });
  },
  { only: ({ family }) => family === 'mysql' },
);
