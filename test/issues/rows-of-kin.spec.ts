import { expect, it } from '@jest/globals';
import { Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Bunk {
  @PrimaryColumn() id!: number;
}

const reads = { part: (manager: EntityManager) => manager.query('SELECT id FROM part ORDER BY id') };

describeDatabases(
  'A table that is part of that of an entity',
  (database) => {
    it.each([
      ['the entity', Bunk],
      ['one of its rows', [Bunk, 1] as const],
    ])('is invalidated by hand with %s', async (_title, target) => {
      const cached = await CachedReads.open(database, [Bunk], reads);
      const { dataSource } = cached;
      await dataSource.query('CREATE TABLE part () INHERITS (bunk)');
      await cached.fill();
      // By somebody whom nobody hears.
      const { master } = dataSource.driver as unknown as { readonly master: { query(text: string): Promise<unknown> } };
      await master.query('INSERT INTO part VALUES (1)');
      expect(await cached.wrong()).toEqual(['part']);
      await cached.cache.invalidate(target);
      expect(await cached.wrong()).toEqual([]);
    });
  },
  { only: ({ family }) => family === 'postgres' },
);
