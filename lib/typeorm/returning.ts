import type { StatementPlan } from './text-plan.js';

/** Anything behind which a clause could not simply be added, or in which a column's name might mean another table's. */
const NOT_EXTENSIBLE = /;|--|\/\*|\breturning\b|\busing\b/i;

/**
 * The same UPDATE or DELETE, asked to answer the primary keys of the rows it changed; undefined when that is not
 * possible without changing anything else.
 *
 * Without it nobody knows which rows a condition chose, and all rows of the table count as changed. Where every row is
 * changed anyway nothing is asked.
 */
export function withReturning(plan: StatementPlan, text: string): string | undefined {
  const { verb } = plan.statement;
  if ((verb !== 'update' && verb !== 'delete') || plan.writes.length !== 1) return undefined;
  const [write] = plan.writes;
  const { returningKey, hasTriggers } = write.relation;
  if (
    returningKey === undefined ||
    hasTriggers ||
    write.isPinned ||
    write.lesson !== undefined ||
    write.write.kind !== verb
  ) {
    return undefined;
  }
  if (NOT_EXTENSIBLE.test(text) || !/\bwhere\b/i.test(text)) return undefined;
  if (verb === 'update' && (/\bfrom\b/i.test(text) || write.changesKey)) return undefined;
  return `${text} RETURNING ${returningKey.map((column) => `"${column.replaceAll('"', '""')}"`).join(', ')}`;
}

/** The answer as it would have been without RETURNING: PostgreSQL answers no rows then, and the same count. */
export function withoutReturned(answer: unknown, isStructured: boolean): unknown {
  if (!isStructured) return [[], (answer as readonly unknown[])[1]];
  const result = answer as { records: unknown; raw: unknown; affected?: number };
  result.records = [];
  result.raw = [[], (result.raw as readonly unknown[])[1]];
  return result;
}
