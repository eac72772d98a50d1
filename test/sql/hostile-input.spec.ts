import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { analyse } from '../../lib/sql/analyse.js';
import { selectFacts } from '../../lib/sql/select-facts.js';
import type { Dialect } from '../../lib/sql/statement.js';
import { told } from './told.js';

const dialects: readonly Dialect[] = ['postgres', 'mysql', 'sqlite', 'generic'];
const SIZE = 1_000_000;
/** Of processor time, which other load does not lengthen. A megabyte takes some 100 ms; what is not linear takes minutes. */
const LIMIT_MS = 3000;

const repeated = (piece: string): string => piece.repeat(Math.ceil(SIZE / piece.length));

const hostile: Readonly<Record<string, string>> = {
  'open parentheses': repeated('('),
  'nested parentheses': `${'('.repeat(SIZE / 2)}${')'.repeat(SIZE / 2)}`,
  'nested conditions': `SELECT 1 FROM a WHERE ${'('.repeat(SIZE / 2)}id = 1${')'.repeat(SIZE / 2)}`,
  'nested subqueries': repeated('(SELECT 1 FROM a WHERE x IN '),
  'closed subqueries': `${'SELECT (SELECT '.repeat(50_000)}1${')'.repeat(50_000)}`,
  'nested joins': `SELECT * FROM ${'('.repeat(100_000)}a${' JOIN b ON true)'.repeat(50_000)}`,
  'closed nested joins': `SELECT * FROM ${'('.repeat(60_000)}a${' JOIN b ON true)'.repeat(60_000)}`,
  'open quotes': repeated('\' " ` [ '),
  'open comments': repeated('/*'),
  'open dollar quotes': Array.from({ length: 100_000 }, (_, index) => `$a${index}$ `).join(''),
  'closed dollar quotes': repeated('$a$ $b$ $a$ '),
  'line comments': repeated('--\n'),
  backslashes: `SELECT '${repeated('\\')}`,
  'strings of several pieces': `SELECT ${repeated("E'a'\n")}`,
  'strings and line breaks': `SELECT E'a' ${repeated('\n--\n')}`,
  'unicode names': repeated('U&"a" '),
  semicolons: repeated(';'),
  'many statements': repeated('SELECT * FROM a;'),
  'many definitions': repeated('CREATE TRIGGER t;'),
  'unfinished bodies': repeated('CREATE TRIGGER t BEGIN;'),
  'many joins': `SELECT * FROM a ${repeated('JOIN b ON b.id = 1 ')}`,
  'many conditions': `SELECT * FROM a WHERE ${repeated('a.id = 1 AND ')}true`,
  'many alternatives': `SELECT * FROM a WHERE ${repeated('a.id = 1 OR ')}a.id = 1`,
  'many products': `SELECT * FROM a WHERE ${repeated('a.id = 1 AND ').slice(0, 6500)}${repeated('(x = 1 OR y = 2) AND ')}true`,
  'many values': `SELECT * FROM a WHERE id IN (${repeated('1,')}1)`,
  'many tuples': `INSERT INTO a VALUES ${repeated('(1, 2),')}(1)`,
  'many columns': `INSERT INTO a (${repeated('x,')}x) VALUES (1)`,
  'many assignments': `UPDATE a SET ${repeated('x = 1,')}x = 1`,
  'many results': `DELETE FROM a RETURNING ${Array.from({ length: 30_000 }, (_, index) => `x${index}`).join()}`,
  'many CTEs': `WITH ${Array.from({ length: 40_000 }, (_, index) => `c${index} AS (SELECT 1)`).join()} SELECT 1`,
  'many recursive CTEs': `WITH RECURSIVE ${Array.from({ length: 40_000 }, (_, index) => `c${index} AS (SELECT 1 FROM c0)`).join()} SELECT 1`,
  'nested WITH': repeated('WITH RECURSIVE a AS ('),
  'closed nested WITH': `${'WITH RECURSIVE a AS (SELECT 1), b AS ('.repeat(20_000)}SELECT 1${') SELECT 1'.repeat(20_000)}`,
  'many unions': `SELECT 1 ${repeated('UNION SELECT 1 FROM a ')}`,
  'long names': `SELECT * FROM ${repeated('a')}`,
  'dotted names': `SELECT * FROM ${repeated('a.')}a`,
  'a delete of many': `DELETE ${repeated('a,')}a FROM b`,
  'a drop of many': `DROP TABLE ${repeated('a,')}a`,
  'calls of calls': `SELECT ${'f('.repeat(200_000)}${')'.repeat(200_000)}`,
  'dates of dates': `SELECT ${'date('.repeat(100_000)}${')'.repeat(100_000)}`,
  'case after case': `SELECT ${repeated('CASE WHEN ')}`,
  'search after search': `WITH RECURSIVE a AS (SELECT 1) SEARCH ${repeated(', b')} SELECT 1`,
  questions: repeated('?'),
  'colons and signs': repeated(':@$#.'),
  'executed comments': repeated('/*!50000 a */ '),
};

describe('hostile texts of a megabyte', () => {
  it.each(Object.keys(hostile))('take time in proportion to their length: %s', (name) => {
    // PostgreSQL has the most to tokenize; the others take turns.
    const other = dialects[1 + (Object.keys(hostile).indexOf(name) % 3)];
    for (const dialect of ['postgres', other] as const) {
      const before = process.cpuUsage();
      analyse(hostile[name], dialect);
      // The finer reading refuses a megabyte, so it gets the most that it takes.
      selectFacts(hostile[name].slice(0, 20_000), dialect);
      selectFacts(hostile[name], dialect);
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1000).toBeLessThan(LIMIT_MS);
    }
  });
});

describe('any text at all', () => {
  const pieces = (
    'SELECT FROM WHERE WITH RECURSIVE AS ( ) ( ) , . ; a b "c" `d` [e] \'f\' 1 $1 ? :x @y = AND OR IN ANY BETWEEN JOIN LEFT ON USING UNION ' +
    'INSERT INTO VALUES UPDATE SET DELETE RETURNING CONFLICT DO NOTHING DUPLICATE KEY MERGE WHEN THEN CREATE TABLE INDEX ALTER DROP ' +
    'TRUNCATE COPY LOAD DATA EXPLAIN ANALYZE DECLARE CURSOR FOR ONLY LATERAL ROWS TABLESAMPLE OUTPUT TOP BEGIN END COMMIT ROLLBACK TO ' +
    'SAVEPOINT RENAME REFRESH MATERIALIZED VIEW CASE NOT IS DISTINCT * - + :: || /* */ -- \n E\' $$ U&" { } XA SET autocommit HANDLER'
  ).split(' ');

  it.each(dialects)('is answered without throwing in %s', (dialect) => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...pieces), { maxLength: 40 }),
        fc.string({ unit: 'binary', maxLength: 20 }),
        (words, tail) => {
          for (const sql of [words.join(' '), words.join(''), words.join(' ') + tail, tail]) {
            for (const statement of analyse(sql, dialect)) expect(typeof statement.verb).toBe('string');
            expect(selectFacts(sql, dialect)?.disjuncts).not.toEqual([]);
            expect(selectFacts(`SELECT a.b FROM a WHERE ${sql}`, dialect)?.disjuncts).not.toEqual([]);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('leaves nothing behind for the next one', () => {
    const sql = 'SELECT * FROM a WHERE id = 1';
    const expected = told(sql, 'postgres');
    for (const other of Object.values(hostile).slice(0, 8)) {
      analyse(other.slice(0, 10_000), 'postgres');
      expect(told(sql, 'postgres')).toBe(expected);
    }
  });
});
