import type { DataSource, EntityMetadata } from 'typeorm';
import { foldName } from '../../sql/names.js';
import type { Dialect } from '../../sql/statement.js';
import { tableTag } from '../../tags/table-tags.js';
import { plainTableWords, type NameTable, type TableWords } from '../../tags/table-words.js';
import type { Tag } from '../../tags/tag.js';
import { dialectOf } from '../library/dialect.js';
import { heardDataSource } from '../statements/heard-data-source.js';

/** The names that entities and their properties give to tables and columns, as the DataSources have them now. */
export function entityNames(dataSources: () => Iterable<DataSource>): NameTable {
  const known = new Map<Tag, TableWords>();
  for (const dataSource of dataSources()) {
    const { schema } = heardDataSource(dataSource);
    for (const metadata of dataSource.entityMetadatas) {
      // Its rows are in the table of the class above, which knows all columns.
      if (metadata.tableType === 'entity-child') continue;
      const { id, key } = schema.relationOf(metadata);
      const words = wordsFor(
        metadata,
        dialectOf(dataSource),
        key.map(({ name }) => name),
      );
      // Raw SQL may name the table without its schema.
      for (const tag of [tableTag(id), tableTag({ ...id, schema: undefined })]) {
        if (!known.has(tag)) known.set(tag, words);
      }
    }
  }
  return (table) => known.get(tableTag(table)) ?? plainTableWords(table);
}

function wordsFor(metadata: EntityMetadata, dialect: Dialect, key: readonly string[]): TableWords {
  const properties = new Map<string, string>();
  for (const { databaseName, propertyPath } of metadata.columns) {
    const column = foldName(databaseName, dialect);
    // The property of a foreign key comes before the relation that uses its column.
    if (!properties.has(column)) properties.set(column, propertyPath);
  }
  const columnName = (column: string): string => properties.get(column) ?? column;
  return { name: metadata.name, key: key.map(columnName), columnName };
}
