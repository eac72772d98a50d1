import { beforeEach, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { describeDatabases, openDataSource } from '../support/databases.js';
import { listen, load, type Listener } from './hearing.js';
import { shop } from './shop.entities.js';

describeDatabases(
  'a table that SQLite',
  (database) => {
    let dataSource: DataSource;
    let heard: Listener;

    beforeEach(async () => {
      dataSource = await openDataSource(database, shop);
      heard = listen();
    });

    const released = async (text: string) => {
      await load(() => dataSource.query('SELECT * FROM label'));
      heard.take();
      await dataSource.query(text);
      return heard.released();
    };

    it('lets replace rows is written as by REPLACE, which may take any rows and what refers to them along', async () => {
      await dataSource.query('CREATE TABLE seat (id INTEGER PRIMARY KEY, code TEXT UNIQUE ON /* */ CONFLICT\nREPLACE)');
      await dataSource.query('CREATE TABLE coat (id INTEGER PRIMARY KEY, seat REFERENCES seat (id) ON DELETE CASCADE)');
      await dataSource.query("INSERT INTO seat VALUES (1, 'a')");
      await dataSource.query('INSERT INTO coat VALUES (1, 1)');
      const all = ['coat', 'coat:*', 'seat', 'seat:*'];
      expect(await released("INSERT INTO seat VALUES (2, 'a')")).toEqual(all);
      expect(
        await dataSource.query('SELECT (SELECT count(*) FROM seat) AS s, (SELECT count(*) FROM coat) AS c'),
      ).toEqual([{ s: 1, c: 0 }]);
      expect(await released("UPDATE seat SET code = 'b' WHERE id = 2")).toEqual(all);
      expect(await released("INSERT INTO seat VALUES (2, 'c') ON CONFLICT (id) DO UPDATE SET code = 'c'")).toEqual(all);
    });

    it('lets replace rows does so also where a trigger writes it', async () => {
      await dataSource.query('CREATE TABLE seat (id INTEGER PRIMARY KEY, code TEXT UNIQUE ON CONFLICT REPLACE)');
      await dataSource.query('CREATE TABLE coat (id INTEGER PRIMARY KEY, seat REFERENCES seat (id) ON DELETE CASCADE)');
      await dataSource.query('CREATE TABLE door (id INTEGER PRIMARY KEY)');
      await dataSource.query("CREATE TRIGGER opens AFTER INSERT ON door BEGIN INSERT INTO seat VALUES (2, 'a'); END");
      await dataSource.query("INSERT INTO seat VALUES (1, 'a')");
      await dataSource.query('INSERT INTO coat VALUES (1, 1)');
      expect(await released('INSERT INTO door VALUES (1)')).toEqual(expect.arrayContaining(['coat:*', 'seat:*']));
      expect(await dataSource.query('SELECT * FROM coat')).toEqual([]);
    });

    it('calls rows by a number of their own is written under another key with it', async () => {
      await dataSource.query("INSERT INTO author (id, name) VALUES (1, 'Ann')");
      for (const [index, name] of ['rowid', '_ROWID_', 'oid'].entries()) {
        const text = `UPDATE author SET ${name} = ${index + 2} WHERE id = ${index + 1}`;
        expect(await released(text)).toEqual(expect.arrayContaining(['author', 'author:*']));
      }
      expect(
        await released("INSERT INTO author (id, name) VALUES (4, 'Bob') ON CONFLICT (id) DO UPDATE SET oid = 9"),
      ).toEqual(expect.arrayContaining(['author', 'author:*']));
      expect(await dataSource.query('SELECT id FROM author')).toEqual([{ id: 9 }]);
    });

    it('numbers anew by VACUUM may be any', async () => {
      await dataSource.query('CREATE TABLE note (text TEXT)');
      await dataSource.query("INSERT INTO note VALUES ('a'), ('b')");
      await dataSource.query("DELETE FROM note WHERE text = 'a'");
      expect(await released('VACUUM')).toEqual(['*']);
      expect(await dataSource.query('SELECT rowid AS number FROM note')).toEqual([{ number: 1 }]);
    });

    it('makes of the rows of others is not kept, because no write to it tells of them', async () => {
      await dataSource.query('CREATE VIRTUAL TABLE words USING fts4(name)');
      await dataSource.query('CREATE VIRTUAL TABLE terms USING fts4aux(words)');
      await dataSource.query('CREATE VIRTUAL TABLE names USING fts4(name, content="author")');
      await dataSource.query("INSERT INTO author (id, name) VALUES (1, 'Ann')");
      await dataSource.query("INSERT INTO names (names) VALUES ('rebuild')");
      const reasons = ['words', 'terms', 'names'].map(async (table) => {
        return (await load(() => dataSource.query(`SELECT * FROM ${table}`))).blockedBy;
      });
      expect(await Promise.all(reasons)).toEqual([undefined, 'rows kept elsewhere', 'rows kept elsewhere']);
    });

    it('keeps behind a virtual table is not kept, because writes name only that one', async () => {
      await dataSource.query('CREATE VIRTUAL TABLE Words USING fts4(name)');
      await dataSource.query('CREATE TABLE words_of (data TEXT)');
      await dataSource.query('CREATE TABLE other_data (data TEXT)');
      const reasons = ['words_content', 'Words_Segdir', 'words_of', 'other_data'].map(async (table) => {
        return (await load(() => dataSource.query(`SELECT * FROM ${table}`))).blockedBy;
      });
      const elsewhere = 'rows kept elsewhere';
      expect(await Promise.all(reasons)).toEqual([elsewhere, elsewhere, undefined, undefined]);
    });

    it('writes by a temporary trigger is written in any of its rows', async () => {
      await dataSource.query("INSERT INTO author (id, name) VALUES (1, 'Ann'), (2, 'Bob')");
      await dataSource.query(
        'CREATE TEMP TRIGGER counts AFTER UPDATE OF name ON author BEGIN UPDATE author SET books = 7 WHERE id <> new.id; END',
      );
      expect(await released("UPDATE author SET name = 'Cyd' WHERE id = 1")).toEqual(['author', 'author:*']);
    });

    it.each([
      ['INT PRIMARY KEY DEFAULT 77', ''],
      ['INTEGER DEFAULT 77', ', PRIMARY KEY (id, name)'],
      ['INTEGER PRIMARY KEY DEFAULT 77', ') WITHOUT ROWID --'],
    ])('does not number by its key is inserted into under any key: %s%s', async (type, more) => {
      await dataSource.query('PRAGMA foreign_keys = OFF');
      await dataSource.query('DROP TABLE author');
      await dataSource.query(`CREATE TABLE author (id ${type}, name TEXT, books INT, gone DATETIME${more})`);
      expect(await released("INSERT INTO author (name) VALUES ('Ann')")).toEqual(['author', 'author:*']);
      expect(await dataSource.query('SELECT id FROM author')).toEqual([{ id: 77 }]);
    });

    it('lets refuse rows is written as any other', async () => {
      await dataSource.query('CREATE TABLE seat (id INTEGER PRIMARY KEY, code TEXT UNIQUE ON CONFLICT ABORT)');
      await dataSource.query('CREATE TABLE coat (id INTEGER PRIMARY KEY, seat REFERENCES seat (id) ON DELETE CASCADE)');
      expect(await released("INSERT INTO seat VALUES (2, 'a')")).toEqual(['seat', 'seat:*']);
    });
  },
  { only: ({ family }) => family === 'sqlite' },
);
