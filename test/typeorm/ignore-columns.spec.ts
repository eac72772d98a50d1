import { afterEach, describe, expect, it } from '@jest/globals';
import { In, QueryFailedError, type DataSource } from 'typeorm';
import { entityPolicyOf, policyOf, type EntityOptions } from '../../lib/typeorm/entities/entity-options.js';
import { heardDataSource } from '../../lib/typeorm/statements/heard-data-source.js';
import { zooCacheProvider } from '../../lib/typeorm/reads/zoo-cache-provider.js';
import { connect, databases, describeDatabases, openDataSource, type TestDatabase } from '../support/databases.js';
import { listen, type Listener } from './hearing.js';
import {
  Article,
  ArticleView,
  entities,
  Headline,
  Medium,
  Page,
  Section,
  Song,
  Title,
} from './ignore-columns.entities.js';
import { Reading } from './reading.js';

const IGNORING: Readonly<Record<string, EntityOptions>> = {
  Article: { ignoreColumns: ['views', 'stats', 'counters.likes'] },
  Page: { ignoreColumns: ['views'] },
};

const open: Reading[] = [];

afterEach(() => {
  for (const reading of open.splice(0)) reading.close();
});

function application(options = IGNORING, dataSource?: DataSource, copy?: 'clone' | 'freeze'): Reading {
  const reading = new Reading(options, copy);
  open.push(reading);
  if (dataSource !== undefined) reading.reads.serve(dataSource);
  return reading;
}

async function openSite(database: TestDatabase = databases()[0]): Promise<{ dataSource: DataSource; heard: Listener }> {
  const dataSource = await openDataSource(database, entities);
  const heard = listen();
  await dataSource.manager.save(Section, { name: 'News' });
  await dataSource.manager.save(Article, [
    { slug: 'one', title: 'One', section: { id: 1 }, views: 10, stats: { seen: 1 }, counters: { likes: 3 } },
    { slug: 'two', title: 'Two', section: { id: 1 }, views: 20 },
  ]);
  await dataSource.manager.save(Page, { title: 'Start' });
  heard.take();
  return { dataSource, heard };
}

/** What the database says, past the cache. */
function stored(dataSource: DataSource, slug = 'one'): Promise<Article> {
  return dataSource.transaction((manager) => manager.findOneByOrFail(Article, { slug }));
}

describeDatabases('a write', (database) => {
  const quote = database.family === 'mysql' ? '`' : '"';
  const column = `${quote}View_Count${quote}`;

  it('that changes only ignored columns invalidates nothing, whichever way it is sent', async () => {
    const { dataSource, heard } = await openSite(database);
    application();
    const { manager } = dataSource;
    const articles = dataSource.getRepository(Article);
    const article = await articles.findOneByOrFail({ id: 2 });
    const writes: (() => Promise<unknown>)[] = [
      () => articles.increment({ id: 1 }, 'views', 5),
      () => articles.update({ id: 1 }, { views: 7 }),
      () => articles.update({ title: 'One' }, { views: 7, counters: { likes: 4 } }),
      () =>
        articles
          .createQueryBuilder()
          .update()
          .set({ views: 8, stats: { seen: 9 } })
          .execute(),
      () => dataSource.query(`UPDATE article SET ${column} = ${column} + 1 WHERE id = 1`),
      () => articles.save(Object.assign(article, { views: 21 })),
      () => manager.transaction((inside) => inside.update(Article, 1, { views: 9 })),
    ];
    if (database.family !== 'postgres') writes.push(() => dataSource.query('update article set VIEW_COUNT = 3'));
    for (const write of writes) {
      heard.take();
      await write();
      expect([String(write), heard.released()]).toEqual([String(write), []]);
    }
  });

  it('that changes others too is tagged by the others only, so a list by them is as precise as before', async () => {
    const { dataSource, heard } = await openSite(database);
    const reading = application({ ...IGNORING, Section: {} });
    const byViews = () => dataSource.manager.findBy(Article, { views: 10, title: 'Two' });
    const count = async (): Promise<unknown> =>
      reading.keep('count', () => dataSource.query(`SELECT count(*) AS n FROM article WHERE ${column} > 5`));
    await byViews();
    const before = await count();
    await dataSource.manager.update(Article, 1, { views: 1, title: 'Uno' });
    expect(heard.released()).toEqual(['article', 'article:1']);
    // Its rows matter to the count by the ignored column alone.
    expect(await count()).toEqual(before);
    expect(reading.counts('count')).toMatchObject({ loads: 1, hits: 1 });
    // But a row that comes in by another column is heard, whatever it holds in the ignored one.
    await dataSource.manager.update(Article, 2, { views: 10 });
    await dataSource.manager.update(Article, 2, { slug: 'deux', title: 'Two' });
    expect(await byViews()).toMatchObject([{ id: 2, slug: 'deux' }]);
  });

  it('that inserts or deletes is heard as ever', async () => {
    const { dataSource, heard } = await openSite(database);
    application();
    await dataSource.manager.insert(Article, { slug: 'three', title: 'Three', views: 3 });
    expect(heard.released()).toEqual(['article', 'article:3']);
    await dataSource.manager.softDelete(Article, 2);
    expect(heard.released()).toEqual(['article', 'article:2']);
    await dataSource.manager.delete(Article, 2);
    expect(heard.released()).toContain('article:2');
  });

  it('that may update an ignored column of a row that is there, or insert one, is an insert', async () => {
    const { dataSource, heard } = await openSite(database);
    const reading = application();
    const conflict = database.family === 'mysql' ? 'ON DUPLICATE KEY UPDATE' : 'ON CONFLICT (slug) DO UPDATE SET';
    const upsert = (set: string): Promise<unknown> =>
      dataSource.query(
        `INSERT INTO article (id, slug, title, ${quote}countersLikes${quote}) VALUES (1, 'one', 'Eins', 0) ${conflict} ${set}`,
      );
    // An update by conflict is of a row that nobody knows beforehand.
    const list = () => dataSource.manager.findBy(Article, { title: 'Two' });
    await list();
    heard.take();
    await upsert(`${column} = 5`);
    expect(heard.released()).toContain('article:1');
    await list();
    expect(reading.counts('Article.findBy')).toMatchObject({ loads: 1, hits: 1 });
    await upsert(`${column} = 6, title = 'Two'`);
    expect(await list()).toHaveLength(2);
  });

  it('of a whole entity is heard, because columns that change with every update are not ignored unless listed', async () => {
    const { dataSource, heard } = await openSite(database);
    const reading = application();
    const { manager } = dataSource;
    const page = await manager.findOneByOrFail(Page, { id: 1 });
    await manager.save(Object.assign(page, { views: 1 }));
    expect(heard.released()).toEqual(['page', 'page:1']);
    reading.close();
    application({ Page: { ignoreColumns: ['views', 'version', 'changed'] } });
    await manager.save(Object.assign(page, { views: 2 }));
    expect(heard.released()).toEqual([]);
  });

  it('is heard where the database computes another column from it, or a trigger may', async () => {
    const { dataSource, heard } = await openSite(database);
    application();
    const { manager } = dataSource;
    const trigger = {
      sqlite: 'CREATE TRIGGER t AFTER UPDATE ON article BEGIN UPDATE page SET title = title; END',
      mysql: 'CREATE TRIGGER t BEFORE UPDATE ON article FOR EACH ROW SET NEW.title = NEW.title',
      postgres:
        'CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; ' +
        'CREATE TRIGGER t BEFORE UPDATE ON article FOR EACH ROW EXECUTE FUNCTION f()',
    }[database.family];
    const computed = {
      sqlite: 'ALTER TABLE page ADD COLUMN double INTEGER GENERATED ALWAYS AS (views * 2) VIRTUAL',
      mysql: 'ALTER TABLE page ADD COLUMN twice INT GENERATED ALWAYS AS (views * 2) STORED',
      postgres: 'ALTER TABLE page ADD COLUMN twice INT GENERATED ALWAYS AS (views * 2) STORED',
    }[database.family];
    await dataSource.query(trigger);
    await dataSource.query(computed);
    await dataSource.query('SELECT 1');
    heard.take();
    await manager.query(`UPDATE article SET ${column} = 1 WHERE id = 1`);
    expect(heard.released()).toContain('article');
    await manager.query('UPDATE page SET views = 1 WHERE id = 1');
    expect(heard.released()).toContain('page');
  });
});

describeDatabases(
  'a write that looks as if it changed only ignored columns',
  (database) => {
    it('is heard where its table is that of another database by now', async () => {
      const { dataSource, heard } = await openSite(database);
      application();
      const runner = dataSource.createQueryRunner();
      await runner.query('USE information_schema');
      heard.take();
      await expect(runner.query('UPDATE article SET View_Count = 1')).rejects.toThrow(QueryFailedError);
      expect(heard.released()).toEqual(['*']);
      await runner.release();
    });
  },
  { only: ({ family }) => family === 'mysql' },
);

describeDatabases(
  'a write that looks as if it changed only ignored columns',
  (database) => {
    it('is sent as it is, since nobody asks which rows it changed, and does not move the log', async () => {
      const { dataSource, heard } = await openSite(database);
      const reading = application();
      const statements = reading.statements(dataSource);
      const text = `UPDATE article SET "View_Count" = 1 WHERE title = 'One'`;
      // The first write of a DataSource brings the database's catalogue along.
      await dataSource.query('DELETE FROM page');
      statements.take();
      heard.take();
      await dataSource.query(text);
      expect(statements.take()).toEqual([text]);
      expect(heard.take()).toEqual([]);
    });

    it('is heard where the table only might be that of the entity', async () => {
      const { dataSource, heard } = await openSite(database);
      application();
      await dataSource.query('CREATE SCHEMA other');
      await dataSource.query('CREATE TABLE other.article (id int PRIMARY KEY, "View_Count" int)');
      await dataSource.query('SELECT 1');
      heard.take();
      await dataSource.query('UPDATE other.article SET "View_Count" = 1');
      expect(heard.released()).toContain('article');
    });

    it('is heard where the entity is stored in a view, whose columns are those of others', async () => {
      const dataSource = await openDataSource(database, [...entities, Title]);
      const heard = listen();
      application({ ...IGNORING, Title: { ignoreColumns: ['views'] } });
      await dataSource.manager.save(Article, { slug: 'one', title: 'One' });
      await dataSource.query('CREATE VIEW title AS SELECT id, title AS "View_Count" FROM article');
      await dataSource.query('SELECT 1');
      heard.take();
      await dataSource.query(`UPDATE title SET "View_Count" = 'Uno'`);
      expect(heard.released()).toContain('article');
    });

    it('is heard by those whose rows the database changes with it', async () => {
      const { dataSource, heard } = await openSite(database);
      application();
      await dataSource.query('ALTER TABLE article ADD UNIQUE ("View_Count")');
      await dataSource.query(
        'CREATE TABLE tally (id int PRIMARY KEY, seen int REFERENCES article ("View_Count") ON UPDATE CASCADE)',
      );
      await dataSource.query('DELETE FROM page');
      heard.take();
      await dataSource.query('UPDATE article SET "View_Count" = 1 WHERE id = 1');
      expect(heard.released()).toEqual(['tally', 'tally:*']);
    });
  },
  { only: ({ family }) => family === 'postgres' },
);

describeDatabases('a transaction that writes ignored columns', (database) => {
  it('is heard by all when nobody knew yet what else the database does by itself', async () => {
    const { dataSource, heard } = await openSite(database);
    application();
    const write = (): Promise<unknown> => dataSource.transaction((manager) => manager.update(Article, 1, { views: 1 }));
    // The first write outside of a transaction brings the database's catalogue along.
    await dataSource.query('DELETE FROM page');
    heard.take();
    await write();
    expect(heard.released()).toEqual([]);
    heardDataSource(dataSource).forgetCatalogue();
    await write();
    expect(heard.released()).toEqual(['*']);
  });
});

describeDatabases('an entity from the cache', (database) => {
  it('is saved without the ignored columns, so that nothing is lost that others counted', async () => {
    const { dataSource } = await openSite(database);
    application();
    const articles = dataSource.getRepository(Article);
    const filled = await articles.findOneByOrFail({ id: 1 });
    const hit = await articles.findOneByOrFail({ id: 1 });
    for (const [article, title] of [
      [filled, 'first'],
      [hit, 'second'],
    ] as const) {
      await articles.update(1, { views: 15, stats: { seen: 5 }, counters: { likes: 8 } });
      await articles.save(Object.assign(article, { title }));
      expect(article).toMatchObject({ title, views: 10, stats: { seen: 1 }, counters: { likes: 3 } });
      expect(await stored(dataSource)).toMatchObject({ title, views: 15, stats: { seen: 5 }, counters: { likes: 8 } });
    }
  });

  it('is saved with what was set on purpose, even if that is what it once said', async () => {
    const { dataSource } = await openSite(database);
    application();
    const articles = dataSource.getRepository(Article);
    await articles.findOneBy({ id: 1 });
    const article = await articles.findOneByOrFail({ id: 1 });
    await articles.update(1, { views: 15, stats: { seen: 5 } });
    article.views = 20;
    article.stats!.seen = 7;
    await articles.save(article);
    expect(await stored(dataSource)).toMatchObject({ views: 20, stats: { seen: 7 } });
    article.views = 10;
    await articles.save(article);
    expect(await stored(dataSource)).toMatchObject({ views: 10 });

    const late = await articles.findOneByOrFail({ id: 1 });
    const saved = articles.save(Object.assign(late, { title: 'Late' }));
    late.views = 40;
    await saved;
    expect(await stored(dataSource)).toMatchObject({ title: 'Late', views: 40 });
  });

  it('is saved likewise in a list, in a transaction and by cascade', async () => {
    const { dataSource } = await openSite(database);
    application({ ...IGNORING, Section: {} });
    const articles = dataSource.getRepository(Article);
    const byIds = { id: In([1, 2]) };
    const others = (): Promise<unknown> => articles.createQueryBuilder().update().set({ views: 99 }).execute();

    await articles.find({ where: byIds, order: { id: 'ASC' } });
    const list = await articles.find({ where: byIds, order: { id: 'ASC' } });
    await others();
    await dataSource.transaction((manager) =>
      manager.save(list.map((article) => Object.assign(article, { title: `${article.title}!` }))),
    );
    for (const slug of ['one', 'two']) expect((await stored(dataSource, slug)).views).toBe(99);
    expect((await stored(dataSource, 'two')).title).toBe('Two!');

    await articles.createQueryBuilder().update().set({ views: 1 }).execute();
    const sections = dataSource.getRepository(Section);
    const options = { where: { id: 1 }, relations: { articles: true }, order: { articles: { id: 'ASC' } } } as const;
    await sections.findOne(options);
    const section = (await sections.findOne(options))!;
    await others();
    section.articles![0].title = 'By cascade';
    await sections.save(section);
    expect(await stored(dataSource)).toMatchObject({ title: 'By cascade', views: 99 });
    section.articles![0].title = 'By a plain object';
    await sections.save({ id: 1, articles: section.articles });
    expect(await stored(dataSource)).toMatchObject({ title: 'By a plain object', views: 99 });
  });

  it('is upserted without them where its row is there, and whole where it is not', async () => {
    const { dataSource } = await openSite(database);
    application();
    const articles = dataSource.getRepository(Article);
    await articles.findOneBy({ slug: 'one' });
    const article = (await articles.findOneBy({ slug: 'one' }))!;
    await articles.update(1, { views: 15 });
    await articles.upsert(Object.assign(article, { title: 'Upserted' }), ['slug']);
    expect(await stored(dataSource)).toMatchObject({ title: 'Upserted', views: 15 });
    await articles.upsert(Object.assign(article, { views: 30 }), ['slug']);
    expect(await stored(dataSource)).toMatchObject({ views: 30 });

    const other = (await articles.findOneBy({ slug: 'two' }))!;
    await articles.delete(2);
    await articles.save(other);
    expect(await stored(dataSource, 'two')).toMatchObject({ title: 'Two', views: 20 });
  });
});

describe('an entity from the cache', () => {
  it('is seen whole by the listeners of its save, and what they save themselves is theirs', async () => {
    const { dataSource } = await openSite();
    application();
    const articles = dataSource.getRepository(Article);
    const article = await articles.findOneByOrFail({ id: 1 });
    await articles.update(1, { views: 15 });
    const seen: unknown[] = [];
    dataSource.subscribers.push({
      listenTo: () => Article,
      async beforeUpdate({ entity, manager }) {
        seen.push((entity as Article).views);
        if (seen.length > 1) return;
        seen.push((await manager.findBy(Article, { id: 1 }))[0].views);
        await manager.save(Article, { id: 1, views: 10 });
      },
    });
    await articles.save(Object.assign(article, { title: 'New' }));
    expect(seen).toEqual([10, 15, 10]);
    expect(await stored(dataSource)).toMatchObject({ title: 'New', views: 10 });
  });

  it("is saved without them when TypeORM's own cache kept its row", async () => {
    const options = { ...(await databases()[0].createOptions(entities)), cache: { provider: zooCacheProvider } };
    const dataSource = await connect(options);
    listen();
    application(IGNORING, dataSource);
    const articles = dataSource.getRepository(Article);
    await articles.save({ slug: 'one', title: 'One', views: 10 });
    const ask = () => articles.findOneOrFail({ where: { id: 1 }, cache: true });
    await ask();
    await articles.update(1, { views: 15 });
    const article = await ask();
    await articles.save(Object.assign(article, { title: 'New' }));
    expect(await stored(dataSource)).toMatchObject({ title: 'New', views: 15 });
  });

  it('is known by the very object: a plain copy of it is written as it is', async () => {
    const { dataSource } = await openSite();
    application();
    const articles = dataSource.getRepository(Article);
    const article = await articles.findOneByOrFail({ id: 1 });
    await articles.update(1, { views: 15 });
    await articles.save({ id: 1, title: 'New', views: article.views });
    expect(await stored(dataSource)).toMatchObject({ title: 'New', views: 10 });
  });

  it('may be one of a class of the same table, by whose options its columns are ignored', async () => {
    const { dataSource, heard } = await openSite();
    application({ Medium: { ignoreColumns: ['plays'] }, Song: {} });
    const songs = dataSource.getRepository(Song);
    await songs.save({ title: 'La', plays: 1 });
    await songs.findOneBy({ id: 1 });
    const song = await songs.findOneByOrFail({ id: 1 });
    heard.take();
    await dataSource.manager.update(Medium, 1, { plays: 5 });
    expect(heard.released()).toEqual([]);
    await songs.save(Object.assign(song, { title: 'Lala' }));
    expect(await dataSource.query('SELECT title, plays FROM medium')).toEqual([{ title: 'Lala', plays: 5 }]);
  });
});

describe('several applications on one database', () => {
  it('ignore a column only where all of them do, and those that are closed have no say', async () => {
    const { dataSource, heard } = await openSite();
    const { manager } = dataSource;
    const write = async (): Promise<readonly string[]> => {
      heard.take();
      await manager.increment(Article, { id: 1 }, 'views', 1);
      return heard.released();
    };
    const one = application(IGNORING, dataSource);
    expect(await write()).toEqual([]);
    const other = application({ Article: { ttl: '1m' } }, dataSource);
    expect(await write()).toEqual(['article', 'article:1']);
    other.close();
    expect(await write()).toEqual([]);
    const third = application({ Article: { ignoreColumns: ['views', 'title'] } }, dataSource);
    expect(await write()).toEqual([]);
    await manager.update(Article, 1, { title: 'Heard' });
    expect(heard.released()).toEqual(['article', 'article:1']);
    one.close();
    await manager.update(Article, 1, { title: 'Unheard' });
    expect(heard.released()).toEqual([]);
    third.close();
    expect(await write()).toEqual(['article', 'article:1']);
  });

  it('are not asked about a database that they have nothing to do with', async () => {
    const { dataSource, heard } = await openSite();
    const elsewhere = await openDataSource(databases()[0], [Page]);
    application(IGNORING, dataSource);
    application({}, elsewhere);
    heard.take();
    await dataSource.manager.increment(Article, { id: 1 }, 'views', 1);
    expect(heard.released()).toEqual([]);
  });

  it('ignore a column by the options of one DataSource too, in every class that has the column', async () => {
    const dataSource = await openDataSource(databases()[0], [...entities, Headline]);
    const heard = listen();
    const reading = application({ Article: {} }, dataSource);
    await dataSource.manager.save(Article, { slug: 'one', title: 'One' });
    const write = async (): Promise<readonly string[]> => {
      heard.take();
      await dataSource.manager.increment(Article, { id: 1 }, 'views', 1);
      return heard.released();
    };
    expect(await write()).not.toEqual([]);
    reading.reads.switchOn(dataSource, Headline, entityPolicyOf({ ignoreColumns: ['views'] }, 'here'));
    expect(await write()).not.toEqual([]);
    reading.reads.switchOn(dataSource, Article, entityPolicyOf({ ignoreColumns: ['views'] }, 'here'));
    expect(await write()).toEqual([]);
  });
});

describe('ignored columns', () => {
  async function check(
    options: Readonly<Record<string, EntityOptions>>,
    more: readonly unknown[] = [],
  ): Promise<Reading> {
    const dataSource = await openDataSource(databases()[0], [...entities, ...more] as typeof entities);
    listen();
    const reading = application(options, dataSource);
    reading.reads.check([dataSource]);
    return reading;
  }

  it.each([
    ['Article', 'view', `Did you mean 'views'`],
    ['Article', 'View_Count', 'There are '],
    ['Article', 'likes', 'There are '],
    ['Article', 'id', 'part of the primary key'],
    ['Article', 'section', 'is a foreign key'],
    ['Article', 'gone', 'a soft delete sets it'],
    ['Article', 'slug', 'foreign keys of others refer to it'],
    ['Medium', 'kind', 'it is the discriminator'],
    ['ArticleView', 'id', 'it is a view'],
    ['Classless', 'views', 'it has no class'],
  ])('of %s cannot be "%s", which the start of the application says', async (entity, name, message) => {
    await expect(check({ [entity]: { ignoreColumns: [name] } }, [ArticleView])).rejects.toThrow(message);
  });

  it('are none of those that cannot be, even before the start of the application says so', async () => {
    const { dataSource, heard } = await openSite();
    application({ Article: { ignoreColumns: ['gone', 'slug', 'id'] } });
    await dataSource.manager.softDelete(Article, 1);
    expect(heard.released()).toEqual(['article', 'article:1']);
  });

  it('are a list of texts, and belong to an entity rather than to one way to read it', () => {
    expect(() => entityPolicyOf({ ignoreColumns: 'views' }, 'here')).toThrow(/a list of properties/);
    expect(() => policyOf({ ignoreColumns: ['views'] }, 'cached()')).toThrow(/does not know this option/);
  });

  it('are warned of where an answer holds them, once for each entity', async () => {
    const { dataSource } = await openSite();
    const reading = application(IGNORING, dataSource);
    const articles = dataSource.getRepository(Article);
    await articles.find({ select: { id: true, title: true } });
    expect(reading.warnings).toEqual([]);
    await articles.find();
    expect([...new Set(reading.warnings)]).toEqual([expect.stringMatching(/reads 'views', .* of Article, /)]);
  });

  it('are warned of where columns are left out that change with every update', async () => {
    expect((await check({ Page: { ignoreColumns: ['views'] } })).warnings).toEqual([
      expect.stringMatching(/ignoreColumns of Page leaves out 'version', 'changed'/),
    ]);
    expect((await check({ Page: { ignoreColumns: ['views', 'version', 'changed'] } })).warnings).toEqual([]);
  });
});
