import type { DataSource } from 'typeorm';
import { accessOfDatabase } from './database-identity.js';

/**
 * The names of DataSources in keys, which other processes may share: the name that each was given or `default`, and a text
 * that differs where its answers may.
 *
 * Numbers in the order of first use would mean another DataSource in another process, and one tenant's rows would be
 * answered to the other. Two DataSources that ask the same in the same way have one name.
 *
 * A DataSource that was given another driver asks another database, and gets another name.
 */
export class DataSourceNames {
  private readonly given = new WeakMap<object, string>();
  /** The packages that were handed over to speak to a database, each of which may be the database itself; by name. */
  private readonly packages = new Map<string, unknown[]>();

  of(dataSource: DataSource): string {
    const { driver } = dataSource;
    let name = this.given.get(driver);
    if (name === undefined) this.given.set(driver, (name = this.give(dataSource)));
    return name;
  }

  private give(dataSource: DataSource): string {
    const { name: own, driver: handedOver } = dataSource.options as { name?: unknown; driver?: unknown };
    const name = `${typeof own === 'string' && own !== '' ? own : 'default'} ${accessOfDatabase(dataSource)}`;
    let packages = this.packages.get(name);
    if (packages === undefined) this.packages.set(name, (packages = []));
    if (!packages.includes(handedOver)) packages.push(handedOver);
    const index = packages.indexOf(handedOver);
    return index === 0 ? name : `${name}#${index + 1}`;
  }
}
