import { describe, expect, it } from '@jest/globals';
import { selectFacts } from '../../lib/sql/select-facts.js';
import type { Dialect } from '../../lib/sql/statement.js';
import { disjunctsText, toldFacts } from './told-facts.js';

describe('a condition', () => {
  const conditions: readonly (readonly [Dialect, string, string, string])[] = [
    ['postgres', 'x = $1', '{0.x=$0}', ''],
    ['postgres', "(1 = x) AND a.y IN ('p', $2)", '{0.x=1 & 0.y="p",$1}', ''],
    ['postgres', 'x = ANY($1) AND y IS NULL', '{0.x=$0[] & 0.y is null}', ''],
    ['postgres', 'x = 1 OR y = 2', '{0.x=1} | {0.y=2}', ''],
    ['postgres', 'x = 1 OR x IN (2, 3)', '{0.x=1,2,3}', ''],
    ['postgres', '(x = 1 OR y = 2) AND z = 3', '{0.x=1 & 0.z=3} | {0.y=2 & 0.z=3}', ''],
    ['postgres', 'x = 1 AND y = 2 OR z = 3', '{0.x=1 & 0.y=2} | {0.z=3}', ''],
    ['postgres', 'x = 1 OR y > 2', '{0.x=1} | {}', 'y'],
    ['postgres', 'x = 1 AND x > 0', '{0.x=1}', 'x'],
    ['postgres', 'x BETWEEN 1 AND 2 AND y = 3', '{0.y=3}', 'x'],
    ['postgres', 'x BETWEEN (y = 1 AND z = 2) AND 3 AND n = 4', '{0.n=4}', 'x,y,z'],
    ['sqlite', 'x BETWEEN y = 1 AND 3 AND n = 4', '{}', 'n,x,y'],
    ['postgres', 'NOT x = 1', '{}', 'x'],
    ['postgres', 'NOT (x = 1 AND y = 2) AND z = 3', '{0.z=3}', 'x,y'],
    ['postgres', '(x = 1) IS NOT TRUE AND y = 2', '{0.y=2}', 'x'],
    ['postgres', 'x = 1 = y', '{}', 'x,y'],
    ['postgres', 'x = NULL AND y IN (1, NULL)', '{}', 'x,y'],
    ['postgres', 'x IS NOT NULL AND y = z', '{}', 'x,y,z'],
    ['postgres', 'x IN (1, y)', '{}', 'x,y'],
    ['postgres', "CASE WHEN x = 1 AND y = 2 THEN z ELSE n END = 'p'", '{}', 'n,x,y,z'],
    ['postgres', "lower(x) = 'p' AND COALESCE(y, z::numeric(1, 2)) > 1", '{}', 'x,y,z'],
    ['postgres', "x->>'k' = 'v' AND y @> ARRAY[1, z]", '{}', 'x,y,z'],
    ['postgres', 'active AND NOT deleted', '{}', 'active,deleted'],
    ['postgres', 'CASE WHEN z AND x = 1 AND y THEN true END', '{}', 'x,y,z'],
    ['postgres', 'x IS NULL OR x = 1 OR x IS NULL', '{0.x is null} | {0.x=1}', ''],
    ['postgres', 'x IS DISTINCT FROM y AND z AT TIME ZONE $1 > $2', '{}', 'x,y,z'],
    ['postgres', '0=1 AND TRUE AND x = 1', '{0.x=1}', ''],
    ['postgres', '(x, y) = (1, 2)', '{}', 'x,y'],
    ['postgres', 'x = 1 AND CAST(y AS double precision) > EXTRACT(year FROM z)', '{0.x=1}', 'y,z'],
    ['postgres', 'x[:y] = z[1:n]', '{}', 'n,x,y,z'],
    ['postgres', 'a > 1', '{}', '*'],
    ['postgres', '"X" = 1 AND value = 2', '{0.x=1}', 'value'],
    ['mysql', 'x = 1 AND y = 2 || z = 3', '{}', 'x,y,z'],
    ['mysql', 'x = 1 && y = 2', '{}', 'x,y'],
    ['mysql', 'x = 1 XOR y = 2', '{}', 'x,y'],
    ['mysql', 'x <=> 1 AND BINARY y = 2 AND z = ?', '{0.z=$0}', 'x,y'],
    ['mysql', 'x = "y" AND `z` = 1', '{0.z=1}', 'x,y'],
    ['sqlite', 'x = 1 AND y = :named AND z ISNULL', '{0.x=1}', 'y,z'],
    ['sqlite', 'x IN () AND y = 1', '{0.y=1}', 'x'],
    // SQLite lets a BETWEEN hold more than the standard does.
    ['sqlite', 'x BETWEEN 1 OR y = 2 AND 3 AND z = 4', '{}', 'x,y,z'],
    ['generic', '[x] = @0 AND y = @name', '{0.x=$0}', 'y'],
  ];
  it.each(conditions)('is equalities where it is nothing else, in %s: %s', (dialect, condition, disjuncts, used) => {
    const facts = selectFacts(`SELECT a.id FROM t AS a WHERE ${condition}`, dialect);
    const columns = facts?.sources[0].used;
    expect(facts && disjunctsText(facts)).toBe(disjuncts);
    expect(columns === '*' ? '*' : [...(columns ?? ['not understood'])].sort().join(',')).toBe(used);
  });

  it('of more than 32 alternatives keeps what all of them require, and uses the other columns', () => {
    const pairs = Array.from({ length: 40 }, (_, index) => `(x = ${index} AND y = 1 AND z${index % 2} = 5)`);
    const facts = selectFacts(`SELECT id FROM a WHERE ${pairs.join(' OR ')}`, 'postgres');
    expect(facts?.disjuncts).toHaveLength(1);
    expect(facts?.disjuncts[0].map(({ column, values }) => [column, values.length])).toEqual([
      ['x', 40],
      ['y', 40],
    ]);
    expect(facts?.sources[0].used).toEqual(['z0', 'z1']);
    const product = Array.from({ length: 7 }, (_, index) => `(a${index} = 1 OR b${index} = 2)`).join(' AND ');
    expect(selectFacts(`SELECT id FROM a WHERE ${product} AND c = 3`, 'postgres')?.disjuncts.length).toBeLessThan(33);
  });
});

const statements: readonly (readonly [string, Dialect, string, readonly string[] | undefined])[] = [
  [
    'an inner join by its pairs and equalities',
    'postgres',
    'SELECT a.x AS p, b.* FROM a JOIN b ON (b.aid = a.id AND b.k = 1 AND b.n > a.n) WHERE a.y = 2',
    ['a uses n reads id,n,x,y', 'inner b on aid=0.id and more uses n reads *', '{1.k=1 & 0.y=2} rows'],
  ],
  [
    'a left join whose constants limit no row of the others',
    'postgres',
    'SELECT a.id FROM a LEFT JOIN b ON b.aid = a.id AND b.k = 1 AND a.z = 2',
    [
      'a uses z reads id,z gives id:id',
      'left b on aid=0.id and more uses k reads aid,k unmentioned indecisive',
      '{} rows',
    ],
  ],
  [
    'a missing row of a left join, which is no row with NULLs',
    'postgres',
    'SELECT a.id FROM a LEFT JOIN b ON b.aid = a.id WHERE b.id IS NULL AND a.x IS NULL',
    ['a reads id,x gives id:id', 'left b on aid=0.id uses id reads aid,id', '{0.x is null} rows'],
  ],
  [
    'a left join that an inner join goes on from',
    'postgres',
    'SELECT a.id FROM a LEFT JOIN b ON b.aid = a.id INNER JOIN c ON c.bid = b.id',
    [
      'a reads id gives id:id',
      'left b on aid=0.id reads aid,id',
      'inner c on bid=1.id reads bid unmentioned',
      '{} rows',
    ],
  ],
  [
    'an ON of alternatives as no pair',
    'postgres',
    'SELECT a.id FROM a LEFT JOIN b ON b.aid = a.id OR b.bid = a.id',
    ['a uses id reads id gives id:id', 'left b uses aid,bid reads aid,bid unmentioned indecisive', '{} rows'],
  ],
  [
    'commas and CROSS JOIN',
    'mysql',
    'SELECT a.id FROM a, b CROSS JOIN c WHERE a.id = b.aid AND c.x = 1',
    ['a uses id reads id gives id:id', 'inner b uses aid reads aid', 'inner c reads x', '{2.x=1} rows'],
  ],
  [
    'a name that no source is told for, as a column of each',
    'postgres',
    'SELECT a.id, n FROM a JOIN b ON b.aid = a.id WHERE x = 1',
    ['a uses x reads id,n,x', 'inner b on aid=0.id uses x reads aid,n,x', '{} rows'],
  ],
  [
    'labels and positions as what they stand for',
    'postgres',
    'SELECT a.x AS p, lower(a.y) AS q, a.z FROM a JOIN b ON b.id = a.id ORDER BY p DESC NULLS LAST, 2 ASC',
    ['a uses p,x,y reads id,p,x,y,z gives x:p,z:z', 'inner b on id=0.id uses p reads id,p', '{} rows'],
  ],
  [
    'a label in WHERE, which SQLite may mean',
    'sqlite',
    'SELECT a.x + 1 AS y, a.z AS z FROM a WHERE y = 2 AND z = 3',
    ['a uses x,y reads x,y,z gives z:z', '{0.z=3} rows'],
  ],
  [
    'a name that two outputs share, as none',
    'postgres',
    'SELECT a.id, b.id, a.x AS "X", a.y x, a.z FROM a JOIN b ON b.id = a.id',
    ['a reads id,x,y,z gives z:z', 'inner b on id=0.id reads id unmentioned', '{} rows'],
  ],
  [
    'no names beside an expression whose name only the database knows',
    'postgres',
    'SELECT a.id, a.id::double precision FROM a',
    ['a reads id unmentioned', '{} rows'],
  ],
  [
    'a star alone by the names of the table',
    'mysql',
    'SELECT * FROM a WHERE x = 1',
    ['a reads * gives *', '{0.x=1} rows'],
  ],
  [
    'a star of two tables by no names',
    'mysql',
    'SELECT * FROM a, b',
    ['a reads * unmentioned', 'inner b reads * unmentioned', '{} rows'],
  ],
  ['a star beside others by no names', 'mysql', 'SELECT a.*, 1 AS n FROM a', ['a reads * unmentioned', '{} rows']],
  [
    'the star of one of two tables',
    'postgres',
    'SELECT b.* FROM a, b',
    ['a reads  unmentioned', 'inner b reads * gives * unmentioned', '{} rows'],
  ],
  [
    'groups by all they read',
    'postgres',
    'SELECT a.x, MAX(a.y) AS m, a.z AS z FROM a LEFT JOIN b ON b.aid = a.id GROUP BY a.x, 3 HAVING SUM(b.n) > 1',
    ['a uses x,y,z reads id,x,y,z', 'left b on aid=0.id uses n reads aid,n', '{} a whole'],
  ],
  [
    'COUNT(*), which every row of every source changes',
    'postgres',
    'SELECT COUNT(*) AS n FROM a LEFT JOIN b ON b.aid = a.id WHERE a.x = 1',
    ['a reads id,x', 'left b on aid=0.id reads aid', '{0.x=1} a whole'],
  ],
  [
    'a count of distinct keys without the joins that cannot change it',
    'postgres',
    'SELECT COUNT(DISTINCT("a"."id")) AS "cnt" FROM a LEFT JOIN j ON j.aid = a.id LEFT JOIN b ON b.id = j.bid LEFT JOIN c ON c.aid = a.id WHERE b.x = 1',
    ['a uses id reads id', 'left j on aid=0.id reads aid,bid', 'left b on id=1.bid reads id,x', '{2.x=1} a whole'],
  ],
  [
    'distinct values with the joins that lead to them',
    'mysql',
    'SELECT DISTINCT b.x FROM a LEFT JOIN c ON c.aid = a.id LEFT JOIN b ON b.aid = a.id',
    ['a reads id', 'left b on aid=0.id uses x reads aid,x', '{} a whole'],
  ],
  [
    'an unknown call in the list as an aggregate',
    'postgres',
    'SELECT a.id, my_sum(a.x) AS s FROM a',
    ['a uses id,x reads id,x', '{} a whole'],
  ],
  [
    'a call per row as one',
    'postgres',
    'SELECT a.id, upper(a.x) AS s FROM a',
    ['a reads id,x gives id:id unmentioned', '{} rows'],
  ],
  [
    'EXISTS by what it asks for',
    'generic',
    'SELECT 1 AS "row_exists" FROM (SELECT 1 AS dummy_column) "dummy_table" WHERE EXISTS (SELECT 1 FROM "a" "A" LEFT JOIN b ON b.aid = "A".id WHERE "A"."x" = @0) ORDER BY (SELECT NULL) OFFSET 0 ROWS FETCH NEXT 1 ROWS ONLY',
    ['a reads x', '{0.x=$0} a whole'],
  ],
  ['limits', 'mysql', 'SELECT a.id FROM a LIMIT 5, 10', ['a reads id gives id:id', '{} rows limited offset']],
  [
    'an offset of nothing',
    'postgres',
    'SELECT a.id FROM a LIMIT 5 OFFSET 0;',
    ['a reads id gives id:id unmentioned', '{} rows limited'],
  ],
  [
    'an offset that may be nothing',
    'postgres',
    'SELECT a.id FROM a OFFSET $1',
    ['a reads id gives id:id', '{} rows offset'],
  ],
  ['TOP and FETCH', 'generic', 'SELECT TOP 3 a.id FROM a', ['a reads id gives id:id unmentioned', '{} rows limited']],
  ['a statement without tables', 'postgres', 'SELECT 1', ['{} rows']],
  [
    'a page in the brackets of SQL Server',
    'generic',
    'SELECT DISTINCT [distinctAlias].[A_id] AS [ids_A_id], [distinctAlias].[B_n] FROM (SELECT [A].[id] AS [A_id], [B].[n] AS [B_n] FROM [a] [A] LEFT JOIN [b] [B] ON [B].[aid] = [A].[id]) [distinctAlias] ORDER BY [distinctAlias].[B_n] ASC, [A_id] ASC OFFSET 5 ROWS FETCH NEXT 10 ROWS ONLY',
    ['a uses id reads id gives id:ids_A_id', 'left b on aid=0.id uses n reads aid,n', '{} rows limited offset'],
  ],
];

describe('one SELECT', () => {
  it.each(statements)('tells %s', (_, dialect, sql, expected) => {
    expect(toldFacts(sql, dialect)).toEqual(expected);
  });
});

const foreign: readonly (readonly [Dialect, string])[] = [
  ['postgres', 'SELECT 1; SELECT 2'],
  ['postgres', 'UPDATE a SET x = 1'],
  ['postgres', '(SELECT a.id FROM a)'],
  ['postgres', 'SELECT id FROM a UNION SELECT id FROM b'],
  ['postgres', 'WITH x AS (SELECT 1) SELECT * FROM x'],
  ['postgres', 'SELECT id FROM a WHERE id IN (SELECT aid FROM b)'],
  ['postgres', 'SELECT (SELECT 1) FROM a'],
  ['postgres', 'SELECT a.id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.aid = a.id)'],
  ['postgres', 'SELECT d.id FROM (SELECT id FROM a) d'],
  ['postgres', 'SELECT DISTINCT d.id FROM (SELECT id FROM a LIMIT 1) d'],
  ['postgres', 'SELECT DISTINCT d.id FROM (SELECT id FROM a) d WHERE d.id = 1'],
  ['postgres', 'SELECT DISTINCT d.id FROM (SELECT * FROM a) d'],
  ['postgres', 'SELECT DISTINCT d.id FROM (SELECT id FROM a) d JOIN b ON true'],
  ['postgres', 'SELECT SUM(x) OVER (PARTITION BY y) FROM a'],
  ['postgres', 'SELECT a.id FROM a RIGHT JOIN b ON b.id = a.id'],
  ['postgres', 'SELECT a.id FROM a FULL JOIN b ON b.id = a.id'],
  ['postgres', 'SELECT a.id FROM a NATURAL JOIN b'],
  ['postgres', 'SELECT a.id FROM a JOIN b USING (id)'],
  ['mysql', 'SELECT a.id FROM a JOIN b USING (id)'],
  ['mysql', 'SELECT a.id FROM a LEFT JOIN b JOIN c ON c.id = b.id ON b.id = a.id'],
  ['mysql', 'SELECT a.id FROM a JOIN b LEFT JOIN c ON c.id = b.id ON b.id = a.id'],
  ['postgres', 'SELECT a.id FROM a LEFT JOIN (b JOIN c ON c.id = b.id) ON b.id = a.id'],
  ['postgres', 'SELECT a.id FROM a, LATERAL (SELECT 1) b'],
  ['postgres', 'SELECT x FROM generate_series(1, 2) x'],
  ['postgres', 'SELECT id FROM a TABLESAMPLE SYSTEM (1)'],
  ['postgres', 'SELECT id FROM ONLY a'],
  ['postgres', 'SELECT x FROM a AS b (x)'],
  ['postgres', 'SELECT a.id FROM a FOR UPDATE'],
  ['postgres', 'SELECT DISTINCT ON (x) id FROM a'],
  ['postgres', 'SELECT a.id FROM a JOIN a ON true'],
  ['postgres', 'SELECT c.id FROM a'],
  ['postgres', 'SELECT s.a.id FROM s.a'],
  ['postgres', 'SELECT id FROM a ORDER BY 2'],
  ['postgres', 'SELECT id, x FROM a ORDER BY (2)'],
  ['mysql', 'SELECT id, x FROM a ORDER BY ? DESC, id'],
  ['sqlite', 'SELECT id, x FROM a ORDER BY 2 COLLATE nocase'],
  ['sqlite', 'SELECT id FROM a WHERE x IN b'],
  ['sqlite', 'SELECT id FROM a WHERE x NOT IN b'],
  ['postgres', 'SELECT id FROM a LIMIT 1 + 1'],
  ['postgres', 'VALUES (1)'],
  ['mysql', 'SELECT SQL_CALC_FOUND_ROWS id FROM a'],
  ['mysql', 'SELECT id FROM a USE INDEX (i)'],
  ['mysql', 'SELECT id FROM a LOCK IN SHARE MODE'],
  ['mysql', 'SELECT @v := id FROM a'],
  ['generic', 'SELECT id FROM a WITH (NOLOCK)'],
  ['generic', 'SELECT id FROM a WHERE ROWNUM < 5'],
  ['postgres', `SELECT id FROM a WHERE id IN (${'1,'.repeat(40_000)}1)`],
  [
    'postgres',
    `SELECT id FROM a WHERE ${'('.repeat(300)}x OR y${')'.repeat(300)} AND ${'(z OR '.repeat(300)}y${')'.repeat(300)}`,
  ],
];

describe('anything else', () => {
  it.each(foreign)('is left to its tables in %s: %.100s', (dialect, sql) => {
    expect(selectFacts(sql, dialect)).toBeUndefined();
  });
});
