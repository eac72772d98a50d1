import { DataSource, type DataSourceOptions } from 'typeorm';

/** A DataSource as modules name it: by itself, its options, or the name in them; undefined is the one without a name. */
export type DataSourceName = DataSource | DataSourceOptions | string | undefined;

/** What a DataSource is called that was given no name. */
const DEFAULT = 'default';

/** The name of a DataSource; `default` without one. */
export function nameOfDataSource(dataSource: DataSourceName): string {
  if (typeof dataSource === 'string') return dataSource;
  // TypeORM 1 knows no names any more, and @nestjs/typeorm keeps them in the options.
  const { name, options } = (dataSource ?? {}) as { name?: unknown; options?: { name?: unknown } };
  const given = name ?? options?.name;
  return typeof given === 'string' && given !== '' ? given : DEFAULT;
}

/** The token under which `@nestjs/typeorm`, which may be absent, provides a DataSource. */
export function dataSourceToken(dataSource: DataSourceName): string | typeof DataSource {
  const name = nameOfDataSource(dataSource);
  return name === DEFAULT ? DataSource : `${name}DataSource`;
}
