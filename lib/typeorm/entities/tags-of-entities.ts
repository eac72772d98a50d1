import { types } from 'node:util';
import { CHANGED } from '../../tags/table-nodes.js';
import { rowTag, tableTag } from '../../tags/table-tags.js';
import { at, type Tag } from '../../tags/tag.js';
import { dependenciesAt, idOfEntity, type EntityDirectory, type EntityPlace } from './entity-directory.js';

/** In an answer of more objects than this rows are not named one by one: it depends on their tables. */
const MAX_OBJECTS = 10_000;

const NO_TAGS: readonly Tag[] = [];

/**
 * The tags of the entities in a result that reached it by other ways than the queries of its own load, such as a
 * batching loader that queries on somebody else's behalf.
 *
 * @param captured what the load is known to depend on; entities of a table whose rows are all among it add nothing.
 */
export function tagsOfEntities(
  directory: EntityDirectory,
  result: unknown,
  captured: ReadonlySet<Tag>,
): readonly Tag[] {
  if (typeof result !== 'object' || result === null) return NO_TAGS;
  return new Walk(directory, captured).from(result);
}

/** One walk over a result; every load that fills the cache takes one, so it makes no more objects than it must. */
class Walk {
  private readonly seen = new Set<object>();
  private readonly places = new Map<object, readonly EntityPlace[]>();
  private tags: Tag[] | undefined;

  constructor(
    private readonly directory: EntityDirectory,
    private readonly captured: ReadonlySet<Tag>,
  ) {}

  from(result: object): readonly Tag[] {
    this.meet(result);
    for (const object of this.seen) this.look(object);
    return this.tags ?? NO_TAGS;
  }

  private look(object: object): void {
    if (Array.isArray(object)) {
      for (const element of object as readonly unknown[]) this.meet(element);
    } else if (types.isSet(object)) {
      for (const element of object) this.meet(element);
    } else if (types.isMap(object)) {
      for (const element of object.values()) this.meet(element);
    } else {
      this.addTagsOf(object);
      for (const name in object) this.meet((object as Record<string, unknown>)[name]);
    }
  }

  private meet(value: unknown): void {
    if (typeof value === 'object' && value !== null && !isOpaque(value)) this.seen.add(value);
  }

  private addTagsOf(object: object): void {
    const prototype = Object.getPrototypeOf(object) as object | null;
    if (prototype === null || prototype === Object.prototype) return;
    let places = this.places.get(prototype);
    if (places === undefined) this.places.set(prototype, (places = this.uncaptured(prototype)));
    const isLarge = this.seen.size > MAX_OBJECTS;
    for (const place of places) {
      const id = isLarge ? undefined : idOfEntity(place, object);
      if (id !== undefined && this.isCaptured(place, id)) continue;
      for (const tag of dependenciesAt(place, id)) {
        if (!this.captured.has(tag)) (this.tags ??= []).push(tag);
      }
    }
    // Nothing more can be said of others of the class.
    if (isLarge && places.length > 0) this.places.set(prototype, []);
  }

  /** Who depends on a row hears of it however it is written. */
  private isCaptured({ relation }: EntityPlace, id: string): boolean {
    return relation.bases.length === 0 && this.captured.has(rowTag(relation.id, id));
  }

  private uncaptured(prototype: object): readonly EntityPlace[] {
    return this.directory.placesOfInstances(prototype).filter(({ relation }) => {
      const table = tableTag(relation.id);
      // Whatever happens to a row that is there updates or deletes it.
      return !this.captured.has(table) && !this.captured.has(at(table, CHANGED));
    });
  }
}

function isOpaque(object: object): boolean {
  return (
    types.isDate(object) || types.isPromise(object) || ArrayBuffer.isView(object) || types.isAnyArrayBuffer(object)
  );
}
