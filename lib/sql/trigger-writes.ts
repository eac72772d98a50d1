import { analyse } from './analyse.js';
import type { TableWrite } from './statement.js';

/** The statements of a trigger; whatever else is called so before them makes a text that is not understood. */
const BODY = /\bbegin\b(.*)\bend\b/is;

/** What a trigger of SQLite writes, by the text that created it; undefined where that cannot be told. */
export function writtenByTrigger(definition: string): readonly TableWrite[] | undefined {
  const body = BODY.exec(definition)?.[1];
  if (body === undefined) return undefined;
  const statements = analyse(body, 'sqlite');
  if (statements.some(({ writesUnknown }) => writesUnknown)) return undefined;
  return statements.flatMap(({ writes }) => writes);
}
