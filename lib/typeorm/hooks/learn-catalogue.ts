import type { DataSource } from 'typeorm';
import { processWritePath } from '../../engine/write-path.js';
import { connect, connectionOf } from '../connections/connections.js';
import { initializedDataSources } from '../databases/data-sources.js';
import { heardDataSource } from '../statements/heard-data-source.js';
import { reportHookFailure } from '../library/hook-failures.js';
import type { HookedRunner } from '../library/hooked-runner.js';
import { isRenamed } from './renamed-connections.js';
import { sendUnheard } from './runner-hooks.js';

/**
 * Reads the catalogues of all DataSources that are initialised now, before anybody is answered: a write that is judged
 * without one must count as if it had reached anything its database's keys and views may lead to.
 */
export async function learnCatalogues(): Promise<void> {
  await Promise.all([...initializedDataSources()].map((dataSource) => learnCatalogue(dataSource)));
}

/** The same for one DataSource; nothing while nobody caches. Never rejects: the statements that need it try again. */
export async function learnCatalogue(dataSource: DataSource): Promise<void> {
  try {
    if (!processWritePath.hasFollowers || dataSource.options.type === 'mongodb') return;
    const source = heardDataSource(dataSource);
    if (source.isCatalogueRead) return;
    const runner = dataSource.createQueryRunner() as HookedRunner;
    try {
      const connection = connectionOf(runner, dataSource) ?? (await connect(runner, dataSource));
      // What another caller has begun on a shared connection is not waited for.
      if (connection === undefined || connection.mayBeInTransaction || isRenamed(connection)) return;
      await source.readCatalogue(async (text) => {
        // One that is heard would wait for the catalogue itself.
        const rows: unknown = await sendUnheard(runner, text);
        return Array.isArray(rows) ? (rows as Readonly<Record<string, unknown>>[]) : [];
      });
    } finally {
      await runner.release();
    }
  } catch (error) {
    reportHookFailure('reading the catalogue of a database', error);
  }
}
