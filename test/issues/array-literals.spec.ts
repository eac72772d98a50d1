import { expect, it } from '@jest/globals';
import { Any, Column, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Label {
  @PrimaryColumn('text') id!: string;
  @Column('text') name!: string;
}

/** What Any() is declared to take only as an array; the driver hands a string on, and the database reads it as one. */
const anyOf = (literal: string) => Any(literal as unknown as string[]);

const reads = {
  found: (manager: EntityManager) => manager.findBy(Label, { name: anyOf('{red,blue}') }),
  listed: (manager: EntityManager) => manager.query('select id from label where name = any($1)', ['{red,blue}']),
  some: (manager: EntityManager) => manager.query('select id from label where name = some($1)', ['{red,blue}']),
  counted: (manager: EntityManager) => manager.query('select count(*) from label where id = any($1)', ['{a,d}']),
  first: (manager: EntityManager) => manager.findOneBy(Label, { id: 'a' }),
};

async function open(database: Parameters<typeof CachedReads.open>[0]): Promise<CachedReads> {
  const cached = await CachedReads.open(database, [Label], reads);
  await cached.dataSource.manager.insert(Label, [
    { id: 'a', name: 'red' },
    { id: 'b', name: 'green' },
  ]);
  await cached.fill();
  return cached;
}

describeDatabases(
  'A list of values that is written as an array literal',
  (database) => {
    it('holds each of its values for a row that comes to have one', async () => {
      const cached = await open(database);
      await cached.dataSource.manager.update(Label, 'b', { name: 'blue' });
      expect(await cached.wrong()).toEqual([]);
    });

    it('holds each of its values for a row that is new', async () => {
      const cached = await open(database);
      await cached.dataSource.manager.insert(Label, { id: 'd', name: 'blue' });
      expect(await cached.wrong()).toEqual([]);
    });

    it('names the rows that are updated', async () => {
      const cached = await open(database);
      await cached.dataSource.query('update label set name = $2 where id = any($1)', ['{a,b}', 'grey']);
      expect(await cached.wrong()).toEqual([]);
    });

    it('names the rows that are deleted', async () => {
      const cached = await open(database);
      await cached.dataSource.query('delete from label where id = any($1)', ['{a,b}']);
      expect(await cached.wrong()).toEqual([]);
    });
  },
  { only: ({ family }) => family === 'postgres' },
);
