import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { symlink } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { EntitySchema, In, type DataSource, type DataSourceOptions } from 'typeorm';
import { processWritePath } from '../../lib/engine/write-path.js';
import { identityOfDatabase } from '../../lib/typeorm/databases/database-identity.js';
import { EntityDirectory } from '../../lib/typeorm/entities/entity-directory.js';
import { doubtCatalogues, heardDataSource } from '../../lib/typeorm/statements/heard-data-source.js';
import { learnCatalogues } from '../../lib/typeorm/hooks/learn-catalogue.js';
import { knownSchemas } from '../../lib/typeorm/statements/schema-knowledge.js';
import { segmentsOf, type Tag } from '../../lib/tags/tag.js';
import { connect, describeDatabases } from '../support/databases.js';
import { listen, load, takeFailures } from './hearing.js';
import { Reading } from './reading.js';

interface Book {
  id: number;
  title: string;
}

const bookIn = (database?: string) =>
  new EntitySchema<Book>({
    name: 'book',
    database,
    columns: { id: { type: 'integer', primary: true }, title: { type: 'text' } },
  });

type Statements = Readonly<Record<string, () => Promise<unknown>>>;

describeDatabases(
  'a file that is attached',
  (database) => {
    let reading: Reading;
    /** The options of the DataSource that opens the file as its own, and where that is. */
    let options: DataSourceOptions;
    let path: string;
    let owner: DataSource;

    beforeEach(async () => {
      options = await database.createOptions([bookIn()]);
      path = String(options.database);
      owner = await connect(options);
      await owner.query("INSERT INTO book VALUES (1, 'one'), (2, 'two'), (3, 'three')");
      reading = new Reading();
    });

    afterEach(() => reading.close());

    /** A DataSource on a file of its own with a table `shelf`. */
    const openBeside = async (entities: EntitySchema[] = [], extra: object = {}): Promise<DataSource> => {
      const beside = await connect({
        ...(await database.createOptions(entities)),
        synchronize: false,
        ...extra,
      });
      await beside.query('CREATE TABLE shelf (id INTEGER PRIMARY KEY, book INTEGER)');
      await beside.query('INSERT INTO shelf VALUES (1, 1)');
      await learnCatalogues();
      return beside;
    };

    const attach = async (dataSource: DataSource, handle: string, file = path): Promise<DataSource> => {
      await dataSource.query(`ATTACH '${file}' AS "${handle}"`);
      return dataSource;
    };

    const handleOf = (dataSource: DataSource) => dataSource.getMetadata('book').tablePath.split('.')[0];

    /** Which of these reads are answered from the cache with what is not so any more. */
    const staleAfter = async (reads: Statements, write: () => Promise<unknown>): Promise<string[]> => {
      const read = (name: string) => reading.keep(name, reads[name]);
      for (const name of Object.keys(reads)) {
        await read(name);
        const { hits } = reading.counts(name);
        await read(name);
        if (reading.counts(name).hits === hits) throw new Error(`${name} is not cached`);
      }
      await write();
      const stale: string[] = [];
      for (const name of Object.keys(reads)) {
        const [answer, fresh] = [await read(name), await reads[name]()];
        if (!isDeepStrictEqual(answer, fresh)) stale.push(name);
      }
      return stale;
    };

    const readsOf = (name: string, dataSource: DataSource, prefix: string, from = dataSource): Statements => ({
      [`${name}: all`]: () => from.query(`SELECT * FROM ${prefix}book`),
      [`${name}: one`]: () => from.query(`SELECT * FROM ${prefix}book WHERE id = 1`),
      [`${name}: by value`]: () => from.query(`SELECT id FROM ${prefix}book WHERE title = 'one'`),
      [`${name}: count`]: () => from.query(`SELECT count(*) AS n FROM ${prefix}book`),
    });

    const entityReadsOf = (name: string, dataSource: DataSource): Statements => ({
      [`${name}: find`]: () => dataSource.getRepository('book').find(),
      [`${name}: row`]: () => dataSource.getRepository('book').findOneBy({ id: 1 }),
      [`${name}: rows`]: () => dataSource.getRepository('book').findBy({ id: In([1, 2]) }),
      [`${name}: title`]: () => dataSource.getRepository('book').findBy({ title: 'one' }),
    });

    const writesOf = (dataSource: DataSource, prefix: string): Statements => ({
      update: () => dataSource.query(`UPDATE ${prefix}book SET title = title || '!' WHERE id = 1`),
      'update of all': () => dataSource.query(`UPDATE ${prefix}book SET title = 'one'`),
      insert: () => dataSource.query(`INSERT INTO ${prefix}book VALUES (9, 'one')`),
      upsert: () =>
        dataSource.query(`INSERT INTO ${prefix}book VALUES (1, '') ON CONFLICT (id) DO UPDATE SET title = 'upserted'`),
      replace: () => dataSource.query(`REPLACE INTO ${prefix}book VALUES (1, 'replaced')`),
      transaction: () =>
        dataSource.transaction(async ({ queryRunner }) => {
          await queryRunner!.query(`UPDATE ${prefix}book SET title = 'in a transaction'`);
        }),
      delete: () => dataSource.query(`DELETE FROM ${prefix}book WHERE id = 1`),
      'alter table': () => dataSource.query(`ALTER TABLE ${prefix}book ADD COLUMN note TEXT DEFAULT 'x'`),
    });

    it('by the entities of a DataSource is heard of there, and tells whoever opens it or attaches it otherwise', async () => {
      const beside = await openBeside([bookIn(path)]);
      const other = await attach(await openBeside(), 'Other');
      const handle = `"${handleOf(beside)}".`;
      const reads = {
        ...readsOf('owner', owner, ''),
        ...readsOf('owner by schema', owner, 'main.'),
        ...entityReadsOf('owner', owner),
        ...readsOf('beside', beside, handle),
        ...readsOf('beside without handle', beside, ''),
        ...entityReadsOf('beside', beside),
        ...readsOf('other', other, 'other.'),
        'beside: join': () => beside.query(`SELECT * FROM shelf LEFT JOIN ${handle}book ON book.id = shelf.book`),
      };
      const writers = {
        owner: writesOf(owner, ''),
        beside: writesOf(beside, handle),
        'beside without handle': writesOf(beside, ''),
        other: writesOf(other, '"OTHER".'),
        'beside by entity': {
          save: () => beside.getRepository('book').save({ id: 2, title: 'saved' }),
          update: () => beside.getRepository('book').update(3, { title: 'updated' }),
          insert: () => beside.getRepository('book').insert({ id: 7, title: 'one' }),
          delete: () => beside.getRepository('book').delete(2),
        },
        'owner by entity': {
          save: () => owner.getRepository('book').save({ id: 2, title: 'saved again' }),
          delete: () => owner.getRepository('book').delete(7),
        },
      };
      const stale: string[] = [];
      for (const [who, writes] of Object.entries(writers)) {
        for (const [what, write] of Object.entries(writes)) {
          for (const text of [
            'DELETE FROM book WHERE id > 3',
            "REPLACE INTO book VALUES (1, 'one'), (2, 'two'), (3, 'three')",
          ])
            await owner.query(text);
          for (const name of await staleAfter(reads, write).catch((error) => [String(error)]))
            stale.push(`${who}, ${what}: ${name}`);
          if (what === 'alter table') await owner.query('ALTER TABLE book DROP COLUMN note');
        }
      }
      expect(stale).toEqual([]);
    }, 60_000);

    it('is the same whatever path or statement attached it', async () => {
      await symlink(path, `${path}.link`);
      const ways: Record<string, (dataSource: DataSource) => Promise<unknown>> = {
        link: (dataSource) => dataSource.query(`ATTACH '${path}.link' AS aside`),
        parameter: (dataSource) => dataSource.query('ATTACH DATABASE ? AS ?', [path, 'aside']),
        expression: (dataSource) => dataSource.query(`ATTACH '${path.slice(0, 5)}' || '${path.slice(5)}' AS aside`),
        transaction: (dataSource) =>
          dataSource.transaction(async ({ queryRunner }) => {
            await queryRunner!.query(`ATTACH '${path}' AS aside`);
            await queryRunner!.query("UPDATE aside.book SET title = 'in its transaction'");
          }),
      };
      for (const [name, way] of Object.entries(ways)) {
        const beside = await openBeside();
        if (name === 'transaction')
          expect(await staleAfter(readsOf('first', owner, ''), () => way(beside))).toEqual([]);
        else await way(beside);
        const write = () => beside.query(`UPDATE aside.book SET title = 'by ${name}'`);
        expect([name, await staleAfter(readsOf('owner', owner, ''), write)]).toEqual([name, []]);
        const reads = readsOf(name, beside, 'aside.');
        expect(await staleAfter(reads, () => owner.query("UPDATE book SET title = 'x'"))).toEqual([]);
      }
    });

    it('before anybody could hear it is known of as soon as the catalogue is read', async () => {
      const prepareDatabase = (connection: { exec(text: string): void }) =>
        connection.exec(`ATTACH '${path}' AS early`);
      const beside = await openBeside([], { prepareDatabase });
      const reads = { ...readsOf('early', beside, 'early.'), ...readsOf('owner', owner, '') };
      expect(await staleAfter(reads, () => owner.query("UPDATE book SET title = 'x'"))).toEqual([]);
      expect(await staleAfter(reads, () => beside.query("UPDATE book SET title = 'y'"))).toEqual([]);
    });

    it('tells of writes when they are committed, and not of those that are rolled back', async () => {
      const beside = await attach(await openBeside(), 'aside');
      await learnCatalogues();
      const reads = readsOf('owner', owner, '');
      await staleAfter(reads, async () => {});
      const hits = () => Object.keys(reads).map((name) => reading.counts(name).hits);
      const before = hits();
      const failing = beside.transaction(async ({ queryRunner }) => {
        await queryRunner!.query("UPDATE aside.book SET title = 'never'");
        throw new Error('rolled back');
      });
      await expect(failing).rejects.toThrow('rolled back');
      for (const name of Object.keys(reads)) await reading.keep(name, reads[name]);
      expect(hits()).toEqual(before.map((count) => count + 1));

      const nested = () =>
        beside.transaction(async (manager) => {
          await manager.query("UPDATE aside.book SET title = 'outer'");
          await manager
            .transaction(async (inner) => {
              await inner.query("UPDATE aside.book SET title = 'inner'");
              throw new Error('inner');
            })
            .catch(() => undefined);
        });
      expect(await staleAfter(reads, nested)).toEqual([]);
    });

    it('tells of what its keys, triggers and views make of a write', async () => {
      for (const text of [
        'CREATE TABLE page (id INTEGER PRIMARY KEY, book REFERENCES book (id) ON DELETE CASCADE)',
        'CREATE TABLE journal (title TEXT)',
        'CREATE TRIGGER note AFTER UPDATE ON book BEGIN INSERT INTO journal VALUES (new.title); END',
        'CREATE VIEW titles AS SELECT title FROM book',
        'CREATE VIEW titled AS SELECT count(*) AS n FROM titles',
        'CREATE TRIGGER entitle INSTEAD OF INSERT ON titles BEGIN INSERT INTO book (title) VALUES (new.title); END',
        'INSERT INTO page VALUES (1, 1), (2, 2)',
      ]) {
        await owner.query(text);
      }
      const beside = await attach(await openBeside(), 'aside');
      await learnCatalogues();
      const reads: Record<string, () => Promise<unknown>> = {};
      for (const table of ['page', 'journal', 'titles', 'titled', 'book']) {
        reads[`owner: ${table}`] = () => owner.query(`SELECT * FROM ${table}`);
        reads[`beside: ${table}`] = () => beside.query(`SELECT * FROM aside.${table}`);
        reads[`without handle: ${table}`] = () => beside.query(`SELECT * FROM ${table}`);
      }
      for (const [dataSource, prefix] of [
        [beside, 'aside.'],
        [beside, ''],
        [owner, ''],
      ] as const) {
        const texts = [
          `UPDATE ${prefix}book SET title = title || '.' WHERE id = 3`,
          `DELETE FROM ${prefix}book WHERE id = ${dataSource === owner ? 3 : prefix === '' ? 2 : 1}`,
          `INSERT INTO ${prefix}titles VALUES ('${prefix}x')`,
        ];
        for (const text of texts) {
          const write = () => dataSource.query(text);
          expect([text, await staleAfter(reads, write)]).toEqual([text, []]);
        }
      }
    });

    it('is heard where a temporary trigger leads to it, or from it', async () => {
      await owner.query('CREATE TABLE journal (title TEXT)');
      await owner.query('CREATE TRIGGER note AFTER UPDATE ON book BEGIN INSERT INTO journal VALUES (new.title); END');
      const beside = await attach(await openBeside(), 'aside');
      for (const trigger of [
        'touch AFTER UPDATE ON main.shelf BEGIN UPDATE book SET title = new.book WHERE id = 1; END',
        'shelve AFTER INSERT ON aside.book BEGIN INSERT INTO shelf (book) VALUES (new.id); END',
      ])
        await beside.query(`CREATE TEMP TRIGGER ${trigger}`);
      await learnCatalogues();
      const reads: Statements = {
        ...readsOf('owner', owner, ''),
        ...readsOf('beside', beside, 'aside.'),
        'owner: journal': () => owner.query('SELECT * FROM journal'),
        'beside: journal': () => beside.query('SELECT * FROM aside.journal'),
        'beside: shelf': () => beside.query('SELECT * FROM shelf'),
      };
      for (const text of [
        'UPDATE shelf SET book = 7',
        "INSERT INTO aside.book VALUES (4, 'four')",
        "INSERT INTO book VALUES (5, 'five')",
      ]) {
        expect([text, await staleAfter(reads, () => beside.query(text))]).toEqual([text, []]);
      }
      expect(await beside.query('SELECT book FROM shelf ORDER BY id')).toEqual([{ book: 7 }, { book: 4 }, { book: 5 }]);
      expect(await owner.query('SELECT * FROM journal')).toEqual([{ title: '7' }]);
    });

    it('is known as it is after DDL through whoever opens it', async () => {
      const beside = await attach(await openBeside(), 'aside');
      await owner.query("CREATE TABLE late AS SELECT 'x' AS x");
      const reads = {
        late: () => beside.query('SELECT * FROM aside.late'),
        bare: () => beside.query('SELECT * FROM late'),
      };
      const write = () => owner.query("UPDATE late SET x = x || 'y'");
      expect(await staleAfter(reads, write)).toEqual([]);
      await owner.query('DROP TABLE late');
      await owner.query('CREATE VIEW late AS SELECT title FROM book');
      expect(await staleAfter(reads, () => owner.query("UPDATE book SET title = 'z'"))).toEqual([]);
      const ofOwner = { late: () => owner.query('SELECT * FROM late') };
      expect(
        await staleAfter(ofOwner, async () => {
          await beside.query('DROP VIEW aside.late');
          await beside.query('CREATE TABLE aside.late AS SELECT 1 AS one');
        }),
      ).toEqual([]);
      expect(await staleAfter(ofOwner, () => beside.query('UPDATE late SET one = 2'))).toEqual([]);
      await beside.query('DROP TABLE aside.late');
      await beside.query('CREATE VIEW aside.late AS SELECT title AS one FROM book');
      expect(await staleAfter(ofOwner, () => owner.query("UPDATE book SET title = 'w'"))).toEqual([]);
      await beside.query('DROP VIEW aside.late');
      await beside.query('CREATE TABLE aside.late AS SELECT 1 AS one');
      await beside.query('CREATE TABLE late AS SELECT 0 AS own');
      expect(await staleAfter(reads, () => beside.query('UPDATE late SET own = 1'))).toEqual([]);
      expect(await staleAfter(reads, () => owner.query('UPDATE late SET one = 3'))).toEqual([]);
    });

    it('keeps no answer of a table that shows the rows of another one, or holds those of a virtual one', async () => {
      await owner.query("CREATE VIRTUAL TABLE words USING fts5 (title, content = 'book', content_rowid = 'id')");
      await owner.query('CREATE VIRTUAL TABLE notes USING fts5 (text)');
      const beside = await attach(await openBeside(), 'aside');
      await learnCatalogues();
      const outdated: string[] = [];
      for (const [name, text] of [
        ['shown', 'SELECT title FROM aside.words'],
        ['stored', 'SELECT * FROM aside.notes_content'],
      ]) {
        const read = () => reading.keep(name, () => beside.query(text));
        await read();
        await owner.query(`UPDATE book SET title = '${name}'`);
        await owner.query(`INSERT INTO notes VALUES ('${name}')`);
        if (!isDeepStrictEqual(await read(), await beside.query(text))) outdated.push(name);
      }
      expect(outdated).toEqual([]);
      const own = { notes: () => beside.query('SELECT * FROM aside.notes') };
      expect(await staleAfter(own, () => owner.query("INSERT INTO notes VALUES ('x')"))).toEqual([]);
    });

    it('under a handle that meant another file before is heard of as the new one', async () => {
      const beside = await attach(await openBeside(), 'aside');
      const reads = readsOf('beside', beside, 'aside.');
      const second = await connect(await database.createOptions([bookIn()]));
      await second.query("INSERT INTO book VALUES (1, 'another')");
      expect(
        await staleAfter(reads, async () => {
          await beside.query('DETACH aside');
          await attach(beside, 'aside', String(second.options.database));
        }),
      ).toEqual([]);
      expect(await staleAfter(reads, () => second.query("UPDATE book SET title = 'x'"))).toEqual([]);
      const ofSecond = readsOf('second', second, '');
      expect(await staleAfter(ofSecond, () => beside.query("UPDATE aside.book SET title = 'y'"))).toEqual([]);
    });

    it('in which a transaction wrote before anybody followed is heard of when that commits', async () => {
      reading.close();
      let file = ':memory:';
      const prepareDatabase = (connection: { exec(text: string): void }) =>
        connection.exec(`ATTACH '${file}' AS early`);
      const beside = await openBeside([], { prepareDatabase });
      const commitAfter = async (...texts: string[]) => {
        const runner = beside.createQueryRunner();
        await reading.outside(async () => {
          await runner.startTransaction();
          for (const text of texts) await runner.query(text);
        });
        reading = new Reading();
        const stale = await staleAfter(readsOf('owner', owner, ''), () => runner.commitTransaction());
        reading.close();
        return stale;
      };
      expect(await commitAfter(`ATTACH '${path}' AS late`, "UPDATE late.book SET title = 'late'")).toEqual([]);
      await beside.query('DETACH late');
      await beside.query('BEGIN');
      await beside.query('COMMIT');
      await beside.destroy();
      file = path;
      await beside.initialize();
      expect(await commitAfter("UPDATE early.book SET title = 'early'")).toEqual([]);
    });

    it('hears an update of a column that others ignore, but not those who attached it', async () => {
      const { columns } = bookIn().options;
      class Counted {}
      class Shown {}
      await owner.destroy();
      const counted = new EntitySchema({ name: 'Counted', target: Counted, tableName: 'book', columns });
      const counting = await connect({ ...options, entities: [counted], synchronize: false });
      reading.close();
      reading = new Reading({ Counted: { ignoreColumns: ['title'] } });
      const heard = listen();
      await load(() => counting.manager.find(Counted));
      await counting.manager.update(Counted, 1, { title: 'unheard' });
      expect(heard.released()).toEqual([]);

      const shown = new EntitySchema({ name: 'Shown', target: Shown, tableName: 'book', database: path, columns });
      const beside = await openBeside([shown]);
      const reads = { shown: () => beside.manager.find(Shown) };
      expect(await staleAfter(reads, () => counting.manager.update(Counted, 1, { title: 'x' }))).toEqual([]);
    });

    it('has its views known by what they show', async () => {
      await owner.query('CREATE VIEW titles AS SELECT title FROM book');
      const titles = new EntitySchema<{ title: string }>({
        name: 'titles',
        type: 'view',
        expression: 'SELECT title FROM book',
        database: path,
        columns: { title: { type: 'text' } },
      });
      const beside = await openBeside([titles]);
      await beside.query('CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT)');
      const reads = { titles: () => beside.getRepository('titles').find() };
      expect(await staleAfter(reads, () => owner.query("UPDATE book SET title = 'x' WHERE id = 2"))).toEqual([]);
    });

    it('is named as it is by what is invalidated by hand', async () => {
      const beside = await openBeside([bookIn(path)]);
      const directory = new EntityDirectory(() => [beside]);
      const { touches, sweeps } = directory.invalidationNamed(['book', '1']);
      const [table] = directory.dependenciesNamed(['book', '1']);
      expect([...touches, ...sweeps]).toContain(table);
      expect(segmentsOf(table)).toEqual([identityOfDatabase(owner), 'book']);
    });

    it('that is defined anew is told of to other processes, by its own name', async () => {
      const beside = await attach(await openBeside(), 'aside');
      const define = jest.spyOn(processWritePath, 'define');
      await beside.query('CREATE TABLE aside.late (id INTEGER)');
      const defined = define.mock.calls.map(([name]) => name);
      define.mockRestore();
      expect(defined).toEqual([identityOfDatabase(beside), identityOfDatabase(owner)]);
    });

    it('is known to have been defined anew when another process says so', async () => {
      const beside = await attach(await openBeside(), 'aside');
      await learnCatalogues();
      expect(heardDataSource(beside).isCatalogueRead).toBe(true);
      doubtCatalogues(identityOfDatabase(owner));
      expect(heardDataSource(beside).isCatalogueRead).toBe(false);
    });

    it('that cannot be read may have any table in it, so nothing is kept of what may be there', async () => {
      const beside = await attach(await openBeside(), 'aside');
      const blocker = await connect({ ...options, synchronize: false });
      await beside.query('PRAGMA busy_timeout = 0');
      await blocker.query('BEGIN EXCLUSIVE');
      await learnCatalogues();
      await blocker.query('COMMIT');
      expect(takeFailures()).toHaveLength(1);
      for (const name of ['aside.book', 'book']) {
        expect(await load(() => beside.query(`SELECT * FROM ${name}`))).toMatchObject({
          blockedBy: 'unknown table book',
        });
      }
      const reads = readsOf('owner', owner, '');
      expect(await staleAfter(reads, () => beside.query("UPDATE aside.book SET title = 'x'"))).toEqual([]);
      expect(await staleAfter(reads, () => beside.query("UPDATE book SET title = 'y'"))).toEqual([]);
    });

    it('is no other than the own where that is attached once more', async () => {
      await attach(owner, 'again');
      const reads = { ...readsOf('own', owner, ''), ...readsOf('again', owner, 'again.') };
      expect(await staleAfter(reads, () => owner.query("UPDATE book SET title = 'x'"))).toEqual([]);
      expect(await staleAfter(reads, () => owner.query("UPDATE again.book SET title = 'y'"))).toEqual([]);
    });

    it('hears a statement of unknown effect, which may have changed it', async () => {
      const beside = await attach(await openBeside(), 'aside');
      await learnCatalogues();
      const heard = listen();
      await beside.query('PRAGMA optimize');
      expect(heard.released()).toEqual([]);
      const rawTags: string[] = [];
      heard.log.follow(({ invalidation }) => rawTags.push(...invalidation.sweeps));
      await beside.query('CREATE TEMP TRIGGER spy AFTER INSERT ON shelf BEGIN DELETE FROM book; END');
      expect(rawTags).toContain(identityOfDatabase(owner));
    });

    it('makes what is known of the tables another, so that processes which attach others share no answers', async () => {
      const beside = await attach(await openBeside(), 'aside');
      await learnCatalogues();
      const second = await connect(await database.createOptions([bookIn()]));
      await learnCatalogues();
      const before = knownSchemas();
      await beside.query('DETACH aside');
      await attach(beside, 'aside', String(second.options.database));
      await learnCatalogues();
      expect(knownSchemas()).not.toBe(before);
    });

    it('changes nothing for those who attach none, and for the tables beside it', async () => {
      const beside = await attach(await openBeside([bookIn(path)]), 'aside');
      const heard = listen();
      await learnCatalogues();
      heard.take();
      const { tags } = await load(() => owner.query("SELECT * FROM book WHERE title = 'one'"));
      expect(tags).toEqual(expect.arrayContaining(['book:1', 'book=title:one']));
      expect(tags).not.toContain('book');
      heard.take();
      await owner.query("UPDATE book SET title = 'x' WHERE id = 2");
      expect(heard.released()).toEqual(['book', 'book:2']);
      await owner.query("UPDATE book SET title = 'x' WHERE id = 2");

      await beside.query('CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT)');
      const ofNamesake = await load(() => beside.query("SELECT * FROM book WHERE title = 'one'"));
      expect(ofNamesake.tags).toContain('book=title:one');
      const ofShelf = await load(() => beside.query('SELECT * FROM shelf WHERE book = 1'));
      expect(ofShelf.tags).toContain('shelf=book:1');
      const rawTags: Tag[] = [];
      heard.log.follow(({ invalidation }) =>
        rawTags.push(...(invalidation.touches as Tag[]), ...(invalidation.sweeps as Tag[])),
      );
      await beside.query('UPDATE shelf SET book = 3 WHERE id = 1');
      expect(new Set(rawTags.map((tag) => segmentsOf(tag)[0]))).toEqual(new Set([identityOfDatabase(beside)]));
    });

    it('of memory belongs to whoever attached it', async () => {
      const beside = await openBeside();
      for (const name of [':memory:', '']) {
        await beside.query(`ATTACH '${name}' AS aside`);
        await beside.query('CREATE TABLE aside.scrap (id INTEGER)');
        expect(heardDataSource(beside).databases).toEqual([identityOfDatabase(beside)]);
        const { blockedBy } = await load(() => beside.query('SELECT * FROM aside.scrap'));
        expect(blockedBy).toBe('unknown table scrap');
        await beside.query('DETACH aside');
      }
    });
  },
  { only: ({ variant }) => variant === 'better-sqlite3' },
);
