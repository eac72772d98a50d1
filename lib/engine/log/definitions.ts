import type { BusInvalidation, NewRecord } from '../../bus/invalidation-bus.js';
import { below, tagOf } from '../../tags/tag.js';

/*
 * What other processes define
 * ===========================
 *
 * Where a write reaches is judged by what is known of the database: its keys, triggers, views and columns. Whoever defines
 * them anew says so in the log, behind what the definition itself invalidates, and the others read the catalogue again.
 *
 * They hear of it with their next read or append, so this is later than invalidations are: a write that another process sends
 * in the same moment may still be judged by what was so before.
 */

/** Stands before the database that was defined anew. No tag of an answer begins so. */
const DEFINED = below(tagOf('^'), '');

export function definitionOf(database: string): BusInvalidation {
  return { touches: [DEFINED + database], sweeps: [] };
}

/** The database of which the record says that. */
export function databaseDefinedBy({ kind, invalidation }: NewRecord): string | undefined {
  const [said] = invalidation.touches;
  return kind === 'invalidate' && said?.startsWith(DEFINED) ? said.slice(DEFINED.length) : undefined;
}
