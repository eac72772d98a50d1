import type { EntityManager } from 'typeorm';
import type { TestDatabase } from '../support/test-database.js';

/** Children before their parents, so that nothing has to be carried on. */
const TABLES = [
  'post_tag',
  'comment',
  'offer',
  'price',
  'post',
  'author',
  'profile',
  'tag',
  'category',
  'branch',
  'folder_closure',
  'folder',
  'shelf',
  'animal',
];

/** Those whose rows refer to rows of the same table. */
const SELF_REFERRING: readonly string[] = ['branch', 'folder', 'shelf'];

const ROWS: readonly string[] = [
  `INSERT INTO profile (id, bio, visits) VALUES (1, 'a', 0), (2, 'b', 1), (3, 'c', 2)`,
  `INSERT INTO author (id, name, email, age, born, karma, address_city, address_zip, profile_id, version, deleted) VALUES
    (1, 'a', 'a@', 1, 86400, 1, 'a', 1, 1, 1, NULL),
    (2, 'b', 'b@', 2, NULL, 2, NULL, NULL, 2, 1, NULL),
    (3, 'a', 'c@', NULL, 172800, 3, 'c', 3, NULL, 1, NULL),
    (4, 'x', 'd@', 4, 0, 0, 'x', NULL, NULL, 1, '2020-01-01 00:00:00')`,
  `INSERT INTO category (code, label) VALUES ('a', 'a'), ('b', 'b'), ('EUR', 'x')`,
  `INSERT INTO post (id, title, views, extra, author_id, editor_id, category_code) VALUES
    (1, 'a', 0, '{"n":1}', 1, 2, 'a'), (2, 'b', 2, NULL, 1, NULL, 'b'), (3, 'a', 3, NULL, 2, 1, NULL),
    (4, 'x', 1, '{"n":2}', NULL, 3, 'a'), (5, 'c', 2, NULL, 4, 4, 'EUR')`,
  `INSERT INTO tag (id, slug) VALUES (1, 'a'), (2, 'b'), (3, 'c')`,
  `INSERT INTO post_tag (post_id, tag_id) VALUES (1, 1), (1, 2), (2, 1), (3, 3)`,
  `INSERT INTO comment (id, text, score, post_id, author_id, deleted) VALUES
    ('00000000-0000-4000-8000-000000000001', 'a', 1, 1, 1, NULL),
    ('00000000-0000-4000-8000-000000000002', 'b', 2, 1, 2, NULL),
    ('00000000-0000-4000-8000-0000000000aa', 'a', 3, 2, NULL, '2020-01-01 00:00:00'),
    ('00000000-0000-4000-8000-0000000000bb', 'c', 0, 3, 3, NULL)`,
  `INSERT INTO price (sku, currency, amount) VALUES (1, 'EUR', 1), (1, 'USD', 2), (2, 'EUR', 3), (3, 'EUR', 4)`,
  `INSERT INTO offer (id, title, price_sku, price_currency) VALUES
    (1, 'a', 1, 'EUR'), (2, 'b', 2, 'EUR'), (3, 'c', NULL, NULL)`,
  `INSERT INTO branch (id, name, mpath, parent_id) VALUES
    (1, 'a', '1.', NULL), (2, 'b', '1.2.', 1), (3, 'c', '1.2.3.', 2), (4, 'x', '4.', NULL), (5, 'b', '4.5.', 4)`,
  `INSERT INTO folder (id, name, parent_id) VALUES (1, 'a', NULL), (2, 'b', 1), (3, 'c', 2), (4, 'x', NULL)`,
  `INSERT INTO folder_closure (id_ancestor, id_descendant) VALUES
    (1, 1), (2, 2), (3, 3), (4, 4), (1, 2), (1, 3), (2, 3)`,
  `INSERT INTO shelf (id, name, nsleft, nsright, parent_id) VALUES
    (1, 'a', 1, 10, NULL), (2, 'b', 2, 5, 1), (3, 'c', 3, 4, 2), (4, 'x', 6, 9, 1), (5, 'b', 7, 8, 4)`,
  `INSERT INTO animal (id, name, kind, barks, lives) VALUES
    (1, 'a', 'Dog', 1, NULL), (2, 'b', 'Cat', NULL, 2), (3, 'c', 'Animal', NULL, NULL), (4, 'x', 'Dog', 4, NULL)`,
];

/** Tables whose keys the database gives; one row each shows how far it is. */
const GENERATING: Readonly<Record<string, string>> = {
  profile: `INSERT INTO profile (bio) VALUES ('')`,
  author: `INSERT INTO author (name, email, version) VALUES ('', '', 1)`,
  post: `INSERT INTO post (title) VALUES ('')`,
  tag: `INSERT INTO tag (slug) VALUES ('')`,
  branch: `INSERT INTO branch (name, mpath) VALUES ('', '')`,
  animal: `INSERT INTO animal (name, kind) VALUES ('', 'Animal')`,
  offer: `INSERT INTO offer (title) VALUES ('')`,
  folder: `INSERT INTO folder (name) VALUES ('')`,
  shelf: `INSERT INTO shelf (name, nsleft, nsright) VALUES ('', 1, 2)`,
};

const FIRST = 1_000;

/** Makes the rows anew, and returns the highest key given out so far per table. */
export async function bornAnew(manager: EntityManager, { family }: TestDatabase): Promise<ReadonlyMap<string, number>> {
  for (const table of TABLES) {
    if (SELF_REFERRING.includes(table)) await manager.query(`UPDATE ${table} SET parent_id = NULL`);
    await manager.query(`DELETE FROM ${table}`);
  }
  const generated = new Map<string, number>();
  for (const [table, insert] of Object.entries(GENERATING)) {
    const highest = await highestOf(manager, table, insert);
    generated.set(table, Math.max(highest, FIRST));
    if (highest >= FIRST) continue;
    // A sequence is told; the others count on from the highest key that ever was.
    if (family === 'postgres') await manager.query(`SELECT setval('${table}_id_seq', ${FIRST})`);
    else {
      await manager.query(insert.replace('(', '(id, ').replace('VALUES (', `VALUES (${FIRST}, `));
      await manager.query(`DELETE FROM ${table}`);
    }
  }
  for (const rows of ROWS) await manager.query(rows);
  return generated;
}

async function highestOf(manager: EntityManager, table: string, insert: string): Promise<number> {
  await manager.query(insert);
  const [{ id }] = (await manager.query(`SELECT id FROM ${table}`)) as [{ id: number }];
  await manager.query(`DELETE FROM ${table}`);
  return id;
}
