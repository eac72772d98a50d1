import { analyse } from '../../lib/sql/analyse.js';
import type { Cell, Dialect, Pin, Statement, TableName } from '../../lib/sql/statement.js';

/** A constant in a few characters; `?` for what is computed. */
export const value = (ref: Cell): string => {
  if (ref === undefined) return '?';
  if (ref === 'default') return 'DEFAULT';
  if (ref.kind === 'parameter') return `$${ref.index}${ref.isList === true ? '[]' : ''}`;
  return typeof ref.value === 'bigint' ? `${ref.value}n` : JSON.stringify(ref.value);
};

const table = ({ schema, name }: TableName): string => (schema === undefined ? name : `${schema}.${name}`);

const pinned = (pins: readonly Pin[]): string =>
  pins.length === 0
    ? ''
    : `{${pins.map(({ column, values }) => `${column}=${values.map(value).join(',')}`).join(' ')}}`;

/** A statement in one line: tables in the order of the text, with their pins, and whatever is unusual. */
export function line(statement: Statement): string {
  const parts = [
    ...statement.reads.map((read) => `reads ${table(read.table)}${pinned(read.pins)}`),
    ...statement.writes.map(
      (write) =>
        `${write.kind} ${table(write.table)}${pinned(write.pins)}${write.cascades === true ? ' cascades' : ''}${write.isTemporary === true ? ' here' : ''}`,
    ),
  ];
  if (statement.readsUnknown) parts.push('reads unknown');
  if (statement.writesUnknown) parts.push('writes unknown');
  return parts.join(', ');
}

/** What the text tells, one line per statement. */
export const told = (sql: string, dialect: Dialect): string => analyse(sql, dialect).map(line).join('; ');

/** The only statement of a text. */
export function only(sql: string, dialect: Dialect): Statement {
  const statements = analyse(sql, dialect);
  if (statements.length !== 1) throw new Error(`${statements.length} statements in ${sql}`);
  return statements[0];
}

/** The tuples of an insert, as text. */
export const rows = (statement: Statement): string | undefined =>
  statement.writes[0].rows?.map((row) => `(${row.map(value).join(', ')})`).join(' ');
