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
 */
export class InnerPlan<V> implements SourcePlan<V> {
  private readonly always: readonly Tag[];
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
    this.columnsInAlways = new Set(tags);
    this.inserted = facts.inserted;
    this.seen = facts.rowIds && new SeenRows(facts.tag, facts.rowIds, []);
    this.disjuncts = equalities.map((all) => ({ key: KeyPlan.of(facts.tag, facts.table, all), columns: all }));
  }

  addTo(reading: Reading<V>): void {
    let isOpen = false;
    for (const disjunct of this.disjuncts) {
      // Whatever happens to these rows touches them, and no other row is let through.
      const rows = disjunct.key?.rows(reading);
      if (rows !== undefined) for (const row of rows) reading.depend(row);
      else {
        isOpen = true;
        this.addEqualities(disjunct.columns, reading);
      }
    }
    if (!isOpen) return;
    for (const tag of this.always) reading.depend(tag);
    this.seen?.addTo(reading);
  }

  private addEqualities(columns: readonly EqualityPlan<V>[], reading: Reading<V>): void {
    let chosen: EqualityPlan<V> | undefined;
    let chosenTexts: readonly (string | null)[] = [];
    for (const equality of columns) {
      const texts = equality.texts(reading);
      if (texts === undefined) {
        reading.depend(equality.columnTag);
        continue;
      }
      // Rows that are known as a whole touch all their values, so one column is enough for them.
      if (chosen === undefined) {
        equality.dependOnHeld(texts, reading);
        chosen = equality;
        chosenTexts = texts;
      }
      if (this.columnsInAlways.has(equality.columnTag)) continue;
      if (!chosen.dependOnSetWhere(chosenTexts, equality, texts, reading)) reading.depend(equality.columnTag);
      else equality.dependOnSet(texts, reading);
    }
    if (chosen === undefined && this.inserted !== undefined) reading.depend(this.inserted);
  }
}
