import { describe, expect, it } from '@jest/globals';
import type { Dialect } from '../../lib/sql/statement.js';
import { only, told } from './told.js';

/** What PostgreSQL and SQLite judge themselves is in their own specs; here is what only the other families have. */
const cases: readonly (readonly [Dialect, string, string])[] = [
  ['mysql', 'SELECT * FROM `a` JOIN b STRAIGHT_JOIN c ON c.id = 1', 'reads a, reads b, reads c{id=1}'],
  ['mysql', 'SELECT STRAIGHT_JOIN SQL_NO_CACHE * FROM a', 'reads a'],
  ['mysql', 'SELECT * FROM (a, b) LEFT JOIN (c, d) ON (a.id = c.id)', 'reads a, reads b, reads c, reads d'],
  [
    'mysql',
    'SELECT * FROM a AS x USE INDEX FOR JOIN (i) IGNORE INDEX (j), b FORCE KEY (k) WHERE x.id = 1',
    'reads a{id=1}, reads b',
  ],
  ['mysql', 'SELECT * FROM a PARTITION (p0, p1) AS x WHERE x.id = 1', 'reads a{id=1}'],
  ['mysql', 'SELECT 1 FROM DUAL', ''],
  ['mysql', 'SELECT * FROM `dual`', 'reads dual'],
  ['mysql', 'SELECT * FROM db.a, db . `b`', 'reads db.a, reads db.b'],
  ['mysql', 'SELECT * FROM db.2024_sales JOIN 2023_sales', 'reads db.2024_sales, reads 2023_sales'],
  ['mysql', 'SELECT 1from FROM a', 'reads a'],
  ['mysql', 'SELECT 1e5 FROM a WHERE id=1e+5', 'reads a{id=100000}'],
  ['mysql', "SELECT \"FROM hidden\", 'it\\'s FROM hidden', '\\\\' FROM a", 'reads a'],
  ['mysql', 'SELECT 1 # FROM hidden\n FROM a -- FROM hidden\n, b', 'reads a, reads b'],
  ['mysql', 'SELECT 5--1 FROM a', 'reads a'],
  ['mysql', 'SELECT 1 /* /* */ FROM a', 'reads a'],
  ['mysql', 'SELECT /*! STRAIGHT_JOIN */ * FROM a /*!40001 , b */', 'reads a, reads b'],
  ['mysql', 'SELECT a.x->"$.from", a.x->>\'$.join\' FROM a', 'reads a'],
  [
    'mysql',
    'SELECT JSON_EXTRACT(j, "$.a") FROM a, JSON_TABLE(a.j, "$[*]" COLUMNS (id INT PATH "$.id")) AS t',
    'reads a',
  ],
  ['mysql', "SELECT * FROM a WHERE MATCH (x) AGAINST ('y' IN BOOLEAN MODE) ORDER BY x LIMIT 1, 2", 'reads a'],
  ['mysql', 'SELECT x FROM a GROUP BY x WITH ROLLUP', 'reads a'],
  ['mysql', 'WITH RECURSIVE x AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT * FROM x, a', 'reads a'],
  // A list without RECURSIVE hides a table only behind itself, and names differ by case on Linux.
  ['mysql', 'WITH x AS (SELECT * FROM x), y AS (SELECT * FROM x) SELECT * FROM y, X', 'reads x, reads x'],
  ['mysql', 'TABLE a ORDER BY x LIMIT 1', 'reads a'],
  ['mysql', 'VALUES ROW(1, 2), ROW((SELECT 1 FROM a), 3)', 'reads a'],
  ['mysql', 'SELECT * FROM a NATURAL LEFT JOIN b CROSS JOIN c ON b.id = c.id', 'reads a, reads b, reads c'],
  [
    'mysql',
    'SELECT REPLACE(x, 1, 2), INSERT(x, 1, 2, 3), LEFT(x, 1), IF(x, 1, 2), VALUES(x), MOD(x, 2) FROM a',
    'reads a',
  ],
  ['mysql', 'SELECT a.select, a.from FROM a', 'reads a'],
  ['mysql', 'SELECT * FROM a WHERE x IN (SELECT y FROM b UNION SELECT z FROM c)', 'reads a, reads b, reads c'],
  ['mysql', 'SELECT * FROM a WHERE x = :from AND y = :select', 'reads a'],
  ['mysql', 'SELECT * FROM "ansi" x', 'reads ansi'],
  [
    'generic',
    'SELECT TOP (5) WITH TIES * FROM [dbo].[a] AS [x] WITH (INDEX (i)) WHERE [x].[id] = @0',
    'reads dbo.a{id=$0}',
  ],
  ['generic', 'SELECT * FROM server.db.dbo.a, db..b', 'reads dbo.a, reads b'],
  [
    'generic',
    'SELECT * FROM a CROSS APPLY (SELECT * FROM b) x OUTER APPLY (SELECT * FROM c) y',
    'reads a, reads b, reads c',
  ],
  ['generic', 'SELECT * FROM a MINUS SELECT * FROM b', 'reads a, reads b'],
  ['generic', 'SELECT [FROM hidden], "FROM hidden", `FROM hidden` FROM #temp, ##shared', 'reads #temp, reads ##shared'],
  ['generic', 'SELECT * FROM a PIVOT (SUM(x) FOR y IN ([p], [q])) AS z WHERE id = 1', 'reads a'],
  ['generic', 'SELECT * FROM a ORDER BY x OFFSET 5 ROWS FETCH NEXT 3 ROWS ONLY OPTION (RECOMPILE)', 'reads a'],
  ['generic', 'SELECT * FROM a START WITH id = 1 CONNECT BY PRIOR id = parent', 'reads a'],
  ['generic', 'SELECT * FROM a WHERE id = 1 CONNECT BY PRIOR id = parent', 'reads a'],
  ['generic', 'SELECT 1 FROM dual', ''],
  ['generic', 'SELECT * FROM a WHERE id = :id AND x = :1 AND y = ?', 'reads a{y=$0}'],
  ['generic', "SELECT N'FROM hidden', x FROM a FOR JSON PATH", 'reads a'],
  ['postgres', 'SELECT coalesce((x IS NOT DISTINCT FROM y), true) FROM a', 'reads a'],
  // É and é are two names, although both fold to the same.
  ['postgres', 'WITH "é" AS (SELECT 1) SELECT * FROM É, é', 'reads é'],
  ['postgres', 'SELECT 1 /* /* */ FROM hidden */ FROM a', 'reads a'],
  ['postgres', 'SELECT * FROM a@primary WHERE id = 1', 'reads a{id=1}'],
  ['postgres', 'select * from "a" AS OF SYSTEM TIME \'-10s\' WHERE id = 1', 'reads a{id=1}'],
  ['sqlite', 'SELECT * FROM a INDEXED BY i WHERE id = ?2 AND x = ?3', 'reads a{id=$1 x=$2}'],
  ['sqlite', 'SELECT * FROM a WHERE id = 1 AND y = :from', 'reads a{id=1}'],
  ['sqlite', 'SELECT * FROM a AS "b" NOT INDEXED, c WHERE B.id = 1', 'reads a{id=1}, reads c'],
  ['sqlite', "SELECT * FROM fts('needle')", 'reads fts, reads unknown'],
];

describe('what a query reads', () => {
  it.each(cases)('is told in %s for %s', (dialect, sql, expected) => {
    expect(told(sql, dialect)).toBe(expected);
  });

  it('is nothing for a text without a statement', () => {
    for (const sql of ['', '  \n', ';', '-- nothing', '/* nothing */;;']) expect(told(sql, 'postgres')).toBe('');
  });

  it('keeps the statements of one text apart, whatever semicolons are quoted', () => {
    expect(told("SELECT ';' FROM a; SELECT $$;$$ FROM b /* ; */;", 'postgres')).toBe('reads a; reads b');
  });

  it('folds names to lower case and undoes their quoting', () => {
    expect(told('SELECT * FROM Author, "Big ""Table""", U&"d\\0061t\\+000061"', 'postgres')).toBe(
      'reads author, reads big "table", reads data',
    );
    expect(told('SELECT * FROM `a``b`', 'mysql')).toBe('reads a`b');
    expect(told('SELECT * FROM [a]]b]', 'generic')).toBe('reads a]b');
  });

  it('names what stands behind the alias of a table in PostgreSQL, where it may be a function', () => {
    const fields = (sql: string, dialect: Dialect) => only(sql, dialect).reads.map((read) => [...read.fields].join());
    expect(
      fields(
        'SELECT x.A, "x"."B" FROM a x JOIN b ON b.id = x.id WHERE EXISTS (SELECT 1 FROM c x WHERE x.c = b.d AND s.a.b = x.e)',
        'postgres',
      ),
    ).toEqual(['a,b,id', 'id,d', 'c,e']);
    expect(fields('SELECT x.a FROM (SELECT y.b FROM c y) x, d AS e (x) WHERE e.x = f', 'postgres')).toEqual(['b', '']);
    expect(fields('SELECT x.a FROM a x', 'mysql')).toEqual(['']);
  });

  it('says the first keyword, also behind parentheses', () => {
    const verbs = ['(SELECT 1)', 'With x AS (SELECT 1) SELECT 1', 'Table a', 'EXPLAIN SELECT 1', 'vacuum'];
    expect(verbs.map((sql) => analyseVerb(sql))).toEqual(['select', 'with', 'table', 'explain', 'vacuum']);
  });
});

function analyseVerb(sql: string): string {
  return only(sql, 'postgres').verb;
}
