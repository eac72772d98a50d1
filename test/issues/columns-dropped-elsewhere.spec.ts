import { expect, it } from '@jest/globals';
import pg from 'pg';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { connectionTo } from '../support/connections.js';
import { describeDatabases, type TestDatabase } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Bunk {
  @PrimaryColumn() id!: number;
  @Column({ default: '' }) guest!: string;
  @Column({ default: 0 }) price!: number;
}

interface SqliteDriver {
  readonly databaseConnection: { exec(text: string): unknown };
}

/** A database in which answers were chosen by a column that another program drops. */
async function open(database: TestDatabase): Promise<CachedReads> {
  const cached = await CachedReads.open(database, [Bunk], {
    ofBob: (manager) => manager.countBy(Bunk, { guest: 'Bob' }),
    all: (manager) => manager.find(Bunk, { order: { id: 'ASC' } }),
  });
  const { dataSource, cache } = cached;
  await dataSource.query('ALTER TABLE bunk ADD COLUMN place INT DEFAULT 5');
  await dataSource.manager.insert(
    Bunk,
    [1, 2, 3].map((id) => ({ id, guest: 'Ann' })),
  );
  await cached.fill();
  await cache.getOrLoad('placed', () => dataSource.query('SELECT COUNT(*) FROM bunk WHERE place = 5'));
  const text = 'ALTER TABLE bunk DROP COLUMN place';
  if (database.family === 'sqlite') {
    (dataSource.driver as unknown as SqliteDriver).databaseConnection.exec(text);
    return cached;
  }
  const client = new pg.Client({ ...(await connectionTo('postgres')), database: String(dataSource.options.database) });
  await client.connect();
  await client.query(text);
  await client.end();
  return cached;
}

describeDatabases(
  'a column that another program has dropped',
  (database) => {
    it('keeps nobody from writing', async () => {
      const cached = await open(database);
      const { manager } = cached.dataSource;
      expect(await manager.update(Bunk, { guest: 'Ann', id: 1 }, { guest: 'Bob' })).toMatchObject({ affected: 1 });
      expect(await cached.wrong()).toEqual([]);
      expect(await manager.update(Bunk, { guest: 'Ann' }, { price: 7 })).toMatchObject({ affected: 2 });
      expect(await manager.delete(Bunk, { guest: 'Ann' })).toMatchObject({ affected: 2 });
      expect(await cached.wrong()).toEqual([]);
    });

    it('keeps nobody from writing many rows', async () => {
      const cached = await open(database);
      const { manager } = cached.dataSource;
      expect(await manager.update(Bunk, { guest: 'Ann' }, { guest: 'Bob' })).toMatchObject({ affected: 3 });
      expect(await cached.wrong()).toEqual([]);
      expect(await manager.delete(Bunk, { guest: 'Bob' })).toMatchObject({ affected: 3 });
      expect(await cached.wrong()).toEqual([]);
    });

    if (database.family === 'sqlite') {
      it('keeps nobody from writing in a transaction, as what SQLite refuses changes nothing of it', async () => {
        const cached = await open(database);
        const [first, ...others] = await cached.dataSource.manager.find(Bunk, { order: { id: 'ASC' } });
        await cached.dataSource.manager.save(Object.assign(first, { guest: 'Bob' }));
        expect(await cached.wrong()).toEqual([]);
        await cached.dataSource.transaction((manager) => manager.remove(others));
        expect(await cached.wrong()).toEqual([]);
      });
      return;
    }

    it('fails one transaction, which PostgreSQL gives up, and not the next', async () => {
      const cached = await open(database);
      const { dataSource } = cached;
      const write = () => dataSource.transaction((manager) => manager.update(Bunk, { guest: 'Ann' }, { guest: 'Bob' }));
      await expect(write()).rejects.toMatchObject({ query: expect.not.stringContaining('zoocache') });
      expect(await cached.wrong()).toEqual([]);
      await write();
      expect(await cached.wrong()).toEqual([]);
    });
  },
  { only: ({ variant }) => variant === 'postgres' || variant === 'better-sqlite3' },
);
