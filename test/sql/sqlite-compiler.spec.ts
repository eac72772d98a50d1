import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { analyse } from '../../lib/sql/analyse.js';
import { splitTokens } from './split-tokens.js';
import { type SqliteJudge, sqliteJudge } from './sqlite-judge.js';
import { generatedColumns, generatedStatement, generatedTables } from './statement-generator.js';

/** Shapes that only SQLite has. */
const statements = [
  'SELECT * FROM author WHERE id IN one AND name NOT IN main.one AND age IN (SELECT id FROM book)',
  "SELECT * FROM 'author' a JOIN [book] AS 'b' USING (id), `tag`",
  'SELECT * FROM author NOT INDEXED WHERE id == 1',
  'SELECT * FROM author CROSS JOIN book ON author.id = 1 LEFT JOIN tag ON tag.id = 2 NATURAL JOIN "order"',
  'SELECT * FROM (author JOIN book), (tag), ((SELECT 1) JOIN "order")',
  'WITH a AS (SELECT * FROM author), b AS (SELECT * FROM a, book) SELECT * FROM b, a WHERE a.id IN one',
  'WITH book AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM book WHERE id < 5) SELECT * FROM book, author',
  'WITH author AS (SELECT 1) DELETE FROM author WHERE id IN (SELECT id FROM book)',
  'WITH author AS (SELECT 1 AS id) UPDATE author SET name = 1 WHERE id IN author',
  'WITH author AS (SELECT 1 AS id) INSERT INTO author (id) SELECT id FROM author',
  'INSERT OR REPLACE INTO author (id, name) VALUES (1, (SELECT max(id) FROM book))',
  'REPLACE INTO author (id) SELECT id FROM book WHERE true ON CONFLICT (id) DO UPDATE SET name = (SELECT 1 FROM tag)',
  'INSERT INTO author (id) VALUES (1) ON CONFLICT (id) DO NOTHING ON CONFLICT DO UPDATE SET name = excluded.name WHERE id > 0 RETURNING id',
  'UPDATE OR IGNORE author AS a SET name = b.name, (age, "where") = (SELECT 1, 2 FROM tag) FROM book AS b WHERE a.id = b.id AND a.id = 7',
  'DELETE FROM author',
  'SELECT (SELECT count(*) FROM book WHERE authorid = a.id) FROM author a WHERE EXISTS (SELECT 1 FROM tag) ORDER BY (SELECT 1 FROM "order")',
  "SELECT * FROM json_each('[1]') AS j JOIN author ON author.id = j.value",
  'SELECT sum(id) FILTER (WHERE id IN (SELECT id FROM book)) OVER w FROM author WINDOW w AS (PARTITION BY name)',
  'SELECT 1 UNION SELECT id FROM author INTERSECT VALUES (1), (2) EXCEPT SELECT id FROM book LIMIT (SELECT 1 FROM tag)',
  'SELECT CASE WHEN id IN one THEN 1 END, id IS NOT DISTINCT FROM 2, "from" FROM "from" /* FROM hidden',
];

let judge: SqliteJudge;

beforeAll(async () => {
  judge = await sqliteJudge(generatedTables, generatedColumns);
});

afterAll(() => {
  judge.close();
});

/** Tables that the compiled program opens and the analysis does not know of. */
function missed(sql: string): { missed: readonly string[] } | undefined {
  const verdict = judge.judge(sql);
  if (verdict === undefined) return undefined;
  const told = analyse(sql, 'sqlite');
  const reads = new Set(told.flatMap((each) => [...each.reads, ...each.writes].map(({ table }) => table.name)));
  const writes = new Set(told.flatMap((each) => each.writes.map(({ table }) => table.name)));
  const readsUnknown = told.some((each) => each.readsUnknown);
  const writesUnknown = told.some((each) => each.writesUnknown);
  return {
    missed: [
      ...verdict.reads.filter((table) => !readsUnknown && !reads.has(table)),
      ...verdict.writes.filter((table) => !writesUnknown && !writes.has(table)),
    ],
  };
}

describe("SQLite's own compiler as the judge", () => {
  it.each(statements)('opens no table unheard of in %s', (sql) => {
    expect(missed(sql)).toEqual({ missed: [] });
    expect(analyse(sql, 'sqlite').map((each) => each.readsUnknown || each.writesUnknown)).toEqual([false]);
  });

  it('opens no table unheard of in generated statements and whatever it accepts of their mutations', () => {
    const position = fc.nat({ max: 1_000_000 });
    const mutation = fc.record({ kind: fc.nat({ max: 4 }), at: position, to: position, which: position });
    const pieces = statements.map(splitTokens);
    let accepted = 0;
    fc.assert(
      fc.property(
        fc.oneof(
          fc.constantFrom(...statements),
          generatedStatement('sqlite').map(({ sql }) => sql),
        ),
        fc.array(mutation, { maxLength: 2 }),
        (text, mutations) => {
          const tokens = mutations.length === 0 ? [text] : splitTokens(text);
          for (const { kind, at, to, which } of mutations) {
            const from = at % tokens.length;
            const target = to % tokens.length;
            const foreign = pieces[which % pieces.length];
            if (kind === 0) tokens.splice(from, 1);
            else if (kind === 1) tokens.splice(target, 0, tokens[from]);
            else if (kind === 2) [tokens[from], tokens[target]] = [tokens[target], tokens[from]];
            else if (kind === 3) tokens[from] = tokens[target];
            else tokens.splice(from, 0, ...foreign.slice(to % foreign.length, (to % foreign.length) + 1 + (at % 6)));
            if (tokens.length === 0) return;
          }
          const sql = tokens.join(' ');
          const verdict = missed(sql);
          if (verdict === undefined) return;
          accepted++;
          expect({ sql, ...verdict }).toEqual({ sql, missed: [] });
        },
      ),
      { numRuns: Number(process.env.SQL_RUNS ?? 2500), endOnFailure: true },
    );
    expect(accepted).toBeGreaterThan(200);
  });
});
