import { types } from 'node:util';
import { EntitySchema, type DataSource, type EntityMetadata, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { ZooCacheError } from '../../errors/zoocache.error.js';
import { foldName } from '../../sql/names.js';
import type { ValueKind } from '../../tags/canonical-id.js';
import { InvalidationSet } from '../../tags/invalidation-set.js';
import { forEachDependency } from '../../tags/read-rules.js';
import { anyChosenOf } from '../../tags/seen-rows.js';
import { canonicalKeyValue, idOfRow } from '../../tags/table-info.js';
import type { Invalidation, Tag } from '../../tags/tag.js';
import type { WrittenRows } from '../../tags/write-facts.js';
import { addWrite } from '../../tags/write-rules.js';
import { dataSourcesRevision } from '../databases/data-sources.js';
import { dialectOf } from '../library/dialect.js';
import { heardDataSource } from '../statements/heard-data-source.js';
import type { Relation } from '../databases/relation.js';

/** An entity as people name it: its class, or the schema that stands for one. */
export type EntityName = Function | EntitySchema;

/** Kinds of keys of which no value has a colon in it. */
const COLONLESS: ReadonlySet<ValueKind> = new Set<ValueKind>(['integer', 'uuid', 'boolean']);

/** What people name when they mean a table or a row: an entity's class, one row of it as `[Product, 42]`, or an entity. */
export type EntityReference = EntityName | readonly [EntityName, unknown] | object;

/** Where the rows of an entity class live: one place for each DataSource that has the class. */
export interface EntityPlace {
  readonly dataSource: DataSource;
  readonly metadata: EntityMetadata;
  readonly relation: Relation;
}

/** One place and what is meant there: the whole table, or the row with this id (undefined: one row, nobody knows which). */
interface Meaning {
  readonly place: EntityPlace;
  readonly row?: { readonly id: string | undefined };
}

/** Finds the tables and rows that people mean by entities and their names. */
export class EntityDirectory {
  /** By prototype, as long as entities live where they did. */
  private places = new WeakMap<object, readonly EntityPlace[]>();
  private revision = -1;

  /** @param dataSources asked every time: DataSources come and go. */
  constructor(private readonly dataSources: () => Iterable<DataSource>) {}

  /** What `Product` or `Product:42` invalidates; nothing when no entity has that name. */
  invalidationNamed(segments: readonly string[]): Invalidation {
    return invalidationOf(this.named(segments));
  }

  /** What an answer with the tag `Product` or `Product:42` depends on; nothing when no entity has that name. */
  dependenciesNamed(segments: readonly string[]): Tag[] {
    return dependenciesOf(this.named(segments));
  }

  /**
   * What the entity or row invalidates: a class its whole table, a row itself and the answers that depend on the table.
   *
   * @throws ZooCacheError `UNKNOWN_ENTITY` when no DataSource has the class.
   */
  resolveTarget(reference: EntityReference): Invalidation {
    return invalidationOf(this.meaningsOf(reference));
  }

  /**
   * What an answer depends on that was made from the entity or row.
   *
   * @throws ZooCacheError `UNKNOWN_ENTITY` when no DataSource has the class.
   */
  resolveDependency(reference: EntityReference): Tag[] {
    return dependenciesOf(this.meaningsOf(reference));
  }

  /** Where the instances of a class live; nowhere, if it is no entity. */
  placesOf(entity: EntityName): readonly EntityPlace[] {
    const places: EntityPlace[] = [];
    for (const dataSource of this.dataSources()) {
      const target = entity as EntityTarget<ObjectLiteral>;
      if (dataSource.hasMetadata(target)) places.push(placeOf(dataSource, dataSource.getMetadata(target)));
    }
    return places;
  }

  /** Where the rows live that objects with this prototype may be; remembered, because every load asks. */
  placesOfInstances(prototype: object): readonly EntityPlace[] {
    const revision = dataSourcesRevision();
    if (this.revision !== revision) {
      this.places = new WeakMap();
      this.revision = revision;
    }
    let places = this.places.get(prototype);
    if (places === undefined) {
      places = this.placesOf(
        entityClassOf(Object.create(prototype) as object, (type) => this.placesOf(type).length > 0),
      );
      // Looking for them may have been what made the hooks describe a DataSource anew.
      if (dataSourcesRevision() === revision) this.places.set(prototype, places);
    }
    return places;
  }

  private meaningsOf(reference: EntityReference): readonly Meaning[] {
    if (isEntityName(reference)) return this.placesNamed(reference).map((place) => ({ place }));
    if (Array.isArray(reference)) {
      const [entity, id] = reference as unknown as readonly [EntityName, unknown];
      if (reference.length !== 2 || !isEntityName(entity) || isEntityName(id)) throw noRow(reference.length);
      return this.placesNamed(entity).map((place) => ({ place, row: { id: idFrom(place, id) } }));
    }
    return this.placesNamed(entityClassOf(reference, (type) => this.placesOf(type).length > 0)).map((place) => ({
      place,
      row: { id: idOfEntity(place, reference) },
    }));
  }

  private placesNamed(entity: EntityName): readonly EntityPlace[] {
    const places = isEntityName(entity) ? this.placesOf(entity) : [];
    if (places.length > 0) return places;
    throw new ZooCacheError('UNKNOWN_ENTITY', {
      what: 'No initialised DataSource has this entity',
      name: nameOf(entity),
      next: 'Add it to the entities of a DataSource, and name its class, [its class, an id], or one of its instances',
    });
  }

  private named(segments: readonly string[]): readonly Meaning[] {
    const [name, ...parts] = segments;
    // A key may hold what separates the segments of a tag.
    const id = parts.length === 0 ? undefined : parts.join(':');
    const meanings: Meaning[] = [];
    for (const dataSource of this.dataSources()) {
      for (const metadata of dataSource.entityMetadatas) {
        if (metadata.name !== name) continue;
        const place = placeOf(dataSource, metadata);
        if (parts.length > 1 && !mayHoldColons(place)) continue;
        meanings.push(id === undefined ? { place } : { place, row: { id: idFromText(place, id) } });
      }
    }
    return meanings;
  }
}

/** The id of an entity's row in the place where it lives, or undefined when its key does not tell. */
export function idOfEntity({ dataSource, metadata, relation }: EntityPlace, entity: object): string | undefined {
  const dialect = dialectOf(dataSource);
  return idOfRow(relation, (name) => {
    const column = metadata.primaryColumns.find(({ databaseName }) => foldName(databaseName, dialect) === name);
    try {
      const value: unknown = column?.getEntityValue(entity);
      return value === undefined ? undefined : (dataSource.driver.preparePersistentValue(value, column!) as unknown);
    } catch {
      // A transformer that was written for complete entities.
      return undefined;
    }
  });
}

/** The nodes an answer depends on that holds rows of the place; all of them, or the one with this id. */
export function dependenciesAt({ relation }: EntityPlace, id: string | undefined): Tag[] {
  const tags: Tag[] = [];
  const depend = (tag: Tag): void => void tags.push(tag);
  const ids = id === undefined ? undefined : [id];
  forEachDependency({ table: relation.id, ids, anyChosen: anyChosenOf(relation) }, depend);
  for (const base of relation.bases) forEachDependency({ table: base.id }, depend);
  return tags;
}

/** The class of an object, or the nearest above it, that `isEntity` says is one. */
export function entityClassOf(value: object, isEntity: (type: Function) => boolean): Function {
  let prototype: unknown = Object.getPrototypeOf(value);
  const own: unknown = (prototype as ObjectLiteral | null)?.['constructor'];
  while (typeof prototype === 'object' && prototype !== null) {
    const type: unknown = (prototype as ObjectLiteral)['constructor'];
    if (typeof type === 'function' && isEntity(type)) return type;
    prototype = Object.getPrototypeOf(prototype);
  }
  return typeof own === 'function' ? own : Object;
}

function placeOf(dataSource: DataSource, metadata: EntityMetadata): EntityPlace {
  return { dataSource, metadata, relation: heardDataSource(dataSource).schema.relationOf(metadata) };
}

function noRow(length: number): ZooCacheError {
  return new ZooCacheError('INVALID_ARGUMENT', {
    what: 'A list must name one row, as [entity, id], and this one does not',
    name: `a list of ${length}`,
    next: 'Name each entity, row and tag as a target of its own: invalidate(Product, [Author, 7])',
  });
}

function isEntityName(value: unknown): value is EntityName {
  return typeof value === 'function' || value instanceof EntitySchema;
}

function nameOf(entity: unknown): string {
  if (typeof entity === 'function') return entity.name || 'an anonymous class';
  return entity instanceof EntitySchema ? entity.options.name : String(entity);
}

/** The id of a row named by hand: the value of its key, or an object with the parts of a key. */
function idFrom(place: EntityPlace, id: unknown): string | undefined {
  if (typeof id === 'object' && id !== null && !types.isDate(id) && !ArrayBuffer.isView(id)) {
    return idOfEntity(place, id);
  }
  const [column, ...others] = place.metadata.primaryColumns;
  if (column === undefined || others.length > 0) return undefined;
  return idOfEntity(place, column.createValueMap(id));
}

/** A transformed key is known by the values of the program, and a text need not be one. */
function idFromText({ relation, metadata }: EntityPlace, text: string): string | undefined {
  if (relation.key.length !== 1 || metadata.primaryColumns[0]?.transformer !== undefined) return undefined;
  return canonicalKeyValue(relation.key[0], text);
}

/** Whether the text of an id may have several segments; those below a row are a user's own where it cannot. */
function mayHoldColons({ relation }: EntityPlace): boolean {
  return relation.key.length !== 1 || !COLONLESS.has(relation.key[0].kind);
}

function invalidationOf(meanings: readonly Meaning[]): Invalidation {
  const all = new InvalidationSet();
  for (const { place, row } of meanings) {
    const { relation, dataSource } = place;
    const rows: WrittenRows = row === undefined ? 'all' : row.id === undefined ? 'some' : [row.id];
    addWrite(all, { table: relation.id, rows });
    const others = row === undefined ? 'all' : 'some';
    for (const base of relation.bases) addWrite(all, { table: base.id, rows: others });
    for (const table of heardDataSource(dataSource).schema.kinOf(relation)) addWrite(all, { table, rows: others });
  }
  return all;
}

function dependenciesOf(meanings: readonly Meaning[]): Tag[] {
  return meanings.flatMap(({ place, row }) => dependenciesAt(place, row?.id));
}
