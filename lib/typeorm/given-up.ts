import type { Call } from './call.js';
import { driverConnectionOf } from './connections.js';
import { processWitnesses } from './witness/witnesses.js';

/** As far as connections of `pg` and `mysql2` are used here. */
interface Connection {
  /** `pg`: false while the server has not said that it is done. */
  readonly readyForQuery?: unknown;
  readonly connection?: {
    readonly stream?: { readonly destroyed?: unknown };
    once(event: 'readyForQuery' | 'end', listener: () => void): unknown;
  };
}

/**
 * Resolves when a write is over of which only the driver will hear no more, because the connection was lost or because `pg` has given
 * up waiting (`query_timeout`). The server is not told, or does not look: it goes on waiting for a lock, and writes or commits a
 * minute later. Undefined for all other errors, which come when it is over.
 */
export function endOfGivenUp(error: unknown, { runner, source }: Call): Promise<void> | undefined {
  const { driverError } = (error ?? {}) as { readonly driverError?: unknown };
  const connection = driverConnectionOf(runner);
  if (typeof driverError !== 'object' || driverError === null || connection === undefined) return undefined;
  const { dataSource } = source;
  // mysql2 says so of all that ends the connection.
  if ('fatal' in driverError && driverError.fatal === true) return processWitnesses.untilIdle(dataSource, connection);
  const { readyForQuery, connection: wire } = connection as Connection;
  // What a server of PostgreSQL says has a severity.
  if ('severity' in driverError || readyForQuery !== false || typeof wire?.once !== 'function') return undefined;
  if (wire.stream?.destroyed !== false) return processWitnesses.untilIdle(dataSource, connection);
  return new Promise((resolve) => {
    wire.once('readyForQuery', resolve);
    wire.once('end', () => resolve(processWitnesses.untilIdle(dataSource, connection)));
  });
}
