import type { Dialect, TableName } from './statement.js';
import { DOT, NAME, STRING, STRING_OR_NAME, type Tokens, WORD } from './tokens.js';
import { unquote } from './tokenizer.js';

/** The text of a name or string without its quotes; empty when its value is not known. */
export function textOf(tokens: Tokens, index: number): string {
  const { sql, starts, ends, links, kinds } = tokens;
  if (kinds[index] === WORD) return sql.slice(starts[index], ends[index]);
  return unquote(sql, starts[index], ends[index], links[index]) ?? '';
}

/** How many bytes of a name PostgreSQL keeps; of a longer one it takes no notice of the rest. */
const LONGEST_NAME = 63;

/** No character of JavaScript takes more bytes. */
const MOST_BYTES = 3;

/** The name folded to lower case, which is how tables, columns and savepoints are reported. */
export const foldedName = (tokens: Tokens, index: number): string => foldName(textOf(tokens, index), tokens.dialect);

/** A name that is known from elsewhere, as {@link foldedName} reports the same name in a statement. */
export function foldName(name: string, dialect: Dialect): string {
  const mayBeCut = dialect === 'postgres' && name.length > LONGEST_NAME / MOST_BYTES;
  return (mayBeCut ? keptOf(name) : name).toLowerCase();
}

/** What PostgreSQL keeps of a name: whole characters. */
function keptOf(name: string): string {
  const bytes = Buffer.from(name);
  if (bytes.length <= LONGEST_NAME) return name;
  let end = LONGEST_NAME;
  while ((bytes[end] & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

/** Folds A to Z only: the databases leave É alone, and taking É and é for one name could lose a table. */
function foldAscii(text: string): string {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) >= 128) return text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
  }
  return text.toLowerCase();
}

/**
 * The name as the database compares it with aliases and CTEs of the same statement. Where that depends on the server (MySQL, the
 * databases behind `generic`), the exact spelling: taking two names for different ones reports a table too many, taking them
 * for one name would lose a table.
 */
export function identityOf(tokens: Tokens, index: number, dialect: Dialect): string {
  const text = textOf(tokens, index);
  if (dialect === 'sqlite' || (dialect === 'postgres' && tokens.kinds[index] === WORD)) return foldAscii(text);
  return text;
}

/** Whether the token may stand where a table or an alias is named. */
export function isName(tokens: Tokens, index: number, dialect: Dialect): boolean {
  const kind = tokens.kinds[index];
  return kind === WORD || kind === NAME || kind === STRING_OR_NAME || (kind === STRING && dialect === 'sqlite');
}

/** A dotted name: where it ends, and what it says. */
export interface QualifiedName {
  readonly table: TableName;
  /** Index of the last part. */
  readonly last: number;
  readonly isQualified: boolean;
}

/** Reads `a`, `a.b`, `a.b.c` or SQL Server's `a..c`; `undefined` when no name stands there. */
export function qualifiedName(tokens: Tokens, index: number, dialect: Dialect): QualifiedName | undefined {
  if (!isName(tokens, index, dialect)) return undefined;
  let last = index;
  let schema = -1;
  while (tokens.kinds[last + 1] === DOT) {
    if (isName(tokens, last + 2, dialect)) {
      schema = last;
      last += 2;
    } else if (tokens.kinds[last + 2] === DOT && isName(tokens, last + 3, dialect)) {
      schema = -2;
      last += 3;
    } else break;
  }
  const name = foldedName(tokens, last);
  return {
    table: schema >= 0 ? { schema: foldedName(tokens, schema), name } : { name },
    last,
    isQualified: schema !== -1,
  };
}

/** Why a table belongs to the database's own bookkeeping, which no write statement reports, or `undefined`. */
export function catalogueOf(table: TableName, dialect: Dialect): string | undefined {
  const { schema, name } = table;
  const isCatalogue =
    schema === 'information_schema' ||
    (dialect === 'postgres' &&
      (schema === 'pg_catalog' || schema === 'crdb_internal' || (name.startsWith('pg_') && schema === undefined))) ||
    (dialect === 'postgres' && schema !== undefined && schema.startsWith('pg_')) ||
    (dialect === 'mysql' && (schema === 'mysql' || schema === 'performance_schema' || schema === 'sys')) ||
    (dialect === 'sqlite' && (name.startsWith('sqlite_') || name.startsWith('pragma_') || schema === 'temp')) ||
    (dialect === 'generic' && (schema === 'sys' || schema === 'sysibm' || schema === 'syscat'));
  return isCatalogue ? `system catalogue ${name}` : undefined;
}
