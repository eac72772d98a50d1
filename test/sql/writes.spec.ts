import { describe, expect, it } from '@jest/globals';
import type { Dialect } from '../../lib/sql/statement.js';
import { only, rows, told, value as setText } from './told.js';

const cases: readonly (readonly [Dialect, string, string])[] = [
  ['mysql', 'INSERT INTO a SET x = 1, y = (SELECT 2 FROM b)', 'reads b, insert a'],
  ['mysql', 'INSERT a VALUES (1)', 'insert a'],
  ['mysql', 'INSERT LOW_PRIORITY IGNORE INTO db.a PARTITION (p) (x) VALUES (1)', 'insert db.a'],
  ['mysql', 'INSERT INTO a (x) VALUES (1) AS new (n) ON DUPLICATE KEY UPDATE x = n + 1', 'upsert a'],
  [
    'mysql',
    'INSERT INTO a SELECT * FROM b ON DUPLICATE KEY UPDATE x = (SELECT 1 FROM c)',
    'reads b, reads c, upsert a',
  ],
  ['mysql', 'INSERT INTO a SELECT * FROM b JOIN c ON DUPLICATE KEY UPDATE x = VALUES(x)', 'reads b, reads c, upsert a'],
  ['mysql', 'INSERT INTO a TABLE b', 'reads b, insert a'],
  ['mysql', 'INSERT INTO a VALUES ROW(1), ROW(2)', 'insert a'],
  ['mysql', 'REPLACE INTO a (id) VALUES (1)', 'replace a'],
  ['mysql', 'INSERT INTO a (id) VALUES ?', 'insert a'],
  ['mysql', 'INSERT INTO a VALUES ?, (1) ON DUPLICATE KEY UPDATE x = VALUES(x)', 'upsert a'],
  ['mysql', 'REPLACE a SELECT * FROM b', 'reads b, replace a'],
  ['mysql', 'UPDATE a SET x = 1 WHERE id = 1 ORDER BY y LIMIT 1', 'update a{id=1}'],
  ['mysql', 'UPDATE LOW_PRIORITY IGNORE a AS t SET t.x = 1 WHERE t.id = ?', 'update a{id=$0}'],
  ['mysql', 'UPDATE a, b SET a.x = b.x WHERE a.id = 1', 'reads a{id=1}, reads b, update a{id=1}, update b'],
  ['mysql', 'UPDATE a LEFT JOIN (SELECT * FROM c) d ON a.id = d.id SET a.x = 1', 'reads a, reads c, update a'],
  ['mysql', 'WITH x AS (SELECT 1 FROM b) UPDATE a JOIN x ON true SET a.y = 1', 'reads b, reads a, update a'],
  ['mysql', 'DELETE LOW_PRIORITY QUICK IGNORE FROM a WHERE id = 1 LIMIT 1', 'delete a{id=1}'],
  [
    'mysql',
    'DELETE a FROM author a JOIN b ON a.id = b.id WHERE a.id = 1',
    'reads author{id=1}, reads b, delete author{id=1}',
  ],
  ['mysql', 'DELETE a, `b`.* FROM a INNER JOIN b', 'reads a, reads b, delete a, delete b'],
  ['mysql', 'DELETE FROM A, b USING author a JOIN b', 'reads author, reads b, delete author, delete b'],
  // A name that stands for none of the joined tables may stand for any of them.
  ['mysql', 'DELETE x FROM a JOIN b', 'reads a, reads b, delete x, delete a, delete b'],
  ['mysql', "LOAD DATA LOCAL INFILE 'f' REPLACE INTO TABLE db.a FIELDS TERMINATED BY ','", 'replace db.a'],
  ['mysql', "LOAD XML INFILE 'f' INTO TABLE a", 'insert a'],
  ['mysql', 'TRUNCATE a', 'truncate a'],
  ['mysql', 'RENAME TABLE a TO b, c TO db.d', 'define a, define b, define c, define db.d'],
  ['mysql', 'ALTER TABLE a RENAME b', 'define a, define b'],
  ['mysql', 'ALTER TABLE a RENAME COLUMN x TO y', 'define a'],
  ['mysql', 'ALTER TABLE a EXCHANGE PARTITION p WITH TABLE b', 'define a, writes unknown'],
  ['mysql', 'CREATE TABLE a LIKE b', 'define a'],
  ['mysql', 'CREATE TABLE a (id INT) ENGINE = InnoDB SELECT * FROM b', 'reads b, define a'],
  ['mysql', 'CREATE TEMPORARY TABLE a (id INT)', 'define a here'],
  ['mysql', 'CREATE FULLTEXT INDEX i ON a (x)', 'define a'],
  ['mysql', 'DROP INDEX i ON a', 'define a'],
  ['mysql', 'DROP TABLE IF EXISTS a, b', 'define a, define b'],
  ['mysql', 'ANALYZE FORMAT=JSON UPDATE a SET x = 1', 'update a'],
  ['mysql', 'SET STATEMENT max_statement_time = 1 FOR DELETE FROM a', 'delete a'],
  ['mysql', "SELECT * FROM a INTO OUTFILE 'f'", 'reads a'],
  ['mysql', 'SELECT x INTO @y FROM a', 'reads a'],
  [
    'generic',
    'UPDATE x SET n = 1 FROM author x JOIN b ON x.id = b.id WHERE x.id = 1',
    'reads author{id=1}, reads b, update author{id=1}',
  ],
  ['generic', 'UPDATE TOP (5) a SET n = 1 OUTPUT inserted.id INTO log (id) WHERE id = 1', 'insert log, update a{id=1}'],
  ['generic', 'UPDATE d SET n = 1 FROM (SELECT * FROM a) d', 'reads a, writes unknown'],
  ['generic', 'WITH x AS (SELECT * FROM a) DELETE FROM x', 'reads a, delete x, writes unknown'],
  ['generic', 'WITH x AS (SELECT * FROM a) UPDATE x SET n = 1', 'reads a, update x, writes unknown'],
  ['generic', 'DELETE a WHERE id = 1', 'delete a{id=1}'],
  ['generic', 'DELETE x FROM author x JOIN b ON x.id = b.id', 'reads author, reads b, delete author'],
  ['generic', 'DELETE x OUTPUT deleted.id FROM author AS x', 'reads author, delete author'],
  ['generic', 'DELETE FROM a OUTPUT deleted.* INTO @t WHERE id = 1', 'delete a{id=1}'],
  ['generic', 'INSERT INTO a (x) OUTPUT inserted.id VALUES (@0)', 'insert a'],
  ['generic', 'INSERT INTO a (x) EXEC procedure', 'insert a, reads unknown, writes unknown'],
  [
    'generic',
    'MERGE INTO a t USING b s ON (t.id = s.id) WHEN MATCHED THEN UPDATE SET t.x = s.x WHEN NOT MATCHED THEN INSERT (x) VALUES (s.x);',
    'reads b, merge a',
  ],
  ['generic', 'SELECT * INTO b FROM a', 'reads a, define b'],
  ['generic', 'DROP INDEX i ON a', 'define a'],
  ['generic', 'CREATE UNIQUE CLUSTERED INDEX i ON dbo.a (x)', 'define dbo.a'],
  ['sqlite', 'INSERT OR REPLACE INTO a VALUES (1)', 'replace a'],
  ['sqlite', 'INSERT OR IGNORE INTO a VALUES (1)', 'insert a'],
  // What collides elsewhere is still replaced.
  ['sqlite', 'INSERT OR REPLACE INTO a VALUES (1) ON CONFLICT (id) DO UPDATE SET x = 1', 'replace a'],
  ['sqlite', 'UPDATE OR REPLACE a SET id = 2 WHERE id = 1', 'replace a{id=1}'],
  // SQLite deletes the rows first, which foreign keys act upon.
  ['sqlite', 'DROP TABLE a', 'define a, delete a'],
  ['sqlite', 'CREATE VIRTUAL TABLE a USING fts5 (x)', 'define a'],
  ['postgres', 'UPDATE ONLY (a) SET x = 1 WHERE id = 1', 'update a{id=1}'],
  ['postgres', 'DROP TABLE a, b CASCADE', 'define a cascades, define b cascades'],
  ['postgres', 'TRUNCATE a RESTART IDENTITY CASCADE', 'truncate a cascades'],
  ['postgres', 'REFRESH MATERIALIZED VIEW CONCURRENTLY x.v', 'refresh x.v'],
  ['postgres', 'COPY a (x) FROM STDIN', 'insert a'],
  ['postgres', 'ALTER TABLE a ATTACH PARTITION b DEFAULT', 'define a, writes unknown'],
  ['postgres', 'ALTER TABLE x.a RENAME TO b', 'define x.a, define x.b'],
  ['postgres', 'ALTER TABLE a RENAME x TO y', 'define a'],
  ['postgres', 'CREATE TABLE a AS EXECUTE p', 'define a, reads unknown'],
  ['postgres', 'CREATE LOCAL TEMP TABLE IF NOT EXISTS a AS SELECT * FROM b', 'reads b, define a here'],
  ['postgres', 'CREATE OR REPLACE TEMPORARY VIEW a AS SELECT * FROM b', 'define a here, writes unknown'],
  ['postgres', 'SELECT * INTO TEMP a FROM b', 'reads b, define a here'],
  ['postgres', 'SELECT * INTO UNLOGGED a FROM b', 'reads b, define a'],
];

describe('what a statement writes', () => {
  it.each(cases)('is told in %s for %s', (dialect, sql, expected) => {
    expect(told(sql, dialect)).toBe(expected);
  });
});

describe('the rows of an insert', () => {
  it('are constants where they are nothing else', () => {
    const statement = only(
      "INSERT INTO a (id, n, t) VALUES (DEFAULT, $1, 'it''s'), (-5, 1.5, NULL), (1 + 1, $2::int, now()), (true, E'a\\nb', $$x$$)",
      'postgres',
    );
    expect(rows(statement)).toBe('(DEFAULT, $0, "it\'s") (-5, 1.5, null) (?, ?, ?) (true, "a\\nb", "x")');
    expect(statement.writes[0].columns).toEqual(['id', 'n', 't']);
    // What is stored may be volatile; it is no answer.
    expect(statement.uncacheable).toBeUndefined();
  });

  it('keep integers exact, and give up on what a number cannot hold', () => {
    expect(
      rows(
        only(
          'INSERT INTO a VALUES (9007199254740993, 9007199254740991, 0.1234567890123456789, 0x1F, -9223372036854775808)',
          'sqlite',
        ),
      ),
    ).toBe('(9007199254740993n, 9007199254740991, ?, ?, -9223372036854775808n)');
  });

  it('are not known where MySQL escapes, which a setting switches off', () => {
    expect(
      rows(only("INSERT INTO a VALUES ('a\\'b\\\\', 'x''y', '\\n\\Z\\%', X'41', _utf8'x', \"x\", N'n')", 'mysql')),
    ).toBe('(?, "x\'y", ?, ?, ?, ?, "n")');
    expect(rows(only("INSERT INTO a VALUES (E'a\\'b\\\\', 'c\\')", 'postgres'))).toBe('("a\'b\\\\", "c\\\\")');
  });

  it('number the question marks over the whole text', () => {
    expect(rows(only('INSERT INTO a VALUES (?, ?), (?, ?)', 'mysql'))).toBe('($0, $1) ($2, $3)');
    expect(rows(only('INSERT INTO a VALUES (?5, ?2, ?1)', 'sqlite'))).toBe('($4, $1, $0)');
  });

  it('are no parameters where those of SQLite are of several kinds, because its clients count them differently', () => {
    expect(rows(only('INSERT INTO a VALUES (?2, ?, 3)', 'sqlite'))).toBe('(?, ?, 3)');
    expect(rows(only('INSERT INTO a VALUES (?, ?2, 3)', 'sqlite'))).toBe('(?, ?, 3)');
    expect(rows(only('INSERT INTO a VALUES (?, :x, 3)', 'sqlite'))).toBe('(?, ?, 3)');
  });

  it('are no parameters where a question mark hides in quotes, because some clients count it', () => {
    expect(rows(only("INSERT INTO a VALUES ('why?', ?)", 'mysql'))).toBe('("why?", ?)');
    expect(rows(only('INSERT INTO a VALUES (1, ?) /* why? */', 'mysql'))).toBe('(1, ?)');
    expect(rows(only("INSERT INTO a VALUES ('why?', ?)", 'sqlite'))).toBe('("why?", $0)');
  });

  it('are unknown when they come from a query', () => {
    for (const sql of [
      'INSERT INTO a SELECT 1',
      'INSERT INTO a VALUES (1) UNION SELECT 2',
      'INSERT INTO a (SELECT 1)',
      'INSERT INTO a (id) OVERRIDING USER VALUE VALUES (1)',
    ]) {
      expect(rows(only(sql, 'postgres'))).toBeUndefined();
    }
  });

  it('are known where PostgreSQL is told to take a key as it is given', () => {
    expect(rows(only('INSERT INTO a (id) OVERRIDING SYSTEM VALUE VALUES (1)', 'postgres'))).toBe('(1)');
  });

  it('are one empty row of defaults', () => {
    expect(only('INSERT INTO a DEFAULT VALUES', 'postgres').writes[0]).toMatchObject({ columns: [], rows: [[]] });
    expect(only('INSERT INTO a () VALUES ()', 'mysql').writes[0]).toMatchObject({ columns: [], rows: [[]] });
  });

  it('have unknown columns where parts of a column are assigned', () => {
    expect(only('INSERT INTO a (x.y) VALUES (1)', 'postgres').writes[0].columns).toBeUndefined();
    expect(only('INSERT INTO a (x[1]) VALUES (1)', 'postgres').writes[0].columns).toBeUndefined();
    expect(only('INSERT INTO a (a.x) VALUES (1)', 'mysql').writes[0].columns).toEqual(['x']);
  });
});

describe('the columns of an update', () => {
  const columns: readonly (readonly [Dialect, string, readonly string[] | undefined])[] = [
    ['postgres', 'UPDATE a SET "X" = 1, y = (SELECT 1, 2), z = ARRAY[1, 2]', ['x', 'y', 'z']],
    ['postgres', 'UPDATE a SET (x, y) = (1, 2), z = 3', ['x', 'y', 'z']],
    ['postgres', 'UPDATE a SET x.field = 1, y[2] = 3', ['x', 'y']],
    ['postgres', 'UPDATE a SET x = DEFAULT WHERE y = 1', ['x']],
    ['mysql', 'UPDATE a SET a.x = 1, db.a.y = 2', ['x', 'y']],
    ['generic', 'UPDATE a SET @v = x = 1', undefined],
  ];
  it.each(columns)('are told in %s for %s', (dialect, sql, expected) => {
    expect(only(sql, dialect).writes[0].columns).toEqual(expected);
  });
});

describe('the values of an update', () => {
  const sets = (sql: string, dialect: Dialect): string | undefined =>
    only(sql, dialect)
      .writes[0].sets?.map(({ column, value }) => `${column}=${setText(value)}`)
      .join(' ');
  const cases: readonly (readonly [Dialect, string, string | undefined])[] = [
    ['postgres', `UPDATE a SET "X" = $2, y = -5, z = 'it''s' WHERE id = $1 RETURNING *`, `x=$1 y=-5 z="it's"`],
    ['postgres', 'UPDATE a SET x = NULL, y = DEFAULT, z = true', 'x=null y=? z=true'],
    ['postgres', 'UPDATE a SET x = x + 1, y = $1::int, z = now(), n = $1 + 1', 'x=? y=? z=? n=?'],
    ['postgres', 'UPDATE a SET x = 1 FROM b WHERE a.id = b.id', 'x=1'],
    ['postgres', 'UPDATE a SET (x, y) = (1, 2), z = 3', 'x=? y=? z=3'],
    // A part of a column is not the column.
    ['postgres', 'UPDATE a SET x.field = 1, y[2] = 3, z = 4', 'x=? y=? z=4'],
    // Which of the two it keeps is up to the database.
    ['sqlite', 'UPDATE a SET x = 1, X = 2, y = 3', 'x=? x=? y=3'],
    ['sqlite', 'UPDATE OR REPLACE a SET x = ?, y = "z" LIMIT 1', 'x=$0 y=?'],
    ['mysql', 'UPDATE a SET a.x = ?, y = ? WHERE id = ? ORDER BY id', 'x=$0 y=$1'],
    ['mysql', "UPDATE a SET x = 'why?', y = ?", 'x="why?" y=?'],
    // Whose column it is takes more than the text.
    ['mysql', 'UPDATE a JOIN b ON a.id = b.id SET x = 1', undefined],
    ['generic', 'UPDATE a SET x = @0 OUTPUT inserted.id WHERE id = 1', 'x=$0'],
    ['generic', 'UPDATE a SET @v = x = 1', undefined],
  ];
  it.each(cases)('are told in %s for %s', (dialect, sql, expected) => {
    expect(sets(sql, dialect)).toBe(expected);
  });
});

describe('the columns that an upsert updates', () => {
  const columns: readonly (readonly [Dialect, string, readonly string[] | undefined])[] = [
    [
      'postgres',
      'INSERT INTO a (x, y) VALUES (1, 2) ON CONFLICT (x) DO UPDATE SET "Y" = EXCLUDED.y, z = 1',
      ['y', 'z'],
    ],
    ['postgres', 'INSERT INTO a (x) VALUES (1) ON CONFLICT DO NOTHING', []],
    [
      'postgres',
      'INSERT INTO a (x) VALUES (1) ON CONFLICT (x) DO UPDATE SET (y, z) = (1, 2) WHERE a.x > 1',
      ['y', 'z'],
    ],
    ['postgres', 'INSERT INTO a (x) VALUES (1)', undefined],
    [
      'sqlite',
      'INSERT INTO a VALUES (1) ON CONFLICT (x) DO UPDATE SET y = 1 ON CONFLICT (z) DO UPDATE SET y = 2',
      ['y'],
    ],
    ['mysql', 'INSERT INTO a (x) VALUES (?) ON DUPLICATE KEY UPDATE x = VALUES(x), a.y = y + 1', ['x', 'y']],
    ['mysql', 'INSERT INTO a (x) VALUES (?) ON DUPLICATE KEY UPDATE x + 1', undefined],
  ];
  it.each(columns)('are told in %s for %s', (dialect, sql, expected) => {
    expect(only(sql, dialect).writes[0].conflictColumns).toEqual(expected);
  });
});

describe('what RETURNING answers', () => {
  const returning: readonly (readonly [string, readonly string[] | '*' | undefined])[] = [
    ['INSERT INTO a VALUES (1)', undefined],
    ['INSERT INTO a VALUES (1) RETURNING *', '*'],
    ['INSERT INTO a VALUES (1) RETURNING id, "Name"', ['id', 'name']],
    ['UPDATE a SET x = 1', undefined],
    ['UPDATE a AS t SET x = 1 RETURNING t.id, t.*', []],
    ['DELETE FROM a RETURNING *, 1 AS one', []],
    ['UPDATE a SET x = 1 RETURNING id AS n, x', ['x']],
    // Two columns of one name are one property of the row the driver makes.
    ['UPDATE a SET x = 1 RETURNING id, x + 1 AS id', []],
    ['UPDATE a SET x = 1 RETURNING id, x + 1 id', []],
    ['UPDATE a SET x = 1 FROM b RETURNING a.id, b.id', []],
    ['UPDATE a SET x = 1 FROM b RETURNING a.id, b.x', ['id']],
    ['UPDATE a SET x = 1 FROM b RETURNING id', []],
    ['UPDATE a SET x = 1 FROM b RETURNING *', []],
    ['DELETE FROM a RETURNING a.id', ['id']],
    // The old value of a changed key is not the row that is there now.
    ['UPDATE a SET id = 2 RETURNING old.id', []],
    ['UPDATE a SET id = 2 RETURNING old.id, a.x', ['x']],
    // A cast keeps the name of its column.
    ['DELETE FROM a RETURNING id, (x || y)::text', []],
    ['DELETE FROM a RETURNING a.id, current_user', []],
  ];
  it.each(returning)('is trusted as far as names are certain: %s', (sql, expected) => {
    expect(only(sql, 'postgres').writes[0].returning).toEqual(expected);
  });
});
