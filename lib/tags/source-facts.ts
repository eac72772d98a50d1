import { constraintsOf, type Constraint } from './constraints.js';
import { EqualityPlan } from './equality-plan.js';
import { isReferredTo, rolesOf, type Role } from './join-roles.js';
import { placeOf, RowIds, type Place } from './row-places.js';
import type { SelectShape } from './select-shape.js';
import { columnOf, type TableInfo } from './table-info.js';
import { blindColumnNode, columnNode, DELETED, DELETED_BLINDLY, INSERTED } from './table-nodes.js';
import { tableTag } from './table-tags.js';
import { at, type Tag } from './tag.js';

/** A statement, and what follows from it for all of its sources. */
export class Statement<V> {
  readonly roles: readonly Role[];

  /** What holds of each source, disjunct by disjunct. */
  readonly constraints: readonly (readonly (readonly Constraint<V>[])[])[];

  constructor(
    readonly shape: SelectShape<V>,
    readonly tables: readonly TableInfo[],
  ) {
    this.roles = rolesOf(shape, tables);
    this.constraints = shape.disjuncts.map((disjunct) => constraintsOf(shape, tables, this.roles, disjunct));
  }

  placeOf(source: number, column: string): Place | undefined {
    return placeOf(this.shape, this.tables, this.roles, source, column);
  }
}

/** One source of a statement, as the rules look at it. */
export class SourceFacts<V> {
  readonly table: TableInfo;
  readonly tag: Tag;

  /** Where the answer tells which of its rows it holds; undefined when it does not. */
  readonly rowIds: RowIds | undefined;

  /** Whether rows that nobody sees come and go without a change to the answer, because the database enforces a key. */
  readonly isReferredTo: boolean;

  constructor(
    readonly statement: Statement<V>,
    readonly index: number,
  ) {
    const { shape, tables, roles } = statement;
    this.table = tables[index];
    this.tag = tableTag(this.table.id);
    this.isReferredTo = isReferredTo(shape, tables, roles, index);
    const places: (Place | undefined)[] = this.table.key.map(({ name }) => statement.placeOf(index, name));
    if (places.length > 0 && places.every((place) => place !== undefined)) {
      this.rowIds = new RowIds(this.table, places, shape.sources[index].join === 'left');
    }
  }

  get role(): Role {
    return this.statement.roles[this.index];
  }

  get shape() {
    return this.statement.shape.sources[this.index];
  }

  /** Columns used in any other way than in equalities and joins. */
  get used(): readonly string[] {
    return this.all(this.shape.used);
  }

  /** All columns that the statement looks at, wherever. */
  get read(): readonly string[] {
    return [...this.all(this.shape.read), ...this.used, ...this.paired(() => true)];
  }

  private all(columns: readonly string[] | '*'): readonly string[] {
    return columns === '*' ? (this.table.columns ?? []).map(({ name }) => name) : columns;
  }

  /** Columns of it that joins compare: its own, and those of later sources that `isMeant` says. */
  paired(isMeant: (role: Role) => boolean): readonly string[] {
    const { sources } = this.statement.shape;
    const columns = this.shape.on.map(({ column }) => column);
    sources.forEach(({ on }, k) => {
      if (k === this.index || !isMeant(this.statement.roles[k])) return;
      for (const { source, otherColumn } of on) if (source === this.index) columns.push(otherColumn);
    });
    return columns;
  }

  /** What holds of it, disjunct by disjunct; every column once. */
  equalities(isMeant: (constraint: Constraint<V>) => boolean): readonly (readonly EqualityPlan<V>[])[] {
    return this.statement.constraints.map((disjunct) => {
      const found = new Map<string, EqualityPlan<V>>();
      for (const constraint of disjunct[this.index]) {
        if (!isMeant(constraint) || found.has(constraint.column)) continue;
        found.set(constraint.column, this.equality(constraint));
      }
      return [...found.values()].sort((one, other) => one.rankIn(this.table) - other.rankIn(this.table));
    });
  }

  private equality(constraint: Constraint<V>): EqualityPlan<V> {
    return new EqualityPlan(this.tag, columnOf(this.table, constraint.column)!, constraint);
  }

  /** Whether all is known that finer rules than that of the whole table look at. */
  get isKnown(): boolean {
    if (this.table.columns === undefined || this.shape.used === '*') return false;
    const compared = this.statement.constraints.flatMap((disjunct) => disjunct[this.index].map(({ column }) => column));
    return [...this.read, ...compared].every((column) => columnOf(this.table, column) !== undefined);
  }

  /** The nodes of these columns; a key that is referred to by all rows that count cannot change under them. */
  columnTags(columns: Iterable<string>): Tag[] {
    return this.thatCount(columns).map((name) => at(this.tag, columnNode(name)));
  }

  /** The same for changes of rows that are not known as a whole. */
  blindColumnTags(columns: Iterable<string>): Tag[] {
    return this.thatCount(columns).map((name) => at(this.tag, blindColumnNode(name)));
  }

  /** Each of the columns once, without a key that is referred to by all rows that count: it cannot change under them. */
  thatCount(columns: Iterable<string>): readonly string[] {
    const names = new Set(columns);
    if (this.isReferredTo) for (const { name } of this.table.key) names.delete(name);
    return [...names];
  }

  /** `A+`, where a row that comes may matter. */
  get inserted(): Tag | undefined {
    return this.isReferredTo ? undefined : at(this.tag, INSERTED);
  }

  /** `A!`, where a row that goes unseen may matter, and those that are known as a whole are heard otherwise. */
  get blindlyDeleted(): readonly Tag[] {
    return this.isReferredTo ? [] : [at(this.tag, DELETED_BLINDLY)];
  }

  /** `A-`, where a row that goes unseen may matter. */
  get deleted(): readonly Tag[] {
    return this.isReferredTo ? [] : [at(this.tag, DELETED)];
  }
}
