import type { Dialect, Pin, TableWrite, ValueRef, WriteKind } from '../../sql/statement.js';
import { InvalidationList } from '../../tags/invalidation-list.js';
import { InvalidationSet } from '../../tags/invalidation-set.js';
import { columnOf, idOfRow, type KeyColumn, type TableInfo } from '../../tags/table-info.js';
import { databaseTag, type TableId } from '../../tags/table-tags.js';
import { NOTHING, type Invalidation } from '../../tags/tag.js';
import type { RowValues, WriteFacts } from '../../tags/write-facts.js';
import { WriteInvalidation } from '../../tags/write-invalidation.js';
import { addWrite, MAX_WRITTEN_ROWS } from '../../tags/write-rules.js';
import { changesOf } from '../databases/carried-changes.js';
import type { DatabaseSchema } from '../databases/database-schema.js';
import { idsOfPins, pinsOfKey, spellsSql, valueOf, valuesOf, type Parameters } from './key-values.js';
import type { Relation } from '../databases/relation.js';

/** More rows than this are not taken from the conditions of a statement. */
const MAX_PINNED_ROWS = 100;

/** The rows of an insert are kept, and told to each who listens, if they are no more than this. */
const MAX_KEPT_ROWS = 20;

/** What the answer to a statement may tell about the rows it wrote. */
export type Lesson = 'returned rows' | 'generated key';

/** What the answer did tell. */
export interface Told {
  /** The rows as they are now, in those columns that were returned. */
  readonly rows?: readonly ReturnedRow[];
  /** Whether `rows` tells all that anybody asks of them; a column that is left out may hold anything. */
  readonly isWhole?: boolean;
  /** The key that the database gave to the one row that was inserted. */
  readonly generatedKey?: unknown;
}

/** Values by folded column name. */
export type ReturnedRow = ReadonlyMap<string, unknown>;

/** One table that a statement writes, as far as its text tells. */
export class PlannedWrite {
  readonly relation: Relation;

  /** What its text says, and what its table makes of that. */
  readonly write: TableWrite;

  /** Where the rows are to be found in the answer, when the statement's own constants do not tell them. */
  readonly lesson: Lesson | undefined;

  /** An update that sets a column of the key, or lets the database compute one: the ids before and after it differ. */
  readonly changesKey: boolean;

  /** An update that sets ignored columns alone, and nothing of its table with them. */
  readonly isIgnored: boolean;

  // Made once: statements of which nothing is known say the same every time.
  private readonly ofOthers: Invalidation | undefined;
  private readonly ofAnyRows: Invalidation;
  private anything: PlannedWrite | undefined;
  private readonly pins: readonly Pin[] | undefined;

  /** The columns of an insert by their place in the rows of VALUES. */
  private readonly places: ReadonlyMap<string, number> | undefined;

  constructor(
    private readonly schema: DatabaseSchema,
    private readonly said: TableWrite,
    private readonly dialect: Dialect,
  ) {
    const relation = (this.relation = schema.relation(said.table));
    const judged = dialect === 'sqlite' && setsRowNumber(said, relation) ? settingAny(said) : said;
    const write = (this.write = relation.replacesRows ? replacing(judged) : judged);
    const carried = carriedOf(schema, relation, write);
    const written = [relation, ...relation.bases].map(({ id }) => id);
    const triggered = schema.triggeredBy([...written, ...carried], write.kind === 'replace');
    this.ofOthers = this.others(carried, triggered);
    const any = new InvalidationSet();
    addWrite(any, { table: relation.id, rows: this.isWhole ? 'all' : 'some' });
    this.ofAnyRows = frozen(this.ofOthers === undefined ? any : any.add(this.ofOthers));
    const { kind, columns, rows } = write;
    const mayChange = (name: string): boolean => columns?.includes(name) !== false || relation.computed.includes(name);
    this.changesKey = relation.key.some(({ name }) => mayChange(name));
    this.isIgnored = kind === 'update' && !relation.hasTriggers && this.setsOnlyIgnored(columns);
    if (kind === 'delete' || kind === 'update') this.pins = pinsOfKey(relation.key, write.pins);
    if (columns !== undefined && rows?.every((cells) => cells.length === columns.length) === true) {
      this.places = new Map(columns.map((column, place) => [column, place]));
    }
    const isInsert = kind === 'insert';
    if (isInsert || kind === 'delete' || (kind === 'update' && !this.changesKey)) {
      this.lesson = this.lessonOf(isInsert);
    }
  }

  /** Whether all rows are named by the statement itself, so that its answer tells no more of them. */
  get isPinned(): boolean {
    return this.pins !== undefined;
  }

  /** Whether it does nothing that anybody need hear of. */
  get isUnheard(): boolean {
    return this.isIgnored && this.ofOthers === undefined;
  }

  /** Whether the statement itself names all rows. */
  namesRows(parameters: Parameters): boolean {
    if (this.pins !== undefined) return this.pinnedIds(parameters) !== undefined;
    const rows = this.insertedRows(parameters, undefined);
    return rows !== undefined && rows.every((row) => idOfRow(this.relation, row) !== undefined);
  }

  /** What the write invalidates, as far as the statement says it, and its answer if there is one yet. */
  invalidationOf(parameters: Parameters, told?: Told): Invalidation {
    // A parameter may set other columns, and choose other rows, than the text says.
    if (spellsSql(parameters, this.dialect)) return this.ofAnything;
    if (this.isIgnored) return this.ofOthers ?? NOTHING;
    const facts = this.relation.hasTriggers ? undefined : this.factsOf(parameters, told);
    if (facts === undefined) return this.ofAnyRows;
    if (!isOfMany(facts)) return new WriteInvalidation(facts, this.ofOthers);
    const all = new InvalidationList();
    addWrite(all, facts);
    return this.ofOthers === undefined ? all : all.add(this.ofOthers);
  }

  /** What it invalidates if it does anything to its table. */
  private get ofAnything(): Invalidation {
    this.anything ??= new PlannedWrite(this.schema, replacing(settingAny(this.said)), this.dialect);
    return this.anything.ofAnyRows;
  }

  private factsOf(parameters: Parameters, told: Told | undefined): WriteFacts | undefined {
    const { relation: table, write } = this;
    switch (write.kind) {
      case 'insert':
        return { kind: 'insert', table, rows: this.insertedRows(parameters, told) ?? 'some' };
      case 'update': {
        // What is answered after the key has changed are the new names.
        const ids = this.pinnedIds(parameters) ?? (this.changesKey ? undefined : idsOf(table, told));
        const oldRows = ids === undefined ? this.chosenRows(parameters) : undefined;
        return { kind: 'update', table, ids, set: this.setBy(parameters), oldRows, newRows: wholeRows(told) };
      }
      case 'delete':
        return {
          kind: 'delete',
          table,
          ids: this.pinnedIds(parameters) ?? idsOf(table, told),
          oldRows: wholeRows(told) ?? this.chosenRows(parameters),
        };
      case 'upsert': {
        const rows = this.insertedRows(parameters, undefined) ?? 'some';
        // DO NOTHING: what is there already stays as it is, or as far as anybody wants to know.
        if (write.conflictColumns?.length === 0 || this.setsOnlyIgnored(write.conflictColumns))
          return { kind: 'insert', table, rows };
        return { kind: 'upsert', table, rows, set: this.setOnConflict(), newRows: wholeRows(told) };
      }
      default:
        return undefined;
    }
  }

  private pinnedIds(parameters: Parameters): readonly string[] | undefined {
    if (this.pins === undefined) return undefined;
    return idsOfPins(this.relation.key, this.pins, parameters, this.dialect, MAX_PINNED_ROWS);
  }

  /** What the condition says of the rows it chose, where nobody will know more of them. */
  private chosenRows(parameters: Parameters): readonly RowValues[] | undefined {
    const { pins } = this.write;
    if (this.relation.hidesChosenRows !== true || pins.length === 0) return undefined;
    let rows: readonly ReadonlyMap<string, unknown>[] = [new Map()];
    for (const { column, values } of pins) {
      // What nobody compares is told best by saying nothing.
      if ((columnOf(this.relation, column)?.kind ?? 'other') === 'other') continue;
      const given = values.flatMap((reference) => valuesOf(reference, parameters, this.dialect));
      if (rows.length * given.length > MAX_PINNED_ROWS) continue;
      rows = rows.flatMap((row) => given.map((value) => new Map(row).set(column, value)));
    }
    return rows.map(
      (row): RowValues =>
        (column) =>
          row.get(column),
    );
  }

  /** The rows of VALUES; undefined when they come from elsewhere. */
  private insertedRows(parameters: Parameters, told: Told | undefined): readonly RowValues[] | undefined {
    const { places } = this;
    const { rows } = this.write;
    if (rows === undefined || places === undefined || rows.length > MAX_WRITTEN_ROWS) return wholeRows(told);
    const { key } = this.relation;
    const returned = told?.rows?.length === rows.length ? told.rows : undefined;
    return rows.map((cells, index) => {
      const row = returned?.[index];
      // Rows are not surely answered in the order in which they were given: a key is made of one source or of the other.
      const isKeyReturned = row !== undefined && key.every(({ name }) => row.has(name));
      return (column) => {
        if (row?.has(column) === true && (isKeyReturned || !isIn(key, column))) return row.get(column);
        const place = places.get(column);
        const cell = place === undefined ? 'default' : cells[place];
        if (told?.generatedKey !== undefined && column === this.relation.generatedKey?.name) return told.generatedKey;
        return cell === 'default' ? this.relation.defaults.get(column) : this.given(column, cell, parameters);
      };
    });
  }

  /** A constant as it is stored; undefined when that is not known. */
  private given(column: string, cell: ValueRef | undefined, parameters: Parameters): unknown {
    const value = cell === undefined ? undefined : valueOf(cell, parameters, this.dialect);
    if (value === null) return this.relation.replacesNull.includes(column) ? undefined : null;
    return Number(value) === 0 && this.relation.replacesZero.includes(column) ? undefined : value;
  }

  /** What an update sets, and what the database sets with it. */
  private setBy(parameters: Parameters): ReadonlyMap<string, unknown> | undefined {
    const { columns, sets } = this.write;
    if (columns === undefined) return undefined;
    const set = new Map<string, unknown>();
    for (const column of columns) set.set(column, undefined);
    for (const { column, value } of sets ?? []) set.set(column, this.given(column, value, parameters));
    for (const column of this.relation.computed) if (!set.has(column)) set.set(column, undefined);
    for (const column of this.relation.ignored) set.delete(column);
    return set;
  }

  private setsOnlyIgnored(columns: readonly string[] | undefined): boolean {
    const { ignored, computed } = this.relation;
    if (ignored.size === 0 || columns === undefined) return false;
    return [...columns, ...computed].every((column) => ignored.has(column));
  }

  private setOnConflict(): ReadonlyMap<string, unknown> | undefined {
    const { conflictColumns } = this.write;
    if (conflictColumns === undefined) return undefined;
    const set = new Map([...conflictColumns, ...this.relation.computed].map((column) => [column, undefined]));
    for (const column of this.relation.ignored) set.delete(column);
    return set;
  }

  private get isWhole(): boolean {
    const { kind } = this.write;
    return kind === 'truncate' || kind === 'define' || kind === 'refresh';
  }

  /** What it invalidates beside the table it names, or undefined when that is nothing. */
  private others(carried: readonly TableId[], triggered: readonly Relation[]): Invalidation | undefined {
    const { relation } = this;
    const { bases } = relation;
    const all = new InvalidationSet();
    for (const { id } of [...bases, ...triggered]) addWrite(all, { table: id, rows: 'some' });
    for (const table of carried) addWrite(all, { table, rows: this.isWhole ? 'all' : 'some' });
    for (const { id, mayShowAny } of [relation, ...bases, ...triggered]) {
      if (mayShowAny) all.sweep(databaseTag(id.database));
    }
    return all.isEmpty ? undefined : frozen(all);
  }

  private lessonOf(isInsert: boolean): Lesson | undefined {
    const { relation, write } = this;
    if (relation.key.length === 0) return undefined;
    if (write.returning !== undefined) {
      const returned = write.returning;
      const holdsKey = returned === '*' || relation.key.every(({ name }) => returned.includes(name));
      return holdsKey || isInsert ? 'returned rows' : undefined;
    }
    return isInsert && write.rows?.length === 1 && relation.generatedKey !== undefined ? 'generated key' : undefined;
  }
}

/** Whether its rows would take more room than the tags that they come to. */
function isOfMany(facts: WriteFacts): boolean {
  if (facts.kind !== 'insert' && facts.kind !== 'upsert') return false;
  return facts.rows !== 'some' && facts.rows.length > MAX_KEPT_ROWS;
}

const REPLACING: ReadonlySet<WriteKind> = new Set<WriteKind>(['insert', 'update', 'upsert']);

function replacing(write: TableWrite): TableWrite {
  return REPLACING.has(write.kind) ? { ...write, kind: 'replace' } : write;
}

/** What SQLite calls the number of a row, which is the value of an INTEGER PRIMARY KEY. */
const ROW_NUMBERS = ['rowid', '_rowid_', 'oid'];

function setsRowNumber({ columns = [], conflictColumns = [] }: TableWrite, table: TableInfo): boolean {
  const isMeant = (name: string): boolean => columns.includes(name) || conflictColumns.includes(name);
  return ROW_NUMBERS.some((name) => isMeant(name) && columnOf(table, name) === undefined);
}

function settingAny(write: TableWrite): TableWrite {
  return { ...write, columns: undefined, sets: undefined, conflictColumns: undefined };
}

function isIn(key: readonly KeyColumn[], column: string): boolean {
  return key.some(({ name }) => name === column);
}

function wholeRows(told: Told | undefined): readonly RowValues[] | undefined {
  return told?.isWhole === true ? told.rows?.map((row) => (column) => row.get(column)) : undefined;
}

/** The ids in the rows of an answer, or undefined when one has none. */
function idsOf(table: TableInfo, told: Told | undefined): readonly string[] | undefined {
  if (told?.rows === undefined) return undefined;
  const ids: string[] = [];
  for (const row of told.rows) {
    const id = idOfRow(table, (column) => row.get(column));
    if (id === undefined) return undefined;
    ids.push(id);
  }
  return ids;
}

/** The same for good, without the cost of collecting. */
function frozen({ touches, sweeps }: InvalidationSet): Invalidation {
  return { touches, sweeps };
}

/** Tables whose rows keys and partitions let the database change by itself: which rows, nobody knows. */
function carriedOf(schema: DatabaseSchema, relation: Relation, write: TableWrite): readonly TableId[] {
  const others: TableId[] = [];
  for (const target of [relation, ...relation.bases]) {
    others.push(...schema.kinOf(target));
    if (write.cascades === true) others.push(...schema.reachedByCascade(target));
    // A view may call the columns of its tables anything.
    const columns = target === relation ? write.columns : undefined;
    for (const change of changesOf(write, columns)) others.push(...schema.carriedTo(target, change));
  }
  return others;
}
