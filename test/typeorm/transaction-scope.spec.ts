import { TransactionalAdapterTypeOrm } from '@nestjs-cls/transactional-adapter-typeorm';
import { beforeEach, expect, it } from '@jest/globals';
import { QueryFailedError, type DataSource, type EntityManager } from 'typeorm';
import * as transactional from 'typeorm-transactional';
import { currentFrame, runInTransactionScope } from '../../lib/engine/context.js';
import { describeDatabases, openDataSource } from '../support/databases.js';
import { listen } from './hearing.js';
import { Label, shop } from './shop.entities.js';

transactional.initializeTransactionalContext();

const isInside = () => currentFrame()?.transactions.isOpen === true;

describeDatabases('the code around a transaction', (database) => {
  let dataSource: DataSource;

  beforeEach(async () => {
    dataSource = await openDataSource(database, shop);
    listen();
  });

  it('stands in it for the whole callback of transaction(), awaits and calls included, and not before or after', async () => {
    const helper = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return isInside();
    };
    expect(isInside()).toBe(false);
    const seen = await dataSource.transaction(async (manager) => {
      const first = isInside();
      await manager.insert(Label, { code: 'a' });
      return [first, isInside(), await helper(), await manager.transaction(async () => isInside())];
    });
    expect(seen).toEqual([true, true, true, true]);
    expect(isInside()).toBe(false);
  });

  it('stands in it after startTransaction(), until it commits or rolls back', async () => {
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    expect(isInside()).toBe(true);
    await runner.manager.insert(Label, { code: 'a' });
    expect(isInside()).toBe(true);
    await runner.commitTransaction();
    expect(isInside()).toBe(false);
    await runner.startTransaction();
    await runner.startTransaction();
    await runner.rollbackTransaction();
    expect(isInside()).toBe(true);
    await runner.rollbackTransaction();
    expect(isInside()).toBe(false);
    await runner.release();
  });

  it('stands in it after a BEGIN that was sent as text', async () => {
    const runner = dataSource.createQueryRunner();
    await runner.query('BEGIN');
    expect(isInside()).toBe(true);
    await runner.query('COMMIT');
    expect(isInside()).toBe(false);
    await runner.release();
  });

  it('does not stand in one whose BEGIN failed', async () => {
    const runner = dataSource.createQueryRunner();
    await expect(runner.query('START TRANSACTION NONSENSE')).rejects.toThrow(QueryFailedError);
    expect(isInside()).toBe(false);
    await expect(runner.startTransaction('NO SUCH LEVEL' as 'SERIALIZABLE')).rejects.toThrow(/isolation/i);
    await runner.query('ROLLBACK').catch(() => undefined);
    expect(isInside()).toBe(false);
    await runner.release();
  });

  it('does not stand in what save() opened for itself', async () => {
    await dataSource.manager.save(Label, { code: 'a' });
    expect(isInside()).toBe(false);
  });

  it('is the callback alone: who called transaction() and does something else meanwhile stands in none', async () => {
    let leave!: () => void;
    const left = new Promise<void>((resolve) => (leave = resolve));
    const writing = dataSource.transaction(() => left);
    expect(isInside()).toBe(false);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isInside()).toBe(false);
    leave();
    await writing;
  });

  it('may be another request: a sibling that never heard of the transaction stands in none', async () => {
    let enter!: () => void;
    let leave!: () => void;
    const entered = new Promise<void>((resolve) => (enter = resolve));
    const left = new Promise<void>((resolve) => (leave = resolve));
    const writing = runInTransactionScope(() =>
      dataSource.transaction(async () => {
        enter();
        await left;
      }),
    );
    await entered;
    expect(isInside()).toBe(false);
    leave();
    await writing;
  });

  it('no longer stands in it when its runner was released without an end', async () => {
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.release();
    // A runner that all callers share is never released.
    expect(isInside()).toBe(!database.supportsConcurrentConnections);
    const next = database.supportsConcurrentConnections ? dataSource.createQueryRunner() : runner;
    await next.query('ROLLBACK');
    await next.release();
    expect(isInside()).toBe(false);
  });
});

describeDatabases('transactions of other libraries', (database) => {
  it('are seen by what the adapter of nestjs-cls wraps, and by what it nests', async () => {
    const dataSource = await openDataSource(database, shop);
    const heard = listen();
    const adapter = new TransactionalAdapterTypeOrm({ dataSourceToken: 'unused' }).optionsFactory(dataSource);
    let client!: EntityManager;
    const setClient = (manager?: EntityManager) => void (client = manager!);
    const seen = await adapter.wrapWithTransaction(
      undefined!,
      async () => {
        await client.insert(Label, { code: 'a' });
        const outer = client;
        const inner = await adapter.wrapWithNestedTransaction(undefined!, async () => isInside(), setClient, outer);
        return [isInside(), inner];
      },
      setClient,
    );
    expect(seen).toEqual([true, true]);
    expect(heard.released()).toContain('label');
    expect(isInside()).toBe(false);
  });

  it('are seen by the functions typeorm-transactional runs', async () => {
    const dataSource = await openDataSource(database, shop);
    const heard = listen();
    transactional.addTransactionalDataSource({ name: database.variant, dataSource, patch: true });
    const isSeen = await transactional.runInTransaction(
      async () => {
        await dataSource.manager.insert(Label, { code: 'a' });
        return isInside();
      },
      { connectionName: database.variant },
    );
    expect(isSeen).toBe(true);
    expect(heard.released()).toContain('label');
    await transactional
      .runInTransaction(
        async () => {
          await dataSource.manager.insert(Label, { code: 'b' });
          throw new Error('undo');
        },
        { connectionName: database.variant },
      )
      .catch(() => undefined);
    expect(heard.released()).toEqual([]);
    expect(isInside()).toBe(false);
    transactional.deleteDataSourceByName(database.variant);
  });
});
