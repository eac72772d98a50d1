import { KeyPlan, type EqualityPlan } from './equality-plan.js';
import type { Reading, SourcePlan } from './reading.js';
import { ANY_VALUES, SeenRows } from './seen-rows.js';
import type { SourceFacts } from './source-facts.js';
import type { Tag } from './tag.js';

/** One column, and what each disjunct compares it with. */
type Choices<V> = readonly EqualityPlan<V>[];

/**
 * An outer-joined source that decides which combinations count or where they stand.
 *
 * A row that comes may take away the combination that had none, and the last one that goes brings it back; so coming and
 * going count even where the row itself is not let through. Only what the join compares with constants limits which rows
 * can be found at all.
 */
export class DecidingPlan<V> implements SourcePlan<V> {
  private readonly always: readonly Tag[];
  private readonly keys: readonly KeyPlan<V>[];
  private readonly joined: readonly Choices<V>[];
  private readonly inserted: Tag | undefined;
  private readonly seen: SeenRows | undefined;

  constructor(facts: SourceFacts<V>) {
    const own = facts.equalities(({ isDerived }) => !isDerived).flatMap((all) => all.map(({ column }) => column.name));
    const columns = [...facts.used, ...own, ...facts.paired(() => true)];
    if (facts.rowIds === undefined) columns.push(...facts.read);
    this.always = [...facts.columnTags(columns), ...facts.deleted];
    this.inserted = facts.inserted;
    this.seen = facts.rowIds && new SeenRows(facts.table, facts.rowIds, []);
    const derived = facts.equalities(({ isDerived }) => isDerived);
    const keys = derived.map((all) => KeyPlan.of(facts.tag, facts.table, all));
    this.keys = keys.every((key) => key !== undefined) ? keys : [];
    this.joined = inEveryDisjunct(derived);
  }

  addTo(reading: Reading<V>): void {
    if (this.addRows(reading)) return;
    for (const tag of this.always) reading.depend(tag);
    this.seen?.addTo(reading, ANY_VALUES);
    if (this.inserted !== undefined && !this.addJoined(reading)) reading.depend(this.inserted);
  }

  private addRows(reading: Reading<V>): boolean {
    const rows: (readonly Tag[] | undefined)[] = this.keys.map((key) => key.rows(reading));
    if (rows.length === 0 || rows.includes(undefined)) return false;
    for (const some of rows) for (const row of some!) reading.depend(row);
    return true;
  }

  private addJoined(reading: Reading<V>): boolean {
    for (const choices of this.joined) {
      const texts = choices.map((equality) => equality.texts(reading));
      if (texts.includes(undefined)) continue;
      choices.forEach((equality, i) => equality.dependOnHeld(texts[i]!, reading));
      return true;
    }
    return false;
  }
}

function inEveryDisjunct<V>(disjuncts: readonly (readonly EqualityPlan<V>[])[]): readonly Choices<V>[] {
  const [first = [], ...others] = disjuncts;
  const found: Choices<V>[] = [];
  for (const equality of first) {
    const rest = others.map((all) => all.find(({ column }) => column.name === equality.column.name));
    if (!rest.includes(undefined)) found.push([equality, ...(rest as EqualityPlan<V>[])]);
  }
  return found;
}
