import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Column, DataSource, Entity, PrimaryColumn, type QueryRunner } from 'typeorm';
import { runInFrame, TransactionScope } from '../../lib/engine/context.js';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Shelf {
  @PrimaryColumn()
  id!: number;

  @Column()
  label!: string;
}

const reads: Parameters<typeof CachedReads.open>[2] = {
  all: (manager) => manager.find(Shelf, { order: { id: 'ASC' } }),
  one: (manager) => manager.findOneBy(Shelf, { id: 1 }),
};

/** The ways in which test suites give one runner to all callers; each returns what takes it back. */
const waysToHandOut: Readonly<Record<string, (dataSource: DataSource, runner: QueryRunner) => () => void>> = {
  // As typeorm-transactional-tests does it.
  'for a new one': (_, runner) => {
    const factory = jest.spyOn(DataSource.prototype, 'createQueryRunner').mockImplementation(() => runner);
    return () => factory.mockRestore();
  },
  'as that of the manager': ({ manager }, runner) => {
    Reflect.set(manager, 'queryRunner', runner);
    return () => void Reflect.set(manager, 'queryRunner', undefined);
  },
};

/*
 * Test suites open a transaction before each test, hand its runner to everybody, and roll back after the test. The
 * application under test does not know that it stands in a transaction, and was answered from the cache what had been
 * committed instead of what it had just written.
 */
describeDatabases('a test that will be rolled back', (database) => {
  let cached: CachedReads;
  let runner: QueryRunner;
  let release: () => Promise<void>;

  const begin = async (): Promise<void> => {
    runner = cached.dataSource.createQueryRunner();
    release = runner.release.bind(runner);
    runner.release = () => Promise.resolve();
    await runner.startTransaction();
  };

  beforeEach(async () => {
    cached = await CachedReads.open(database, [Shelf], reads);
    await cached.dataSource.manager.insert(Shelf, { id: 1, label: 'committed' });
    await cached.fill();
    // Not awaited from in here, as the hooks of a test runner are not called from inside of its tests.
    await new Promise<void>((resolve, reject) => setImmediate(() => void begin().then(resolve, reject)));
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    if (runner.isTransactionActive) await runner.rollbackTransaction();
    await release();
  });

  it.each(Object.keys(waysToHandOut))('reads what it wrote itself, if its runner is given to all %s', async (way) => {
    const { dataSource, cache } = cached;
    const takeBack = waysToHandOut[way](dataSource, runner);
    await dataSource.manager.update(Shelf, 1, { label: 'written' });
    expect(await cached.ask('one')).toMatchObject({ label: 'written' });
    await dataSource.manager.transaction((inner) => inner.insert(Shelf, { id: 2, label: 'inner' }));
    expect(await cached.ask('all')).toHaveLength(2);
    // As code has it that is called from a load, or behind a transaction that is over.
    const frame = { transactions: new TransactionScope() };
    expect(await runInFrame(frame, () => cached.ask('one'))).toMatchObject({ label: 'written' });
    expect(frame.transactions.current).toBeDefined();

    takeBack();
    await runner.rollbackTransaction();
    expect(frame.transactions.current).toBeUndefined();
    cache.resetStats();
    expect(await cached.ask('one')).toMatchObject({ label: 'committed' });
    expect(await cached.ask('all')).toHaveLength(1);
    expect(cache.stats()).toMatchObject({ hits: 2, misses: 0 });
  });

  it('is no transaction of others while it keeps its runner', async () => {
    await runner.manager.update(Shelf, 1, { label: 'of another request' });
    cached.cache.resetStats();
    expect(await cached.ask('one')).toMatchObject({ label: 'committed' });
    expect(cached.cache.stats()).toMatchObject({ hits: 1 });
  });
});
