import { AttachedPlan } from './attached-plan.js';
import { DecidingPlan } from './deciding-plan.js';
import { InnerPlan } from './inner-plan.js';
import type { Reading, SourcePlan } from './reading.js';
import type { SelectShape } from './select-shape.js';
import { SourceFacts, Statement } from './source-facts.js';
import type { TableInfo } from './table-info.js';
import { tableTag } from './table-tags.js';
import type { Tag } from './tag.js';

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
