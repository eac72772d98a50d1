import { DataSource, EntityManager } from 'typeorm';
import { currentFrame, runInTransactionScope } from '../../engine/context.js';
import { announceChange, registerDataSource } from '../databases/data-sources.js';
import { heardDataSource, onForgottenCatalogue, restartDataSource } from '../statements/heard-data-source.js';
import { reportHookFailure } from '../library/hook-failures.js';
import type { HookedRunner } from '../library/hooked-runner.js';
import { hearLoadedDatabases } from '../statements/loaded-databases.js';
import { patch } from '../library/patch.js';
import { rememberFactory } from '../library/runner-factory.js';
import { learnCatalogue, learnWhenIdle } from './learn-catalogue.js';
import { hearQueryResultCache } from '../reads/query-result-cache.js';
import { hearRunner } from './runner-hooks.js';
import { hookManagers } from '../reads/manager-hooks.js';
import { hookSaving } from './save-hooks.js';
import { hookTrees } from '../reads/tree-hooks.js';
import { hookStatements } from '../reads/zoo-cache-provider.js';

let isInstalled = false;

/**
 * Hears every statement that TypeORM sends in this process from now on, through DataSources that exist and those to come.
 *
 * May be called any number of times; the first call counts. A second loaded copy of this library hears by itself. The
 * hooks stay for the life of the process: where nobody follows the write path they cost next to nothing, and a
 * transaction that is open when somebody begins to follow must be known.
 */
export function installHooks(): void {
  if (isInstalled) return;
  isInstalled = true;
  // The only place in which TypeORM makes runners, so the only door to the database; it is there before any DataSource.
  patch(DataSource.prototype, 'createQueryRunner', (original) => {
    return function createQueryRunner(this: DataSource, ...args: unknown[]): unknown {
      // A replica may be older than the position the load started from.
      const mode = args[0] === 'slave' && currentFrame()?.load !== undefined ? ['master'] : args;
      const runner = original.apply(this, mode) as HookedRunner;
      try {
        registerDataSource(this);
        hearQueryResultCache(this);
        if (this.options.type === 'mongodb') return runner;
        // One whose database cannot be told is not heard, rather than failing its statements.
        heardDataSource(this);
        hearLoadedDatabases(this);
        hearRunner(runner);
      } catch (error) {
        reportHookFailure('hearing a query runner', error);
      }
      return runner;
    };
  });
  rememberFactory(Reflect.get(DataSource.prototype, 'createQueryRunner'));
  patch(DataSource.prototype, 'initialize', (original) => {
    return async function initialize(this: DataSource, ...args: unknown[]): Promise<unknown> {
      const result: unknown = await original.apply(this, args);
      try {
        registerDataSource(this);
        announceChange();
        restartDataSource(this);
        await learnCatalogue(this);
      } catch (error) {
        reportHookFailure('hearing a DataSource', error);
      }
      return result;
    };
  });
  onForgottenCatalogue(learnWhenIdle);
  hookManagers();
  hookSaving();
  hookTrees();
  hookStatements();
  patch(EntityManager.prototype, 'transaction', (original) => {
    return function transaction(this: EntityManager, ...args: unknown[]): unknown {
      return runInTransactionScope((): unknown => original.apply(this, args));
    };
  });
}
