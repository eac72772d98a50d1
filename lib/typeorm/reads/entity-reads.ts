import { createHash } from 'node:crypto';
import { DataSource, type EntityMetadata, type EntityTarget, type ObjectLiteral } from 'typeorm';
import type { Engine } from '../../engine/engine.js';
import { ZooCacheError } from '../../errors/zoocache.error.js';
import type { Statistics } from '../../events/statistics.js';
import { entitySite } from '../../keys/cache-key.js';
import type { ClassNames } from '../../keys/class-names.js';
import { KeyEncoder } from '../../keys/key-encoder.js';
import { stringText } from '../../keys/text.js';
import { closestTo } from '../../support/did-you-mean.js';
import { ApplicationWishes } from './application-wishes.js';
import {
  announceChange,
  initializedDataSources,
  refuseOtherCopies,
  registerDataSource,
} from '../databases/data-sources.js';
import { DataSourceNames } from '../databases/data-source-names.js';
import { nameOfDataSource } from '../databases/data-source-token.js';
import { entityNameOf, isSamePolicy, type EntityPolicy } from '../entities/entity-options.js';
import { EntityReader } from './entity-reader.js';
import { changingBeside, checkIgnoredColumns } from '../entities/ignored-columns.js';
import { isTypeormHandle } from '../library/typeorm-handle.js';

/** Every entity, in a list of entities by their names. */
export const EVERY_ENTITY = '*';

/** What the reads of one application's entities are made of. */
export interface EntityReadsParts {
  readonly engine: Engine;
  readonly classNames: ClassNames;
  readonly statistics: Statistics;
  readonly defaultTtlMs: number;
  /** Whether answers are shared and frozen, so that nothing can be built onto them. */
  readonly sharesAnswers: boolean;
  /** The entities whose ordinary reads are cached, by name. */
  readonly entities: ReadonlyMap<string, EntityPolicy>;
  /** Tells whoever develops the application, once for each text. */
  readonly warn: (text: string) => void;
}

/** An entity of one DataSource whose ordinary reads are cached, and who said so. */
interface Feature {
  readonly entity: EntityTarget<ObjectLiteral>;
  readonly policy: EntityPolicy;
}

/** As much of a DataSource as tells which entities it has. */
export interface KnownEntities {
  readonly isInitialized: boolean;
  readonly entityMetadatas: readonly { readonly name: string }[];
}

/** Answers reads of entities for one application: those of cached repositories, and ordinary ones where they are cached. */
export class EntityReads {
  readonly engine: Engine;
  readonly sharesAnswers: boolean;
  readonly dataSourceNames = new DataSourceNames();
  readonly keys: KeyEncoder;

  /** The columns whose changes the application need not hear of. */
  readonly wishes: ApplicationWishes;

  private readonly served = new WeakSet<object>();
  private readonly offered: { readonly dataSource: DataSource; readonly entity: EntityTarget<ObjectLiteral> }[] = [];
  private readonly features = new Map<DataSource, Feature[]>();
  private readonly readers = new WeakMap<EntityMetadata, Map<string, EntityReader>>();
  private automatic = new WeakMap<EntityMetadata, EntityReader | null>();
  private ignoresAny: boolean;
  private cachesAnyOnSave: boolean;

  constructor(private readonly parts: EntityReadsParts) {
    this.engine = parts.engine;
    this.sharesAnswers = parts.sharesAnswers;
    this.keys = new KeyEncoder({ classNames: parts.classNames, bypass: isTypeormHandle, asksRawSql: true });
    this.ignoresAny = [...parts.entities.values()].some(ignoresColumns);
    this.cachesAnyOnSave = [...parts.entities.values()].some(cachesOnSave);
    this.wishes = new ApplicationWishes({
      ignoresAny: () => this.ignoresAny,
      ignoredNames: (dataSource, metadata) => this.ignoredNames(dataSource, metadata),
      serves: (dataSource) => this.serves(dataSource),
      warn: parts.warn,
    });
  }

  get statistics(): Statistics {
    return this.parts.statistics;
  }

  /** Whether ordinary reads of anything are cached. */
  get isAutomatic(): boolean {
    return this.parts.entities.size > 0 || this.features.size > 0;
  }

  /** Whether saved rows of anything are put back. */
  get isKeepingSaved(): boolean {
    return this.cachesAnyOnSave;
  }

  /**
   * The DataSource belongs to the application; one that was initialised before the hooks were there is heard of here.
   *
   * @throws ZooCacheError `UNSUPPORTED` for one of another copy of TypeORM
   */
  serve(dataSource: object): void {
    if (this.served.has(dataSource)) return;
    refuseOtherCopies(dataSource);
    this.served.add(dataSource);
    if (dataSource instanceof DataSource) registerDataSource(dataSource);
    announceChange();
  }

  serves(dataSource: DataSource): boolean {
    return this.served.has(dataSource);
  }

  /** Somebody wants the entity of this DataSource read through the cache, which {@link check} looks for. */
  offer(dataSource: DataSource, entity: EntityTarget<ObjectLiteral>): void {
    this.serve(dataSource);
    this.offered.push({ dataSource, entity });
  }

  /**
   * Caches the ordinary reads of an entity of one DataSource.
   *
   * @throws ZooCacheError `INVALID_OPTION` when it is cached in another way already
   */
  switchOn(dataSource: DataSource, entity: EntityTarget<ObjectLiteral>, policy: EntityPolicy): void {
    const features = this.features.get(dataSource) ?? [];
    const known = features.find((feature) => feature.entity === entity);
    if (known !== undefined && !isSamePolicy(known.policy, policy)) {
      throw new ZooCacheError('INVALID_OPTION', {
        what: 'An entity was given two different ways of caching in one DataSource',
        name: entityNameOf(entity),
        next: 'Give its options in one ZooCacheModule.forFeature() only, and name it without options in the others',
      });
    }
    if (known === undefined) this.features.set(dataSource, [...features, { entity, policy }]);
    this.automatic = new WeakMap();
    this.ignoresAny ||= ignoresColumns(policy);
    this.cachesAnyOnSave ||= cachesOnSave(policy);
    announceChange();
  }

  /** Who answers ordinary reads of an entity, or undefined where they are not cached. */
  automaticReader(dataSource: DataSource, metadata: EntityMetadata): EntityReader | undefined {
    const known = this.automatic.get(metadata);
    if (known === null) return undefined;
    if (known?.tablePath === metadata.tablePath) return known;
    const policy = this.automaticPolicy(dataSource, metadata);
    const reader = policy === undefined ? null : this.readerOf(dataSource, metadata, policy);
    this.automatic.set(metadata, reader);
    return reader ?? undefined;
  }

  /** Who is to have the rows of an entity that are saved, or undefined where they are not put back. */
  savingReader(dataSource: DataSource, metadata: EntityMetadata): EntityReader | undefined {
    if (this.automaticPolicy(dataSource, metadata)?.cachesOnSave !== true) return undefined;
    return this.automaticReader(dataSource, metadata);
  }

  /** Who answers the reads of a cached repository under this policy. */
  readerOf(dataSource: DataSource, metadata: EntityMetadata, policy: EntityPolicy): EntityReader {
    for (const text of policy.warnings ?? []) this.parts.warn(text);
    const ttlMs = policy.ttlMs ?? this.automaticPolicy(dataSource, metadata)?.ttlMs ?? this.parts.defaultTtlMs;
    const name = `${ttlMs} ${policy.boundMs} ${[...policy.operations].sort().join()} ${policy.prefix}`;
    let readers = this.readers.get(metadata);
    if (readers === undefined) this.readers.set(metadata, (readers = new Map<string, EntityReader>()));
    let reader = readers.get(name);
    if (reader === undefined || reader.tablePath !== metadata.tablePath) {
      // A factory of entities makes classes of one name and one text, and decorators stand outside of it.
      const entity = `${this.entityName(metadata)}:${stringText(metadata.tablePath)}${stringText(makeOf(metadata))}`;
      const site = entitySite(this.dataSourceNames.of(dataSource), entity, ttlMs, policy.prefix);
      reader = new EntityReader(
        { engine: this.engine, keys: this.keys, statistics: this.parts.statistics },
        { dataSource, metadata, site, policy: { ...policy, ttlMs } },
      );
      readers.set(name, reader);
    }
    return reader;
  }

  /**
   * Looks for names that no entity and no column has, unless a DataSource is yet to come that may have it, and for
   * columns that cannot be ignored.
   *
   * @throws ZooCacheError `UNKNOWN_ENTITY` or `INVALID_OPTION` with the name that was most likely meant
   */
  check(dataSources: readonly KnownEntities[]): void {
    for (const { dataSource, entity } of this.offered) {
      if (dataSource.isInitialized && !dataSource.hasMetadata(entity)) throw unknownIn(dataSource, entity);
    }
    this.checkIgnored();
    if (!dataSources.every(({ isInitialized }) => isInitialized)) return;
    const known = new Set(dataSources.flatMap(({ entityMetadatas }) => entityMetadatas.map(({ name }) => name)));
    for (const name of this.parts.entities.keys()) {
      if (name !== EVERY_ENTITY && !known.has(name)) throw unknown(name, [...known]);
    }
  }

  /** A name for a class that no other has in the application. */
  nameOf(target: Function): string {
    return this.parts.classNames.of(target);
  }

  private checkIgnored(): void {
    for (const dataSource of this.ignoresAny ? initializedDataSources() : []) {
      if (!this.serves(dataSource)) continue;
      for (const metadata of dataSource.entityMetadatas) {
        const names = this.ignoredNames(dataSource, metadata);
        checkIgnoredColumns(metadata, names);
        const others = names.length === 0 ? [] : changingBeside(metadata, names);
        if (others.length === 0) continue;
        this.parts.warn(
          `ignoreColumns of ${metadata.name} leaves out ${others.map((name) => `'${name}'`).join(', ')}, which changes ` +
            `with every update: a save() that changes only ${names.map((name) => `'${name}'`).join(', ')} still ` +
            'invalidates. List it too, or write those columns with a query builder',
        );
      }
    }
  }

  /** The columns that the options of an entity list; they are of the entity, not of one way to read it. */
  private ignoredNames(dataSource: DataSource, metadata: EntityMetadata): readonly string[] {
    const feature = this.featureOf(dataSource, metadata)?.policy;
    return feature?.ignoreColumns ?? this.parts.entities.get(metadata.name)?.ignoreColumns ?? NO_NAMES;
  }

  private featureOf(dataSource: DataSource, metadata: EntityMetadata): Feature | undefined {
    return this.features
      .get(dataSource)
      ?.find(({ entity }) => dataSource.hasMetadata(entity) && dataSource.getMetadata(entity) === metadata);
  }

  private automaticPolicy(dataSource: DataSource, metadata: EntityMetadata): EntityPolicy | undefined {
    const feature = this.featureOf(dataSource, metadata);
    return feature?.policy ?? this.parts.entities.get(metadata.name) ?? this.parts.entities.get(EVERY_ENTITY);
  }

  private entityName({ target }: EntityMetadata): string {
    return typeof target === 'function' ? this.nameOf(target) : stringText(target);
  }
}

/** A short text for what TypeORM makes of a row. */
function makeOf({ columns, eagerRelations, orderBy }: EntityMetadata): string {
  const make = [
    columns.map(({ propertyPath, databaseName, isSelect }) => [propertyPath, databaseName, isSelect]),
    eagerRelations.map(({ propertyPath }) => propertyPath),
    orderBy,
  ];
  return createHash('sha256').update(JSON.stringify(make)).digest('base64url').slice(0, 8);
}

const NO_NAMES: readonly string[] = [];

function cachesOnSave({ cachesOnSave }: EntityPolicy): boolean {
  return cachesOnSave === true;
}

function ignoresColumns({ ignoreColumns = [] }: EntityPolicy): boolean {
  return ignoreColumns.length > 0;
}

function unknownIn(dataSource: DataSource, entity: EntityTarget<ObjectLiteral>): ZooCacheError {
  return new ZooCacheError('UNKNOWN_ENTITY', {
    what: `Nothing of this entity can be cached, because the DataSource '${nameOfDataSource(dataSource)}' does not have it`,
    name: `'${entityNameOf(entity)}'`,
    next: 'Add it to the entities of that DataSource, or give ZooCacheModule.forFeature() the name of the one that has it',
  });
}

function unknown(name: string, known: readonly string[]): ZooCacheError {
  const meant = closestTo(name, known);
  return new ZooCacheError('UNKNOWN_ENTITY', {
    what: 'The option entities names an entity that no DataSource of the application has',
    name: `'${name}'`,
    next:
      meant === undefined
        ? 'Add it to the entities of a DataSource, or take it out of here'
        : `Did you mean '${meant}'`,
  });
}
