import type { DataSource } from 'typeorm';
import type { ColumnMetadata } from './transformed-value.js';
import type { ValueKind } from '../tags/canonical-id.js';
import type { Dialect } from '../sql/statement.js';

const INTEGER =
  /^(?:(?:tiny|small|medium|big|unsigned big )?int(?:eger)?|int(?:2|4|8|64)|(?:small|big)?serial(?:2|4|8)?|rowid)$/;
const TEXT =
  /^(?:n?(?:var)?char|character(?: varying)?|n?varchar2|native character|(?:tiny|medium|long)?text|ntext|citext|string|enum|simple-enum|shorttext|alphanum)$/;

/** How the database compares the values of a column, as far as its type tells. */
export function valueKindOf(dataSource: DataSource, column: ColumnMetadata, dialect: Dialect): ValueKind {
  const type = typeNameOf(dataSource, column);
  if (INTEGER.test(type)) return 'integer';
  if (type === 'uuid' || type === 'uniqueidentifier') return dialect === 'sqlite' ? 'text' : 'uuid';
  if (type === 'boolean' || type === 'bool') return 'boolean';
  if (!TEXT.test(type)) return 'other';
  // A collation chosen by hand may call texts equal that the usual ones keep apart.
  const isExact = (dialect === 'postgres' || dialect === 'sqlite') && !column.collation;
  return isExact ? 'text' : 'ascii-text';
}

const LARGEST: Readonly<Record<string, number>> = {
  tinyint: 127,
  smallint: 32_767,
  mediumint: 8_388_607,
  int: 2_147_483_647,
};

/**
 * The limits of what a column surely stores as it is given. MySQL cuts values to fit when it is not in strict mode, and
 * with INSERT IGNORE even then; other databases refuse them.
 */
export function limitsOf(
  dataSource: DataSource,
  column: ColumnMetadata,
  dialect: Dialect,
): { readonly maxLength?: number; readonly maxValue?: number } {
  if (dialect !== 'mysql') return {};
  if (valueKindOf(dataSource, column, dialect) === 'integer') {
    return { maxValue: LARGEST[typeNameOf(dataSource, column)] ?? Number.MAX_SAFE_INTEGER };
  }
  return { maxLength: Number(column.length) || 255 };
}

function typeNameOf(dataSource: DataSource, column: ColumnMetadata): string {
  try {
    return dataSource.driver.normalizeType(column).toLowerCase();
  } catch {
    return '';
  }
}
