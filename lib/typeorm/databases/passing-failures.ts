import type { Dialect } from '../../sql/statement.js';

/**
 * Broken connections, transactions that failed or lasted too long, rollbacks, full servers, locks, interruptions, and servers
 * that shut down. And a view that was dropped after PostgreSQL had taken its snapshot: it is still listed, and what it says
 * cannot be told (XX000).
 */
const PASSING_CLASS = /^(?:08|25P|40|53|55|57|58|70|XX000)/;

/** All that exist have a digit, and names of broken connections such as EPIPE have none. */
const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/;

/** What has no class of its own there. */
const PASSING_OF_MYSQL: ReadonlySet<unknown> = new Set([
  // A lock that was waited for too long, and statements that were stopped because they took too long.
  1205, 1969, 3024,
  // Full disks, files and memory: catalogues are read through temporary tables.
  3, 1021, 1037, 1038, 1041, 1114,
  // More than a user may do in an hour, or at once; and a connection that was closed because nobody used it.
  1203, 1226, 4031,
]);

/** A file that others use, or that could not be read at the moment. */
const PASSING_OF_SQLITE = /^SQLITE_(?:BUSY|LOCKED|PROTOCOL|INTERRUPT|IOERR|NOMEM|FULL)/;

interface DriverError {
  readonly code?: unknown;
  readonly sqlState?: unknown;
  readonly errno?: unknown;
}

/**
 * Whether a statement that failed may succeed the next time, because it failed at the moment and not at what it asks. What a
 * server says has an SQLSTATE; without one it was not asked.
 */
export function mayPass(error: unknown, dialect: Dialect): boolean {
  const { driverError = {} } = error as { readonly driverError?: DriverError };
  const { code, errno } = driverError;
  if (dialect === 'sqlite') return PASSING_OF_SQLITE.test(String(code));
  const state = String(driverError.sqlState ?? code);
  return !SQLSTATE.test(state) || PASSING_CLASS.test(state) || PASSING_OF_MYSQL.has(errno);
}
