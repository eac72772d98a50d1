import { beforeEach, describe, expect, it } from '@jest/globals';
import { QueryFailedError, type DataSource } from 'typeorm';
import type { Invalidation } from '../../lib/tags/tag.js';
import { heardDataSource } from '../../lib/typeorm/statements/heard-data-source.js';
import { describeDatabases, openDataSource } from '../support/databases.js';
import { listen, type Listener } from './hearing.js';
import { Author, Book, Label, shop, Stock } from './shop.entities.js';

const tagsOf = ({ touches, sweeps }: Invalidation) => [touches, sweeps].map((tags) => [...tags].sort());

describeDatabases('the rows a write invalidates', (database) => {
  let dataSource: DataSource;
  let heard: Listener;

  beforeEach(async () => {
    dataSource = await openDataSource(database, shop);
    heard = listen();
    // The first statement of a DataSource brings the database's catalogue along.
    await dataSource.manager.insert(Author, [{ name: 'Ann' }, { name: 'Bob' }, { name: 'Cyd' }]);
    await dataSource.manager.insert(Book, { title: 'One', author: { id: 1 } });
    await dataSource.manager.insert(Label, { code: 'new' });
    await dataSource.manager.insert(Stock, { shelf: 1, bookId: 1, amount: 5 });
    heard.take();
  });

  const exactOrAny = (exact: readonly string[], any: readonly string[]) => (database.tellsChangedRows ? exact : any);

  describe('are known', () => {
    it('from the key the database generated, so one insert does not touch the other rows', async () => {
      await dataSource.manager.insert(Author, { name: 'Dan' });
      expect(heard.released()).toEqual(['author', 'author:4']);
    });

    it('from the key in the values', async () => {
      await dataSource.manager.insert(Label, [{ code: 'Old' }, { code: 'odd' }]);
      expect(heard.released()).toEqual(['label', 'label:odd', 'label:old']);
      await dataSource.manager.insert(Stock, { shelf: 2, bookId: 10, amount: 1 });
      expect(heard.released()).toEqual(['stock', 'stock:2.101.2']);
    });

    it('from the key in the values, whatever part of it comes back with the rows, in whatever order', () => {
      const names = ['shelf', 'bookId', 'amount'].map((name) => dataSource.driver.escape(name)).join();
      const plan = heardDataSource(dataSource).planOf(`INSERT INTO stock (${names}) VALUES (1, 1, 0), (2, 2, 0)`);
      const [write] = plan.only!.writes;
      const column = write.relation.key[0].name;
      const rows = [2, 1].map((value) => new Map([[column, value]]));
      expect(tagsOf(write.invalidationOf([], { rows }))).toEqual(tagsOf(write.invalidationOf([])));
    });

    it('from a condition on the whole key', async () => {
      await dataSource.manager.update(Author, { id: 2 }, { name: 'Rob' });
      expect(heard.released()).toEqual(['author', 'author:2']);
      await dataSource.manager.update(Author, [1, 3], { name: 'Rob' });
      expect(heard.released()).toEqual(['author', 'author:1', 'author:3']);
      await dataSource.manager.increment(Stock, { shelf: 1, bookId: 1 }, 'amount', 1);
      expect(heard.released()).toEqual(['stock', 'stock:1.11.1']);
      await dataSource.manager.softDelete(Author, 3);
      expect(heard.released()).toEqual(['author', 'author:3']);
      await dataSource.manager.delete(Label, 'NEW');
      expect(heard.released()).toContain('label:new');
    });

    it('from an entity that was loaded, changed and saved', async () => {
      const author = await dataSource.manager.findOneByOrFail(Author, { id: 1 });
      author.name = 'Zoe';
      await dataSource.manager.save(author);
      expect(heard.released()).toEqual(['author', 'author:1']);
    });

    it('from raw SQL, whatever its letters', async () => {
      await dataSource.query("UPDATE author SET name = 'x' WHERE ID = 3");
      expect(heard.released()).toEqual(['author', 'author:3']);
    });
  });

  describe('are not known', () => {
    it('when a condition on other columns chose them, unless the database can be asked', async () => {
      await dataSource.manager.update(Author, { name: 'Bob' }, { name: 'Rob' });
      const byName = ['author', 'author@', 'author@books!', 'author@gone!', 'author@id!', 'author@name:bob'];
      expect(heard.released()).toEqual(exactOrAny(['author', 'author:2'], byName));
      await dataSource.manager.createQueryBuilder().softDelete().from(Author).where("name LIKE 'A%'").execute();
      expect(heard.released()).toEqual(exactOrAny(['author', 'author:1'], ['author', 'author:*']));
      await dataSource.manager.createQueryBuilder().delete().from(Stock).where('amount > 4').execute();
      expect(heard.released()).toEqual(exactOrAny(['stock', 'stock:1.11.1'], ['stock', 'stock:*']));
    });

    it('when every row is changed', async () => {
      await dataSource.query('UPDATE author SET books = books + 1');
      expect(heard.released()).toEqual(['author', 'author:*']);
    });

    it('when half of a key is named', async () => {
      await dataSource.manager.update(Stock, { shelf: 1 }, { amount: 0 });
      expect(heard.released()).toEqual(
        exactOrAny(['stock', 'stock:1.11.1'], ['stock', 'stock@', 'stock@amount!', 'stock@bookid!', 'stock@shelf:1']),
      );
    });

    it('when rows come from a query', async () => {
      await dataSource.query("INSERT INTO label (code, text) SELECT name, '' FROM author");
      expect(heard.released()).toEqual(['label', 'label:*']);
    });

    it('when a conflict decides between insert and update', async () => {
      await dataSource.manager.upsert(Label, { code: 'new', text: 'again' }, ['code']);
      expect(heard.released()).toContain('label:*');
    });
  });

  it('of a table that is emptied or redefined are all of them, and their table is another one', async () => {
    await dataSource.manager.clear(Stock);
    expect(heard.released().some((what) => what === 'stock!' || what === 'stock:*')).toBe(true);
    await dataSource.query('ALTER TABLE stock ADD COLUMN note VARCHAR(10)');
    expect(heard.released()).toContain('stock!');
  });

  it('are marked before the statement is sent, and the mark covers whatever the release names', async () => {
    await dataSource.manager.insert(Author, { name: 'Dan' });
    expect(heard.take()).toEqual([
      { kind: 'mark', what: ['author', 'author:*'] },
      { kind: 'release', what: ['author', 'author:4'] },
    ]);
  });

  it('count as written when the statement failed, because it may have been executed', async () => {
    await expect(dataSource.manager.insert(Label, { code: 'new' })).rejects.toThrow(QueryFailedError);
    expect(heard.take()).toEqual([
      { kind: 'mark', what: ['label', 'label:new'] },
      { kind: 'release', what: ['label', 'label:new'] },
    ]);
  });

  it('of a procedure or anything else that is not understood may be any in the database', async () => {
    await expect(dataSource.query('CALL whatever()')).rejects.toThrow(QueryFailedError);
    expect(heard.released()).toEqual(['*']);
  });

  it('that the database changes by itself belong to the write', async () => {
    await dataSource.manager.delete(Author, 1);
    expect(heard.released()).toEqual(
      expect.arrayContaining(['author', 'author:1', 'book', 'book:*', 'book_label', 'book_label:*']),
    );
    await dataSource.manager.update(Author, 2, { name: 'x' });
    expect(heard.released()).toEqual(['author', 'author:2']);
  });

  it('of a junction are named by both keys', async () => {
    await dataSource.manager.createQueryBuilder().relation(Book, 'labels').of(1).add('new');
    expect(heard.released()).toEqual(['book_label', 'book_label:1.13.new']);
  });
});

describeDatabases(
  'a database that is asked which rows a condition chose',
  (database) => {
    it('answers at most a thousand of them, because a bulk update must not fill the memory of its caller', async () => {
      const dataSource = await openDataSource(database, shop);
      const heard = listen();
      await dataSource.manager.insert(Author, { name: 'Ann' });
      const fill = (count: number) =>
        dataSource.query(`INSERT INTO author (name) SELECT 'bulk' FROM generate_series(1, ${count})`);
      await fill(1_000);
      heard.take();
      expect(await dataSource.manager.update(Author, { name: 'bulk' }, { books: 1 })).toMatchObject({
        affected: 1_000,
      });
      expect(heard.released()).toHaveLength(1_001);
      await fill(1);
      heard.take();
      expect(await dataSource.manager.update(Author, { name: 'bulk' }, { books: 2 })).toMatchObject({
        affected: 1_001,
      });
      expect(heard.released()).toEqual(['author', 'author:*']);
    });

    it('is not asked where triggers, rules, policies or another table could make the question change the answer', async () => {
      const dataSource = await openDataSource(database, shop);
      const heard = listen();
      await dataSource.query('ALTER TABLE stock ENABLE ROW LEVEL SECURITY');
      await dataSource.query('CREATE RULE nothing AS ON DELETE TO label DO INSTEAD NOTHING');
      await dataSource.manager.insert(Label, { code: 'a', text: 'x' });
      await dataSource.manager.insert(Author, { name: 'Ann' });
      heard.take();
      await dataSource.manager.delete(Label, { text: 'x' });
      expect(heard.released()).toContain('label:*');
      await dataSource.manager.update(Stock, { amount: 1 }, { amount: 2 });
      expect(heard.released()).toEqual(['stock', 'stock:*']);
      await dataSource.query("UPDATE author SET name = label.text FROM label WHERE label.code = 'a'");
      expect(heard.released()).toEqual(['author', 'author:*']);
    });
  },
  { only: ({ supportsReturning }) => supportsReturning },
);
