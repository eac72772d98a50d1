import type { LoadCapture } from '../../engine/load-capture.js';
import { selectFacts, type SourceFacts } from '../../sql/select-facts.js';
import type { Dialect, ValueRef } from '../../sql/statement.js';
import { tableTag, type TableId } from '../../tags/table-tags.js';
import { planRead, type SelectPlan } from '../../tags/select-plan.js';
import type { Tag } from '../../tags/tag.js';
import type { DatabaseSchema } from '../databases/database-schema.js';
import { valuesOf, type Parameters } from './key-values.js';

/** A SELECT that is understood column by column. */
export class PlannedSelect {
  private constructor(
    private readonly plan: SelectPlan<ValueRef>,
    /** The tables of the views it reads. */
    private readonly bases: readonly Tag[],
    private readonly dialect: Dialect,
    /** The tables of which answers hold ignored columns. */
    readonly showsIgnoredOf: readonly TableId[],
  ) {}

  /** Undefined when the text is anything else; then the answer depends on what {@link PlannedRead} says. */
  static of(text: string, schema: DatabaseSchema, dialect: Dialect): PlannedSelect | undefined {
    const facts = selectFacts(text, dialect);
    if (facts === undefined) return undefined;
    const relations = facts.sources.map(({ table }) => schema.relation(table));
    // Of tables whose columns nobody knows the text alone tells more: rows that it names by their keys.
    if (relations.every(({ columns }) => columns === undefined)) return undefined;
    const bases = relations.flatMap((relation) => relation.bases.map(({ id }) => tableTag(id)));
    const shown = relations
      .filter(({ ignored }, index) => ignored.size > 0 && showsAny(facts.sources[index], ignored))
      .map(({ id }) => id);
    const sources = facts.sources.map((source) => ({ ...source, isMentionedOnlyInPairs: !source.isDecisive }));
    return new PlannedSelect(planRead({ ...facts, sources }, relations), bases, dialect, shown);
  }

  /** Makes a load depend on everything that shaped the answer; `rows` undefined: they are not known. */
  addTo(load: LoadCapture, parameters: Parameters, rows: readonly unknown[] | undefined): void {
    const { dialect } = this;
    const depend = (tag: Tag): void => load.depend(tag);
    for (const base of this.bases) depend(base);
    this.plan.dependencies((constant) => valuesOf(constant, parameters, dialect), rows, depend);
  }
}

function showsAny({ read }: SourceFacts, columns: ReadonlySet<string>): boolean {
  return read === '*' || read.some((column) => columns.has(column));
}
