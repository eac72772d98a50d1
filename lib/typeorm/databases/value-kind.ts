import type { DataSource } from 'typeorm';
import type { ColumnMetadata } from './transformed-value.js';
import type { ValueKind } from '../../tags/canonical-id.js';
import type { KeyColumn } from '../../tags/table-info.js';
import type { CatalogueColumn } from './catalogue.js';
import type { Dialect } from '../../sql/statement.js';

const INTEGER =
  /^(?:(?:tiny|small|medium|big|unsigned big )?int(?:eger)?|int(?:2|4|8|64)|(?:small|big)?serial(?:2|4|8)?|rowid)$/;
const TEXT =
  /^(?:n?(?:var)?char|character(?: varying)?|n?varchar2|native character|(?:tiny|medium|long)?text|ntext|citext|string|enum|simple-enum|shorttext|alphanum)$/;

/** What TypeORM writes into a column of text is a text of its own making. */
const MADE_UP = new Set<unknown>(['simple-array', 'simple-json']);

/** How the database compares the values of a column, as far as its type in the metadata tells. */
export function valueKindOf(dataSource: DataSource, column: ColumnMetadata, dialect: Dialect): ValueKind {
  if (column.isArray || MADE_UP.has(column.type)) return 'other';
  const kind = kindOfType(typeNameOf(dataSource, column), dialect);
  // A collation chosen by hand may call texts equal that the usual ones keep apart.
  return kind === 'text' && column.collation ? 'ascii-text' : kind;
}

/** A column as the catalogue describes it; metadata may be wrong. */
export function storedColumn(column: CatalogueColumn, dialect: Dialect): KeyColumn {
  const { name, maxLength } = column;
  const type = usualName(column.type, dialect);
  const kind = column.hasOddCollation ? 'other' : kindOfType(type, dialect);
  const findsZeroAsNull = dialect === 'mysql' && column.isNotNull && /^(?:datetime|timestamp)$/.test(type);
  const limits = limitsOfType(kind, type, maxLength, dialect);
  return findsZeroAsNull ? { name, kind, ...limits, findsZeroAsNull } : { name, kind, ...limits };
}

/** The name of a catalogue's type as SQL knows it; empty for one that stores something else than it is given. */
function usualName(type: string, dialect: Dialect): string {
  // PostgreSQL's own "char" holds a single byte, and cuts off the rest.
  if (dialect === 'postgres') return type === 'bpchar' ? 'char' : type === 'char' ? '' : type;
  if (dialect !== 'sqlite' || /char|text/.test(type)) return type;
  // Under any other name SQLite makes numbers of texts that look like one.
  return /int|^bool|^date$/.test(type) ? type : '';
}

function kindOfType(type: string, dialect: Dialect): ValueKind {
  if (INTEGER.test(type)) return 'integer';
  if (type === 'uuid' || type === 'uniqueidentifier') return dialect === 'sqlite' ? 'text' : 'uuid';
  if (type === 'boolean' || type === 'bool') return 'boolean';
  // Oracle's holds a time too.
  if (type === 'date') return dialect === 'generic' ? 'other' : 'date';
  if (!TEXT.test(type)) return 'other';
  switch (dialect) {
    case 'postgres':
      // It folds by the rules of the server's locale, which differ from those of JavaScript outside of ASCII.
      return type === 'citext' ? 'ascii-text' : 'text';
    case 'sqlite':
      return 'text';
    case 'mysql':
      // What is none of its values is stored as another one: '' or, if it looks like a number, the one with that number.
      return type === 'enum' ? 'other' : 'ascii-text';
    case 'generic':
      return 'ascii-text';
  }
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
  const kind = valueKindOf(dataSource, column, dialect);
  const type = typeNameOf(dataSource, column);
  return limitsOfType(kind, type, Number(column.length) || (type === 'char' ? 1 : 255), dialect);
}

function limitsOfType(
  kind: ValueKind,
  type: string,
  maxLength: number | undefined,
  dialect: Dialect,
): { readonly maxLength?: number; readonly maxValue?: number } {
  if (dialect !== 'mysql') return {};
  return kind === 'integer' ? { maxValue: LARGEST[type] ?? Number.MAX_SAFE_INTEGER } : { maxLength };
}

function typeNameOf(dataSource: DataSource, column: ColumnMetadata): string {
  try {
    return dataSource.driver.normalizeType(column).toLowerCase();
  } catch {
    return '';
  }
}
