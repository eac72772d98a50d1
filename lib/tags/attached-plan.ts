import { MAX_READ_ROWS, type Reading, type SourcePlan } from './reading.js';
import { RowIds, textsIn, type Place } from './row-places.js';
import { SeenRows } from './seen-rows.js';
import type { SourceFacts } from './source-facts.js';
import { columnOf, type ColumnInfo } from './table-info.js';
import { chosenNode, columnNode, heldNode, holderNode, setNode, setWhereNode } from './table-nodes.js';
import { at, below, type Tag, type TagPath } from './tag.js';

/** A column of the joined table, and where the answer tells what it is compared with. */
interface ParentPlan {
  readonly column: ColumnInfo;
  readonly place: Place;
  readonly columnTag: Tag;
  readonly held: Tag;
  readonly heldPath: TagPath;
  readonly set: Tag;
  readonly chosenBy: Tag;
  /** All changes of the column are heard anyway. */
  readonly isInAlways: boolean;
}

/**
 * An outer-joined source that only adds to rows which others make, so all of those are seen.
 *
 * Which of its rows can be found is told by the values in the answer that they are joined to. If those are whole primary
 * keys (many-to-one), nothing but those rows matters, found or not. Otherwise (one-to-many) a row matters that is seen,
 * or that comes to hold such a value.
 */
export class AttachedPlan<V> implements SourcePlan<V> {
  private readonly table: Tag;
  private readonly always: readonly Tag[];
  private readonly parents: readonly ParentPlan[];
  private readonly inserted: Tag | undefined;
  private readonly seen: SeenRows | undefined;

  constructor(facts: SourceFacts<V>) {
    this.table = facts.tag;
    const places = new Map<string, Place>();
    for (const { column, source, otherColumn } of facts.shape.on) {
      const isSameKind =
        columnOf(facts.table, column)!.kind === columnOf(facts.statement.tables[source], otherColumn)?.kind;
      const place = isSameKind ? facts.statement.placeOf(source, otherColumn) : undefined;
      if (place !== undefined && !places.has(column)) places.set(column, place);
    }
    this.inserted = facts.inserted;
    const keyPlaces = facts.table.key.map(({ name }) => places.get(name));
    if (keyPlaces.length > 0 && keyPlaces.every((place) => place !== undefined)) {
      const ids = new RowIds(facts.table, keyPlaces, true);
      this.seen = new SeenRows(facts.table, ids, this.inserted === undefined ? [] : [this.inserted]);
      this.always = this.parents = [];
      this.inserted = undefined;
      return;
    }
    const columns = [...facts.used];
    for (const { column } of facts.shape.on) if (!places.has(column)) columns.push(column);
    if (facts.rowIds === undefined) columns.push(...facts.read);
    const tags = facts.columnTags(columns);
    this.always = facts.rowIds === undefined ? [...tags, ...facts.deleted] : tags;
    this.seen = facts.rowIds && new SeenRows(facts.table, facts.rowIds, []);
    this.parents = [...places].map(([name, place]) => {
      const columnTag = at(facts.tag, columnNode(name));
      return {
        column: columnOf(facts.table, name)!,
        place,
        columnTag,
        held: at(facts.tag, heldNode(name)),
        heldPath: heldNode(name),
        set: at(facts.tag, setNode(name)),
        chosenBy: at(facts.tag, chosenNode(name)),
        isInAlways: tags.includes(columnTag),
      };
    });
  }

  addTo(reading: Reading<V>): void {
    for (const tag of this.always) reading.depend(tag);
    let chosen: ParentPlan | undefined;
    let chosenTexts: ReadonlySet<string> = NO_TEXTS;
    for (const parent of this.parents) {
      const texts = textsIn(reading.rows, parent.place, parent.column);
      if (texts === undefined) {
        reading.depend(parent.columnTag);
        continue;
      }
      if (chosen === undefined) {
        for (const text of texts) reading.depend(below(parent.held, text));
        chosen = parent;
        chosenTexts = texts;
      }
      if (parent.isInAlways) continue;
      if (chosen !== parent && chosenTexts.size * texts.size > MAX_READ_ROWS) {
        reading.depend(parent.columnTag);
        continue;
      }
      for (const text of texts) reading.depend(below(parent.set, text));
      this.addSetWhere(chosen, chosenTexts, parent, texts, reading);
    }
    if (chosen === undefined && this.inserted !== undefined) reading.depend(this.inserted);
    // Whoever is seen is joined to one of them.
    this.seen?.addTo(reading, () => chosen && [...chosenTexts].map((text) => below(chosen.chosenBy, text)));
  }

  /** `C=fk:parent?fk=parent`: rows known as a whole that are moved to a parent. */
  private addSetWhere(
    chosen: ParentPlan,
    chosenTexts: ReadonlySet<string>,
    parent: ParentPlan,
    texts: ReadonlySet<string>,
    reading: Reading<V>,
  ): void {
    for (const text of chosenTexts) {
      const group = at(this.table, setWhereNode(holderNode(chosen.heldPath, text), parent.column.name));
      for (const set of chosen === parent ? [text] : texts) reading.depend(below(group, set));
    }
  }
}

const NO_TEXTS: ReadonlySet<string> = new Set();
