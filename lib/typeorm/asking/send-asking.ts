import { processWritePath } from '../../engine/write-path.js';
import type { Call } from '../statements/call.js';
import { doubtCatalogues } from '../statements/heard-data-source.js';
import type { AskingStatement } from './asking-statement.js';

/**
 * Sends a statement in the form that asks for the rows it changes; and as it is, if the database refuses no more than to
 * answer that. Tables change past this process: a migration drops a column that no entity has any more, and what is asked
 * for by the columns that there were must not keep the application from writing.
 *
 * @param isOutside whether there is no transaction, which PostgreSQL takes for failed with what it refused
 * @param unask called before the statement is sent as it is: its answer is that to the statement alone
 */
export async function sendAsking(
  call: Call,
  asking: AskingStatement,
  isOutside: () => boolean,
  unask: () => void,
): Promise<unknown> {
  try {
    return await call.send(asking.text);
  } catch (error) {
    const isToBlame = asking.isToBlame(error);
    if (!isToBlame || !(asking.leavesTransaction || isOutside())) {
      if (isToBlame) relearn(call);
      asking.restoreError(error);
      throw error;
    }
  }
  unask();
  const answer = await call.send(call.text);
  relearn(call);
  // Now it is certain, and other processes may know no better.
  for (const database of call.source.databases) processWritePath.define(database);
  return answer;
}

/** The tables may be others than those that are known. */
function relearn({ source }: Call): void {
  for (const database of source.databases) doubtCatalogues(database);
}
