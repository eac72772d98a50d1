import { expect, it } from '@jest/globals';
import { AsyncResource } from 'node:async_hooks';
import { Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { sendUnheard } from '../../lib/typeorm/hooks/runner-hooks.js';
import { heardDataSource } from '../../lib/typeorm/statements/heard-data-source.js';
import { describeDatabases, openDataSource } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Bunk {
  @PrimaryColumn() id!: number;
}

const reads = {
  other: async (manager: EntityManager) => Number((await manager.query('SELECT COUNT(*) AS n FROM other'))[0].n),
};

const PLAIN = 'CREATE TABLE other (id INT PRIMARY KEY)';
const FULL = 'INSERT INTO other VALUES (1)';

/** How a row of `bunk` that is deleted comes to change `other`, of which no entity tells. */
const ways: readonly (readonly [way: string, family: 'postgres' | 'mysql', texts: readonly string[]])[] = [
  [
    'a foreign key',
    'postgres',
    [PLAIN, FULL, 'ALTER TABLE other ADD FOREIGN KEY (id) REFERENCES bunk (id) ON DELETE CASCADE'],
  ],
  [
    'a foreign key',
    'mysql',
    [PLAIN, FULL, 'ALTER TABLE other ADD FOREIGN KEY (id) REFERENCES bunk (id) ON DELETE CASCADE'],
  ],
  [
    'a trigger',
    'postgres',
    [
      PLAIN,
      'CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO other VALUES (OLD.id); RETURN OLD; END $$',
      'CREATE TRIGGER noted BEFORE DELETE ON bunk FOR EACH ROW EXECUTE FUNCTION note()',
    ],
  ],
  [
    'a trigger',
    'mysql',
    [PLAIN, 'CREATE TRIGGER noted AFTER DELETE ON bunk FOR EACH ROW INSERT INTO other VALUES (OLD.id)'],
  ],
  ['inheritance', 'postgres', [PLAIN, FULL, 'ALTER TABLE other INHERIT bunk']],
];

describeDatabases(
  'A row that is written before the catalogue is read, and committed afterwards',
  (database) => {
    for (const [way, family, texts] of ways.filter((one) => one[1] === database.family)) {
      it(`is heard as far as ${way} of ${family} leads`, async () => {
        const cached = await CachedReads.open(database, [Bunk], reads);
        const { dataSource } = cached;
        await dataSource.manager.insert(Bunk, { id: 1 });
        for (const text of texts) await dataSource.query(text);
        expect(heardDataSource(dataSource).isCatalogueRead).toBe(false);
        // Whoever asks does not stand in the transaction.
        const fill = AsyncResource.bind(() => cached.fill());
        const runner = dataSource.createQueryRunner();
        await runner.startTransaction();
        await runner.query('DELETE FROM bunk WHERE id = 1');
        await fill();
        await runner.commitTransaction();
        await runner.release();
        expect(await cached.wrong()).toEqual([]);
      });
    }
  },
  { only: ({ family }) => family !== 'sqlite' },
);

describeDatabases(
  'What was judged before the catalogue is read',
  (database) => {
    it.each([
      ['a view', true, 'CREATE VIEW bunks AS SELECT id FROM bunk'],
      ['a trigger', true, 'CREATE TRIGGER noted AFTER INSERT ON bunk BEGIN DELETE FROM other; END'],
      ['a table that lets replace rows', true, 'CREATE TABLE seat (code TEXT UNIQUE ON CONFLICT REPLACE)'],
      ['a foreign key', true, 'CREATE TABLE bed (bunk INT REFERENCES bunk (id) ON DELETE CASCADE)'],
      ['another table', false, 'CREATE TABLE bed (bunk INT)'],
    ])('is in doubt for good if that tells of more than the entities do: %s, %s', async (_what, isDoubted, text) => {
      const dataSource = await openDataSource(database, [Bunk]);
      for (const each of [PLAIN, text]) await dataSource.query(each);
      const source = heardDataSource(dataSource);
      const { knowledge } = source;
      await source.readCatalogue((own) => sendUnheard(dataSource.createQueryRunner(), own) as Promise<never>);
      expect(source.isCatalogueRead).toBe(true);
      expect(knowledge.doubt !== undefined).toBe(isDoubted);
    });
  },
  { only: ({ family }) => family === 'sqlite' },
);
