import type { EntityMetadata } from 'typeorm';
import { foldName } from '../../sql/names.js';
import type { Dialect } from '../../sql/statement.js';
import type { ColumnInfo } from '../../tags/table-info.js';
import type { CatalogueColumn, CatalogueRelation } from './catalogue.js';
import type { Relation, SpelledColumn } from './relation.js';
import { storedColumn } from './value-kind.js';

/** What a {@link Relation} says of columns. */
export type ColumnFacts = Pick<Relation, 'columns' | 'defaults' | 'computed' | 'replacesNull' | 'replacesZero'> & {
  /** All of them by their names in the database. */
  readonly spelled?: readonly SpelledColumn[];
};

/**
 * The columns of a table.
 *
 * They are taken from the catalogue alone. A reader listens for values of columns that a writer names, and both must
 * mean the same columns and the same texts; but two DataSources on one database have other entities, or none for this
 * table. Where the catalogue tells of no table, or of several that the name may mean, the columns are not known: a
 * writer who does not know them is heard by everybody, and a reader hears every writer.
 */
export function columnFacts(
  entities: readonly EntityMetadata[],
  catalogued: readonly CatalogueRelation[],
  dialect: Dialect,
): ColumnFacts {
  const stored = catalogued.length === 1 && catalogued[0].kind !== 'view' ? catalogued[0].columns : undefined;
  const isAmbiguous = stored === undefined || new Set(stored.map(({ name }) => name)).size < stored.length;
  const computed = computedColumns(entities, catalogued, dialect);
  const replacesZero = dialect === 'mysql' ? countedColumns(entities, catalogued) : [];
  if (isAmbiguous) return { defaults: new Map(), computed, replacesNull: [], replacesZero };
  const unique = uniqueColumns(entities, dialect);
  const columns = stored.map((column): ColumnInfo => {
    const info = storedColumn(column, dialect);
    return unique.has(column.name) ? { ...info, isUnique: true } : info;
  });
  return {
    columns,
    defaults: defaultsOf(stored),
    computed,
    replacesNull: dialect === 'postgres' ? [] : stored.filter(({ isNotNull }) => isNotNull).map(({ name }) => name),
    replacesZero,
    spelled: stored.map(({ name, spelled }): SpelledColumn => ({ name, spelled })),
  };
}

function defaultsOf(stored: readonly CatalogueColumn[]): ReadonlyMap<string, unknown> {
  const defaults = new Map<string, unknown>();
  for (const column of stored) if (column.default !== undefined) defaults.set(column.name, column.default.value);
  return defaults;
}

/** Columns that the database itself may set whenever a row is updated. */
export function computedColumns(
  entities: readonly EntityMetadata[],
  catalogued: readonly CatalogueRelation[],
  dialect: Dialect,
): readonly string[] {
  const computed = new Set<string>();
  for (const { columns = [] } of catalogued)
    for (const { name, isComputed } of columns) if (isComputed) computed.add(name);
  for (const { columns } of entities) {
    for (const { databaseName, asExpression, generatedType, onUpdate } of columns) {
      if (asExpression ?? generatedType ?? onUpdate) computed.add(foldName(databaseName, dialect));
    }
  }
  return [...computed];
}

/** Columns that are counted up, as the catalogue or an entity says. */
function countedColumns(
  entities: readonly EntityMetadata[],
  catalogued: readonly CatalogueRelation[],
): readonly string[] {
  const told = catalogued.flatMap(({ columns = [] }) => columns.filter(({ isCounted }) => isCounted));
  const said = entities.flatMap(({ columns }) => columns.filter((each) => each.generationStrategy === 'increment'));
  return [...told.map(({ name }) => name), ...said.map(({ databaseName }) => databaseName.toLowerCase())];
}

/** Columns of which the entities say that no two rows hold the same value. */
function uniqueColumns(entities: readonly EntityMetadata[], dialect: Dialect): ReadonlySet<string> {
  const unique = new Set<string>();
  for (const { primaryColumns, uniques, indices } of entities) {
    const constraints = [
      primaryColumns,
      ...uniques.map(({ columns }) => columns),
      ...indices.filter((index) => index.isUnique && !index.where).map(({ columns }) => columns),
    ];
    for (const columns of constraints) if (columns.length === 1) unique.add(foldName(columns[0].databaseName, dialect));
  }
  return unique;
}
