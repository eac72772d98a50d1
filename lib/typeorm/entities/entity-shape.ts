import type { DataSource, EntityMetadata } from 'typeorm';
import type { ClassShape, DescribeClass, LazyRelations, PropertyShape } from '../../codec/copy/class-shape.js';
import { describeDriverClass, findDriverClass } from '../library/driver-classes.js';
import { identityOfDatabase } from '../databases/database-identity.js';
import { transferByTransformer, type ColumnMetadata } from '../databases/transformed-value.js';

type Driver = DataSource['driver'];
type EmbeddedMetadata = EntityMetadata['embeddeds'][number];

/**
 * Describes the entities of these DataSources, and the classes embedded in them, by their metadata.
 *
 * Entities without a class (an EntitySchema with a name only) are plain objects and need no description. Where one
 * class belongs to several DataSources the first of them describes it for all.
 *
 * @param dataSources asked whenever a class is looked at: DataSources come and go.
 */
export function describeEntityClass(dataSources: () => Iterable<DataSource>): DescribeClass {
  return (constructor) => {
    for (const place of placesOf(constructor, dataSources())) return shapeOf(constructor, place, dataSources);
    for (const dataSource of dataSources()) {
      const shape = describeDriverClass(constructor, dataSource);
      if (shape !== undefined) return shape;
    }
    return undefined;
  };
}

/**
 * Finds classes by the names in their descriptions, which name the database, the table, the entity, and for an embedded
 * class the property that holds it: the same in every process of an application.
 */
export function findEntityClass(dataSources: () => Iterable<DataSource>): (name: string) => Function | undefined {
  return (name) => {
    for (const dataSource of dataSources()) {
      const ofDriver = findDriverClass(name, dataSource);
      if (ofDriver !== undefined) return ofDriver;
      if (!name.startsWith(identityOfDatabase(dataSource))) continue;
      for (const metadata of dataSource.entityMetadatas) {
        const prefix = nameOf(dataSource, metadata);
        if (name === prefix && typeof metadata.target === 'function') return metadata.target;
        if (!name.startsWith(`${prefix}#`)) continue;
        const embedded = embeddedAt(metadata.embeddeds, name.slice(prefix.length + 1));
        if (typeof embedded?.type === 'function') return embedded.type;
      }
    }
    return undefined;
  };
}

/** Where a class stands among the entities of a DataSource. */
interface Place {
  readonly dataSource: DataSource;
  readonly metadata: EntityMetadata | EmbeddedMetadata;
  readonly name: string;
}

function* placesOf(constructor: Function, dataSources: Iterable<DataSource>): Generator<Place, void> {
  for (const dataSource of dataSources) {
    for (const metadata of dataSource.entityMetadatas) {
      const name = nameOf(dataSource, metadata);
      if (metadata.target === constructor) {
        yield { dataSource, metadata, name };
        break;
      }
      const embedded = findEmbedded(metadata.embeddeds, constructor);
      if (embedded !== undefined) {
        yield { dataSource, metadata: embedded, name: `${name}#${embedded.propertyPath}` };
        break;
      }
    }
  }
}

function nameOf(dataSource: DataSource, { tablePath, name }: EntityMetadata): string {
  return `${identityOfDatabase(dataSource)} ${tablePath} ${name}`;
}

function embeddedAt(embeddeds: readonly EmbeddedMetadata[], path: string): EmbeddedMetadata | undefined {
  for (const embedded of embeddeds) {
    const found = embedded.propertyPath === path ? embedded : embeddedAt(embedded.embeddeds, path);
    if (found !== undefined) return found;
  }
  return undefined;
}

function findEmbedded(embeddeds: readonly EmbeddedMetadata[], type: Function): EmbeddedMetadata | undefined {
  for (const embedded of embeddeds) {
    const found = embedded.type === type ? embedded : findEmbedded(embedded.embeddeds, type);
    if (found !== undefined) return found;
  }
  return undefined;
}

function shapeOf(
  constructor: Function,
  { dataSource, metadata, name }: Place,
  dataSources: () => Iterable<DataSource>,
): ClassShape {
  const properties = propertiesOf(metadata, dataSource.driver).map((property) =>
    isAccessor(constructor, property.name) ? { ...property, isAccessor: true } : property,
  );
  return {
    construct: constructsAs(constructor, metadata),
    // A relation's name may also be that of its foreign key column.
    properties: [...new Map(properties.map((property) => [property.name, property])).values()],
    afterCopy: listenersOf(constructor, metadata, properties),
    name,
    lazy: lazyRelationsOf(constructor, metadata, dataSources),
  };
}

/** TypeORM's lazy relations are getters of each instance, which know the DataSource that made them. */
function lazyRelationsOf(
  constructor: Function,
  metadata: EntityMetadata | EmbeddedMetadata,
  dataSources: () => Iterable<DataSource>,
): LazyRelations | undefined {
  if (!metadata.relations.some(({ isLazy }) => isLazy)) return undefined;
  return {
    isCertain: () => [...placesOf(constructor, dataSources())].length === 1,
    define(instance, names) {
      for (const place of placesOf(constructor, dataSources())) {
        for (const name of names) {
          const relation = place.metadata.relations.find(({ isLazy, propertyName }) => isLazy && propertyName === name);
          if (relation === undefined) throw new Error(`${constructor.name} has no lazy relation '${name}' any more`);
          place.dataSource.relationLoader.enableLazyLoad(relation, instance);
        }
        return;
      }
    },
  };
}

/**
 * The way TypeORM makes an instance, because a constructor and the initializers of fields are what gives private state
 * its first value, and binds functions. It is for these alone: where an instance has none of both, the copied properties
 * are all there is and no code of the class need run.
 */
function constructsAs(constructor: Function, metadata: EntityMetadata | EmbeddedMetadata): () => object {
  if (metadata.isAlwaysUsingConstructor) {
    return () => Reflect.construct(constructor, []) as object;
  }
  const prototype = constructor.prototype as object;
  return () => Object.create(prototype) as object;
}

function propertiesOf(metadata: EntityMetadata | EmbeddedMetadata, driver: Driver): PropertyShape[] {
  const { columns, relationIds } = metadata;
  const properties: PropertyShape[] = [];
  for (const column of columns) {
    // An entity lists the columns of its embedded classes too.
    if (column.isVirtual || isBelow(metadata, column.embeddedMetadata)) continue;
    const name = column.propertyName;
    if (column.transformer === undefined) {
      properties.push({ name, kind: kindOf(column, driver.normalizeType(column)) });
      continue;
    }
    const transfer = transferByTransformer(column, driver);
    properties.push({ name, kind: 'any', reclone: (value) => transfer.read(transfer.write(value)), transfer });
  }
  for (const relationId of relationIds) properties.push({ name: relationId.propertyName, kind: 'any' });
  for (const relation of metadata.relations) {
    if (isBelow(metadata, relation.embeddedMetadata)) continue;
    const kind = relation.isOneToMany || relation.isManyToMany ? 'many' : 'one';
    if (relation.isLazy) {
      properties.push({ name: `__${relation.propertyName}__`, kind });
      properties.push({ name: `__has_${relation.propertyName}__`, kind: 'plain' });
    } else properties.push({ name: relation.propertyName, kind });
  }
  for (const embedded of metadata.embeddeds) properties.push({ name: embedded.propertyName, kind: 'embedded' });
  return properties;
}

function entityOf(metadata: EntityMetadata | EmbeddedMetadata): EntityMetadata {
  return 'entityMetadata' in metadata ? metadata.entityMetadata : metadata;
}

function isBelow(metadata: EntityMetadata | EmbeddedMetadata, embedded: EmbeddedMetadata | undefined): boolean {
  return embedded !== undefined && embedded !== metadata;
}

const DATES =
  /^(?:datetime2?|datetimeoffset|smalldatetime|timestamp(?:tz)?|timestamp with(?:out| local)? ?time zone|timestamp with local time zone)$/;

const PRIMITIVES =
  /^(?:(?:tiny|small|medium|big)?int(?:eger|2|4|8|64)?|unsigned big int|number|(?:small)?decimal|dec|numeric|fixed|float(?:4|8|64)?|real|double(?: precision)?|(?:n|native |varying |national )?(?:var)?char(?:acter)?2?|character(?: varying)?|string|(?:tiny|medium|long|n|ci)?text|n?clob|uuid|uniqueidentifier|bool(?:ean)?|(?:simple-)?enum|date|year|time(?:tz)?|time with(?:out)? time zone)$/;

function kindOf(column: ColumnMetadata, normalizedType: string): 'plain' | 'date' | 'any' {
  // The database keeps these as text, and says so when asked for the type.
  if (column.isArray || column.type === 'simple-array' || column.type === 'simple-json') return 'any';
  if (DATES.test(normalizedType)) return 'date';
  return PRIMITIVES.test(normalizedType) ? 'plain' : 'any';
}

function isAccessor(constructor: Function, name: string): boolean {
  for (
    let prototype = constructor.prototype as object | null;
    prototype !== null;
    prototype = Object.getPrototypeOf(prototype) as object | null
  ) {
    const found = Object.getOwnPropertyDescriptor(prototype, name);
    if (found !== undefined) return found.get !== undefined && found.set !== undefined;
  }
  return false;
}

/**
 * Runs the `@AfterLoad` methods of the class again, so that they rebuild the private state they had made.
 *
 * They have run on the original already, and what they left in its properties is what the copy holds. Running them
 * twice there (`this.name = decode(this.name)`) would be wrong, so the properties are put back afterwards.
 */
function listenersOf(
  constructor: Function,
  metadata: EntityMetadata | EmbeddedMetadata,
  properties: readonly PropertyShape[],
): ((copy: object) => void) | undefined {
  const own = 'entityMetadata' in metadata ? metadata : undefined;
  const methods = entityOf(metadata)
    .afterLoadListeners.filter((listener) => listener.embeddedMetadata === own)
    .map((listener) => listener.propertyName);
  if (methods.length === 0) return undefined;
  const accessors = properties.filter((property) => property.isAccessor).map((property) => property.name);
  return (copy) => {
    const own = Reflect.ownKeys(copy);
    // Own getters are lazy relations, which would ask the database if they were read.
    const names = [...own.filter((name) => 'value' in Object.getOwnPropertyDescriptor(copy, name)!), ...accessors];
    const held = names.map((name) => Reflect.get(copy, name) as unknown);
    for (const method of methods) {
      const outcome: unknown = (copy as Record<string, () => unknown>)[method]();
      if (isThenable(outcome)) {
        outcome.then(undefined, () => undefined);
        throw new Error(
          `${constructor.name}.${method}() is an asynchronous @AfterLoad of a class with private state; such instances cannot be copied`,
        );
      }
    }
    for (const name of Reflect.ownKeys(copy)) if (!own.includes(name)) Reflect.deleteProperty(copy, name);
    names.forEach((name, at) => {
      if (Reflect.get(copy, name) !== held[at]) Reflect.set(copy, name, held[at]);
    });
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
