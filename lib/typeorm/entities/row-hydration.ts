import type { DataSource, EntityMetadata, SelectQueryBuilder } from 'typeorm';
import { runInFrame, TransactionScope } from '../../engine/context.js';
import { LoadCapture } from '../../engine/load-capture.js';

/** A column in the list of a SELECT of TypeORM, which has no names with quotes in them. */
const SELECTED = /^"([^"]+)"\."([^"]+)" AS "([^"]+)"(?:, | FROM )/;

/** Values by the names of their columns in the database. */
export type RowOfTable = Readonly<Record<string, unknown>>;

/** Makes entities out of rows of their table, as `findOneBy` of an id makes them. */
export class RowHydration {
  private constructor(
    private readonly dataSource: DataSource,
    private readonly metadata: EntityMetadata,
    /** The columns that a find selects, as the database spells them, and what it calls them in its rows. */
    private readonly names: ReadonlyMap<string, string>,
  ) {}

  /** Undefined for entities of which a row is more than a row of their table, or whose rows have no single key. */
  static of(dataSource: DataSource, metadata: EntityMetadata): RowHydration | undefined {
    if (metadata.relationIds.length > 0 || metadata.primaryColumns.length !== 1) return undefined;
    // Joins and computed columns show in the statement.
    const text = findById(dataSource, metadata, 0).getQuery();
    const names = selectedIn(text, metadata.name);
    return names === undefined ? undefined : new RowHydration(dataSource, metadata, names);
  }

  /** The columns that rows must have. */
  get columns(): Iterable<string> {
    return this.names.keys();
  }

  /**
   * The entity of a row, or null where a find of its id would not answer it: of a deleted one, of another class, or if
   * listeners asked the database for more.
   */
  async entityOf(row: RowOfTable): Promise<object | null> {
    const { dataSource, metadata } = this;
    if (!this.isFound(row)) return null;
    const [{ databaseName }] = metadata.primaryColumns;
    const builder = findById(dataSource, metadata, row[databaseName]);
    const raw = Object.fromEntries([...this.names].map(([column, name]) => [name, row[column]]));
    Object.assign(builder, { loadRawResults: () => Promise.resolve([raw]) });
    const capture = new LoadCapture(0, undefined, undefined);
    const frame = { load: capture, transactions: new TransactionScope() };
    const entity = await runInFrame(frame, () => builder.getOne());
    return capture.tags.size === 0 && capture.blockedBy === undefined ? entity : null;
  }

  private isFound(row: RowOfTable): boolean {
    const { deleteDateColumn, discriminatorColumn, childEntityMetadatas, tableType } = this.metadata;
    if (deleteDateColumn != null && row[deleteDateColumn.databaseName] !== null) return false;
    if (tableType !== 'entity-child') return true;
    const classes = [this.metadata, ...childEntityMetadatas].map(({ discriminatorValue }) => discriminatorValue);
    return classes.includes(row[discriminatorColumn!.databaseName] as string);
  }
}

/** What `findOneBy` makes. */
function findById(dataSource: DataSource, metadata: EntityMetadata, id: unknown): SelectQueryBuilder<object> {
  const [column] = metadata.primaryColumns;
  const where = column.createValueMap(id) as object;
  return dataSource.manager
    .createQueryBuilder<object>(metadata.target, metadata.name)
    .setFindOptions({ where, take: 1 });
}

/** The columns that a statement selects, if they are plain columns of one table. */
function selectedIn(text: string, alias: string): ReadonlyMap<string, string> | undefined {
  const start = 'SELECT ';
  if (!text.startsWith(start)) return undefined;
  const names = new Map<string, string>();
  let rest = text.slice(start.length);
  for (;;) {
    const found = SELECTED.exec(rest);
    if (found === null || found[1] !== alias) return undefined;
    names.set(found[2], found[3]);
    rest = rest.slice(found[0].length);
    if (found[0].endsWith(' FROM ')) return names;
  }
}
