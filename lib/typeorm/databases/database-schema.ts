import type { DataSource, EntityMetadata } from 'typeorm';
import { analyse } from '../../sql/analyse.js';
import { foldName } from '../../sql/names.js';
import { writtenByTrigger } from '../../sql/trigger-writes.js';
import type { Dialect, TableName, TableWrite } from '../../sql/statement.js';
import { ForeignKeys, type CarriedChange, type ForeignKey } from '../../tags/foreign-keys.js';
import type { ForeignKeyInfo, KeyColumn } from '../../tags/table-info.js';
import type { TableId } from '../../tags/table-tags.js';
import type { Invalidation } from '../../tags/tag.js';
import type { AttachedFile } from './attached-files.js';
import { changesOf } from './carried-changes.js';
import type { Catalogue, CatalogueRelation } from './catalogue.js';
import type { IgnoredColumns } from './column-wishes.js';
import { definitionsCommit } from '../library/dialect.js';
import type { Relation } from './relation.js';
import { columnFacts, computedColumns } from './table-columns.js';
import { computedObstacle, dayObstacle, momentColumns } from './todays-times.js';
import { limitsOf, storedColumn, valueKindOf } from './value-kind.js';

/** Engines of MySQL and MariaDB that undo what is rolled back; tables of all others keep it. */
const WITH_TRANSACTIONS = /^(?:innodb|xtradb|rocksdb|tokudb|ndb(?:cluster)?)\b/i;

/** Views upon views upon views: deeper than this is taken for a circle. */
const MAX_VIEW_DEPTH = 20;

const NO_COLUMNS: ReadonlySet<string> = new Set();

interface EntityTable {
  readonly schema?: string;
  readonly metadata: EntityMetadata;
}

/**
 * What is known of the tables of a DataSource: from its entities, junction and closure tables included, and from the
 * database's own catalogue once that has been read.
 *
 * Never changes; what becomes known later makes another one.
 */
export class DatabaseSchema {
  /** DDL commits, and another transaction goes on. */
  readonly definitionsCommit: boolean;

  /** What the keys of the entities say; those of the catalogue may be more. */
  readonly foreignKeys: ForeignKeys;

  private readonly keysFrom = new Map<string, ForeignKey[]>();
  private readonly entityTables = new Map<string, EntityTable[]>();
  private readonly catalogued = new Map<string, CatalogueRelation[]>();
  private readonly triggers = new Map<string, string[]>();
  private readonly kin = new Map<string, Set<string>>();
  private readonly relations = new Map<string, Relation>();
  private readonly defaultSchema: string | undefined;

  constructor(
    private readonly dataSource: DataSource,
    readonly database: string,
    private readonly dialect: Dialect,
    private readonly catalogue: Catalogue | undefined,
    private readonly ignored: IgnoredColumns,
    private readonly attached: readonly AttachedFile[],
    /** What a statement of unknown effect invalidates. */
    readonly sweep: Invalidation,
  ) {
    this.definitionsCommit = definitionsCommit(dataSource);
    this.foreignKeys = new ForeignKeys();
    for (const metadata of dataSource.entityMetadatas) {
      push(this.entityTables, this.fold(metadata.tableName), { schema: schemaOf(metadata, dialect), metadata });
    }
    for (const relation of catalogue?.relations ?? []) push(this.catalogued, relation.name, relation);
    for (const key of [...(catalogue?.foreignKeys ?? []), ...foreignKeysOfEntities(dataSource, dialect)]) {
      this.foreignKeys.add(key);
      push(this.keysFrom, key.from, key);
    }
    for (const [table, text] of catalogue?.triggers ?? []) push(this.triggers, table, text);
    for (const [one, other] of catalogue?.kinships ?? []) {
      addTo(this.kin, one, other);
      addTo(this.kin, other, one);
    }
    this.defaultSchema = this.findDefaultSchema();
  }

  /** What a name in a statement means. */
  relation(table: TableName): Relation {
    return this.relationAt(table, 0);
  }

  /** The relation an entity is stored in. */
  relationOf(metadata: EntityMetadata): Relation {
    return this.relation({ schema: schemaOf(metadata, this.dialect), name: this.fold(metadata.tableName) });
  }

  /** The tables whose rows the database changes by itself when rows of this one change. */
  carriedTo(relation: Relation, change: CarriedChange): readonly TableId[] {
    const changedWith = (table: string, columns: ReadonlySet<string>) => this.changedWith(table, columns);
    const names = new Set(this.foreignKeys.carriedTo(relation.id.name, change, changedWith));
    for (const name of [relation.id.name, ...names]) this.addKin(name, names);
    return [...names].map((name) => this.anyNamed(name));
  }

  /** The tables that a TRUNCATE or DROP with CASCADE reaches. */
  reachedByCascade(relation: Relation): readonly TableId[] {
    const names = new Set(this.foreignKeys.referringTo(relation.id.name));
    for (const name of [relation.id.name, ...names]) this.addKin(name, names);
    return [...names].map((name) => this.anyNamed(name));
  }

  /** The same table as others see it: in which a row of its parts is a row of the whole, and the other way round. */
  kinOf(relation: Relation): readonly TableId[] {
    const names = new Set<string>();
    this.addKin(relation.id.name, names);
    return [...names].map((name) => this.anyNamed(name));
  }

  /**
   * What triggers write when rows of these tables are written, as far as the database tells what they do, beside those of
   * these that have triggers.
   *
   * @param replaces the statement says OR REPLACE, and SQLite lets that count for all that its triggers write
   */
  triggeredBy(tables: readonly TableId[], replaces: boolean): readonly Relation[] {
    const reached = new Set<string>();
    for (const { name } of tables) this.followTriggers(name, replaces, reached);
    for (const { name } of tables) if (this.triggers.has(name)) reached.add(name);
    return [...reached].flatMap((name) => {
      const relation = this.relation({ name });
      return [relation, ...relation.bases];
    });
  }

  /** What they write may have triggers of its own, and keys that carry on. Whether all of it is known. */
  private followTriggers(table: string, replaces: boolean, reached: Set<string>): boolean {
    const written = (this.triggers.get(table) ?? []).map(writtenByTrigger);
    let isKnown = !written.includes(undefined);
    for (const name of written.flatMap((writes = []) => writes.flatMap((write) => this.changedBy(write, replaces)))) {
      if (reached.has(name)) continue;
      reached.add(name);
      isKnown = this.followTriggers(name, replaces, reached) && isKnown;
    }
    return isKnown;
  }

  private changedBy(write: TableWrite, isReplaced: boolean): readonly string[] {
    const { name } = write.table;
    const replaces = isReplaced || (this.catalogued.get(name) ?? []).some(({ replacesRows }) => replacesRows === true);
    const changes = changesOf(replaces ? { ...write, kind: 'replace' } : write, write.columns);
    const changedWith = (table: string, columns: ReadonlySet<string>) => this.changedWith(table, columns);
    return [name, ...changes.flatMap((change) => [...this.foreignKeys.carriedTo(name, change, changedWith)])];
  }

  /** A name of the metadata as statements and the catalogue have it. */
  private fold(name: string): string {
    return foldName(name, this.dialect);
  }

  private addKin(name: string, to: Set<string>): void {
    for (const next of this.kin.get(name) ?? []) {
      if (to.has(next)) continue;
      to.add(next);
      this.addKin(next, to);
    }
  }

  /** Columns that the database computes change with others, and triggers of the table, or of a part of it, change any. */
  private changedWith(table: string, columns: ReadonlySet<string>): ReadonlySet<string> | undefined {
    const names = new Set([table]);
    this.addKin(table, names);
    const catalogued = [...names].flatMap((name) => this.catalogued.get(name) ?? []);
    if (catalogued.some(({ hasTriggers }) => hasTriggers)) return undefined;
    const entities = [...names].flatMap((name) => this.entityTables.get(name) ?? []);
    const metadatas = entities.map(({ metadata }) => metadata);
    return new Set([...columns, ...computedColumns(metadatas, catalogued, this.dialect)]);
  }

  /** Every table of that name: foreign keys and partitions are followed by name alone. */
  private anyNamed(name: string): TableId {
    return { database: this.database, name };
  }

  private relationAt(table: TableName, depth: number): Relation {
    const name = table.schema === undefined ? table.name : `${table.schema}\n${table.name}`;
    let relation = this.relations.get(name);
    if (relation === undefined) this.relations.set(name, (relation = this.describe(table, depth)));
    return relation;
  }

  private describe(table: TableName, depth: number): Relation {
    const entities = this.entitiesIn(table);
    const catalogued = this.cataloguedIn(table);
    const certain = entities.filter((entity) => this.isSurely(entity, table));
    const key = this.keyOf(certain.length === entities.length ? entities : [], catalogued);
    const views = this.viewsOf(table, entities, catalogued, depth);
    const isView = views.bases.length > 0 || views.obstacle !== undefined;
    // What only might be the entity's table may hold anything under the names of its columns.
    const mayIgnore = certain.length > 0 && certain.length === entities.length;
    const returningKey = !isView && isOneThatAnswers(catalogued) ? key.spelled : undefined;
    const metadatas = entities.map(({ metadata }) => metadata);
    const { spelled, ...columns } = columnFacts(metadatas, isView ? [] : catalogued, this.dialect);
    return {
      id: this.idOf(table),
      key: isView ? [] : key.columns,
      ...columns,
      foreignKeys: columns.columns === undefined ? [] : this.foreignKeysOf(table.name),
      generatedKey: isView ? undefined : key.generated,
      hidesChosenRows: this.dialect === 'mysql' && !isView,
      returningKey,
      oid: returningKey === undefined ? undefined : catalogued[0].oid,
      returning: returningKey === undefined ? undefined : spelled,
      isKnown: entities.length + catalogued.length + views.bases.length > 0,
      ignored: (mayIgnore ? this.ignored.get(table.name) : undefined) ?? NO_COLUMNS,
      hasTriggers: catalogued.some(({ hasTriggers }) => hasTriggers === true),
      replacesRows: catalogued.some(({ replacesRows }) => replacesRows === true),
      isTransactional:
        [...metadatas, ...catalogued].every(({ engine }) => engine === undefined || WITH_TRANSACTIONS.test(engine)) &&
        views.bases.every((base) => base.isTransactional),
      bases: views.bases,
      mayShowAny:
        views.obstacle !== undefined ||
        this.fileOf(table) !== undefined ||
        !this.followTriggers(table.name, true, new Set()),
      moments: momentColumns(catalogued, this.dialect),
      obstacle: views.obstacle ?? this.obstacleIn(table.name, catalogued) ?? computedObstacle(catalogued, this.dialect),
    };
  }

  /** The rows of its parts are also its own. */
  private obstacleIn(table: string, catalogued: readonly CatalogueRelation[]): string | undefined {
    const kin = new Set<string>();
    this.addKin(table, kin);
    const all = [...catalogued, ...[...kin].flatMap((name) => this.catalogued.get(name) ?? [])];
    return all.find(({ obstacle }) => obstacle !== undefined)?.obstacle;
  }

  /** The attached file that the name says it is in. */
  private fileOf({ schema }: TableName): AttachedFile | undefined {
    return this.attached.find(({ handle }) => handle === schema);
  }

  /** What else a name may mean that says nothing of the kind: SQLite looks in its own file first. */
  private elsewhere({ schema, name }: TableName, depth: number): readonly Relation[] {
    if (schema !== undefined || this.catalogued.has(name)) return [];
    return this.attached
      .filter(({ relations }) => relations === undefined || relations.some((relation) => relation.name === name))
      .map(({ handle }) => this.relationAt({ schema: handle, name }, depth));
  }

  private idOf(table: TableName): TableId {
    const file = this.fileOf(table);
    if (file !== undefined) return { database: file.database, name: table.name };
    const schema = table.schema ?? (this.dialect === 'mysql' ? this.defaultSchema : undefined);
    return { database: this.database, schema, name: table.name };
  }

  /** Entities without a schema may be in any, and a statement without one may mean any. */
  private entitiesIn(table: TableName): readonly EntityTable[] {
    if (this.fileOf(table) !== undefined) return [];
    const schema = this.idOf(table).schema;
    return (this.entityTables.get(table.name) ?? []).filter((entity) => {
      const own = entity.schema ?? (this.dialect === 'mysql' ? this.defaultSchema : undefined);
      return schema === undefined || own === undefined || own === schema;
    });
  }

  private cataloguedIn(table: TableName): readonly CatalogueRelation[] {
    const file = this.fileOf(table);
    if (file !== undefined) return (file.relations ?? []).filter(({ name }) => name === table.name);
    const schema = this.idOf(table).schema;
    return (this.catalogued.get(table.name) ?? []).filter(
      (relation) => schema === undefined || relation.schema === undefined || relation.schema === schema,
    );
  }

  /** Whether the entity is surely stored in the table a statement names; its primary key means nothing elsewhere. */
  private isSurely(entity: EntityTable, table: TableName): boolean {
    const wanted = table.schema ?? this.defaultSchema;
    return entity.schema === table.schema || (entity.schema ?? this.defaultSchema) === wanted;
  }

  private findDefaultSchema(): string | undefined {
    if (this.catalogue?.defaultSchema !== undefined) return this.catalogue.defaultSchema;
    const options = this.dataSource.options as { schema?: string; database?: unknown };
    switch (this.dialect) {
      case 'mysql': {
        const database = (this.dataSource.driver as { database?: string }).database ?? options.database;
        return typeof database === 'string' ? this.fold(database) : undefined;
      }
      case 'sqlite':
        return 'main';
      default:
        return options.schema === undefined ? undefined : this.fold(options.schema);
    }
  }

  private keyOf(
    entities: readonly EntityTable[],
    catalogued: readonly CatalogueRelation[],
  ): {
    readonly columns: readonly KeyColumn[];
    readonly generated?: KeyColumn;
    readonly spelled?: readonly string[];
  } {
    const [first, ...others] = entities;
    if (first === undefined) return { columns: [] };
    const columns = this.keyColumnsOf(first.metadata, catalogued);
    const text = JSON.stringify(columns);
    if (others.some(({ metadata }) => JSON.stringify(this.keyColumnsOf(metadata, catalogued)) !== text))
      return { columns: [] };
    const isWeighed = catalogued.some(({ weighsRows }) => weighsRows === true);
    if (isWeighed || isOtherThanKeyOf(catalogued, columns)) return { columns: [] };
    const primaryColumns = keyOfEntity(first.metadata);
    const isGenerated =
      columns.length === 1 &&
      columns[0].kind === 'integer' &&
      entities.every(({ metadata }) => metadata.primaryColumns[0].generationStrategy === 'increment') &&
      (storedIn(catalogued)?.some(({ name, isCounted }) => name === columns[0].name && isCounted === true) ?? true);
    return {
      columns,
      generated: isGenerated ? columns[0] : undefined,
      spelled: columns.length === 0 ? undefined : primaryColumns.map(({ databaseName }) => databaseName),
    };
  }

  private keyColumnsOf(metadata: EntityMetadata, catalogued: readonly CatalogueRelation[]): readonly KeyColumn[] {
    const stored = storedIn(catalogued);
    return keyOfEntity(metadata).map((column) => {
      const name = this.fold(column.databaseName);
      const known = stored?.find((other) => other.name === name);
      if (known !== undefined) return storedColumn(known, this.dialect);
      return {
        name,
        kind: valueKindOf(this.dataSource, column, this.dialect),
        ...limitsOf(this.dataSource, column, this.dialect),
      };
    });
  }

  private foreignKeysOf(table: string): readonly ForeignKeyInfo[] {
    const infos = new Map<string, ForeignKeyInfo>();
    for (const key of this.keysFrom.get(table) ?? []) {
      const identity = JSON.stringify([key.columns, key.to]);
      // Of the same key the catalogue, which comes first, knows more.
      if (infos.has(identity)) continue;
      const entities = this.entityTables.get(key.to) ?? [];
      const to = this.idOf({ schema: entities[0]?.schema, name: key.to });
      const referenced = this.keyOf(entities, this.catalogued.get(key.to) ?? []).columns.map(({ name }) => name);
      const toColumns = key.referencedColumns.length > 0 ? key.referencedColumns : referenced;
      const isWhole = toColumns.length === referenced.length && referenced.every((name) => toColumns.includes(name));
      const isEnforced = isWhole && toColumns.length === key.columns.length && this.isEnforced(key);
      infos.set(identity, { columns: key.columns, to, toColumns, isEnforced });
    }
    return [...infos.values()];
  }

  private isEnforced({ isEnforced, from, columns, to }: ForeignKey): boolean {
    const [[source, ...others], [target, ...otherTargets]] = [from, to].map((name) => this.catalogued.get(name) ?? []);
    if (isEnforced !== true || others.length + otherTargets.length > 0 || target?.kind !== 'table') return false;
    // Rows of a part are rows of the whole, and keys of the one say nothing of the other.
    if (this.kin.has(from) || this.kin.has(to)) return false;
    // A key of several columns is not looked at where one of them is NULL.
    const isNotNull = (name: string): boolean =>
      source?.columns?.some((column) => column.name === name && column.isNotNull) === true;
    return columns.length === 1 || columns.every(isNotNull);
  }

  private viewsOf(
    table: TableName,
    entities: readonly EntityTable[],
    catalogued: readonly CatalogueRelation[],
    depth: number,
  ): { readonly bases: readonly Relation[]; readonly obstacle?: string } {
    const bases = new Set<Relation>();
    let obstacle: string | undefined;
    const addDefinition = (name: string, definition: string | undefined): void => {
      const found = this.basesOf(name, definition, depth, this.fileOf(table));
      for (const base of found.bases) bases.add(base);
      obstacle ??= found.obstacle;
    };
    for (const { metadata } of entities) {
      if (metadata.tableType !== 'view' || metadata.tableMetadataArgs.materialized === true) continue;
      addDefinition(metadata.tableName, definitionOf(metadata, this.dataSource));
    }
    for (const relation of catalogued) if (relation.kind === 'view') addDefinition(relation.name, relation.definition);
    for (const other of this.elsewhere(table, depth)) {
      for (const base of [other, ...other.bases]) bases.add(base);
      obstacle ??= obstacleOf(other);
    }
    return { bases: [...bases], obstacle };
  }

  private basesOf(
    name: string,
    definition: string | undefined,
    depth: number,
    file: AttachedFile | undefined,
  ): { readonly bases: readonly Relation[]; readonly obstacle?: string } {
    if (definition === undefined || depth > MAX_VIEW_DEPTH) return { bases: [], obstacle: `view ${name} not readable` };
    const bases: Relation[] = [];
    let obstacle: string | undefined;
    for (const statement of analyse(definition, this.dialect)) {
      if (statement.readsUnknown || statement.verb === '') obstacle ??= `view ${name} not understood`;
      obstacle ??= statement.uncacheable;
      for (const { table } of statement.reads) {
        // A view shows tables of the file that it is in.
        const base = this.relationAt(file === undefined ? table : { schema: file.handle, name: table.name }, depth + 1);
        bases.push(base, ...base.bases);
        obstacle ??= obstacleOf(base);
      }
    }
    const moments = bases.map((base) => base.moments);
    obstacle ??= dayObstacle(definition, moments, this.dialect);
    return { bases, obstacle };
  }
}

function foreignKeysOfEntities(dataSource: DataSource, dialect: Dialect): readonly ForeignKey[] {
  const keys: ForeignKey[] = [];
  const fold = (name: string): string => foldName(name, dialect);
  for (const { foreignKeys, tableName } of dataSource.entityMetadatas) {
    for (const key of foreignKeys) {
      keys.push({
        from: fold(tableName),
        columns: key.columnNames.map(fold),
        to: fold(key.referencedEntityMetadata.tableName),
        referencedColumns: key.referencedColumnNames.map(fold),
        onDelete: key.onDelete ?? '',
        onUpdate: key.onUpdate ?? '',
      });
    }
  }
  return keys;
}

/** The schema in which an entity's table is named in statements: the last part of the path before its name. */
function schemaOf(metadata: EntityMetadata, dialect: Dialect): string | undefined {
  const { tablePath, tableName } = metadata;
  if (!tablePath.endsWith(`.${tableName}`)) return undefined;
  return (
    foldName(
      tablePath
        .slice(0, -tableName.length - 1)
        .split('.')
        .pop() ?? '',
      dialect,
    ) || undefined
  );
}

function obstacleOf({ obstacle, isKnown, id }: Relation): string | undefined {
  return obstacle ?? (isKnown ? undefined : `unknown table ${id.name}`);
}

function definitionOf(metadata: EntityMetadata, dataSource: DataSource): string | undefined {
  const { expression } = metadata;
  if (typeof expression === 'string') return expression;
  try {
    return expression?.(dataSource).getQuery();
  } catch {
    return undefined;
  }
}

/** In an order that does not depend on the entity: another entity may name the same rows. */
function keyOfEntity({ primaryColumns }: EntityMetadata): EntityMetadata['primaryColumns'] {
  const name = ({ databaseName }: EntityMetadata['primaryColumns'][number]): string => databaseName.toLowerCase();
  return primaryColumns.toSorted((one, other) => (name(one) < name(other) ? -1 : 1));
}

/** Entities elsewhere may call other columns the key of the table; that of the database is the one they can agree on. */
function isOtherThanKeyOf(catalogued: readonly CatalogueRelation[], columns: readonly KeyColumn[]): boolean {
  const key = (storedIn(catalogued) ?? []).filter(({ isKey }) => isKey);
  const isShared = key.every(({ name }) => columns.some((column) => column.name === name));
  return key.length > 0 && (key.length !== columns.length || !isShared);
}

/** The columns of a table, where it is told which table that is. */
function storedIn(catalogued: readonly CatalogueRelation[]): CatalogueRelation['columns'] {
  return catalogued.length === 1 ? catalogued[0].columns : undefined;
}

function isOneThatAnswers(catalogued: readonly CatalogueRelation[]): boolean {
  return catalogued.length === 1 && catalogued[0].answersReturning === true;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}

function addTo(map: Map<string, Set<string>>, key: string, value: string): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, new Set([value]));
  else values.add(value);
}
