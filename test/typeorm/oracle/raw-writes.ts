import type { TestDatabase } from '../../support/databases.js';
import { Badge, Comment, Item, Part, Person, Post, Price, Scrap, Tag } from './schema.js';
import { make, some, sql, two, withRunner, type World, type WriteKind } from './world.js';

const onPostgres = ({ family }: TestDatabase): boolean => family === 'postgres';
const onMysql = ({ family }: TestDatabase): boolean => family === 'mysql';
const onSqlite = ({ family }: TestDatabase): boolean => family === 'sqlite';
const notOnSqlite = ({ family }: TestDatabase): boolean => family !== 'sqlite';
const notOnMysql = ({ family }: TestDatabase): boolean => family !== 'mysql';

const statements: readonly WriteKind[] = [
  { title: 'INSERT', run: (world) => sql(world, `INSERT INTO [scrap] ([text]) VALUES ('raw'), ('raw too')`) },
  {
    title: 'INSERT with parameters',
    run: (world) =>
      onPostgres(world.database)
        ? world.manager.query('INSERT INTO scrap (text) VALUES ($1)', ['p'])
        : world.manager.query('INSERT INTO scrap (text) VALUES (?)', ['p']),
  },
  { title: 'INSERT from a SELECT', run: (world) => sql(world, `INSERT INTO scrap (text) SELECT name FROM item`) },
  { title: 'UPDATE of everything', run: (world) => sql(world, `UPDATE item SET counter = counter + 1`) },
  {
    title: 'UPDATE by id, in odd spelling',
    run: async (world) =>
      sql(
        world,
        `  /* DELETE FROM scrap */ uPdAtE\n[item] -- SET\n AS i SET name = 'it''s; DELETE' WHERE i.id=${(await some(world, Item)).id}`,
      ),
    on: notOnMysql,
  },
  {
    title: 'UPDATE by id with an alias',
    run: async (world) => sql(world, `UPDATE item i SET i.name = 'alias' WHERE i.id = ${(await some(world, Item)).id}`),
    on: onMysql,
  },
  {
    title: 'UPDATE that empties a condition of its own',
    run: async (world) => sql(world, `UPDATE item SET id = id + 100000 WHERE id = ${(await make(world, Item)).id}`),
  },
  {
    title: 'UPDATE of a text key by another spelling of it',
    mayChangeNothing: true,
    run: async (world) =>
      sql(world, `UPDATE tag SET label = 'other' WHERE slug = '${(await some(world, Tag)).slug.toLowerCase()}'`),
  },
  {
    title: 'UPDATE whose number is written as a text, and whose text starts with a number',
    run: async (world) => {
      const { id } = await some(world, Item);
      await sql(world, `UPDATE item SET name = 'text' WHERE id = '${id}'`);
      if (onMysql(world.database)) await sql(world, `UPDATE item SET name = 'odd' WHERE id = CONCAT('${id}', '')`);
    },
  },
  {
    title: 'DELETE by other columns',
    run: async (world) => sql(world, `DELETE FROM item WHERE name = '${(await some(world, Item)).name}'`),
  },
  {
    title: 'DELETE that takes others with it, in any case',
    run: async (world) =>
      sql(
        world,
        `DELETE FROM ${onMysql(world.database) ? 'person' : 'PERSON'} WHERE id = ${(await some(world, Person)).id}`,
      ),
  },
  {
    title: 'DELETE of the head of a chain in its own table',
    run: async (world) => {
      await some(world, Part);
      await sql(world, `DELETE FROM part WHERE [wholeId] IS NULL`);
    },
  },
  {
    title: 'DELETE of everything in a table',
    run: async (world) => (await make(world, Scrap), sql(world, `DELETE FROM scrap`)),
  },
  {
    title: 'REPLACE INTO',
    run: async (world) => {
      const { sku, currency } = await some(world, Price);
      await sql(world, `REPLACE INTO price (sku, currency, amount) VALUES (${sku}, '${currency}', ${world.unique()})`);
    },
    on: notOnPostgres,
  },
  {
    title: 'REPLACE INTO that deletes what refers to the row',
    run: async (world) => {
      const { person } = await some(world, Badge, { person: true });
      await sql(
        world,
        `REPLACE INTO person (id, name, email, version) VALUES (${person.id}, 'replaced', 'r${world.unique()}@x', 1)`,
      );
    },
    on: notOnPostgres,
  },
  {
    title: 'REPLACE INTO that deletes another row by a unique column',
    run: async (world) => {
      const [first, second] = await two(world, Person);
      await sql(
        world,
        `REPLACE INTO person (id, name, email, version) VALUES (${first.id}, 'thief', '${second.email}', 1)`,
      );
    },
    on: notOnPostgres,
  },
  {
    title: 'INSERT OR REPLACE, OR IGNORE, and UPDATE OR REPLACE',
    run: async (world) => {
      const [first, second] = await two(world, Price);
      await sql(world, `INSERT OR IGNORE INTO price VALUES (${first.sku}, '${first.currency}', 1)`);
      await sql(world, `INSERT OR REPLACE INTO price VALUES (${first.sku}, '${first.currency}', ${world.unique()})`);
      await sql(
        world,
        `UPDATE OR REPLACE price SET sku = ${second.sku}, currency = '${second.currency}' WHERE sku = ${first.sku} AND currency = '${first.currency}'`,
      );
    },
    on: onSqlite,
  },
  {
    title: 'UPDATE OR REPLACE that deletes a row with those that refer to it',
    run: async (world) => {
      const [first, second] = await two(world, Person);
      await sql(world, `UPDATE OR REPLACE person SET email = '${second.email}' WHERE id = ${first.id}`);
    },
    on: onSqlite,
  },
  {
    title: 'INSERT with ON DUPLICATE KEY UPDATE',
    run: async (world) => {
      const { email } = await some(world, Person);
      await sql(
        world,
        `INSERT INTO person (name, email, version) VALUES ('dup', '${email}', 1) ON DUPLICATE KEY UPDATE name = VALUES(name)`,
      );
    },
    on: onMysql,
  },
  {
    title: 'INSERT with ON CONFLICT',
    run: async (world) => {
      const { email } = await some(world, Person);
      await sql(
        world,
        `INSERT INTO person (name, email, version) VALUES ('dup', '${email}', 1) ON CONFLICT (email) DO UPDATE SET name = excluded.name`,
      );
    },
    on: notOnMysql,
  },
  {
    title: 'INSERT and UPDATE and DELETE with RETURNING',
    run: async (world) => {
      await sql(world, `INSERT INTO item (name, counter) VALUES ('returned', 1) RETURNING id, name`);
      await sql(world, `UPDATE item SET name = 'returned' WHERE counter > 0 RETURNING *`);
      await sql(world, `DELETE FROM item WHERE id = ${(await some(world, Item)).id} RETURNING id`);
    },
    on: notOnMysql,
  },
  {
    title: 'INSERT and DELETE with RETURNING',
    run: async (world) => {
      await sql(world, `INSERT INTO item (name, counter) VALUES ('returned', 1) RETURNING id, name`);
      await sql(world, `DELETE FROM item WHERE id = ${(await some(world, Item)).id} RETURNING id`);
    },
    on: onMysql,
  },
  {
    title: 'UPDATE with FROM',
    run: async (world) => {
      await some(world, Post);
      await sql(world, `UPDATE post SET title = person.name FROM person WHERE person.id = post.[authorId]`);
    },
    on: notOnMysql,
  },
  {
    title: 'UPDATE of two joined tables',
    run: async (world) => {
      await some(world, Post);
      await sql(world, `UPDATE post p JOIN person a ON a.id = p.[authorId] SET p.title = a.name, a.age = a.age + 1`);
    },
    on: onMysql,
  },
  {
    title: 'DELETE from two joined tables',
    run: async (world) => {
      const { id } = await make(world, Comment).then(() => some(world, Post));
      await sql(
        world,
        `DELETE c, n FROM post p LEFT JOIN comment c ON c.[postId] = p.id LEFT JOIN note n ON n.[postId] = p.id WHERE p.id = ${id}`,
      );
    },
    on: onMysql,
  },
  {
    title: 'DELETE with USING',
    run: async (world) => {
      await some(world, Comment);
      await sql(world, `DELETE FROM comment USING post WHERE post.id = comment.[postId] AND post.counter >= 0`);
    },
    on: onPostgres,
  },
  {
    title: 'writes inside a WITH that read from each other',
    run: async (world) => {
      const { id } = await some(world, Item);
      await sql(
        world,
        `WITH gone AS (DELETE FROM item WHERE id = ${id} RETURNING name), new AS (INSERT INTO scrap (text) SELECT name FROM gone RETURNING id)
         SELECT count(*) FROM new`,
      );
    },
    on: onPostgres,
  },
  {
    title: 'UPDATE and DELETE and INSERT behind a WITH',
    run: async (world) => {
      const { id } = await some(world, Item);
      await sql(
        world,
        `WITH few AS (SELECT id FROM item WHERE id = ${id}) UPDATE item SET name = 'with' WHERE id IN (SELECT id FROM few)`,
      );
      await sql(world, `WITH few AS (SELECT name FROM item) INSERT INTO scrap (text) SELECT name FROM few`);
      await sql(
        world,
        `WITH few AS (SELECT id FROM item WHERE id = ${id}) DELETE FROM item WHERE id IN (SELECT id FROM few)`,
      );
    },
    on: notOnMysql,
  },
  {
    title: 'MERGE',
    run: async (world) => {
      await some(world, Item);
      await sql(
        world,
        `MERGE INTO item AS t USING (SELECT id, age FROM person) AS s ON t.id = s.id
         WHEN MATCHED AND t.counter > 2 THEN DELETE WHEN MATCHED THEN UPDATE SET counter = s.age WHEN NOT MATCHED THEN INSERT (name, counter) VALUES ('merged', s.age)`,
      );
    },
    on: onPostgres,
  },
  {
    title: 'several statements in one text',
    run: async (world) => {
      await sql(world, `UPDATE item SET name = 'one'; ; INSERT INTO scrap (text) VALUES ('a;b'); DELETE FROM comment`);
    },
    on: onPostgres,
  },
  {
    title: 'EXPLAIN ANALYZE of a write, which writes',
    run: async (world) => {
      await some(world, Item);
      await sql(world, `EXPLAIN ANALYZE UPDATE item SET counter = counter + 1`);
      await sql(world, `EXPLAIN (ANALYZE, FORMAT JSON) DELETE FROM item WHERE id = ${(await some(world, Item)).id}`);
    },
    on: onPostgres,
  },
  {
    title: 'ANALYZE of a write, which writes',
    run: async (world) =>
      sql(world, `ANALYZE UPDATE item SET counter = counter + 1 WHERE id = ${(await some(world, Item)).id}`),
    on: onMysql,
  },
  {
    title: 'a prepared write',
    run: (world) =>
      withRunnerOf(world, async (send) => {
        await send(`PREPARE zoo AS UPDATE item SET counter = counter + $1`);
        await send(`EXECUTE zoo(1)`);
        await send(`DEALLOCATE zoo`);
      }),
    on: onPostgres,
  },
  {
    title: 'a prepared write from a variable',
    run: (world) =>
      withRunnerOf(world, async (send) => {
        await send(`SET @zoo = 'UPDATE item SET counter = counter + 1'`);
        await send(`PREPARE zoo FROM @zoo`);
        await send(`EXECUTE zoo`);
        await send(`EXECUTE IMMEDIATE 'UPDATE item SET counter = counter + 1'`);
      }),
    on: onMysql,
  },
  {
    title: 'an anonymous block',
    run: (world) =>
      sql(world, `DO $$ BEGIN UPDATE item SET counter = counter + 1; INSERT INTO scrap (text) VALUES ('do'); END $$`),
    on: onPostgres,
  },
  {
    title: 'an anonymous block of MariaDB',
    run: (world) =>
      sql(world, `BEGIN NOT ATOMIC UPDATE item SET counter = counter + 1; INSERT INTO scrap (text) VALUES ('do'); END`),
    on: onMysql,
  },
  { title: 'a procedure', run: (world) => sql(world, `CALL write_item()`), on: notOnSqlite },
  {
    title: 'writes through a view',
    run: async (world) => {
      const { id } = await some(world, Item);
      await sql(world, `UPDATE item_view SET name = 'through the view' WHERE id = ${id}`);
      await sql(world, `INSERT INTO item_view (name, counter) VALUES ('inserted', 3)`);
      await sql(world, `DELETE FROM item_view WHERE id = ${id}`);
    },
    on: notOnSqlite,
  },
  {
    title: 'writes through a view that sits on a view no entity knows',
    run: async (world) => {
      const { id } = await some(world, Item);
      await sql(world, `UPDATE item_view_view SET name = 'deep' WHERE id = ${id}`);
    },
    on: notOnSqlite,
  },
  {
    title: 'SELECT INTO and CREATE TABLE AS, which write no table that anybody knows',
    mayChangeNothing: true,
    standsAlone: true,
    run: async (world) => {
      if (onPostgres(world.database)) {
        await sql(world, `SELECT * INTO scrap_copy FROM scrap`);
        await sql(world, `DROP TABLE scrap_copy`);
      }
      await sql(world, `CREATE TABLE scrap_two AS SELECT * FROM scrap`);
      await sql(world, `DROP TABLE scrap_two`);
    },
  },
  {
    title: 'TRUNCATE',
    standsAlone: true,
    run: async (world) => (await make(world, Scrap), sql(world, `TRUNCATE TABLE scrap`)),
    on: notOnSqlite,
  },
  {
    title: 'TRUNCATE with CASCADE',
    standsAlone: true,
    run: async (world) => (await some(world, Badge), sql(world, `TRUNCATE post RESTART IDENTITY CASCADE`)),
    on: onPostgres,
  },
  {
    title: 'TRUNCATE of several tables',
    standsAlone: true,
    run: async (world) => (await make(world, Scrap), sql(world, `TRUNCATE scrap, item`)),
    on: onPostgres,
  },
  {
    title: 'LOCK TABLES around a write',
    run: (world) =>
      withRunnerOf(world, async (send) => {
        await send(`LOCK TABLES item WRITE`);
        await send(`UPDATE item SET counter = counter + 1`);
        await send(`UNLOCK TABLES`);
      }),
    standsAlone: true,
    on: onMysql,
  },
  {
    title: 'a column that is added, renamed and dropped by SQL',
    standsAlone: true,
    run: async (world) => {
      await make(world, Scrap);
      await sql(world, `ALTER TABLE scrap ADD COLUMN extra varchar(10) DEFAULT 'x'`);
      await sql(world, `ALTER TABLE scrap RENAME COLUMN extra TO more`);
    },
    on: notOnSqlite,
  },
  {
    title: 'a column that is dropped by SQL',
    standsAlone: true,
    run: (world) => sql(world, `ALTER TABLE scrap DROP COLUMN more`),
    on: notOnSqlite,
  },
  {
    title: 'a table that takes the name of another',
    standsAlone: true,
    run: async (world) => {
      await sql(world, `CREATE TABLE scrap_new AS SELECT * FROM scrap`);
      await sql(world, `INSERT INTO scrap_new (id, text) VALUES (999, 'swapped')`);
      await sql(world, `ALTER TABLE scrap RENAME TO scrap_old`);
      await sql(world, `ALTER TABLE scrap_new RENAME TO scrap`);
    },
  },
  {
    title: 'and gives it back',
    prepare: () => Promise.resolve(),
    standsAlone: true,
    run: async (world) => {
      await sql(world, `DROP TABLE scrap`);
      await sql(world, `ALTER TABLE scrap_old RENAME TO scrap`);
    },
  },
  {
    title: 'the schema builder, which rebuilds whole tables',
    standsAlone: true,
    run: (world) =>
      withRunner(world, async (runner) => {
        const { TableColumn } = await import('typeorm');
        await runner.addColumn(
          'scrap',
          new TableColumn({ name: 'added', type: 'varchar', isNullable: true, default: `'d'` }),
        );
      }),
  },
  {
    title: 'synchronize(), which drops what no entity has',
    standsAlone: true,
    run: (world) => world.dataSource.synchronize(),
  },
  {
    title: 'a write sent to be read as a stream',
    run: async (world) =>
      withRunner(world, async (runner) => {
        const stream = await runner.stream(`UPDATE item SET counter = counter + 1 RETURNING id`);
        await new Promise<void>((resolve, reject) =>
          stream
            .on('data', () => undefined)
            .once('end', () => resolve())
            .once('error', reject),
        );
      }),
    standsAlone: true,
    on: onPostgres,
  },
  {
    title: 'a write that fails half way, where the database keeps the first half',
    run: async (world) => {
      const [first, second] = await two(world, Price);
      await sql(
        world,
        `INSERT OR FAIL INTO price VALUES (${world.unique()}, 'NEW', 1), (${first.sku}, '${first.currency}', 1), (${second.sku + 100_000}, 'NIL', 1)`,
      ).then(
        () => Promise.reject(new Error('it should have failed')),
        () => undefined,
      );
    },
    on: onSqlite,
  },
  {
    title: 'SELECT, which writes nothing',
    mayChangeNothing: true,
    run: async (world) => {
      await sql(world, `SELECT * FROM item`);
      await sql(world, `SELECT 'UPDATE item SET x; DELETE FROM item' AS t FROM scrap`);
    },
  },
];

/** SQL that changes rows, as users write it. */
export const rawWrites: readonly WriteKind[] = statements.map((kind) => ({
  prepare: async (world) => {
    for (const entity of [Person, Item, Scrap, Price]) await make(world, entity);
  },
  ...kind,
}));

function notOnPostgres({ family }: TestDatabase): boolean {
  return family !== 'postgres';
}

/** Sends several statements over one connection: that of the transaction around, or one of its own. */
function withRunnerOf(world: World, body: (send: (text: string) => Promise<unknown>) => Promise<void>): Promise<void> {
  const { queryRunner } = world.manager;
  if (queryRunner) return body((text) => queryRunner.query(text));
  return withRunner(world, (runner) => body((text) => runner.query(text)));
}
