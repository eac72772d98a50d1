/** As far as connections of `pg` are used here. */
interface Client {
  /** False while the server has not said that it is done. */
  readonly readyForQuery?: unknown;
  readonly connection?: {
    readonly stream?: { readonly destroyed?: unknown };
    once(event: 'readyForQuery' | 'end', listener: () => void): unknown;
  };
}

/**
 * Resolves when a statement is over that `pg` has given up waiting for (`query_timeout`), as the server is not told: it goes on,
 * and may commit a minute later. Undefined for all other errors, which come when it is over, or its connection is lost.
 *
 * @param client the driver's connection
 */
export function endOfGivenUp(error: unknown, client: unknown): Promise<void> | undefined {
  const { driverError } = (error ?? {}) as { readonly driverError?: unknown };
  // What the server says has a severity.
  if (typeof driverError !== 'object' || driverError === null || 'severity' in driverError) return undefined;
  const { readyForQuery, connection } = (client ?? {}) as Client;
  if (readyForQuery !== false || typeof connection?.once !== 'function') return undefined;
  // Of a connection that is lost nothing more will be heard.
  if (connection.stream?.destroyed !== false) return undefined;
  return new Promise((resolve) => {
    connection.once('readyForQuery', resolve);
    connection.once('end', resolve);
  });
}
