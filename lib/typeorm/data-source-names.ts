import type { DataSource } from 'typeorm';

/**
 * One name per DataSource of an application: the name that it was given or `default`, and `default#2` for the second
 * that is called so.
 *
 * A DataSource that was given another driver asks another database, and gets another name.
 */
export class DataSourceNames {
  private readonly given = new WeakMap<object, string>();
  private readonly counts = new Map<string, number>();

  of(dataSource: DataSource): string {
    const { driver } = dataSource;
    let name = this.given.get(driver);
    if (name === undefined) {
      const own = (dataSource.options as { name?: unknown }).name;
      const base = typeof own === 'string' && own !== '' ? own : 'default';
      const count = (this.counts.get(base) ?? 0) + 1;
      this.counts.set(base, count);
      this.given.set(driver, (name = count === 1 ? base : `${base}#${count}`));
    }
    return name;
  }
}
