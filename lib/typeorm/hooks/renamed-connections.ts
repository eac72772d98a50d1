import type { ConnectionState } from '../connections/connection-state.js';
import type { TextPlan } from '../statements/text-plan.js';

/*
 * Connections that are not like the others of their DataSource
 * ============================================================
 *
 * SET search_path, USE, SET ROLE and a temporary table that is called like another one change, for one connection, which table
 * a name means, or who asks. What is known of the database does not hold there, so what such a connection reads is not kept, it
 * is asked for nothing beside the statements of its callers, which may have the right to less, and it is not asked what there
 * is in the database: the catalogue that it sees is another one.
 */

/** Those that stay so for the rest of their lives. */
const forGood = new WeakSet<ConnectionState>();

/** Those that are so until their transaction ends: SET LOCAL. */
const meanwhile = new WeakSet<ConnectionState>();

/** A text is about to be sent that may make its connection one of them. */
export function hearNames(connection: ConnectionState, plan: TextPlan): void {
  if (!connection.mayBeInTransaction) meanwhile.delete(connection);
  if (plan.renames) forGood.add(connection);
  else if (plan.renamesMeanwhile) meanwhile.add(connection);
}

/** Whether names mean something else on a connection than on others, or another user asks. */
export function isRenamed(connection: ConnectionState): boolean {
  return forGood.has(connection) || (meanwhile.has(connection) && connection.mayBeInTransaction);
}
