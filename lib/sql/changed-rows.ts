import type { Dialect } from './statement.js';
import { tokenize } from './tokenizer.js';
import { NAMED_PARAMETER, OPEN, PARAMETER, Tokens } from './tokens.js';

/** The rows that an UPDATE or DELETE is going to change. */
export interface ChangedRows {
  /** What follows a SELECT list: `FROM … WHERE …`. */
  readonly clauses: string;
  /** How many parameters of the statement stand before its condition. */
  readonly parametersBefore: number;
}

/** Used again by every call, as that of `analyse` is. */
const scratch = new Tokens();

/**
 * The clauses that select what an UPDATE or DELETE of one table changes; undefined where that is not plain: without a
 * condition, behind a WITH, or with parameters that are not numbered by their places.
 */
export function changedRows(sql: string, dialect: Dialect): ChangedRows | undefined {
  tokenize(sql, dialect, scratch);
  const found = readChangedRows(sql, scratch);
  scratch.release();
  return found;
}

function readChangedRows(sql: string, tokens: Tokens): ChangedRows | undefined {
  const { keywords, starts, kinds, count, isDoubtful } = tokens;
  const verb = keywords[0]?.word;
  const isUpdate = verb === 'update';
  if (isDoubtful || (!isUpdate && (verb !== 'delete' || keywords[1]?.word !== 'from'))) return undefined;
  const where = outsideOfBrackets(tokens, 'where', 1);
  const set = isUpdate ? outsideOfBrackets(tokens, 'set', 1) : where;
  if (where === undefined || set === undefined || set > where) return undefined;
  let parametersBefore = 0;
  for (let index = 0; index < count; index++) {
    if (kinds[index] === NAMED_PARAMETER) return undefined;
    if (kinds[index] !== PARAMETER) continue;
    if (sql.slice(starts[index], tokens.ends[index]) !== '?') return undefined;
    if (index < where) parametersBefore++;
  }
  const target = sql.slice(starts[isUpdate ? 1 : 2], starts[set]);
  return { clauses: `FROM ${target}${sql.slice(starts[where], tokens.ends[count - 1])}`, parametersBefore };
}

function outsideOfBrackets({ kinds, links, keywords, count }: Tokens, word: string, from: number): number | undefined {
  for (let index = from; index < count; index++) {
    if (keywords[index]?.word === word) return index;
    if (kinds[index] !== OPEN) continue;
    if (links[index] < 0) return undefined;
    index = links[index];
  }
  return undefined;
}
