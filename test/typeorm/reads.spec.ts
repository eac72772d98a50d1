import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  In,
  Like,
  PrimaryColumn,
  ViewColumn,
  ViewEntity,
  Column,
  Entity,
  type DataSource,
  type DataSourceOptions,
} from 'typeorm';
import { connect, describeDatabases, openDataSource } from '../support/databases.js';
import { heardDataSource } from '../../lib/typeorm/statements/heard-data-source.js';
import { listen, load, takeFailures } from './hearing.js';
import { Author, Book, Label, shop, Stock } from './shop.entities.js';

@ViewEntity({
  name: 'book_list',
  expression: (dataSource: DataSource) =>
    dataSource
      .createQueryBuilder()
      .select('book.id', 'id')
      .addSelect('author.name', 'author')
      .from(Book, 'book')
      .leftJoin(Author, 'author', 'author.id = book.authorId'),
})
class BookList {
  @ViewColumn()
  id!: number;

  @ViewColumn()
  author!: string;
}

/** Reads a view the entities say nothing of. */
@Entity({ name: 'label_texts', synchronize: false })
class LabelText {
  @PrimaryColumn()
  code!: string;

  @Column()
  text!: string;
}

describeDatabases('what a load depends on', (database) => {
  let dataSource: DataSource;

  beforeEach(async () => {
    dataSource = await openDataSource(database, [...shop, BookList, LabelText]);
    await dataSource.query('CREATE VIEW label_texts AS SELECT code, text FROM label');
    await dataSource.query('CREATE VIEW twice AS SELECT a.code FROM label_texts a, stock b');
    await dataSource.manager.insert(Author, [{ name: 'Ann' }, { name: 'Bob' }]);
    await dataSource.manager.insert(Book, { title: 'One', author: { id: 1 } });
    await dataSource.manager.insert(Stock, { shelf: 1, bookId: 1, amount: 5 });
  });

  const tagsOf = async (body: () => Promise<unknown>) => {
    const { tags, blockedBy } = await load(body);
    expect(blockedBy).toBeUndefined();
    return tags;
  };

  /** What is heard besides where nobody is told which rows a condition chose. */
  const chosen = (...words: readonly string[]): readonly string[] => (database.tellsChangedRows ? [] : words);

  describe('is rows', () => {
    it('when their primary keys are named', async () => {
      expect(await tagsOf(() => dataSource.manager.findOneBy(Author, { id: 1 }))).toEqual([
        'author:1',
        ...chosen('author@'),
      ]);
      expect(await tagsOf(() => dataSource.manager.findBy(Label, { code: In(['A', 'b']) }))).toEqual([
        'label:a',
        'label:b',
        ...chosen('label@'),
      ]);
      expect(await tagsOf(() => dataSource.query('SELECT * FROM author WHERE id IN (1, 2)'))).toEqual([
        'author:1',
        'author:2',
        ...chosen('author@'),
      ]);
    });

    it('when they do not exist, so that a cached null ends with their insert', async () => {
      const heard = listen();
      expect(await tagsOf(() => dataSource.manager.findOneBy(Author, { id: 3 }))).toEqual([
        'author:3',
        ...chosen('author@'),
      ]);
      await dataSource.manager.insert(Author, { name: 'Cyd' });
      expect(heard.released()).toContain('author:3');
    });

    it('when their primary keys are named in a text of which no more is understood', async () => {
      const ranked = 'SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS place FROM author WHERE id = 1';
      expect(await tagsOf(() => dataSource.query(ranked))).toEqual(['author:1', ...chosen('author@')]);
    });

    it('of a key with two columns, when both are named', async () => {
      expect(await tagsOf(() => dataSource.manager.findBy(Stock, { shelf: 1, bookId: In([1, 2]) }))).toEqual([
        'stock:1.11.1',
        'stock:1.21.1',
        ...chosen('stock@'),
      ]);
    });

    it('up to a hundred, beyond which changes of the key are cheaper', async () => {
      const ids = Array.from({ length: 101 }, (_, index) => index);
      expect(await tagsOf(() => dataSource.manager.findBy(Author, { id: In(ids) }))).toContain('author#id');
      expect(await tagsOf(() => dataSource.manager.findBy(Author, { id: In(ids.slice(1)) }))).toHaveLength(
        100 + chosen('author@').length,
      );
    });
  });

  describe('is values of columns', () => {
    it('that the statement compares with constants, and the rows that were found', async () => {
      expect(await tagsOf(() => dataSource.manager.findBy(Author, { name: 'Ann' }))).toEqual([
        'author:1',
        'author=name:ann:?gone',
        'author=name:ann:?name:ann',
        'author?gone',
        'author?name:ann',
        ...chosen('author@name:ann'),
      ]);
      expect(await tagsOf(() => dataSource.manager.findBy(Stock, { shelf: 1 }))).toEqual([
        'stock:1.11.1',
        'stock=shelf:1',
        'stock=shelf:1:?shelf:1',
        'stock?shelf:1',
        ...chosen('stock@shelf:1'),
      ]);
    });

    it('and columns as such where it compares them otherwise', async () => {
      expect(await tagsOf(() => dataSource.manager.findBy(Author, { name: Like('A%') }))).toEqual([
        'author!name',
        'author:1',
        'author=gone',
        'author=gone::#name',
        'author=gone::?gone',
        'author?gone',
        ...chosen('author@gone'),
      ]);
    });

    it('and every column it reads of rows that are counted', async () => {
      expect(await tagsOf(() => dataSource.query('SELECT COUNT(*) AS n FROM author'))).toEqual(['author+', 'author-']);
      expect(await tagsOf(() => dataSource.query('SELECT SUM(books) AS n FROM author'))).toEqual([
        'author#books',
        'author+',
        'author-',
      ]);
    });
  });

  describe('is tables', () => {
    it('for what is not understood column by column', async () => {
      expect(
        await tagsOf(() => dataSource.query('SELECT 1 FROM book WHERE id IN (SELECT "bookId" FROM stock)')),
      ).toEqual(['book', 'stock']);
      expect(await tagsOf(() => dataSource.query('SELECT id FROM author UNION SELECT id FROM book'))).toEqual([
        'author',
        'book',
      ]);
    });

    it('never rows of a key compared with something the database converts first', async () => {
      const { tags, blockedBy } = await load(() =>
        dataSource.query("SELECT * FROM author WHERE id = '1x' OR id = 1").catch(() => []),
      );
      // PostgreSQL refuses to convert it.
      if (database.family === 'postgres') expect(blockedBy).toBe('statement failed');
      else expect([tags, blockedBy]).toEqual([expect.arrayContaining(['author#id']), undefined]);
      expect(await tagsOf(() => dataSource.query('SELECT * FROM author WHERE id = 1.5'))).toContain('author#id');
    });
  });

  describe('of a view is', () => {
    it('its tables, from the expression of its entity', async () => {
      expect(await tagsOf(() => dataSource.manager.find(BookList))).toEqual(['author', 'book', 'book_list']);
    });

    it('its tables, from the database when entities say nothing', async () => {
      expect(await tagsOf(() => dataSource.manager.find(LabelText))).toEqual(['label', 'label_texts']);
      expect(await tagsOf(() => dataSource.query('SELECT * FROM twice'))).toEqual([
        'label',
        'label_texts',
        'stock',
        'twice',
      ]);
    });

    it('not a row of it, whatever key its entity claims', async () => {
      expect(await tagsOf(() => dataSource.manager.findOneBy(LabelText, { code: 'a' }))).toEqual([
        'label',
        'label_texts',
      ]);
    });

    it('learned again after DDL', async () => {
      expect((await load(() => dataSource.query('SELECT * FROM fresh').catch(() => []))).blockedBy).toBe(
        'unknown table fresh',
      );
      await dataSource.query('CREATE VIEW fresh AS SELECT * FROM stock');
      expect(await tagsOf(() => dataSource.query('SELECT * FROM fresh'))).toEqual(['fresh', 'stock']);
    });
  });

  describe('is nothing that can be told', () => {
    const reasonOf = async (body: () => Promise<unknown>) => (await load(body)).blockedBy;

    it('when the answer is not a function of tables', async () => {
      expect(await reasonOf(() => dataSource.query('SELECT CURRENT_TIMESTAMP'))).toBeDefined();
      expect(
        await reasonOf(() => dataSource.query('SELECT * FROM author ORDER BY RANDOM()').catch(() => [])),
      ).toBeDefined();
    });

    it('when it wrote', async () => {
      expect(await reasonOf(() => dataSource.manager.insert(Label, { code: 'w' }))).toBe('wrote');
      // save() opens a transaction of its own before it writes.
      expect(await reasonOf(() => dataSource.manager.save(Label, { code: 'v' }))).toBe('transaction');
    });

    it('when a statement failed, also if the error was caught', async () => {
      expect(await reasonOf(() => dataSource.query('SELECT nothing FROM author').catch(() => []))).toBe(
        'statement failed',
      );
    });

    it('when a table is not known', async () => {
      expect(await reasonOf(() => dataSource.query('SELECT * FROM nowhere').catch(() => []))).toBe(
        'unknown table nowhere',
      );
    });
  });

  it('is not taken down outside of a load', async () => {
    let frame: unknown;
    await dataSource.manager.find(Author);
    const { tags } = await load(async () => (frame = 1));
    expect(frame).toBe(1);
    expect(tags).toEqual([]);
  });
});

describeDatabases('a catalogue that cannot be read', (database) => {
  it('leaves what the entities say, and is reported once', async () => {
    const dataSource = await openDataSource(database, [...shop, BookList]);
    listen();
    const source = heardDataSource(dataSource);
    source.forgetCatalogue();
    const driverError = { code: '42501', sqlState: '42000' };
    const refusal = Object.assign(new Error('permission denied'), { driverError });
    await source.readCatalogue(() => Promise.reject(refusal));
    expect(takeFailures()).toHaveLength(1);
    expect((await load(() => dataSource.manager.find(BookList))).tags).toEqual(['author', 'book', 'book_list']);
    source.forgetCatalogue();
    await source.readCatalogue(() => Promise.reject(refusal));
    expect(takeFailures()).toEqual([]);
    expect((await load(() => dataSource.query('SELECT * FROM secrets').catch(() => []))).blockedBy).toBe(
      'unknown table secrets',
    );
  });
});

describeDatabases(
  'a connection on which names or users were changed',
  (database) => {
    it('is not read by loads that are stored, and changing them invalidates nothing', async () => {
      const dataSource = await openDataSource(database, shop);
      const heard = listen();
      const runner = dataSource.createQueryRunner();
      const read = () => load(() => runner.query('SELECT * FROM label'));
      expect((await read()).blockedBy).toBeUndefined();
      await runner.query('BEGIN');
      await runner.query('SET LOCAL search_path TO public');
      await runner.query('COMMIT');
      expect((await read()).blockedBy).toBeUndefined();
      await runner.query('SET search_path TO public');
      expect((await read()).blockedBy).toBe('names changed on the connection');
      expect(heard.take()).toEqual([]);
      await runner.release();
    });

    it.each([
      [`SELECT set_config('search_path', 'public', false)`, [], true],
      [`SELECT set_config($1, 'public', false)`, ['search_path'], true],
      [`SELECT set_config('search_path', $1, $2)`, ['public', false], true],
      [`SELECT set_config('search_path', 'public', true)`, [], false],
      [`SELECT set_config('app.tenant', $1, false)`, ['7'], false],
    ])('is known of %s too', async (text, parameters, isChanged) => {
      const dataSource = await openDataSource(database, shop);
      const runner = dataSource.createQueryRunner();
      await runner.query(text, parameters);
      const { blockedBy } = await load(() => runner.query('SELECT * FROM label'));
      expect(blockedBy).toBe(isChanged ? 'names changed on the connection' : undefined);
      await runner.release();
    });
  },
  { only: ({ family }) => family === 'postgres' },
);

describeDatabases(
  'a stream',
  (database) => {
    it('is not stored: its rows arrive after the load has returned', async () => {
      const dataSource = await openDataSource(database, shop);
      const { blockedBy } = await load(async () => {
        const runner = dataSource.createQueryRunner();
        const stream = await runner.stream('SELECT * FROM author');
        for await (const row of stream) void row;
        await runner.release();
      });
      expect(blockedBy).toBe('stream');
    });

    it('that writes is pending until it ends', async () => {
      const dataSource = await openDataSource(database, shop);
      const heard = listen();
      await dataSource.manager.insert(Label, { code: 'a' });
      heard.take();
      const runner = dataSource.createQueryRunner();
      const stream = await runner.stream(
        database.family === 'postgres' ? 'DELETE FROM label RETURNING code' : 'DELETE FROM label',
      );
      expect(heard.take().map(({ kind }) => kind)).toEqual(['mark']);
      for await (const row of stream) void row;
      await new Promise((resolve) => setImmediate(resolve));
      expect(heard.released()).toContain('label');
      await runner.release();
    });
  },
  { only: ({ supportsStreams }) => supportsStreams },
);

describeDatabases(
  'a replica',
  (database) => {
    it('is not read by a load, because it may be older than the position the load started from', async () => {
      const {
        host,
        port,
        username,
        password,
        database: name,
        socketPath,
        ...options
      } = (await database.createOptions(shop)) as DataSourceOptions & Record<string, unknown>;
      const place = { host, port, username, password, database: name, socketPath };
      const dataSource = await connect({
        ...options,
        replication: { master: place, slaves: [place] },
      } as unknown as DataSourceOptions);
      const modeOfFind = () => {
        const runner = dataSource.createQueryRunner('slave');
        const mode = runner.getReplicationMode();
        return runner.release().then(() => mode);
      };
      expect(await modeOfFind()).toBe('slave');
      expect((await load(modeOfFind)).value).toBe('master');
    });
  },
  { only: ({ supportsConcurrentConnections }) => supportsConcurrentConnections },
);
