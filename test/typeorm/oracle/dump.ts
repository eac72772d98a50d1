import type { DataSource, EntityMetadata } from 'typeorm';
import { canonicalId, canonicalValue } from '../../../lib/tags/canonical-id.js';
import { dialectOf } from '../../../lib/typeorm/library/dialect.js';
import { valueKindOf } from '../../../lib/typeorm/databases/value-kind.js';

/** One row as it lies in its table: the columns by their names in the database. */
export type Row = Readonly<Record<string, unknown>>;

/** All rows of all tables: by the table's name, then by the text of the row's primary key. */
export type Dump = ReadonlyMap<string, ReadonlyMap<string, Row>>;

/** The tables of a DataSource, junction and closure tables included, each once. */
export function tablesOf(dataSource: DataSource): EntityMetadata[] {
  const byName = new Map<string, EntityMetadata>();
  for (const metadata of dataSource.entityMetadatas) {
    if (metadata.tableType !== 'view' && metadata.tableType !== 'entity-child')
      byName.set(metadata.tableName, metadata);
  }
  return [...byName.values()];
}

/** Reads everything; only outside of transactions does it show what others see. */
export async function dump(dataSource: DataSource): Promise<Dump> {
  const tables = new Map<string, Map<string, Row>>();
  for (const metadata of tablesOf(dataSource)) {
    const rows = (await dataSource.query(`SELECT * FROM ${dataSource.driver.escape(metadata.tableName)}`)) as Row[];
    tables.set(metadata.tableName, new Map(rows.map((row) => [keyOf(metadata, row), row])));
  }
  return tables;
}

/** What differs between two dumps: by table, the keys of the rows that were inserted, deleted or changed. */
export function changedRows(before: Dump, after: Dump): Map<string, Set<string>> {
  const changed = new Map<string, Set<string>>();
  for (const table of new Set([...before.keys(), ...after.keys()])) {
    const [then, now] = [before.get(table) ?? new Map<string, Row>(), after.get(table) ?? new Map<string, Row>()];
    const keys = new Set<string>();
    for (const key of new Set([...then.keys(), ...now.keys()])) {
      if (textOf(then.get(key)) !== textOf(now.get(key))) keys.add(key);
    }
    if (keys.size > 0) changed.set(table, keys);
  }
  return changed;
}

/** The primary key of a row as a text of its own kind, exact where tags are not. */
function keyOf(metadata: EntityMetadata, row: Row): string {
  return JSON.stringify(metadata.primaryColumns.map((column) => String(row[column.databaseName])));
}

/** The canonical id of a row, from its key in a dump; undefined where a row cannot be named by a tag. */
export function canonicalIdOfKey(metadata: EntityMetadata, key: string): string | undefined {
  const values = JSON.parse(key) as string[];
  const named = metadata.primaryColumns.map((column, at) => {
    const kind = valueKindOf(metadata.dataSource, column, dialectOf(metadata.dataSource));
    return { name: column.databaseName.toLowerCase(), value: canonicalValue(kind, values[at]) };
  });
  // In whatever order an entity has its columns.
  named.sort((one, other) => (one.name < other.name ? -1 : 1));
  return canonicalId(named.map(({ value }) => value));
}

function textOf(row: Row | undefined): string {
  return JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)) ?? 'absent';
}
