import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRequire } from 'node:module';
import { changedRows } from '../../lib/sql/changed-rows.js';

type Cell = string | number;

/** The part of sql.js that is used; the package has no types of its own. */
interface Database {
  run(sql: string, parameters?: readonly Cell[]): void;
  exec(sql: string, parameters?: readonly Cell[]): readonly { readonly values: readonly (readonly Cell[])[] }[];
  close(): void;
}

const initSqlJs = createRequire(import.meta.url)('sql.js') as () => Promise<{ readonly Database: new () => Database }>;

let database: Database;

beforeAll(async () => {
  database = new (await initSqlJs()).Database();
  database.run(`CREATE TABLE "book" (id integer PRIMARY KEY, title text, price integer, "where" text)`);
  for (let id = 1; id <= 9; id++) database.run('INSERT INTO book VALUES (?, ?, ?, ?)', [id, `t${id % 3}`, id, 'set']);
});

afterAll(() => database.close());

/** The rows that the statement returns, which is then undone. */
function changedBy(text: string, parameters: readonly Cell[]): unknown {
  database.run('BEGIN');
  try {
    return database.exec(`${text} RETURNING id`, parameters)[0]?.values ?? [];
  } finally {
    database.run('ROLLBACK');
  }
}

describe('The rows that a statement is going to change', () => {
  it.each<readonly [text: string, ...parameters: readonly Cell[]]>([
    ['DELETE FROM book WHERE title = ?', 't1'],
    ['delete from "book" as b where b.price > ? and (b.title = ? or b.id = 2)', 3, 't1'],
    ['DELETE FROM book WHERE id IN (SELECT id FROM book WHERE price < ?)', 4],
    ['UPDATE book SET title = ?, price = price + ? WHERE title = ?', 'new', 5, 't2'],
    [`UPDATE "book" SET "where" = 'where ?', price = (SELECT max(price) FROM book WHERE id < ?) WHERE id >= ?`, 3, 5],
    ['UPDATE main.book AS b SET (title, price) = (?, ?) WHERE price BETWEEN ? AND ?', 'new', 1, 2, 4],
    ['UPDATE book SET title = CASE WHEN price > ? THEN ? ELSE title END WHERE "where" = ?', 2, 'dear', 'set'],
  ])('are those that it returns: %s', (text, ...parameters) => {
    const { clauses, parametersBefore } = changedRows(text, 'sqlite')!;
    const selected = database.exec(`SELECT id ${clauses}`, parameters.slice(parametersBefore))[0]?.values ?? [];
    expect(selected).toEqual(changedBy(text, parameters));
    expect(selected.length).toBeGreaterThan(0);
  });

  it.each([
    ['has no condition', 'DELETE FROM book'],
    ['has none of its own', 'UPDATE book SET price = (SELECT 1 FROM book WHERE id = 1)'],
    ['stands behind a WITH', 'WITH old AS (SELECT 1 AS id) DELETE FROM book WHERE id IN old'],
    ['numbers its parameters', 'DELETE FROM book WHERE id = ?2 AND price = ?1'],
    ['names its parameters', 'DELETE FROM book WHERE id = :id'],
    ['replaces rows', 'REPLACE INTO book (id) SELECT id FROM book WHERE id = 1'],
    ['ends inside a string', "DELETE FROM book WHERE title = 'x"],
  ])('are not told where it %s', (_, text) => {
    expect(changedRows(text, 'sqlite')).toBeUndefined();
  });
});
