import { describe, expect, it } from '@jest/globals';
import { analyse } from '../../lib/sql/analyse.js';
import type { Dialect, TransactionCommand } from '../../lib/sql/statement.js';
import { only } from './told.js';

const commands: readonly (readonly [Dialect, string, TransactionCommand | undefined])[] = [
  ['postgres', 'BEGIN', { control: 'begin' }],
  ['postgres', 'BEGIN ISOLATION LEVEL SERIALIZABLE', { control: 'begin' }],
  ['postgres', 'START TRANSACTION READ ONLY', { control: 'begin' }],
  ['postgres', 'COMMIT', { control: 'commit' }],
  ['postgres', 'END WORK', { control: 'commit' }],
  ['postgres', 'commit and chain', { control: 'commit-and-chain' }],
  ['postgres', 'COMMIT AND NO CHAIN', { control: 'commit' }],
  ['postgres', 'ABORT', { control: 'rollback' }],
  ['postgres', 'ROLLBACK WORK AND CHAIN', { control: 'rollback-and-chain' }],
  ['postgres', 'SAVEPOINT "S1"', { control: 'savepoint', savepoint: 's1' }],
  ['postgres', 'RELEASE s1', { control: 'release-savepoint', savepoint: 's1' }],
  ['postgres', 'RELEASE SAVEPOINT typeorm_1', { control: 'release-savepoint', savepoint: 'typeorm_1' }],
  ['postgres', 'ROLLBACK TO SAVEPOINT typeorm_1', { control: 'rollback-to-savepoint', savepoint: 'typeorm_1' }],
  ['postgres', 'ROLLBACK TRANSACTION TO s1', { control: 'rollback-to-savepoint', savepoint: 's1' }],
  ['postgres', 'ROLLBACK TO savepoint', { control: 'rollback-to-savepoint', savepoint: 'savepoint' }],
  ['postgres', "PREPARE TRANSACTION 'it''s'", { control: 'prepare', id: "it's" }],
  ['postgres', "COMMIT PREPARED 'x'", { control: 'commit-prepared', id: 'x' }],
  ['postgres', "ROLLBACK PREPARED 'x'", { control: 'rollback-prepared', id: 'x' }],
  ['postgres', 'PREPARE p AS SELECT 1', undefined],
  ['postgres', 'SET autocommit = 0', undefined],
  ['sqlite', 'BEGIN IMMEDIATE TRANSACTION', { control: 'begin' }],
  ['sqlite', 'END', { control: 'commit' }],
  ['sqlite', 'ROLLBACK TRANSACTION TO SAVEPOINT a', { control: 'rollback-to-savepoint', savepoint: 'a' }],
  ['mysql', '/* x */ start transaction with consistent snapshot', { control: 'begin' }],
  ['mysql', 'BEGIN WORK', { control: 'begin' }],
  ['mysql', 'COMMIT AND CHAIN NO RELEASE', { control: 'commit-and-chain' }],
  ['mysql', 'ROLLBACK', { control: 'rollback' }],
  ['mysql', 'START SLAVE', undefined],
  ['mysql', 'SET autocommit = 0', { control: 'autocommit-off' }],
  ['mysql', 'SET @@session.autocommit := OFF', { control: 'autocommit-off' }],
  ['mysql', 'SET autocommit = "OFF"', { control: 'autocommit-off' }],
  ['mysql', "SET autocommit = 'Off', x = 1", { control: 'autocommit-off' }],
  [
    'mysql',
    'SET x = ?, y = ?, autocommit = (?)',
    { control: 'autocommit-as-given', value: { kind: 'parameter', index: 2 } },
  ],
  ['mysql', 'SET autocommit = @was', { control: 'autocommit-as-given' }],
  ['mysql', 'SET autocommit = 1 - 1', { control: 'autocommit-as-given' }],
  ['mysql', 'SET autocommit = DEFAULT', { control: 'autocommit-on' }],
  ['mysql', 'SET completion_type = 1', { control: 'commits-chain' }],
  ['mysql', "SET @@session.completion_type = 'CHAIN'", { control: 'commits-chain' }],
  ['mysql', 'SET completion_type = ?', { control: 'commits-chain' }],
  ['mysql', 'SET completion_type = NO_CHAIN', { control: 'commits-end' }],
  ['mysql', 'SET completion_type = 2', { control: 'commits-end' }],
  ['mysql', 'SET autocommit = (0)', { control: 'autocommit-off' }],
  ['mysql', 'SET autocommit = -0', { control: 'autocommit-off' }],
  ['mysql', 'SET autocommit = FALSE', { control: 'autocommit-off' }],
  ['mysql', 'SET autocommit = "ON"', { control: 'autocommit-on' }],
  ['mysql', 'SET NAMES utf8, SESSION autocommit=1', { control: 'autocommit-on' }],
  ['mysql', 'SET @autocommit = 0', undefined],
  ['mysql', 'SET GLOBAL autocommit = 0', undefined],
  ['mysql', "SET x = 'autocommit'", undefined],
  ['mysql', "XA START 'a', 'b', 1", { control: 'begin', id: "'a', 'b', 1" }],
  ['mysql', "XA END 'a'", undefined],
  ['mysql', "XA PREPARE 'a'", { control: 'prepare', id: "'a'" }],
  ['mysql', "XA COMMIT 'a'", { control: 'commit-prepared', id: "'a'" }],
  ['mysql', "XA COMMIT 'a' ONE PHASE", { control: 'commit', id: "'a'" }],
  ['mysql', "XA ROLLBACK 'a'", { control: 'rollback-prepared', id: "'a'" }],
  ['generic', 'BEGIN TRAN', { control: 'begin' }],
  ['generic', 'SAVE TRANSACTION s', { control: 'savepoint', savepoint: 's' }],
  ['generic', 'ROLLBACK TRANSACTION s', { control: 'rollback-to-savepoint', savepoint: 's' }],
  ['generic', 'ROLLBACK TRANSACTION', { control: 'rollback' }],
  ['generic', 'SET IMPLICIT_TRANSACTIONS ON', { control: 'autocommit-off' }],
  ['generic', 'BEGIN UPDATE a SET x = 1; END', undefined],
];

describe('the transaction command of a statement', () => {
  it.each(commands)('is told in %s for %s', (dialect, sql, expected) => {
    expect(only(sql, dialect).transaction).toEqual(expected);
  });

  it('stands among the statements of a text in its place', () => {
    const found = analyse('BEGIN; INSERT INTO a VALUES (1); COMMIT', 'postgres').map(
      (each) => each.transaction?.control,
    );
    expect(found).toEqual(['begin', undefined, 'commit']);
  });

  it('is not seen in the body of a trigger or function, whose END commits nothing', () => {
    const sqlite = 'CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; SELECT CASE WHEN 1 THEN 2 END; END; COMMIT';
    expect(analyse(sqlite, 'sqlite').map((each) => each.transaction?.control)).toEqual([undefined, 'commit']);
    const postgres = 'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC DELETE FROM b; SELECT 1; END; COMMIT';
    expect(analyse(postgres, 'postgres').map((each) => each.transaction?.control)).toEqual([undefined, 'commit']);
    expect(analyse('CREATE PROCEDURE p() BEGIN DELETE FROM b; COMMIT; END', 'mysql')).toHaveLength(1);
    expect(analyse('CREATE PROCEDURE p() IF 1 THEN COMMIT; END IF', 'mysql')).toHaveLength(1);
  });
});

describe('what MySQL commits by itself', () => {
  const implicit = [
    'CREATE TABLE a (id INT)',
    'CREATE OR REPLACE TABLE a (id INT)',
    'ALTER TABLE a ADD b INT',
    'DROP TABLE a',
    'RENAME TABLE a TO b',
    'TRUNCATE a',
    'CREATE INDEX i ON a (x)',
    'GRANT SELECT ON a TO b',
    'LOCK TABLES a READ',
    'UNLOCK TABLES',
    'BEGIN',
    'START TRANSACTION',
    'SET autocommit = 1',
    "SET PASSWORD = 'x'",
    'ANALYZE TABLE a',
    'OPTIMIZE TABLE a',
    'FLUSH TABLES',
    'LOAD INDEX INTO CACHE a',
  ];
  it.each(implicit)('is told: %s', (sql) => {
    expect(only(sql, 'mysql').commitsImplicitly).toBe(true);
    expect(only(sql, 'postgres').commitsImplicitly).toBe(false);
  });

  it('is told as a perhaps where it depends on what was sent before, or on the server', () => {
    const perhaps = ['UNLOCK TABLES', 'CACHE INDEX a IN b', 'LOAD INDEX INTO CACHE a', 'START SLAVE', 'DROP PREPARE a'];
    const surely = ['LOCK TABLES a READ', 'DROP TABLE a', 'START TRANSACTION', 'SELECT 1'];
    const told = (sql: string) => only(sql, 'mysql').commitsPerhaps;
    expect([perhaps.map(told), surely.map(told)]).toEqual([perhaps.map(() => true), surely.map(() => false)]);
  });

  const ordinary = [
    'CREATE TEMPORARY TABLE a (id INT)',
    'DROP TEMPORARY TABLE a',
    'INSERT INTO a VALUES (1)',
    'SET autocommit = 0',
    'SET NAMES utf8',
    "LOAD DATA INFILE 'f' INTO TABLE a",
    'ANALYZE SELECT 1',
    'COMMIT',
    'SAVEPOINT a',
  ];
  it.each(ordinary)('is not confused with %s', (sql) => {
    expect(only(sql, 'mysql').commitsImplicitly).toBe(false);
  });
});
