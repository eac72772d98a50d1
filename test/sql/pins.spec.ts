import { describe, expect, it } from '@jest/globals';
import type { Dialect } from '../../lib/sql/statement.js';
import { told } from './told.js';

const conditions: readonly (readonly [Dialect, string, string])[] = [
  ['postgres', 'a.id = $1', 'id=$0'],
  ['postgres', 'id = 1', 'id=1'],
  ['postgres', '1 = id', 'id=1'],
  ['postgres', '"a"."Id" = \'x\'', 'id="x"'],
  ['postgres', "id IN (1, $2, 'x')", 'id=1,$1,"x"'],
  ['postgres', 'id = ANY($1)', 'id=$0[]'],
  ['postgres', 'id = -5', 'id=-5'],
  ['postgres', '(((id = 1)))', 'id=1'],
  ['postgres', '((id = 1) AND ((x = 2) AND y = 3)) AND z IS NULL', 'id=1 x=2 y=3'],
  ['postgres', 'id = 1 OR id = 2 OR id IN (3, 4)', 'id=1,2,3,4'],
  ['postgres', '(((id = 1)) OR ((id = 2))) AND x = 3', 'id=1,2 x=3'],
  ['postgres', 'x BETWEEN 1 AND 2 AND id = 3', 'id=3'],
  ['postgres', 'x BETWEEN (y BETWEEN 1 AND 2) AND 3 AND id = 4', 'id=4'],
  ['postgres', "x LIKE 'a' AND id = 4", 'id=4'],
  ['postgres', 'id = true AND a.x = $1', 'id=true x=$0'],
  // Looks like an equality, and is none.
  ['postgres', 'id = 1 OR x = 2', ''],
  ['postgres', 'id = 1 AND x = 2 OR y = 3', ''],
  ['postgres', '(x = 1 AND y = 2) OR (x = 3 AND y = 4)', ''],
  ['postgres', 'x BETWEEN 1 AND id = 3', ''],
  ['postgres', 'x BETWEEN y BETWEEN 1 AND 2 AND id = 3', ''],
  ['postgres', 'NOT id = 1', ''],
  ['postgres', 'NOT (id = 1)', ''],
  ['postgres', 'id = 1 + 1', ''],
  ['postgres', 'id + 1 = 2', ''],
  ['postgres', 'id = 1 = x', ''],
  ['postgres', 'id = 1 IS NOT TRUE', ''],
  ['postgres', 'id = \'x\' COLLATE "C"', ''],
  ['postgres', 'id = 1::text', ''],
  ['postgres', 'id::text = 1', ''],
  ['postgres', "id = date '2020-01-01'", ''],
  ['postgres', 'id >= 1 AND x <= 2 AND y != 3 AND z <> 4', ''],
  ['postgres', 'id @= 1 AND x =~ 2', ''],
  ['postgres', 'id NOT IN (1)', ''],
  ['postgres', 'id IN (1, x)', ''],
  ['postgres', 'id IN (SELECT 1)', ''],
  ['postgres', 'id = ANY(ARRAY[1, 2])', ''],
  ['postgres', 'id = ALL($1)', ''],
  ['postgres', 'id = NULL', ''],
  ['postgres', 'id = x', ''],
  ['postgres', 'id = $1 || $2', ''],
  ['postgres', 'user = 1', ''],
  ['postgres', '(id, x) = (1, 2)', ''],
  ['postgres', '(x, id = 1 AND x = 2)', ''],
  ['postgres', 'CASE WHEN x = 1 AND id = 2 AND y THEN true END', ''],
  ['postgres', 'f(id = 1 AND x = 2)', ''],
  ['postgres', '(SELECT x AND id = 1)', ''],
  ['postgres', 'public.a.id = 1', ''],
  ['postgres', 'b.id = 1', ''],
  ['postgres', '"A".id = 1', ''],
  ['postgres', 'id = 1.0000000000000000001', ''],
  ['mysql', 'id = 1 AND x = 2 || y = 3', ''],
  ['mysql', 'id = 1 AND x = 2 XOR y = 3', ''],
  ['mysql', '@v := id = 1 AND x = 2', ''],
  ['mysql', 'id = 1 && x = 2', ''],
  ['mysql', '!id = 1', ''],
  ['mysql', 'BINARY id = 1', ''],
  // Under ANSI_QUOTES this is a column.
  ['mysql', 'id = "x"', ''],
  // Under NO_BACKSLASH_ESCAPES this is two backslashes.
  ['mysql', "id = '\\\\' AND x = ?", 'x=$0'],
  ['mysql', 'id = 1 AND x = 2', 'id=1 x=2'],
  ['sqlite', 'A.ID = ? AND x = 1', 'id=$0 x=1'],
  // Which value the question mark gets is up to the client.
  ['sqlite', 'id = ? AND x = :named AND y = 1', 'y=1'],
  ['sqlite', 'id = ? AND x = $named AND y = 1', 'y=1'],
  // An unquoted column called end makes the end of a CASE uncertain.
  ['sqlite', 'CASE WHEN end AND id = 1 AND x THEN 1 END', ''],
  ['generic', '[a].[id] = @0 AND x = @name', 'id=$0'],
];

describe('the pins of a condition', () => {
  it.each(conditions)('are found in %s for %s', (dialect, condition, expected) => {
    const pins = expected === '' ? '' : `{${expected}}`;
    expect(told(`SELECT 1 FROM a WHERE ${condition}`, dialect)).toBe(`reads a${pins}`);
    expect(told(`DELETE FROM a WHERE ${condition}`, dialect)).toBe(`delete a${pins}`);
    expect(told(`UPDATE a SET n = 1 WHERE ${condition}`, dialect)).toBe(`update a${pins}`);
  });
});

const scopes: readonly (readonly [string, string])[] = [
  ['SELECT 1 FROM a x WHERE x.id = 1 AND a.id = 2', 'reads a{id=1}'],
  ['SELECT 1 FROM a, b WHERE id = 1 AND b.id = 2', 'reads a, reads b{id=2}'],
  ['SELECT 1 FROM a, (SELECT 1) s WHERE id = 1', 'reads a'],
  ['SELECT 1 FROM a, f() WHERE id = 1', 'reads a, reads f, reads unknown'],
  ['SELECT 1 FROM a JOIN b ON b.id = 1 AND a.id = 2', 'reads a{id=2}, reads b{id=1}'],
  ['SELECT 1 FROM a LEFT JOIN b ON b.id = 1 WHERE a.id = 2', 'reads a{id=2}, reads b'],
  ['SELECT 1 FROM a LEFT JOIN b ON true WHERE b.id = 2', 'reads a, reads b{id=2}'],
  ['SELECT 1 FROM a LEFT JOIN b CROSS JOIN c ON b.id = 1', 'reads a, reads b, reads c'],
  ['SELECT 1 FROM a LEFT JOIN b ON true JOIN c ON a.id = 1', 'reads a{id=1}, reads b, reads c'],
  ['SELECT 1 FROM (a JOIN b ON a.id = 1) j WHERE a.x = 1', 'reads a, reads b'],
  ['SELECT 1 FROM a AS t (p, q) WHERE t.p = 1 AND p = 2', 'reads a'],
  ['SELECT 1 FROM s.t, u.t WHERE t.id = 1', 'reads s.t, reads u.t'],
  ['SELECT 1 FROM a WHERE EXISTS (SELECT 1 FROM b WHERE a.id = 1 AND b.id = 2)', 'reads a, reads b{id=2}'],
  ['SELECT 1 FROM a WHERE id = 1 UNION SELECT 1 FROM a', 'reads a{id=1}, reads a'],
  ['WITH a AS (SELECT 1) SELECT 1 FROM a JOIN b ON true WHERE a.id = 1', 'reads b'],
  ['UPDATE a SET n = 1 FROM b WHERE a.id = b.id AND b.x = 2 AND a.y = 3 AND z = 4', 'reads b{x=2}, update a{y=3}'],
  ['DELETE FROM a USING b WHERE a.id = 1 AND b.id = 2', 'reads b{id=2}, delete a{id=1}'],
  [
    'INSERT INTO a SELECT 1 FROM b WHERE id = 1 ON CONFLICT (id) DO UPDATE SET n = 1 WHERE a.id = 2',
    'reads b{id=1}, upsert a',
  ],
  ['SELECT 1 FROM a GROUP BY x HAVING id = 1', 'reads a'],
  ['SELECT count(*) FILTER (WHERE id = 1) FROM a', 'reads a'],
];

describe('the scope of a pin', () => {
  it.each(scopes)('is the alias it names: %s', (sql, expected) => {
    expect(told(sql, 'postgres')).toBe(expected);
  });

  it('is given up in a FROM of more tables than anybody pins', () => {
    const joins = Array.from({ length: 100 }, (_, index) => `JOIN b t${index} ON t${index}.id = 1`);
    expect(told(`SELECT 1 FROM a ${joins.join(' ')} WHERE a.id = 1`, 'postgres')).not.toContain('{');
  });
});
