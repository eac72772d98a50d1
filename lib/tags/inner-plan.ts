import { KeyPlan, type EqualityPlan } from './equality-plan.js';
import { SeenRows } from './seen-rows.js';
import type { Reading, SourcePlan } from './reading.js';
import type { SourceFacts } from './source-facts.js';
import type { Tag } from './tag.js';

interface DisjunctPlan<V> {
  readonly key: KeyPlan<V> | undefined;
  readonly columns: readonly EqualityPlan<V>[];
}

/**
 * A source of which each combination that counts holds a row.
 *
 * A row that is in none of them changes the answer only by coming into one: it is new, or a column was set that decides.
 * Then some disjunct lets it through, and either that column is one the disjunct compares with constants, and holds one
 * of them now, or it is used in another way. Rows that are in one are seen; where they are not, all that is read of them
 * counts, and so does their leaving.
 *
 * Where every disjunct compares some column with constants, a row that a write knows as a whole is heard by its value in
 * that column: after an update and at a delete it was let through only if it holds such a value, or held one that was set.
 * Then other columns count only where the rest of the row is not known, so that a page of one tenant outlives what others
 * do with theirs.
 */
export class InnerPlan<V> implements SourcePlan<V> {
  private readonly always: readonly Tag[];
  private readonly blindly: readonly Tag[];
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
    const blind = facts.blindColumnTags(columns);
    this.blindly = isLeavingUnseen ? [...blind, ...facts.blindlyDeleted] : blind;
    this.isLeavingUnseen = isLeavingUnseen;
    this.columnsInAlways = new Set(tags);
    this.inserted = facts.inserted;
    this.seen = facts.rowIds && new SeenRows(facts.tag, facts.rowIds, []);
    this.disjuncts = equalities.map((all) => ({ key: KeyPlan.of(facts.tag, facts.table, all), columns: all }));
  }

  addTo(reading: Reading<V>): void {
    let isOpen = false;
    let isBound = true;
    for (const disjunct of this.disjuncts) {
      // Whatever happens to these rows touches them, and no other row is let through.
      const rows = disjunct.key?.rows(reading);
      if (rows !== undefined) for (const row of rows) reading.depend(row);
      else {
        isOpen = true;
        if (!this.addEqualities(disjunct.columns, reading)) isBound = false;
      }
    }
    if (!isOpen) return;
    for (const tag of isBound ? this.blindly : this.always) reading.depend(tag);
    this.seen?.addTo(reading);
  }

  /** Whether one of the columns binds every row that is let through to known values. */
  private addEqualities(columns: readonly EqualityPlan<V>[], reading: Reading<V>): boolean {
    let isChosen = false;
    for (const equality of columns) {
      const texts = equality.texts(reading);
      if (texts === undefined) {
        reading.depend(equality.columnTag);
        continue;
      }
      // Rows that are known as a whole touch all their values, so one column is enough for them.
      if (!isChosen) equality.dependOnHeld(texts, reading);
      if (!isChosen && this.isLeavingUnseen) this.addLeaving(equality, texts, reading);
      isChosen = true;
      if (!this.columnsInAlways.has(equality.columnTag)) equality.dependOnSet(texts, reading);
    }
    if (!isChosen && this.inserted !== undefined) reading.depend(this.inserted);
    return isChosen;
  }

  /** Rows known as a whole that held such a value, and do no longer. */
  private addLeaving(equality: EqualityPlan<V>, texts: readonly (string | null)[], reading: Reading<V>): void {
    if (this.columnsInAlways.has(equality.columnTag)) reading.depend(equality.columnTag);
    if (this.inserted !== undefined) equality.dependOnGone(texts, reading);
  }
}
