import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { cleanUpLater } from '../support/clean-up.js';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Bunk {
  @PrimaryColumn() id!: number;
  @Column({ length: 20, default: '' }) guest!: string;
}

@Entity()
class Key {
  @PrimaryColumn() id!: number;
  @Column() bunk!: number;
}

const reads = {
  ofBob: (manager: EntityManager) => manager.countBy(Bunk, { guest: 'Bob' }),
  keys: (manager: EntityManager) => manager.find(Key),
};

async function open(database: Parameters<typeof CachedReads.open>[0]): Promise<CachedReads> {
  const cached = await CachedReads.open(database, [Bunk, Key], reads);
  await cached.dataSource.manager.insert(Bunk, { id: 1, guest: 'Ann' });
  await cached.dataSource.manager.insert(Key, { id: 1, bunk: 1 });
  return cached;
}

let serial = 0;

describeDatabases(
  'a transaction of a role that may not see all columns',
  (database) => {
    for (const become of [
      (role: string) => `SET LOCAL ROLE ${role}`,
      (role: string) => `SELECT set_config('role', '${role}', true)`,
    ]) {
      it(`writes as far as its rights go, and the next one is asked again: ${become('…')}`, async () => {
        const cached = await open(database);
        const { dataSource } = cached;
        const role = `guest_${process.pid}_${++serial}`;
        await dataSource.query(`CREATE ROLE ${role}`);
        cleanUpLater(() => dataSource.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`));
        await dataSource.query(`GRANT SELECT (guest), UPDATE (guest) ON bunk TO ${role}`);
        await cached.fill();
        const runner = dataSource.createQueryRunner();
        const sent: string[] = [];
        const client = (await runner.connect()) as { query(...args: unknown[]): unknown };
        const { query } = client;
        client.query = (...args) => (sent.push(String(args[0])), query.apply(client, args));

        await runner.startTransaction();
        await runner.query(become(role));
        await runner.query(`UPDATE bunk SET guest = 'Bob' WHERE guest = 'Ann'`);
        await runner.commitTransaction();
        expect(sent.join()).not.toContain('RETURNING');
        expect(await cached.wrong()).toEqual([]);

        await runner.startTransaction();
        await runner.query(`UPDATE bunk SET guest = 'Cyd' WHERE guest = 'Bob'`);
        await runner.commitTransaction();
        await runner.release();
        expect(sent.join()).toContain('RETURNING');
        expect(await cached.wrong()).toEqual([]);
      });
    }
  },
  { only: ({ family }) => family === 'postgres' },
);

describeDatabases(
  'a connection on which names mean other tables',
  (database) => {
    it.each(['SET search_path TO other', `SELECT set_config('search_path', 'other', false)`])(
      'keeps nothing of what it reads, however it came to it: %s',
      async (become) => {
        const cached = await open(database);
        const { dataSource } = cached;
        await dataSource.query('CREATE SCHEMA other; CREATE TABLE other.bunk (id INT, guest VARCHAR)');
        await cached.fill();
        const runner = dataSource.createQueryRunner();
        await runner.query(become);
        const count = () =>
          cached.cache.getOrLoad('here', () => runner.query('SELECT count(*)::int AS count FROM bunk'));
        expect(await count()).toEqual([{ count: 0 }]);
        await dataSource.query(`INSERT INTO other.bunk VALUES (1, 'Bob'), (2, 'Bob')`);
        expect(await count()).toEqual([{ count: 2 }]);
        expect(await cached.cache.has('here')).toBe(false);
        await runner.query('RESET search_path');
        await runner.release();
        expect(await cached.wrong()).toEqual([]);
      },
    );
  },
  { only: ({ family }) => family === 'postgres' },
);

describeDatabases(
  'a temporary table that is called like another',
  (database) => {
    const make =
      database.family === 'postgres' ? ['CREATE TEMP TABLE', 'CREATE TABLE pg_temp.'] : ['CREATE TEMPORARY TABLE'];
    for (const create of make) {
      it(`is written with the columns that it has, and not kept for those who do not see it: ${create}`, async () => {
        const cached = await open(database);
        await cached.fill();
        const runner = cached.dataSource.createQueryRunner();
        await runner.query(`${create}${create.endsWith('.') ? '' : ' '}bunk (place INT)`);
        await cached.fill();
        await runner.query('INSERT INTO bunk VALUES (1), (2)');
        await runner.query('UPDATE bunk SET place = 3 WHERE place = 2');
        const here = () => cached.cache.getOrLoad('here', () => runner.query('SELECT * FROM bunk'));
        expect(await here()).toEqual([{ place: 1 }, { place: 3 }]);
        expect(await cached.cache.has('here')).toBe(false);
        await runner.query('DELETE FROM bunk WHERE place = 3');
        expect(await here()).toEqual([{ place: 1 }]);
        await runner.query(`DROP ${database.family === 'mysql' ? 'TEMPORARY ' : ''}TABLE bunk`);
        await runner.release();
        expect(await cached.wrong()).toEqual([]);
      });
    }
  },
  { only: ({ family }) => family !== 'sqlite' },
);

describeDatabases(
  'a connection on which names mean something else',
  (database) => {
    it('is not asked what there is in the database, because it sees another one', async () => {
      const cached = await open(database);
      const { dataSource } = cached;
      await dataSource.query('ALTER TABLE `key` ADD FOREIGN KEY (bunk) REFERENCES bunk (id) ON DELETE CASCADE');
      const runner = dataSource.createQueryRunner();
      await runner.query('USE information_schema');
      await dataSource.query('CREATE TABLE anything (id INT)');
      await cached.cache.getOrLoad('elsewhere', () => runner.query('SELECT COUNT(*) FROM bunk').catch(() => 0));
      await cached.fill();
      await dataSource.query('DELETE FROM bunk');
      expect(await cached.wrong()).toEqual([]);
      await runner.query(`USE ${String(dataSource.options.database)}`);
      await runner.release();
    });
  },
  { only: ({ family }) => family === 'mysql' },
);
