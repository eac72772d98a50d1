import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, type QueryRunner } from 'typeorm';
import type { ZooCacheOptions } from '../../lib/index.js';
import { HeardDataSource } from '../../lib/typeorm/statements/heard-data-source.js';
import { SteppedTime } from '../simulation/fleet/stepped-time.js';
import { describeDatabases, openDataSource, type TestDatabase } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Bunk {
  @PrimaryColumn() id!: number;
  @Column({ default: 0 }) price!: number;
  @Column({ length: 20, default: '' }) guest!: string;
}

/** A trigger by which whoever changes a bunk becomes its guest. */
const TRIGGER: Readonly<Record<string, readonly string[]>> = {
  postgres: [
    `CREATE FUNCTION bob() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.guest = 'Bob'; RETURN NEW; END $$`,
    'CREATE TRIGGER moves BEFORE UPDATE ON bunk FOR EACH ROW EXECUTE FUNCTION bob()',
  ],
  mysql: [`CREATE TRIGGER moves BEFORE UPDATE ON bunk FOR EACH ROW SET NEW.guest = 'Bob'`],
};

/**
 * Keeps a connection from being told of triggers: one has no time for anything, the other is gone. A MariaDB that is stopped
 * for its time while it reads the text of a trigger takes that trigger for broken, in every connection.
 */
async function disturb({ dataSource }: CachedReads, runner: QueryRunner, database: TestDatabase): Promise<void> {
  if (database.family === 'postgres') {
    await runner.query('SET statement_timeout = 1');
    return;
  }
  const [{ id }] = (await runner.query('SELECT CONNECTION_ID() AS id')) as [{ id: number }];
  await dataSource.query(`KILL ${id}`);
}

const open = (database: TestDatabase, caching?: ZooCacheOptions): Promise<CachedReads> =>
  CachedReads.open(database, [Bunk], { ofBob: (manager) => manager.countBy(Bunk, { guest: 'Bob' }) }, {}, caching);

describeDatabases(
  'a catalogue of which another program drops a view while it is read',
  (database) => {
    it('is read again', async () => {
      const { dataSource } = await open(database);
      let time = 0;
      const source = new HeardDataSource(dataSource, { now: () => time });
      await dataSource.query('CREATE VIEW dorm AS SELECT * FROM bunk');
      const [runner, other] = [dataSource.createQueryRunner(), dataSource.createQueryRunner()];
      // The reader's snapshot is older than the end of the view.
      await runner.startTransaction('REPEATABLE READ');
      await runner.query('SELECT 1 FROM pg_class LIMIT 1');
      await other.query('DROP VIEW dorm');
      await source.readCatalogue((text) => runner.query(text));
      await runner.rollbackTransaction();
      expect(source.isCatalogueRead).toBe(false);
      time = 1_000;
      await source.readCatalogue((text) => runner.query(text));
      expect(source.isCatalogueRead).toBe(true);
      await runner.release();
      await other.release();
    });
  },
  { only: ({ variant }) => variant === 'postgres' },
);

describeDatabases(
  'a catalogue that could not be read because of the moment',
  (database) => {
    it('leaves nothing to be kept that it might say something of, and says so', async () => {
      const failures: string[] = [];
      const cached = await open(database, { onError: ({ during }) => failures.push(during) });
      const { dataSource } = cached;
      await dataSource.manager.insert(Bunk, { id: 1, guest: 'Ann' });
      const runner = dataSource.createQueryRunner();
      await disturb(cached, runner, database);
      for (const text of TRIGGER[database.family]) await dataSource.query(text);
      await cached.cache.getOrLoad('disturbed', () => runner.query('SELECT price FROM bunk').catch(() => []));
      await cached.ask('ofBob');
      await dataSource.manager.update(Bunk, { id: 1 }, { price: 7 });
      expect(await cached.wrong()).toEqual([]);
      expect(failures).toContain('reading the catalogue of a database, of which nothing is kept until that succeeds,');
      if (database.family === 'postgres') await runner.query('SET statement_timeout = 0');
      await runner.release();
    });

    it('is read again after a second', async () => {
      const cached = await open(database);
      const { dataSource } = cached;
      let time = 0;
      const source = new HeardDataSource(dataSource, { now: () => time });
      const [runner, other] = [dataSource.createQueryRunner(), dataSource.createQueryRunner()];
      await disturb(cached, runner, database);
      await source.readCatalogue((text) => runner.query(text));
      expect(source.isCatalogueRead).toBe(false);
      expect(source.knowledge.doubt).toBeDefined();
      await source.readCatalogue((text) => other.query(text));
      expect(source.isCatalogueRead).toBe(false);
      time = 1_000;
      await source.readCatalogue((text) => other.query(text));
      expect(source.isCatalogueRead).toBe(true);
      await runner.release();
      await other.release();
    });
  },
  { only: ({ family }) => family !== 'sqlite' },
);

describeDatabases('a catalogue that somebody reads over a connection that does not answer', (database) => {
  it('is waited for no longer than five seconds, and read anew by who asks next', async () => {
    const dataSource = await openDataSource(database, [Bunk]);
    const time = new SteppedTime();
    const source = new HeardDataSource(dataSource, time, time.timersOf(dataSource));
    void source.readCatalogue(() => new Promise(() => undefined));
    time.skip(4_999);
    const waiting = source.readCatalogue((text) => dataSource.query(text));
    const from = time.now();
    time.pass(() => false);
    await waiting;
    expect(time.now() - from).toBe(1);
    expect(source.isCatalogueRead).toBe(false);
    await source.readCatalogue((text) => dataSource.query(text));
    expect(source.isCatalogueRead).toBe(true);
  });
});
