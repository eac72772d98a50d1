interface Wire {
  on(event: 'commandComplete', listener: (message: { readonly text?: string }) => void): unknown;
  off(event: 'commandComplete', listener: (message: { readonly text?: string }) => void): unknown;
}

/** How a transaction ended in PostgreSQL's own words; asked once, when the answer to COMMIT is there. */
export type CommitAnswer = () => boolean;

/**
 * Listens to what PostgreSQL says to the COMMIT that is about to be sent: `pg` resolves it all the same when the answer
 * is ROLLBACK, because a statement had failed before.
 *
 * @param client the driver's connection
 * @returns whether it was committed; undefined for drivers that cannot be listened to
 */
export function listenToCommit(client: unknown): CommitAnswer | undefined {
  const { connection } = client as { readonly connection?: Partial<Wire> };
  if (typeof connection?.on !== 'function' || typeof connection.off !== 'function') return undefined;
  const wire = connection as Wire;
  let ending: string | undefined;
  // Others may have sent something on the same connection just before, and just after.
  const hear = ({ text }: { readonly text?: string }): void => {
    if (text === 'COMMIT' || text === 'ROLLBACK') ending ??= text;
  };
  wire.on('commandComplete', hear);
  return () => {
    wire.off('commandComplete', hear);
    return ending === 'COMMIT';
  };
}
