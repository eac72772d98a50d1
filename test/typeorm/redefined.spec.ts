import { describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { HeardDataSource } from '../../lib/typeorm/statements/heard-data-source.js';
import { describeDatabases, openDataSource } from '../support/databases.js';
import { listen, load } from './hearing.js';
import { Author, Label, shop } from './shop.entities.js';

const KEY = 'ALTER TABLE note ADD CONSTRAINT refers FOREIGN KEY (label) REFERENCES label (code) ON DELETE CASCADE';

/** Two tables without a key between them. */
async function openNotes(database: Parameters<typeof openDataSource>[0]): Promise<DataSource> {
  const dataSource = await openDataSource(database, shop);
  await dataSource.manager.insert(Label, { code: 'new' });
  await dataSource.query('CREATE TABLE note (id INT PRIMARY KEY, label VARCHAR(255))');
  await dataSource.query("INSERT INTO note (id, label) VALUES (1, 'new')");
  return dataSource;
}

describeDatabases(
  'a key that was added by what a statement runs',
  (database) => {
    const ways: Readonly<Record<string, readonly string[]>> =
      database.family === 'mysql'
        ? {
            'a procedure': [`CREATE PROCEDURE add_key() ${KEY}`, 'CALL add_key()'],
            'a text': [`EXECUTE IMMEDIATE '${KEY}'`],
            'a prepared text': [`PREPARE adding FROM '${KEY}'`, 'EXECUTE adding'],
          }
        : {
            'a procedure': [`CREATE PROCEDURE add_key() LANGUAGE plpgsql AS $$ BEGIN ${KEY}; END $$`, 'CALL add_key()'],
            'a block': [`DO $$ BEGIN ${KEY}; END $$`],
          };

    for (const [name, statements] of Object.entries(ways)) {
      it(`is followed, when it runs ${name}`, async () => {
        const dataSource = await openNotes(database);
        const heard = listen();
        const runner = dataSource.createQueryRunner();
        for (const statement of statements) {
          await load(() => runner.query('SELECT * FROM note'));
          await runner.query(statement);
        }
        await load(() => runner.query('SELECT * FROM note'));
        heard.take();
        await runner.manager.delete(Label, 'new');
        expect(heard.released().some((what) => what === 'note:*' || what === '*')).toBe(true);
        expect(await runner.query('SELECT * FROM note')).toEqual([]);
        await runner.release();
      });
    }

    it('is not known for a while after a second such statement, in which nothing is kept and each write may have reached anything', async () => {
      const dataSource = await openNotes(database);
      const heard = listen();
      await load(() => dataSource.query('SELECT * FROM note'));
      await expect(dataSource.query('CALL nothing()')).rejects.toThrow('nothing');
      expect((await load(() => dataSource.query('SELECT * FROM note'))).blockedBy).toBeUndefined();
      await expect(dataSource.query('CALL nothing()')).rejects.toThrow('nothing');
      heard.take();
      expect((await load(() => dataSource.query('SELECT * FROM note'))).blockedBy).toBe('catalogue unknown');
      await dataSource.manager.delete(Label, 'new');
      expect(heard.released()).toContain('*');
    });
  },
  { only: ({ family }) => family !== 'sqlite' },
);

describe('a catalogue that may have changed with every request', () => {
  describeDatabases(
    'is read',
    (database) => {
      it('at most once in a second, and at once after DDL', async () => {
        let time = 0;
        let statements = 0;
        const source = new HeardDataSource(await openDataSource(database, shop), { now: () => time });
        const ask = async () => {
          statements = 0;
          await source.readCatalogue(async () => (statements++, []));
          return statements > 0;
        };
        expect(await ask()).toBe(true);
        source.doubtCatalogue();
        expect([await ask(), source.isCatalogueRead]).toEqual([true, true]);
        source.doubtCatalogue();
        expect([await ask(), source.isCatalogueRead]).toEqual([false, false]);
        time += 999;
        source.doubtCatalogue();
        expect(await ask()).toBe(false);
        time += 1;
        expect([await ask(), source.isCatalogueRead]).toEqual([true, true]);
        source.doubtCatalogue();
        source.forgetCatalogue();
        expect([await ask(), source.isCatalogueRead]).toEqual([true, true]);
      });

      it('no more than half of the time, where that takes long', async () => {
        let time = 0;
        const source = new HeardDataSource(await openDataSource(database, shop), { now: () => time });
        const ask = async () => {
          const from = time;
          await source.readCatalogue(async () => ((time += 1_000), []));
          return time - from;
        };
        const lasted = await ask();
        expect(lasted).toBeGreaterThan(2_000);
        source.forgetCatalogue();
        time += lasted - 1;
        expect([await ask(), source.isCatalogueRead]).toEqual([0, false]);
        time += 1;
        expect([await ask(), source.isCatalogueRead]).toEqual([lasted, true]);
        source.doubtCatalogue();
        time += lasted - 1;
        source.doubtCatalogue();
        expect([await ask(), source.isCatalogueRead]).toEqual([0, false]);
        time += 1;
        expect([await ask(), source.isCatalogueRead]).toEqual([lasted, true]);
        source.forgetCatalogue();
        source.restarted();
        expect([await ask(), source.isCatalogueRead]).toEqual([lasted, true]);
      });
    },
    { only: ({ variant }) => variant === 'sqljs' },
  );
});

describeDatabases(
  'a transaction in which a column was dropped',
  (database) => {
    it('writes its table on, because nothing is asked for that may be gone', async () => {
      const dataSource = await openDataSource(database, shop);
      const heard = listen();
      await dataSource.manager.insert(Author, { name: 'Ann' });
      await load(() => dataSource.query("SELECT * FROM author WHERE name = 'Bob'"));
      heard.take();
      await dataSource.transaction(async ({ queryRunner }) => {
        await queryRunner!.query('ALTER TABLE author DROP COLUMN books');
        await queryRunner!.query("UPDATE author SET name = 'Bob' WHERE name = 'Ann'");
      });
      expect(await dataSource.query('SELECT name FROM author')).toEqual([{ name: 'Bob' }]);
    });
  },
  { only: ({ tellsChangedRows }) => tellsChangedRows },
);
