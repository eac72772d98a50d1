import type { TableInfo } from '../../../lib/tags/table-info.js';
import type { ValueKind } from '../../../lib/tags/canonical-id.js';
import type { Dice } from './dice.js';

/** Values are small numbers here; only what the library sees of them is dressed as its columns demand. */
export type Value = number | null;

export type TableName = 'a' | 'b' | 'c' | 'j';

/** A row by column; `#` is where it lies, which no update changes. */
export type Row = Readonly<Record<string, Value>>;

export type Database = Readonly<Record<TableName, readonly Row[]>>;

interface Column {
  readonly kind: ValueKind;
  readonly isUnique?: boolean;
  /** The table whose key it holds. */
  readonly to?: TableName;
  readonly isKey?: boolean;
}

const key: Column = { kind: 'integer', isKey: true };
const foreign = (to: TableName): Column => ({ kind: 'integer', to });
const integer: Column = { kind: 'integer' };

/** Few tables for all shapes of joins: `c` belongs to `a`, `a` refers to `b` and to itself, `j` links `a` and `b`. */
export const TABLES: Readonly<Record<TableName, Readonly<Record<string, Column>>>> = {
  a: {
    id: key,
    u: { kind: 'integer', isUnique: true },
    x: integer,
    y: { kind: 'text' },
    z: { kind: 'other' },
    b_id: foreign('b'),
    p_id: foreign('a'),
  },
  b: { id: key, n: integer },
  c: { id: key, a_id: foreign('a'), b_id: foreign('b'), k: integer },
  j: { a_id: { ...foreign('a'), isKey: true }, b_id: { ...foreign('b'), isKey: true }, w: integer },
};

export const TABLE_NAMES = Object.keys(TABLES) as readonly TableName[];

export const columnsOf = (table: TableName): readonly string[] => COLUMNS[table];

const COLUMNS = {
  a: Object.keys(TABLES.a),
  b: Object.keys(TABLES.b),
  c: Object.keys(TABLES.c),
  j: Object.keys(TABLES.j),
};

export const keyOf = (table: TableName): readonly string[] =>
  columnsOf(table).filter((name) => TABLES[table][name].isKey === true);

/** What the rules are told of a table, by the schema under which it is spelled. */
export function tableInfo(
  table: TableName,
  schema: string | undefined,
  isEnforced: boolean,
  hidesChosenRows: boolean,
): TableInfo {
  const name = `${table} ${schema} ${isEnforced} ${hidesChosenRows}`;
  const found = INFOS.get(name);
  if (found !== undefined) return found;
  const columns = columnsOf(table).map((name) => ({ name, ...TABLES[table][name] }));
  const info: TableInfo = {
    id: { database: 'db', name: table, schema },
    key: columns.filter(({ isKey }) => isKey === true),
    columns,
    foreignKeys: columns
      .filter(({ to }) => to !== undefined)
      .map(({ name, to }) => ({
        columns: [name],
        to: { database: 'db', name: to!, schema },
        toColumns: keyOf(to!),
        isEnforced,
      })),
    hidesChosenRows,
  };
  INFOS.set(name, info);
  return info;
}

const INFOS = new Map<string, TableInfo>();

const LONG = 'long'.repeat(50);

/** A value as a program or a driver would write it; `undefined` where it is not known, or has a form nobody can name. */
export function dressed(table: TableName, column: string, value: Value, dice: Dice): unknown {
  if (value === null) return null;
  const { kind } = TABLES[table][column];
  if (kind === 'text') return value === 2 ? LONG : `T${value}`;
  if (kind === 'other') return `${value}.50`;
  return dice.pick<unknown>([value, String(value), BigInt(value)]);
}

/** A value for a column, NULL among them where it may be. */
export function someValue(table: TableName, column: string, dice: Dice): Value {
  const { isKey, to } = TABLES[table][column];
  if (isKey === true) return 1 + dice.below(dice.values);
  if (dice.once(5)) return null;
  return (to === undefined ? 0 : 1) + dice.below(dice.values);
}

let places = 0;

export function someRow(table: TableName, dice: Dice): Row {
  const row: Record<string, Value> = { '#': ++places };
  for (const column of columnsOf(table)) row[column] = someValue(table, column, dice);
  return row;
}

/** Whether keys and unique columns are, and whether all that is referred to exists if the database enforces it. */
export function isConsistent(database: Database, isEnforced: boolean): boolean {
  for (const table of TABLE_NAMES) {
    const rows = database[table];
    const keys = keyOf(table);
    for (let i = 0; i < rows.length; i++) {
      for (let k = 0; k < i; k++) {
        if (keys.every((column) => rows[i][column] === rows[k][column])) return false;
        if (table === 'a' && rows[i]['u'] !== null && rows[i]['u'] === rows[k]['u']) return false;
      }
    }
    if (!isEnforced) continue;
    for (const column of columnsOf(table)) {
      const { to } = TABLES[table][column];
      if (to === undefined) continue;
      for (const row of rows) {
        if (row[column] !== null && !database[to].some(({ id }) => id === row[column])) return false;
      }
    }
  }
  return true;
}

/** A database with a few rows in each of these tables. */
export function someDatabase(tables: readonly TableName[], isEnforced: boolean, dice: Dice): Database {
  const database: Record<TableName, Row[]> = { a: [], b: [], c: [], j: [] };
  for (const table of ['b', 'a', 'c', 'j'] as const) {
    if (!tables.includes(table) && !isEnforced) continue;
    for (let count = dice.below(dice.values + 1); count > 0; count--) {
      const row = someRow(table, dice);
      database[table].push(row);
      if (isConsistent(database, isEnforced)) continue;
      database[table].pop();
      // Better a row that refers to nothing than none.
      const loose = { ...row };
      for (const column of columnsOf(table)) {
        if (TABLES[table][column].to !== undefined && TABLES[table][column].isKey !== true) loose[column] = null;
      }
      database[table].push(loose);
      if (!isConsistent(database, isEnforced)) database[table].pop();
    }
  }
  return database;
}
