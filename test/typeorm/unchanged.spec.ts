import { beforeAll, expect, it } from '@jest/globals';
import { DataSource, EntityManager, QueryFailedError, type QueryRunner } from 'typeorm';
import { ProcessLog } from '../../lib/bus/local/process-log.js';
import { currentFrame, frameForLoad, runInFrame } from '../../lib/engine/context.js';
import { LoadCapture } from '../../lib/engine/load-capture.js';
import { processWritePath } from '../../lib/engine/write-path.js';
import { installHooks } from '../../lib/typeorm/hooks/install-hooks.js';
import { databases, describeDatabases, openDataSource } from '../support/databases.js';
import { Author, Book, Label, shop, Stock } from './shop.entities.js';

/** Everything a caller can see of one call. */
async function outcomeOf(call: () => unknown): Promise<unknown> {
  try {
    return plain(await call());
  } catch (error) {
    const { message, query, parameters, name, driverError } = error as QueryFailedError;
    const { code, position } = (driverError ?? {}) as { code?: string; position?: string };
    return { name, message, query, parameters, code, position, own: (error as { position?: string }).position };
  }
}

/** With the names of classes, which a comparison would not see, and without times. */
function plain(value: unknown): unknown {
  if (value instanceof Date) return 'a date';
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, plain(inner)]);
  return { class: value.constructor?.name, ...(Object.fromEntries(entries) as object) };
}

/** A history of calls of all kinds, with what each of them resolved or rejected with. */
async function history(dataSource: DataSource, isMysql: boolean): Promise<readonly unknown[]> {
  const { manager } = dataSource;
  const runner = dataSource.createQueryRunner();
  const outcomes: unknown[] = [];
  const run = async (call: () => unknown) => void outcomes.push(await outcomeOf(call));
  await run(() => manager.insert(Author, [{ name: 'Ann' }, { name: 'Bob' }, { name: 'Cyd' }]));
  await run(() => manager.save(Book, { title: 'One', author: { id: 1 } }));
  await run(() => manager.insert(Stock, { shelf: 1, bookId: 1, amount: 5 }));
  await run(() => manager.upsert(Label, { code: 'new', text: 'a' }, ['code']));
  await run(() => manager.insert(Label, { code: 'new' }));
  await run(() => manager.update(Author, { name: 'Bob' }, { name: 'Rob' }));
  await run(() => manager.update(Author, { name: 'nobody' }, { name: 'Rob' }));
  await run(() => manager.update(Author, 1, { name: 'Ann' }));
  await run(() => manager.createQueryBuilder().update(Author).set({ books: 2 }).where("name LIKE 'R%'").execute());
  await run(() => manager.createQueryBuilder().softDelete().from(Author).where("name LIKE 'C%'").execute());
  await run(() => manager.createQueryBuilder().restore().from(Author).where("name LIKE 'C%'").execute());
  await run(() => manager.createQueryBuilder().delete().from(Stock).where('amount > 4').execute());
  await run(() => manager.createQueryBuilder().delete().from(Stock).where('nonsense > 4').execute());
  await run(() => manager.increment(Author, { name: 'Rob' }, 'books', 3));
  await run(() => manager.find(Author, { order: { id: 'ASC' }, relations: { written: true } }));
  await run(() => manager.findAndCount(Book, { take: 1, relations: { author: true } }));
  await run(() => manager.delete(Author, { name: 'Cyd' }));
  await run(() => dataSource.query('SELECT * FROM author ORDER BY id'));
  await run(() => dataSource.query("UPDATE author SET books = 1 WHERE name = 'Ann'"));
  await run(() => dataSource.query("DELETE FROM author WHERE name = 'Ann'"));
  await run(() => runner.query("UPDATE author SET books = 4 WHERE name = 'Rob'", [], true));
  await run(() => runner.query("UPDATE author SET books = 4 WHERE nonsense = 'Rob'", [], true));
  await run(() => runner.query("DELETE FROM author WHERE name = 'x'", [], true));
  await run(() => runner.query('SELECT 1 AS one', [], true));
  await run(() => runner.query('NONSENSE'));
  await run(() => runner.query(''));
  await run(() => runner.query('SELECT 1', { not: 'a list' } as never));
  await run(() => runner.commitTransaction());
  await run(() => runner.startTransaction());
  await run(() => runner.startTransaction());
  await run(() => manager.count(Author));
  await run(() => runner.rollbackTransaction());
  await run(() => runner.commitTransaction());
  await run(() => runner.query('ROLLBACK TO SAVEPOINT nowhere'));
  if (!isMysql) await run(() => runner.query('COMMIT AND NONSENSE'));
  await run(() => dataSource.transaction(async () => 'done'));
  await run(() =>
    dataSource.transaction(async (inner) => {
      await inner.insert(Label, { code: 'x' });
      throw new Error('undo');
    }),
  );
  await run(() => (dataSource.transaction as unknown as (level: string) => unknown)('SERIALIZABLE'));
  await run(() => runner.release());
  if (runner.isReleased) {
    await run(() => runner.query('SELECT 1'));
    await run(() => runner.startTransaction());
  }
  return outcomes;
}

const names = ['query', 'stream', 'startTransaction', 'commitTransaction', 'rollbackTransaction', 'release'] as const;

const shapesOf = (runner: QueryRunner) => [
  ...names.map((name) => [runner[name].name, runner[name].length]),
  [DataSource.prototype.createQueryRunner.name, DataSource.prototype.createQueryRunner.length],
  [DataSource.prototype.initialize.length, DataSource.prototype.query.length],
  [DataSource.prototype.createQueryBuilder.length, EntityManager.prototype.transaction.length],
];

const before = new Map<string, { outcomes: readonly unknown[]; shapes: unknown }>();

// Hooks stay for the life of the process, so what happens without them must happen first.
beforeAll(async () => {
  for (const database of databases()) {
    if (!database.isAvailable) continue;
    const dataSource = await openDataSource(database, shop);
    const outcomes = await history(dataSource, database.family === 'mysql');
    before.set(database.variant, { outcomes, shapes: shapesOf(dataSource.createQueryRunner()) });
  }
  installHooks();
}, 60_000);

describeDatabases('a caller', (database) => {
  const isMysql = database.family === 'mysql';

  it('cannot tell that calls are heard', async () => {
    const dataSource = await openDataSource(database, shop);
    const outcomes = await history(dataSource, isMysql);
    expect(outcomes).toEqual(before.get(database.variant)!.outcomes);
    expect(shapesOf(dataSource.createQueryRunner())).toEqual(before.get(database.variant)!.shapes);
  });

  it('cannot tell that somebody listens either, in a load or out of it', async () => {
    const detach = processWritePath.attach(new ProcessLog());
    const dataSource = await openDataSource(database, shop);
    expect(await history(dataSource, isMysql)).toEqual(before.get(database.variant)!.outcomes);
    const again = await openDataSource(database, shop);
    const capture = new LoadCapture(0, undefined, undefined);
    const outcomes = await runInFrame(frameForLoad(capture, currentFrame()), () => history(again, isMysql));
    expect(outcomes).toEqual(before.get(database.variant)!.outcomes);
    expect(processWritePath.openMarks).toBe(0);
    detach();
  });
});

it('is heard once, however many applications there are', () => {
  const methods = [DataSource.prototype, EntityManager.prototype].flatMap((prototype) =>
    Reflect.ownKeys(prototype).map(
      (name) => [prototype, name, Object.getOwnPropertyDescriptor(prototype, name)] as const,
    ),
  );
  installHooks();
  for (const [prototype, name, descriptor] of methods) {
    expect(Object.getOwnPropertyDescriptor(prototype, name)).toEqual(descriptor);
  }
});
