import type { DataSource, EntityMetadata } from 'typeorm';
import { foldName } from '../../sql/names.js';
import type { ColumnWishes, IgnoredColumns, IgnoredOf } from '../databases/column-wishes.js';
import { dataSourcesRevision, initializedDataSources } from '../databases/data-sources.js';
import { dialectOf } from '../library/dialect.js';
import { heardDataSource } from '../statements/heard-data-source.js';
import { isIgnorable } from '../entities/ignored-columns.js';

/** What an application's options say. */
export interface Wishing {
  ignoresAny(): boolean;
  /** The properties of an entity that its options list. */
  ignoredNames(dataSource: DataSource, metadata: EntityMetadata): readonly string[];
  serves(dataSource: DataSource): boolean;
  warn(text: string): void;
}

const NO_COLUMNS: readonly IgnoredOf[] = [];

/** The columns that one application ignores, as its options name them for entities. */
export class ApplicationWishes implements ColumnWishes {
  private byPrototype = new WeakMap<object, readonly IgnoredOf[]>();
  private revision = -1;

  constructor(private readonly application: Wishing) {}

  get ignoresAny(): boolean {
    return this.application.ignoresAny();
  }

  ignoredIn(database: string, isOnly: boolean): IgnoredColumns | undefined {
    const votes = new Map<string, Map<string, boolean>>();
    let isConcerned = false;
    for (const dataSource of this.dataSourcesOf(database)) {
      if (!isOnly && !this.application.serves(dataSource)) continue;
      isConcerned = true;
      for (const metadata of dataSource.entityMetadatas) this.vote(votes, dataSource, metadata);
    }
    return isConcerned ? unanimous(votes) : undefined;
  }

  tellShown(database: string, table: string): void {
    for (const dataSource of this.dataSourcesOf(database)) {
      for (const metadata of dataSource.entityMetadatas) {
        if (foldName(metadata.tableName, dialectOf(dataSource)) !== table) continue;
        const names = this.application.ignoredNames(dataSource, metadata);
        if (names.length === 0) continue;
        this.application.warn(
          `A cached answer reads ${names.map((name) => `'${name}'`).join(', ')} of ${metadata.name}, which ignoreColumns ` +
            'keeps out of invalidation: what it says of that may be as old as the answer. Select other columns, or read ' +
            'it past the cache',
        );
      }
    }
  }

  columnsOf(prototype: object): readonly IgnoredOf[] {
    const revision = dataSourcesRevision();
    if (this.revision !== revision) {
      this.byPrototype = new WeakMap();
      this.revision = revision;
    }
    let columns = this.byPrototype.get(prototype);
    if (columns === undefined) this.byPrototype.set(prototype, (columns = this.findColumns(prototype)));
    return columns;
  }

  private findColumns(prototype: object): readonly IgnoredOf[] {
    const type: unknown = (prototype as { readonly constructor?: unknown }).constructor;
    if (typeof type !== 'function') return NO_COLUMNS;
    const found: IgnoredOf[] = [];
    for (const dataSource of initializedDataSources()) {
      if (!dataSource.hasMetadata(type)) continue;
      const metadata = dataSource.getMetadata(type);
      const names = this.namesInTable(dataSource, metadata);
      const columns = metadata.columns.filter(
        (column) => names.has(column.propertyPath) && isIgnorable(metadata, column),
      );
      if (columns.length > 0) found.push({ dataSource, columns });
    }
    return found.length === 0 ? NO_COLUMNS : found;
  }

  /** Every entity that has the column must ignore it, because its answers depend on the same writes. */
  private vote(votes: Map<string, Map<string, boolean>>, dataSource: DataSource, metadata: EntityMetadata): void {
    const names = this.namesInTable(dataSource, metadata);
    const dialect = dialectOf(dataSource);
    const table = foldName(metadata.tableName, dialect);
    let columns = votes.get(table);
    if (columns === undefined) votes.set(table, (columns = new Map<string, boolean>()));
    for (const column of metadata.columns) {
      const name = foldName(column.databaseName, dialect);
      const isWished = names.has(column.propertyPath) && isIgnorable(metadata, column);
      columns.set(name, isWished && columns.get(name) !== false);
    }
  }

  /** What the options say of the entity, and of all that share its table by inheritance: they have each other's rows. */
  private namesInTable(dataSource: DataSource, metadata: EntityMetadata): ReadonlySet<string> {
    const root = rootOf(metadata);
    const names = new Set(this.application.ignoredNames(dataSource, root));
    for (const other of root.childEntityMetadatas) {
      if (rootOf(other) !== root) continue;
      for (const name of this.application.ignoredNames(dataSource, other)) names.add(name);
    }
    return names;
  }

  private *dataSourcesOf(database: string): Generator<DataSource, void> {
    for (const dataSource of initializedDataSources()) {
      if (databasesOf(dataSource).includes(database)) yield dataSource;
    }
  }
}

function unanimous(votes: ReadonlyMap<string, ReadonlyMap<string, boolean>>): IgnoredColumns {
  const ignored = new Map<string, ReadonlySet<string>>();
  for (const [table, columns] of votes) {
    const names = [...columns].filter(([, isIgnored]) => isIgnored).map(([name]) => name);
    if (names.length > 0) ignored.set(table, new Set(names));
  }
  return ignored;
}

/** None of one that is not heard, because its database cannot be told. */
function databasesOf(dataSource: DataSource): readonly string[] {
  if (dataSource.options.type === 'mongodb') return [];
  try {
    return heardDataSource(dataSource).databases;
  } catch {
    return [];
  }
}

function rootOf(metadata: EntityMetadata): EntityMetadata {
  return metadata.tableType === 'entity-child' ? rootOf(metadata.parentEntityMetadata) : metadata;
}
