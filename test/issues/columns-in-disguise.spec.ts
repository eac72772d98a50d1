import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

const asked = (text: string) => (manager: EntityManager) => manager.query(text);

@Entity()
class Queue {
  @PrimaryColumn() id!: number;
  @Column('int', { array: true }) tickets!: number[];
  @Column() served!: number;
}

describeDatabases(
  'A column behind the colon of a slice',
  (database) => {
    it('is no parameter, so that the answer depends on it', async () => {
      const cached = await CachedReads.open(database, [Queue], {
        ids: asked(`select id from queue where tickets[:served] = '{7}'`),
      });
      await cached.dataSource.manager.insert(Queue, { id: 1, tickets: [7, 8], served: 2 });
      await cached.fill();
      await cached.dataSource.manager.update(Queue, 1, { served: 1 });
      expect(await cached.wrong()).toEqual([]);
    });
  },
  { only: ({ family }) => family === 'postgres' },
);

@Entity()
class Point {
  @PrimaryColumn() id!: number;
  @Column() b!: number;
}

describeDatabases(
  'A column called b in front of an alias in quotes',
  (database) => {
    it('is no constant, which SQLite does not spell so', async () => {
      const cached = await CachedReads.open(database, [Point], { values: asked(`select b'value' from point`) });
      await cached.dataSource.manager.insert(Point, { id: 1, b: 1 });
      await cached.fill();
      await cached.dataSource.manager.update(Point, 1, { b: 2 });
      expect(await cached.wrong()).toEqual([]);
    });
  },
  { only: ({ family }) => family === 'sqlite' },
);
