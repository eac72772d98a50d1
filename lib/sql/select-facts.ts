import { finish } from './select-closing.js';
import { SelectReader } from './select-reader.js';
import type { SelectFacts } from './select-statement.js';
import type { Dialect } from './statement.js';
import { tokenize } from './tokenizer.js';
import { Tokens } from './tokens.js';

export type { Equality, JoinPair, SelectFacts, SourceFacts } from './select-statement.js';

/*
 * The second, finer reading of a text. `analyse` names the tables of any statement; this names what one SELECT asks of them,
 * column by column, and only where every token is understood: each word either is known in its place or makes the answer
 * `undefined`, and the caller goes on with the tables.
 *
 * What errs, errs to one side. A column too many in `used`, an alternative too many in `disjuncts`, a source too many: some
 * write drops an answer for nothing. So a name that could be two columns counts as both, a call that could be an aggregate is
 * one, and an equality counts only if nothing else could be meant by its tokens.
 */

/**
 * Longer texts are loads by thousands of ids, which no fine dependency is kept for. The bound also keeps hostile text cheap: a
 * product of many alternatives takes time with the square of its length (0.3 s at this one).
 */
const LONGEST = 20_000;

/** Buffers used again by every call, like those of `analyse`. */
const scratch = new Tokens();

/**
 * What the text asks of its tables, if it is exactly one SELECT of which every token is understood; else `undefined`. It says nothing
 * about whether the answer is a function of the tables at all (`now()`, FOR UPDATE): that is `uncacheable` of `analyse`. Never throws.
 */
export function selectFacts(text: string, dialect: Dialect): SelectFacts | undefined {
  if (text.length > LONGEST) return undefined;
  tokenize(text, dialect, scratch);
  const select = scratch.isDoubtful ? undefined : new SelectReader(scratch, dialect).statement();
  scratch.release();
  return select === undefined ? undefined : finish(select);
}
