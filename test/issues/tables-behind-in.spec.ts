import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Guest {
  @PrimaryColumn() id!: number;
  @Column() name!: string;
}

@Entity()
class Banned {
  @PrimaryColumn() name!: string;
}

const asked = (text: string) => (manager: EntityManager) => manager.query(text);
const reads = {
  in: asked('select id from guest where name in banned'),
  notIn: asked('select id from guest where name not in banned'),
};

describeDatabases(
  'A table that SQLite reads behind IN without a query',
  (database) => {
    it('is one that the answer depends on', async () => {
      const cached = await CachedReads.open(database, [Guest, Banned], reads);
      await cached.dataSource.manager.insert(Guest, { id: 1, name: 'Bob' });
      await cached.fill();
      await cached.dataSource.manager.insert(Banned, { name: 'Bob' });
      expect(await cached.wrong()).toEqual([]);
      await cached.fill();
      await cached.dataSource.manager.delete(Banned, 'Bob');
      expect(await cached.wrong()).toEqual([]);
    });
  },
  { only: ({ family }) => family === 'sqlite' },
);
