import type { Dialect, Pin, TableWrite } from '../sql/statement.js';
import type { CarriedChange } from '../tags/foreign-keys.js';
import { InvalidationList } from '../tags/invalidation-list.js';
import { InvalidationSet } from '../tags/invalidation-set.js';
import { canonicalKeyValue, idOfRow } from '../tags/table-info.js';
import { databaseTag, type TableId } from '../tags/table-tags.js';
import type { Invalidation } from '../tags/tag.js';
import { addWrite, MAX_WRITTEN_ROWS } from '../tags/write-rules.js';
import type { DatabaseSchema } from './database-schema.js';
import { idsOfPins, pinsOfKey, valueOf, type Parameters } from './key-values.js';
import type { Relation } from './relation.js';

/** More rows than this are not taken from the conditions of a statement. */
const MAX_PINNED_ROWS = 100;

/** What the answer to a statement may tell about the rows it wrote. */
export type Lesson = 'returned rows' | 'generated key';

/** One table that a statement writes, as far as its text tells. */
export class PlannedWrite {
  readonly relation: Relation;

  /** Where the ids are to be found in the answer, when the statement's own constants do not tell them. */
  readonly lesson: Lesson | undefined;

  /** An update that sets a column of the key: the ids before and after it differ. */
  readonly changesKey: boolean;

  // Made once: statements whose rows are not known say the same every time.
  private readonly ofOthers: Invalidation | undefined;
  private readonly ofAnyRows: Invalidation;
  private readonly pins: readonly Pin[] | undefined;

  /** Columns of the key by their place in the rows of VALUES. */
  private readonly places: readonly number[] | undefined;

  constructor(
    schema: DatabaseSchema,
    readonly write: TableWrite,
    private readonly dialect: Dialect,
  ) {
    const relation = (this.relation = schema.relation(write.table));
    this.ofOthers = this.others(othersOf(schema, relation, write));
    const any = new InvalidationSet();
    addWrite(any, { table: relation.id, rows: this.isWhole ? 'all' : 'some' });
    this.ofAnyRows = frozen(this.ofOthers === undefined ? any : any.add(this.ofOthers));
    const isInsert = write.kind === 'insert';
    this.changesKey = write.columns === undefined || relation.key.some(({ name }) => write.columns!.includes(name));
    if (write.kind === 'delete' || (write.kind === 'update' && !this.changesKey)) {
      this.pins = pinsOfKey(relation.key, write.pins);
    }
    if (isInsert) this.places = placesOf(relation, write);
    if (isInsert || write.kind === 'delete' || (write.kind === 'update' && !this.changesKey)) {
      this.lesson = this.lessonOf(isInsert);
    }
  }

  /** Whether all rows are named by the statement itself, so that its answer tells nothing more. */
  get isPinned(): boolean {
    return this.pins !== undefined;
  }

  /** The ids that the statement itself names, or undefined. */
  idsFrom(parameters: Parameters): readonly string[] | undefined {
    if (this.pins !== undefined) {
      return idsOfPins(this.relation.key, this.pins, parameters, this.dialect, MAX_PINNED_ROWS);
    }
    return this.places === undefined ? undefined : this.idsOfValues(this.places, parameters);
  }

  /** The id in the row an answer returned, by folded column names. */
  idOf(row: (column: string) => unknown): string | undefined {
    return idOfRow(this.relation, row);
  }

  /** The id of the one row that was inserted, from the key the database generated for it. */
  idOfGenerated(value: unknown): string | undefined {
    const { generatedKey } = this.relation;
    return generatedKey === undefined ? undefined : canonicalKeyValue(generatedKey, value);
  }

  /** What the write invalidates if it hit the rows with these ids; undefined when they are not known. */
  invalidationOf(ids: readonly string[] | undefined): Invalidation {
    if (ids === undefined || this.relation.hasTriggers) return this.ofAnyRows;
    const all = new InvalidationList();
    addWrite(all, { table: this.relation.id, rows: ids });
    return this.ofOthers === undefined ? all : all.add(this.ofOthers);
  }

  private get isWhole(): boolean {
    const { kind } = this.write;
    return kind === 'truncate' || kind === 'define' || kind === 'refresh';
  }

  /** What it invalidates beside the table it names, or undefined when that is nothing. */
  private others(tables: readonly TableId[]): Invalidation | undefined {
    const { id, bases, obstacle } = this.relation;
    const all = new InvalidationSet();
    for (const base of bases) addWrite(all, { table: base.id, rows: 'some' });
    for (const table of tables) addWrite(all, { table, rows: this.isWhole ? 'all' : 'some' });
    // A view whose tables are not known may show any.
    if (obstacle !== undefined) all.sweep(databaseTag(id.database));
    return all.isEmpty ? undefined : frozen(all);
  }

  private lessonOf(isInsert: boolean): Lesson | undefined {
    const { relation, write } = this;
    if (relation.key.length === 0) return undefined;
    if (write.returning !== undefined) {
      const returned = write.returning;
      const holdsKey = returned === '*' || relation.key.every(({ name }) => returned.includes(name));
      return holdsKey ? 'returned rows' : undefined;
    }
    return isInsert && write.rows?.length === 1 && relation.generatedKey !== undefined ? 'generated key' : undefined;
  }

  private idsOfValues(places: readonly number[], parameters: Parameters): readonly string[] | undefined {
    const { rows = [] } = this.write;
    if (rows.length > MAX_WRITTEN_ROWS) return undefined;
    const { key, generatedKey } = this.relation;
    const ids: string[] = [];
    for (const cells of rows) {
      if (cells.length !== this.write.columns!.length) return undefined;
      const id = idOfRow(this.relation, (name) => {
        const cell = cells[places[key.findIndex((column) => column.name === name)]];
        const value = cell === undefined ? undefined : valueOf(cell, parameters, this.dialect);
        // MySQL generates a key for 0 too.
        return generatedKey !== undefined && this.dialect === 'mysql' && Number(value) === 0 ? undefined : value;
      });
      if (id === undefined) return undefined;
      ids.push(id);
    }
    return ids;
  }
}

/** The same for good, without the cost of collecting. */
function frozen({ touches, sweeps }: InvalidationSet): Invalidation {
  return { touches, sweeps };
}

function placesOf(relation: Relation, write: TableWrite): readonly number[] | undefined {
  const { columns, rows } = write;
  if (columns === undefined || rows === undefined || relation.key.length === 0) return undefined;
  const places = relation.key.map(({ name }) => columns.indexOf(name));
  return places.includes(-1) ? undefined : places;
}

/** Tables the database changes by itself: which rows of them, nobody knows. */
function othersOf(schema: DatabaseSchema, relation: Relation, write: TableWrite): readonly TableId[] {
  const others: TableId[] = [];
  for (const target of [relation, ...relation.bases]) {
    others.push(...schema.kinOf(target));
    if (write.cascades === true) others.push(...schema.reachedByCascade(target));
    for (const change of changesOf(write)) others.push(...schema.carriedTo(target, change));
  }
  return others;
}

function changesOf(write: TableWrite): readonly CarriedChange[] {
  switch (write.kind) {
    case 'delete':
      return [{ kind: 'delete' }];
    case 'update':
      return [{ kind: 'update', columns: write.columns === undefined ? undefined : new Set(write.columns) }];
    case 'upsert':
      return [{ kind: 'update', columns: undefined }];
    case 'replace':
    case 'merge':
      return [{ kind: 'delete' }, { kind: 'update', columns: undefined }];
    default:
      return [];
  }
}
