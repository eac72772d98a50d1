import { ForeignKeys } from '../../../lib/tags/foreign-keys.js';
import { idOfRow, type TableInfo } from '../../../lib/tags/table-info.js';
import type { RowValues, WriteFacts } from '../../../lib/tags/write-facts.js';
import type { Dice } from './dice.js';
import {
  columnsOf,
  dressed,
  keyOf,
  someRow,
  someValue,
  TABLE_NAMES,
  TABLES,
  tableInfo,
  type Database,
  type Row,
  type TableName,
  type Value,
} from './world.js';

/** What one or more statements made of the database, and what is told of them. */
export interface Written {
  readonly database: Database;
  readonly facts: readonly WriteFacts[];
}

/** The world in which is written, and how its tables are spelled there. */
export interface WorldFacts {
  readonly isEnforced: boolean;
  readonly schema: string | undefined;
  /** Whether nobody is told which rows a condition chose. */
  readonly hidesChosenRows: boolean;
}

/** Any statement on the table. */
export function someWrite(database: Database, table: TableName, world: WorldFacts, dice: Dice): Written {
  const writer = new Writer(database, table, world, dice);
  switch (dice.below(7)) {
    case 0:
    case 1:
      return writer.insert();
    case 2:
      return writer.delete();
    case 3:
      return writer.upsert();
    default:
      return writer.update();
  }
}

class Writer {
  private readonly info: TableInfo;

  constructor(
    private readonly database: Database,
    private readonly table: TableName,
    private readonly world: WorldFacts,
    private readonly dice: Dice,
  ) {
    this.info = tableInfo(table, world.schema, world.isEnforced, world.hidesChosenRows);
  }

  insert(): Written {
    const { table, info, dice } = this;
    const rows = Array.from({ length: dice.once(4) ? 2 : 1 }, () => someRow(table, dice));
    const facts: WriteFacts = {
      kind: 'insert',
      table: info,
      rows: dice.doubts(12) ? 'some' : rows.map((row) => this.told(row)),
    };
    return this.written([...this.rows, ...rows], rows, facts);
  }

  update(): Written {
    const before = this.someRows();
    const set = this.someSet();
    const after = before.map((row) => this.changed(row, set));
    const facts = this.updated(before, after, set);
    return this.carried(before, after, facts);
  }

  delete(): Written {
    const { info, dice } = this;
    const before = this.someRows();
    const ids = dice.doubts(4) || this.areIdsHidden() ? undefined : this.idsOf(before);
    return this.carried(before, [], { kind: 'delete', table: info, ids, oldRows: this.heldBefore(before, ids) });
  }

  /** What the answer or the condition tells of rows that were deleted. */
  private heldBefore(before: readonly Row[], ids: readonly string[] | undefined): readonly RowValues[] | undefined {
    if (ids === undefined && this.world.hidesChosenRows) return this.heldByChosen(before);
    // Every other time the answer tells them, without a throw of the dice: recorded queries go on being what they are.
    if (before.length % 2 === 0) return undefined;
    return before.map(
      (row): RowValues =>
        (column) =>
          row[column],
    );
  }

  private areIdsHidden(): boolean {
    return this.world.hidesChosenRows && this.dice.once(2);
  }

  /** A condition names few columns. */
  private heldByChosen(before: readonly Row[]): readonly RowValues[] {
    const { table, dice } = this;
    const named = dice.some(columnsOf(table), 3);
    return before.map((row): RowValues => {
      const values = new Map(named.map((column) => [column, dressed(table, column, row[column], dice)]));
      return (column) => values.get(column);
    });
  }

  /** Inserts a row, or updates the one that is there by the same key or unique value. */
  upsert(): Written {
    const { table, info, dice, rows } = this;
    const row = someRow(table, dice);
    const conflict = table !== 'a' || dice.once(2) ? keyOf(table) : ['u'];
    const found = rows.filter((other) =>
      conflict.every((column) => row[column] !== null && other[column] === row[column]),
    );
    const set = this.someSet(dice.once(2) ? row : undefined);
    const after = found.length > 0 ? found.map((other) => this.changed(other, set)) : [row];
    const newRows = dice.once(3) ? after.map((each) => this.told(each)) : undefined;
    const isFoundByKey = conflict[0] !== 'u';
    const facts: WriteFacts = {
      kind: 'upsert',
      table: info,
      rows: [this.told(row)],
      ids: isFoundByKey && !dice.doubts(4) ? this.idsOf([row]) : undefined,
      set: this.toldSet(set),
      newRows,
    };
    return this.written([...rows.filter((other) => !found.includes(other)), ...after], [...found, ...after], facts);
  }

  private get rows(): readonly Row[] {
    return this.database[this.table];
  }

  private someRows(): readonly Row[] {
    return this.dice.once(3)
      ? this.dice.some(this.rows)
      : this.rows.slice(0, 3).filter((_, i) => i === this.dice.below(3));
  }

  /** New values by column; a number by which to turn it stands for an expression. */
  private someSet(like?: Row): ReadonlyMap<string, Value | 'computed'> {
    const { table, dice } = this;
    const others = columnsOf(table).filter((column) => TABLES[table][column].isKey !== true);
    const columns = others.length === 0 || dice.once(4) ? columnsOf(table) : others;
    const set = new Map<string, Value | 'computed'>();
    for (let count = 1 + dice.below(2); count > 0; count--) {
      const column = dice.pick(columns);
      const { isKey, isUnique, to } = TABLES[table][column];
      const mayCompute = isKey !== true && isUnique !== true && to === undefined;
      const value = like === undefined ? someValue(table, column, dice) : like[column];
      set.set(column, mayCompute && dice.once(5) ? 'computed' : value);
    }
    return set;
  }

  private changed(row: Row, set: ReadonlyMap<string, Value | 'computed'>): Row {
    const after: Record<string, Value> = { ...row };
    for (const [column, value] of set) after[column] = value === 'computed' ? turned(row[column]) : value;
    return after;
  }

  private updated(
    before: readonly Row[],
    after: readonly Row[],
    set: ReadonlyMap<string, Value | 'computed'>,
  ): WriteFacts {
    const { info, dice } = this;
    const ids = dice.doubts(4) || this.areIdsHidden() ? undefined : this.idsOf(before);
    return {
      kind: 'update',
      table: info,
      ids,
      oldRows: ids === undefined && this.world.hidesChosenRows ? this.heldByChosen(before) : undefined,
      set: dice.doubts(8) ? undefined : this.toldSet(set),
      newRows: dice.once(dice.tellsRows ? 1 : 3) ? after.map((row) => this.told(row)) : undefined,
    };
  }

  private toldSet(set: ReadonlyMap<string, Value | 'computed'>): ReadonlyMap<string, unknown> {
    const { table, dice } = this;
    return new Map(
      [...set].map(([column, value]) => [
        column,
        value === 'computed' || dice.doubts(6) ? undefined : dressed(table, column, value, dice),
      ]),
    );
  }

  /** The row as far as it is known, the same whenever it is asked. */
  private told(row: Row): RowValues {
    const { table, dice } = this;
    const values = new Map(
      columnsOf(table).map((column) => [
        column,
        dice.doubts(9) ? undefined : dressed(table, column, row[column], dice),
      ]),
    );
    return (column) => values.get(column);
  }

  private idsOf(rows: readonly Row[]): readonly string[] {
    return rows.map((row) => idOfRow(this.info, (column) => row[column])!);
  }

  /** @param touched the rows before and after. */
  private written(rows: readonly Row[], touched: readonly Row[], facts: WriteFacts): Written {
    const { dice, info } = this;
    const database = { ...this.database, [this.table]: rows };
    // Sometimes less is known.
    if (dice.doubts(10)) return { database, facts: [{ table: info.id, rows: this.idsOf(touched) }] };
    if (dice.doubts(10)) return { database, facts: [{ table: info.id, rows: dice.pick(['some', 'all'] as const) }] };
    if (!dice.doubts(20) || facts.kind === undefined) return { database, facts: [facts] };
    return { database, facts: [{ ...facts, table: { ...info, columns: undefined } }] };
  }

  /** A change of rows that others may refer to, which the database carries on to those where it enforces keys. */
  private carried(before: readonly Row[], after: readonly Row[], facts: WriteFacts): Written {
    const { table, world, dice } = this;
    const own = this.rows.filter((row) => !before.includes(row)).concat(after);
    const { database, facts: told } = this.written(own, [...before, ...after], facts);
    if (!world.isEnforced || table === 'c' || table === 'j') return { database, facts: told };
    const action = dice.pick(['NO ACTION', 'CASCADE', 'SET NULL']);
    if (action === 'NO ACTION') return { database, facts: told };
    const names = new Map(before.map((row, i): [Value, Value] => [row['id'], after[i]?.['id'] ?? null]));
    const carried = carryOn(database, table, names, after.length === 0, action);
    const change =
      after.length === 0 ? ({ kind: 'delete' } as const) : ({ kind: 'update', columns: undefined } as const);
    const others = foreignKeys(action).carriedTo(table, change);
    return {
      database: carried,
      facts: [
        ...told,
        ...[...others].map((name) => ({
          table: { database: 'db', schema: world.schema, name },
          rows: 'some' as const,
        })),
      ],
    };
  }
}

const turned = (value: Value): Value => (value === null ? 0 : 2 - value);

/** The rows that referred to others by these keys refer to what became of them. */
function carryOn(
  database: Database,
  target: TableName,
  names: ReadonlyMap<Value, Value>,
  isDelete: boolean,
  action: string,
): Database {
  let next: Record<TableName, readonly Row[]> = { ...database };
  for (const table of TABLE_NAMES) {
    for (const column of columnsOf(table)) {
      if (TABLES[table][column].to !== target) continue;
      const gone = new Map<Value, Value>();
      const rows = next[table].flatMap((row) => {
        if (!names.has(row[column]) || names.get(row[column]) === row[column]) return [row];
        if (action === 'SET NULL') return [{ ...row, [column]: null }];
        if (!isDelete) return [{ ...row, [column]: names.get(row[column])! }];
        gone.set(row['id'] ?? null, null);
        return [];
      });
      next[table] = rows;
      if (gone.size > 0 && table !== 'c' && table !== 'j') next = { ...carryOn(next, table, gone, true, action) };
    }
  }
  return next;
}

function foreignKeys(action: string): ForeignKeys {
  const keys = new ForeignKeys();
  for (const from of TABLE_NAMES) {
    for (const column of columnsOf(from)) {
      const { to } = TABLES[from][column];
      if (to === undefined) continue;
      keys.add({ from, columns: [column], to, referencedColumns: keyOf(to), onDelete: action, onUpdate: action });
    }
  }
  return keys;
}
