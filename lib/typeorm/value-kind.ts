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

function typeNameOf(dataSource: DataSource, column: ColumnMetadata): string {
  try {
    return dataSource.driver.normalizeType(column).toLowerCase();
  } catch {
    return '';
  }
}
