import type { DataSource } from 'typeorm';
import { processWritePath } from '../../engine/write-path.js';
import { forgetCatalogues, heardDataSource } from './heard-data-source.js';
import { patch } from '../library/patch.js';

const heard = new WeakSet<object>();

/** Hears when sql.js puts another database in the place of its own (`sqljsManager.loadDatabase()`), without a statement. */
export function hearLoadedDatabases(dataSource: DataSource): void {
  const { driver, options } = dataSource;
  if (options.type !== 'sqljs' || heard.has(driver)) return;
  heard.add(driver);
  patch(driver, 'load', (original) => {
    return async function load(this: unknown, ...args: unknown[]): Promise<unknown> {
      const { database, sweep } = heardDataSource(dataSource);
      const mark = processWritePath.mark(sweep);
      try {
        await processWritePath.announced();
        return await original.apply(this, args);
      } finally {
        forgetCatalogues(database);
        mark.release(sweep);
      }
    };
  });
}
