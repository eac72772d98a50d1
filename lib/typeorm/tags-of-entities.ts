import { types } from 'node:util';
import { tableTag } from '../tags/table-tags.js';
import type { Tag } from '../tags/tag.js';
import {
  dependenciesAt,
  entityClassOf,
  idOfEntity,
  type EntityDirectory,
  type EntityPlace,
} from './entity-directory.js';

/** More objects than this are not looked at, so that a large answer does not become an expensive one. */
const MAX_OBJECTS = 10_000;

/**
 * The tags of the entities in a result that reached it by other ways than the queries of its own load, such as a
 * batching loader that queries on somebody else's behalf.
 *
 * @param captured what the load is known to depend on; entities of a table among it add nothing.
 */
export function* tagsOfEntities(
  directory: EntityDirectory,
  result: unknown,
  captured: ReadonlySet<Tag>,
): Generator<Tag, void> {
  const placesOf = new Map<Function, readonly EntityPlace[]>();
  for (const entity of objectsIn(result)) {
    const type: unknown = (entity as { constructor?: unknown }).constructor;
    if (typeof type !== 'function' || type === Object) continue;
    let places = placesOf.get(type);
    if (places === undefined) placesOf.set(type, (places = uncaptured(directory, entity, captured)));
    for (const place of places) {
      for (const tag of dependenciesAt(place, idOfEntity(place, entity))) if (!captured.has(tag)) yield tag;
    }
  }
}

function uncaptured(directory: EntityDirectory, entity: object, captured: ReadonlySet<Tag>): readonly EntityPlace[] {
  const type = entityClassOf(entity, (candidate) => directory.placesOf(candidate).length > 0);
  return directory.placesOf(type).filter(({ relation }) => !captured.has(tableTag(relation.id)));
}

/** The objects a result is made of, itself included, each once. */
function* objectsIn(result: unknown): Generator<object, void> {
  if (typeof result !== 'object' || result === null) return;
  const seen = new Set<object>([result]);
  for (const object of seen) {
    if (seen.size > MAX_OBJECTS) return;
    if (isOpaque(object)) continue;
    if (!Array.isArray(object)) yield object;
    for (const value of valuesIn(object)) if (typeof value === 'object' && value !== null) seen.add(value);
  }
}

function valuesIn(object: object): Iterable<unknown> {
  if (Array.isArray(object) || types.isSet(object)) return object as Iterable<unknown>;
  return types.isMap(object) ? object.values() : Object.values(object);
}

function isOpaque(object: object): boolean {
  return (
    types.isDate(object) || types.isPromise(object) || ArrayBuffer.isView(object) || types.isAnyArrayBuffer(object)
  );
}
