import { AttachedPlan } from './attached-plan.js';
import { DecidingPlan } from './deciding-plan.js';
import { InnerPlan } from './inner-plan.js';
import type { Reading, SourcePlan } from './reading.js';
import type { SelectShape } from './select-shape.js';
import { SourceFacts, Statement } from './source-facts.js';
import type { TableInfo } from './table-info.js';
import { tableTag } from './table-tags.js';
import type { Tag } from './tag.js';

/*
 * What an answer depends on
 * =========================
 *
 * The promise: whatever single row of whatever table is inserted, updated or deleted, if that changes the answer then what
 * the write touches or sweeps meets what the answer depends on. A statement or a transaction is many such changes, and the
 * first of them that changes the answer is heard. Naming the rows an answer holds is not enough for this: a row may come
 * into an answer that it was not in, and an empty list or a count holds none.
 *
 * A row is *seen* if the raw rows of the answer tell its primary key, be it by a column that a join equates with it. Each
 * change of a seen row touches it, so only rows that are not seen remain, table by table (a table that appears twice is two):
 *
 * 1. A source that each combination of rows needs (`InnerPlan`). An unseen row matters by coming in. It does so through one
 *    disjunct of WHERE, because it is new or because a column was set that decides. Such a column is compared with constants
 *    there (E), and then the row now holds one of them; or it is used in another way (X). A writer who knows the whole new
 *    row touches all its values, so one column of E hears him: `A=c:v` of a new row, `A=c:v?s=w` where he set `s`, for every
 *    `s` of E. A new row has all its columns set, so where E has more of them than `c` one pair hears him too, and more rarely.
 *    One who knows only what he set touches `A?c=v`, so all of E must listen. Without E there is `A+` for rows that are new.
 *    Columns that inner joins equate share their constants.
 * 2. An outer-joined source that only adds to the rows of others (`AttachedPlan`). All those others are seen, and the values
 *    they are joined by are in the answer: whole keys (many-to-one) name all rows that matter, anything else (one-to-many)
 *    names the values that a row must come to hold.
 * 3. An outer-joined source that decides which combinations count or where they stand (`DecidingPlan`). Its rows matter by
 *    going, too: the last one that goes brings back the combination without one.
 *
 * Rows that nobody sees (aggregates, DISTINCT, a key that is not selected, rows skipped by OFFSET) matter by all that is read
 * of them and by leaving: X is every column read, with `A-` and the columns of E. Where E binds each row to a value `A=c:v`, a
 * writer who knows the whole row is heard there: `A=c:v#s` for `s` of X, `A-c:v` for rows that go; and `A!s` and `A!` for those
 * who know less. Only `c` itself counts wherever it is set, for nobody says which value a row held before. LIMIT alone hides nothing: what stands
 * behind the last row comes before it only by a column that the order uses. A key that the *database* enforces says more:
 * whoever is referred to came before, and goes after, all that refer to it, so its own coming and going change nothing.
 *
 * `test/tags/brute-force.spec.ts` is the proof: it tries all this on small databases, and sees each rule's removal.
 */

/** What the answers of a SELECT depend on. Made once for its text. */
export interface SelectPlan<V> {
  /**
   * Calls `depend` with every node that one answer depends on.
   *
   * @param valuesOf the values behind a constant, several for a list; undefined is one that is not known.
   * @param rows the rows as the driver answered them; undefined when they are not known.
   */
  dependencies(
    valuesOf: (constant: V) => readonly unknown[],
    rows: readonly unknown[] | undefined,
    depend: (tag: Tag) => void,
  ): void;
}

/**
 * Plans what the answers of a SELECT depend on.
 *
 * @param tables those of the sources, in their order.
 */
export function planRead<V>(shape: SelectShape<V>, tables: readonly TableInfo[]): SelectPlan<V> {
  let seen: readonly SourcePlan<V>[] | undefined;
  let unseen: readonly SourcePlan<V>[] | undefined;
  return {
    dependencies(valuesOf, rows, depend) {
      let plans: readonly SourcePlan<V>[];
      if (rows === undefined) plans = unseen ??= plansOf({ ...shape, isRowwise: false }, tables);
      else plans = seen ??= plansOf(shape, tables);
      const reading: Reading<V> = { valuesOf, rows: (rows ?? []) as Reading<V>['rows'], depend };
      for (const plan of plans) plan.addTo(reading);
    },
  };
}

function plansOf<V>(shape: SelectShape<V>, tables: readonly TableInfo[]): readonly SourcePlan<V>[] {
  const statement = new Statement(shape, tables);
  return shape.sources.map((_, index) => planOf(new SourceFacts(statement, index)));
}

function planOf<V>(facts: SourceFacts<V>): SourcePlan<V> {
  if (!facts.isKnown) {
    const table = tableTag(facts.table.id);
    return { addTo: ({ depend }) => depend(table) };
  }
  switch (facts.role) {
    case 'inner':
      return new InnerPlan(facts);
    case 'deciding':
      return new DecidingPlan(facts);
    case 'attached':
      return new AttachedPlan(facts);
  }
}
