import { describe, expect, it } from '@jest/globals';
import type { Dialect } from '../../lib/sql/statement.js';
import { only } from './told.js';

const cases: readonly (readonly [Dialect, string, boolean, boolean])[] = [
  // Statements whose text does not say what they do.
  ['postgres', 'CALL f()', true, true],
  ['postgres', 'DO $$ BEGIN DELETE FROM a; END $$', true, true],
  ['postgres', 'EXECUTE p (1)', true, true],
  ['postgres', 'FROBNICATE a', true, true],
  ['generic', 'EXEC sp_rename a, b', true, true],
  ['generic', 'BEGIN DELETE FROM a; COMMIT; END;', true, true],
  ['generic', '{call f(1)}', true, true],
  ['mysql', 'BEGIN NOT ATOMIC DELETE FROM a; END', true, true],
  ['sqlite', "ATTACH 'f' AS other", true, true],
  // Definitions that change what other names mean.
  ['postgres', 'CREATE OR REPLACE VIEW v AS SELECT 1', false, true],
  ['postgres', 'DROP MATERIALIZED VIEW v', false, true],
  ['postgres', 'CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC DELETE FROM a; SELECT 1; END', false, true],
  ['postgres', 'DROP SCHEMA s CASCADE', false, true],
  ['postgres', "ALTER TYPE t ADD VALUE 'x'", false, true],
  ['postgres', 'SET search_path TO x', false, true],
  ['postgres', 'SET LOCAL ROLE x', false, true],
  ['postgres', 'SET SESSION "Search_Path" TO x', false, true],
  ['postgres', 'RESET "role"', false, true],
  ['postgres', 'ALTER TABLE a SET SCHEMA s', false, true],
  ['sqlite', 'CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; UPDATE c SET x = 1; END', false, true],
  ['mysql', 'CREATE PROCEDURE p() BEGIN DELETE FROM a; COMMIT; END', false, true],
  ['mysql', 'USE db', true, true],
  ['mysql', 'DROP DATABASE db', false, true],
  ['sqlite', 'VACUUM main', true, true],
  // Harmless.
  ['postgres', 'VACUUM a', false, false],
  ['sqlite', "VACUUM INTO 'copy.db'", false, false],
  ['postgres', 'GRANT SELECT ON a TO b', false, false],
  ['postgres', 'LISTEN c', false, false],
  ['postgres', 'LOCK TABLE a', false, false],
  ['postgres', 'PREPARE p AS DELETE FROM a', false, false],
  ['postgres', "SET timezone TO 'UTC'", false, false],
  ['postgres', 'DROP INDEX i', false, false],
  ['postgres', 'CREATE SEQUENCE s', false, false],
  ['postgres', 'EXPLAIN DELETE FROM a', false, false],
  ['mysql', 'SHOW TABLES', false, false],
  ['mysql', 'DESCRIBE a', false, false],
  ['mysql', 'SET NAMES utf8', false, false],
  // What ends elsewhere under NO_BACKSLASH_ESCAPES, unless a server would refuse it so.
  ['mysql', "SELECT * FROM a WHERE x = 'c:\\' OR y = 5 -- '", true, true],
  ['mysql', "SELECT '\\' FROM b # '\n FROM a", true, true],
  ['mysql', "SELECT '\\', (SELECT x FROM b), ' FROM a -- '", true, true],
  ['mysql', "DELETE FROM a WHERE x = '\\' /* ' OR TRUE -- */", true, true],
  ['mysql', "SELECT * FROM a WHERE x = 'O\\'Brien' OR x = 'D\\'Arcy'", false, false],
  ['mysql', "SELECT * FROM a WHERE x = 'it\\'s' AND y = \"it's\" -- it's", false, false],
  ['mysql', "SELECT * FROM a WHERE x LIKE '%\\%%' AND y = 'c:\\\\'", false, false],
  // Two statements that only SQL Server tells apart.
  ['generic', 'SELECT 1 FROM a UPDATE b SET x = 1', true, true],
  ['generic', 'SELECT 1 FROM a SELECT 2 FROM b', true, false],
  ['generic', 'SELECT 1 WHERE 1 = 1 DELETE b', true, true],
  ['generic', 'SET NOCOUNT ON UPDATE b SET x = 1', false, true],
  // Not understood: what is read is unknown, and what is written when a word could write.
  ['postgres', 'SELECT * FROM a WHERE JOIN', true, false],
  ['postgres', 'SELECT (SELECT 1 FROM a x y, c) FROM b', true, false],
  ['postgres', 'SELECT * FROM a WHERE ((x)', true, true],
  ['postgres', "SELECT 'open FROM a", true, true],
  ['postgres', 'SELECT $x$ FROM a', true, true],
  ['postgres', 'SELECT 1 /* open', true, true],
  ['postgres', 'SELECT * FROM U&"d!0061ta" UESCAPE \'!\'', true, true],
  ['postgres', 'SELECT * FROM a\0, b', true, true],
  ['sqlite', 'SELECT 1 FROM a /* open', false, false],
  ['mysql', 'SELECT {oj a}', true, false],
  // A name in place of a question mark, or a comment that only some servers execute.
  ['mysql', 'SELECT * FROM ?? WHERE id = ?', true, true],
  ['mysql', 'SELECT * FROM ?', true, false],
  ['mysql', 'SELECT 1 /*!99999 FROM a */', true, true],
  ['mysql', 'SELECT 1 /*!100100 FROM a */', true, true],
  ['mysql', 'SELECT 1 /*M! FROM a */', true, true],
  ['mysql', 'SELECT 1 /*!50100 FROM a */', false, false],
  // Texts that two databases behind this dialect read differently.
  ['generic', 'SELECT 1 /* /* */ FROM a', true, true],
  ['generic', "SELECT q'[it's]' FROM a", true, true],
  ['generic', 'SELECT ARRAY[(SELECT 1 FROM a)]', true, true],
  ['generic', 'SELECT 1 FROM\u00a0a', true, true],
  ['generic', 'SELECT 1 -- x\r FROM a', true, true],
];

describe('what a text does not tell', () => {
  it.each(cases)('is admitted in %s for %s', (dialect, sql, reads, writes) => {
    const statement = only(sql, dialect);
    expect({ reads: statement.readsUnknown, writes: statement.writesUnknown }).toEqual({ reads, writes });
    if (reads) expect(statement.uncacheable).toBeDefined();
  });

  it('does not take a byte order mark of SQLite for a name', () => {
    expect(only('\ufeffSELECT 1 FROM \ufeffa', 'sqlite')).toMatchObject({
      verb: 'select',
      reads: [{ table: { name: 'a' } }],
    });
  });
});
