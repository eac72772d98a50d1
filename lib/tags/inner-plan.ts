import { KeyPlan, type EqualityPlan } from './equality-plan.js';
import { SeenRows } from './seen-rows.js';
import { MAX_READ_ROWS, type Reading, type SourcePlan } from './reading.js';
import type { SourceFacts } from './source-facts.js';
import type { Tag } from './tag.js';

interface DisjunctPlan<V> {
  readonly key: KeyPlan<V> | undefined;
  readonly columns: readonly EqualityPlan<V>[];
}

/** A column that holds one of some values in every row that a disjunct lets through. */
interface Binding<V> {
  readonly equality: EqualityPlan<V>;
  readonly texts: readonly (string | null)[];
}

/** `A@c:v` of all that bind rows; undefined where they are too many. */
function valuesBinding(bindings: readonly Binding<unknown>[]): readonly Tag[] | undefined {
  const values = bindings.flatMap(({ equality, texts }) => equality.chosenTags(texts));
  return values.length > MAX_READ_ROWS ? undefined : values;
}

/**
 * A source of which each combination that counts holds a row.
 *
 * A row that is in none of them changes the answer only by coming into one: it is new, or a column was set that decides.
 * Then some disjunct lets it through, and either that column is one the disjunct compares with constants, and holds one
 * of them now, or it is used in another way. Rows that are in one are seen; where they are not, all that is read of them
 * counts, and so does their leaving.
 *
 * Where every disjunct binds a column, a row that a write knows as a whole is heard by its value there: a row that was let
 * through held such a value, and holds it still unless that very column was set. Other columns, and rows that go, count for
 * all rows only where a write knows no more of them; so a page of one tenant outlives what the others do with theirs.
 */
export class InnerPlan<V> implements SourcePlan<V> {
  private readonly always: readonly Tag[];
  private readonly blindly: readonly Tag[];
  private readonly deciding: readonly string[];
  private readonly isLeavingUnseen: boolean;
  private readonly disjuncts: readonly DisjunctPlan<V>[];
  private readonly columnsInAlways: ReadonlySet<Tag>;
  private readonly inserted: Tag | undefined;
  private readonly seen: SeenRows | undefined;

  constructor(facts: SourceFacts<V>) {
    const equalities = facts.equalities(() => true);
    const isTold = facts.rowIds !== undefined;
    const isLeavingUnseen = !isTold || facts.statement.shape.hasOffset;
    const columns = [...facts.used];
    // A join compares with what another row holds, unless that must be a constant of the statement.
    for (const column of facts.paired((role) => role !== 'attached')) {
      const isConstant = equalities.every((disjunct) => disjunct.some((each) => each.column.name === column));
      if (!isConstant) columns.push(column);
    }
    if (!isTold) columns.push(...facts.read);
    if (isLeavingUnseen)
      for (const disjunct of equalities) for (const { column } of disjunct) columns.push(column.name);
    const tags = facts.columnTags(columns);
    this.always = isLeavingUnseen ? [...tags, ...facts.deleted] : tags;
    this.isLeavingUnseen = isLeavingUnseen;
    this.deciding = facts.thatCount(columns);
    const blind = facts.blindColumnTags(columns);
    this.blindly = isLeavingUnseen ? [...blind, ...facts.blindlyDeleted] : blind;
    this.columnsInAlways = new Set(tags);
    this.inserted = facts.inserted;
    this.seen = facts.rowIds && new SeenRows(facts.table, facts.rowIds, []);
    this.disjuncts = equalities.map((all) => ({ key: KeyPlan.of(facts.tag, facts.table, all), columns: all }));
  }

  addTo(reading: Reading<V>): void {
    let isOpen = false;
    let isBound = true;
    const bindings: Binding<V>[] = [];
    for (const disjunct of this.disjuncts) {
      // Whatever happens to these rows touches them, and no other row is let through.
      const rows = disjunct.key?.rows(reading);
      if (rows !== undefined) for (const row of rows) reading.depend(row);
      else {
        isOpen = true;
        const binding = this.addEqualities(disjunct.columns, reading);
        if (binding === undefined) isBound = false;
        else bindings.push(binding);
      }
    }
    if (!isOpen) return;
    if (!isBound || !this.addBound(bindings, reading)) for (const tag of this.always) reading.depend(tag);
    this.seen?.addTo(reading, () => (isBound ? valuesBinding(bindings) : undefined));
  }

  private addEqualities(columns: readonly EqualityPlan<V>[], reading: Reading<V>): Binding<V> | undefined {
    let chosen: Binding<V> | undefined;
    let isPaired = false;
    for (const equality of columns) {
      const texts = equality.texts(reading);
      if (texts === undefined) {
        reading.depend(equality.columnTag);
        continue;
      }
      // Rows that are known as a whole touch all their values, so one column is enough for them, and a pair says more.
      chosen ??= { equality, texts };
      const isOther = equality !== chosen.equality;
      const isHeardAnyway = this.columnsInAlways.has(equality.columnTag);
      if (isHeardAnyway && (isPaired || !isOther)) continue;
      const isNamed = chosen.equality.dependOnSetWhere(chosen.texts, equality, texts, reading);
      if (isNamed && isOther) isPaired = true;
      if (isHeardAnyway) continue;
      if (isNamed) equality.dependOnSet(texts, reading);
      else reading.depend(equality.columnTag);
    }
    if (chosen === undefined && this.inserted !== undefined) reading.depend(this.inserted);
    if (chosen !== undefined && !isPaired) chosen.equality.dependOnHeld(chosen.texts, reading);
    return chosen;
  }

  /** Whether the values that bind the rows are few enough to hear of those rows alone, as far as writes know them. */
  private addBound(bindings: readonly Binding<V>[], reading: Reading<V>): boolean {
    let nodes = 0;
    for (const { texts } of bindings) nodes += texts.length * (this.deciding.length + 1);
    if (nodes > MAX_READ_ROWS) return false;
    for (const tag of this.blindly) reading.depend(tag);
    for (const { equality, texts } of bindings) {
      if (this.isLeavingUnseen && this.inserted !== undefined) equality.dependOnGone(texts, reading);
      for (const column of this.deciding) {
        // A row that leaves by it holds another value now, and nobody says which it held.
        if (column === equality.column.name) reading.depend(equality.columnTag);
        else equality.dependOnAnySetWhere(texts, column, reading);
      }
    }
    return true;
  }
}
