import type { ValueRef } from './statement.js';
import { unquote } from './tokenizer.js';
import { BACKSLASH, MINUS, NUMBER, PARAMETER, STRING, type Tokens, WORD } from './tokens.js';

const parameters: ValueRef[] = [];
const SHARED_PARAMETERS = 256;
const nothing: ValueRef = { kind: 'literal', value: null };
const yes: ValueRef = { kind: 'literal', value: true };
const no: ValueRef = { kind: 'literal', value: false };

function parameter(index: number): ValueRef {
  if (index < 0 || index >= SHARED_PARAMETERS) return { kind: 'parameter', index };
  return (parameters[index] ??= Object.freeze({ kind: 'parameter', index }));
}

/** More significant digits than these do not survive as a JavaScript number. */
const EXACT_DIGITS = 15;

function numberOf(text: string): number | bigint | undefined {
  const isInteger = /^\d+$/.test(text);
  if (text.length <= EXACT_DIGITS) return Number(text);
  if (!isInteger) return undefined;
  const exact = BigInt(text);
  return exact <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(exact) : exact;
}

/** How many tokens the constant at `index` takes: 0 when none stands there, 2 for a negative number. */
export function constantLength(tokens: Tokens, index: number): number {
  const kind = tokens.kinds[index];
  if (kind === PARAMETER || kind === STRING || kind === NUMBER) return 1;
  if (kind === MINUS) return tokens.kinds[index + 1] === NUMBER ? 2 : 0;
  if (kind !== WORD) return 0;
  const word = tokens.keywords[index]?.word;
  return word === 'null' || word === 'true' || word === 'false' ? 1 : 0;
}

/** The constant whose length was asked for, or `undefined` when its value cannot be told exactly. */
export function constantAt(tokens: Tokens, index: number): ValueRef | undefined {
  const { sql, starts, ends, links } = tokens;
  switch (tokens.kinds[index]) {
    case PARAMETER:
      return tokens.hasUnsurePlaces ? undefined : parameter(links[index]);
    case STRING: {
      // MySQL can be told to take backslashes for themselves; those of E'…' are PostgreSQL's.
      if (links[index] === BACKSLASH && sql[starts[index]].toLowerCase() !== 'e') return undefined;
      const value = unquote(sql, starts[index], ends[index], links[index]);
      return value === undefined ? undefined : { kind: 'literal', value };
    }
    case NUMBER: {
      const value = numberOf(sql.slice(starts[index], ends[index]));
      return value === undefined ? undefined : { kind: 'literal', value };
    }
    case MINUS: {
      const value = numberOf(sql.slice(starts[index + 1], ends[index + 1]));
      return value === undefined ? undefined : { kind: 'literal', value: -value };
    }
    default: {
      const word = tokens.keywords[index]?.word;
      return word === 'null' ? nothing : word === 'true' ? yes : no;
    }
  }
}
