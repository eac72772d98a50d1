import type { Constraint } from './constraints.js';
import { MAX_READ_ROWS, type Reading } from './reading.js';
import { anyChosenOf } from './seen-rows.js';
import { canonicalKeyValue, idsOfChoices, MAX_VALUE_LENGTH, type ColumnInfo, type TableInfo } from './table-info.js';
import {
  anySetWhereNode,
  chosenNode,
  columnNode,
  goneNode,
  heldNode,
  holderNode,
  rowNode,
  setNode,
  setWhereNode,
} from './table-nodes.js';
import { at, below, type Tag } from './tag.js';

/** One column that a disjunct compares with constants. */
export class EqualityPlan<V> {
  readonly columnTag: Tag;
  private readonly held: Tag;
  private readonly set: Tag;

  constructor(
    private readonly table: Tag,
    readonly column: ColumnInfo,
    private readonly constraint: Constraint<V>,
  ) {
    this.columnTag = at(table, columnNode(column.name));
    this.held = at(table, heldNode(column.name));
    this.set = at(table, setNode(column.name));
  }

  /** The values it is compared with, `null` for NULL; undefined when one of them has no node or they are too many. */
  texts(reading: Reading<V>): readonly (string | null)[] | undefined {
    const { column, constraint } = this;
    const texts: (string | null)[] = constraint.isNull ? [null] : [];
    for (const constant of constraint.values) {
      for (const value of reading.valuesOf(constant)) {
        if (value === null) {
          // Servers can be told that `= NULL` means IS NULL.
          if (!constraint.isDerived) texts.push(null);
          continue;
        }
        const text = canonicalKeyValue(column, value);
        if (text === undefined || text.length > MAX_VALUE_LENGTH || texts.length >= MAX_READ_ROWS) return undefined;
        texts.push(text);
      }
    }
    return texts;
  }

  /** `A=c:v` */
  dependOnHeld(texts: readonly (string | null)[], reading: Reading<V>): void {
    for (const text of texts) reading.depend(text === null ? this.held : below(this.held, text));
  }

  /** `A-c:v` */
  dependOnGone(texts: readonly (string | null)[], reading: Reading<V>): void {
    const gone = at(this.table, goneNode(this.column.name));
    for (const text of texts) reading.depend(text === null ? gone : below(gone, text));
  }

  /** `A@c:v` */
  chosenTags(texts: readonly (string | null)[]): readonly Tag[] {
    const chosen = at(this.table, chosenNode(this.column.name));
    return texts.map((text) => (text === null ? chosen : below(chosen, text)));
  }

  /** `A=c:v#s` */
  dependOnAnySetWhere(texts: readonly (string | null)[], column: string, reading: Reading<V>): void {
    for (const text of texts) {
      reading.depend(at(this.table, anySetWhereNode(holderNode(heldNode(this.column.name), text), column)));
    }
  }

  /** `A?c=v` */
  dependOnSet(texts: readonly (string | null)[], reading: Reading<V>): void {
    for (const text of texts) reading.depend(text === null ? this.set : below(this.set, text));
  }

  /**
   * `A=c:v?s=w`: rows known as a whole, new ones too, that came to hold the values of another column, and this one's too.
   *
   * @returns whether these are few enough to be depended on.
   */
  dependOnSetWhere(
    texts: readonly (string | null)[],
    other: EqualityPlan<V>,
    otherTexts: readonly (string | null)[],
    reading: Reading<V>,
  ): boolean {
    const isSame = other === this;
    if (!isSame && texts.length * otherTexts.length > MAX_READ_ROWS) return false;
    for (const text of texts) {
      const group = at(this.table, setWhereNode(holderNode(heldNode(this.column.name), text), other.column.name));
      for (const set of isSame ? [text] : otherTexts) reading.depend(set === null ? group : below(group, set));
    }
    return true;
  }

  /** How many rows a value leaves, compared with other columns: the smaller the fewer. */
  rankIn(table: TableInfo): number {
    const { name, isUnique, kind } = this.column;
    const isKey = table.key.some((column) => column.name === name);
    let rank = kind === 'boolean' ? 3 : 2;
    if (isKey || table.foreignKeys?.some(({ columns }) => columns.includes(name)) === true) rank = 1;
    if (isUnique === true || (isKey && table.key.length === 1)) rank = 0;
    return this.constraint.values.length === 0 ? rank + 4 : rank;
  }
}

/** The whole primary key, compared with constants. */
export class KeyPlan<V> {
  private constructor(
    private readonly table: Tag,
    private readonly columns: readonly EqualityPlan<V>[],
    private readonly anyChosen: Tag | undefined,
  ) {}

  /** Undefined when the equalities leave out a column of the key. */
  static of<V>(table: Tag, info: TableInfo, equalities: readonly EqualityPlan<V>[]): KeyPlan<V> | undefined {
    const columns: EqualityPlan<V>[] = [];
    for (const { name } of info.key) {
      const equality = equalities.find(({ column }) => column.name === name);
      if (equality === undefined) return undefined;
      columns.push(equality);
    }
    return columns.length === 0 ? undefined : new KeyPlan(table, columns, anyChosenOf(info));
  }

  /** The nodes of the rows it leaves, and of those that nobody names; undefined when one cannot be named or they are too many. */
  rows(reading: Reading<V>): readonly Tag[] | undefined {
    const choices: (readonly string[])[] = [];
    for (const column of this.columns) {
      const texts = column.texts(reading);
      if (texts === undefined || texts.includes(null)) return undefined;
      choices.push(texts as readonly string[]);
    }
    const rows = idsOfChoices(choices, MAX_READ_ROWS)?.map((id) => at(this.table, rowNode(id)));
    if (this.anyChosen !== undefined) rows?.push(this.anyChosen);
    return rows;
  }
}
