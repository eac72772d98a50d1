import { describe, expect, it } from '@jest/globals';
import type { Dialect } from '../../lib/sql/statement.js';
import { mayPass } from '../../lib/typeorm/databases/passing-failures.js';

/** What drivers throw, by what happened. */
const CASES: readonly (readonly [what: string, dialect: Dialect, driverError: object, passes: boolean])[] = [
  ['a connection that broke while it was written to', 'mysql', { code: 'EPIPE' }, true],
  ['a connection that was reset', 'postgres', { code: 'ECONNRESET' }, true],
  ['a closed connection', 'mysql', {}, true],
  ['a server that shuts down', 'postgres', { code: '57P01' }, true],
  ['a deadlock', 'postgres', { code: '40P01' }, true],
  ['a transaction that lasted too long', 'postgres', { code: '25P04' }, true],
  ['a server out of memory', 'postgres', { code: '53200' }, true],
  ['a statement that was killed', 'mysql', { code: 'ER_QUERY_INTERRUPTED', errno: 1317, sqlState: '70100' }, true],
  ['a statement of MariaDB that took too long', 'mysql', { errno: 1969, sqlState: '70100' }, true],
  ['a statement of MySQL that took too long', 'mysql', { errno: 3024, sqlState: 'HY000' }, true],
  ['a lock that was waited for too long', 'mysql', { errno: 1205, sqlState: 'HY000' }, true],
  ['a disk that is full', 'mysql', { code: 'ER_DISK_FULL', errno: 1021, sqlState: 'HY000' }, true],
  ['a temporary table that is full', 'mysql', { code: 'ER_RECORD_FILE_FULL', errno: 1114, sqlState: 'HY000' }, true],
  ['more than a user may ask in an hour', 'mysql', { errno: 1226, sqlState: '42000' }, true],
  ['a connection that was closed as idle', 'mysql', { errno: 4031, sqlState: 'HY000' }, true],
  ['a statement that a server does not know', 'mysql', { errno: 1105, sqlState: 'HY000' }, false],
  ['a file that others use', 'sqlite', { code: 'SQLITE_BUSY_SNAPSHOT' }, true],
  ['a view that was dropped meanwhile', 'postgres', { code: 'XX000' }, true],
  ['a statement that may not be sent', 'postgres', { code: '42501' }, false],
  ['a table that is not there', 'mysql', { code: 'ER_NO_SUCH_TABLE', errno: 1146, sqlState: '42S02' }, false],
  ['a statement that is not understood', 'sqlite', { code: 'SQLITE_ERROR' }, false],
];

describe('whether what failed may succeed the next time', () => {
  it.each(CASES)('after %s (%s)', (_what, dialect, driverError, passes) => {
    expect(mayPass({ driverError }, dialect)).toBe(passes);
  });
});
