import { afterEach, expect, it } from '@jest/globals';
import type { QueryRunner } from 'typeorm';
import { runInFrame, TransactionScope } from '../../../lib/engine/context.js';
import { processWritePath } from '../../../lib/engine/write-path.js';
import type { CacheKey } from '../../../lib/keys/cache-key.js';
import { describeDatabases, type TestDatabase } from '../../support/databases.js';
import { untilNothingIsPending } from '../../support/pending.js';
import { Account, openBeside, openRaceCourse, type RaceCourse } from './race-course.js';

const SELECT = /^SELECT.*account/is;
const UPDATE = /^UPDATE.*account/is;
const COMMIT = /^COMMIT/i;

const hasPool = ({ supportsConcurrentConnections }: TestDatabase): boolean => supportsConcurrentConnections;

const courses: RaceCourse[] = [];

async function open(database: TestDatabase, options?: object): Promise<RaceCourse> {
  const course = await openRaceCourse(database, options);
  courses.push(course);
  return course;
}

/** Nothing may be left running, marked or swallowed, whatever happened. */
function expectRest(): void {
  const left = courses.splice(0);
  const atRest = left.map(({ engine }) => engine.isAtRest);
  const failures = left.flatMap((course) => course.failures);
  const { openMarks } = processWritePath;
  for (const course of left) course.close();
  expect({ atRest, failures, openMarks }).toEqual({ atRest: left.map(() => true), failures: [], openMarks: 0 });
}

afterEach(expectRest);

const set = (balance: number, id = 1): [typeof Account, number, { balance: number }] => [Account, id, { balance }];

describeDatabases(
  'a reader and a writer who race',
  (database) => {
    it('leave nothing stale when the reader selects, the writer commits, and only then the reader stores', async () => {
      const course = await open(database);
      const selected = course.hold(SELECT, 'answered');
      const reading = course.balance();
      await selected.arrived;

      await course.dataSource.manager.update(...set(50));
      selected.release();

      expect(await reading).toBe(100);
      expect(await course.balance()).toBe(50);
    });

    it('do not share the running load of a reader who began before the write', async () => {
      const course = await open(database);
      const selected = course.hold(SELECT, 'answered');
      const early = course.balance();
      await selected.arrived;
      await course.dataSource.manager.update(...set(50));

      const late = course.balance();
      selected.release();

      expect([await early, await late]).toEqual([100, 50]);
    });

    it('are one load where nobody wrote, however many joined', async () => {
      const course = await open(database);
      const selected = course.hold(SELECT, 'answered');
      const reading = [course.balance(), course.balance(), course.balance()];
      await selected.arrived;
      selected.release();

      expect(await Promise.all(reading)).toEqual([100, 100, 100]);
      expect(course.loads()).toBe(1);
    });

    it('see neither old nor new from the cache between a COMMIT and its answer', async () => {
      const course = await open(database);
      expect(await course.balance()).toBe(100);
      const committed = course.hold(COMMIT, 'answered');
      const writing = course.dataSource.transaction((manager) => manager.update(...set(50)));
      await committed.arrived;
      const before = course.loads();

      expect([await course.balance(), await course.balance()]).toEqual([50, 50]);
      expect(course.loads()).toBe(before + 2);

      committed.release();
      await writing;
      expect([await course.balance(), await course.balance()]).toEqual([50, 50]);
      expect(course.loads()).toBe(before + 3);
    });

    it('see neither old nor new from the cache between a statement that commits by itself and its answer', async () => {
      const course = await open(database);
      expect(await course.balance()).toBe(100);
      const updated = course.hold(UPDATE, 'answered');
      const writing = course.dataSource.manager.update(...set(50));
      await updated.arrived;
      const before = course.loads();

      expect([await course.balance(), await course.balance()]).toEqual([50, 50]);
      expect(course.loads()).toBe(before + 2);

      updated.release();
      await writing;
      expect(await course.balance()).toBe(50);
    });

    it('do not keep what was read while a COMMIT was on its way', async () => {
      const course = await open(database);
      const sent = course.hold(COMMIT, 'sent');
      const writing = course.dataSource.transaction((manager) => manager.update(...set(50)));
      await sent.arrived;
      expect(await course.balance()).toBe(100);
      const selected = course.hold(SELECT, 'answered');
      const reading = course.balance();
      await selected.arrived;

      sent.release();
      await writing;
      selected.release();

      expect(await reading).toBe(100);
      expect(await course.balance()).toBe(50);
    });

    it('keep what was read when the COMMIT on its way concerned other rows', async () => {
      const course = await open(database);
      expect(await course.balance(1)).toBe(100);
      const sent = course.hold(COMMIT, 'sent');
      const writing = course.dataSource.transaction((manager) => manager.update(...set(50, 2)));
      await sent.arrived;

      expect(await course.balance(1)).toBe(100);
      sent.release();
      await writing;
      expect(await course.balance(1)).toBe(100);
      expect(course.loads()).toBe(1);
    });

    it('agree on the order of commits, not of statements', async () => {
      const course = await open(database);
      await inTransaction(course, async (slow) => {
        await slow.manager.update(...set(1, 1));
        await inTransaction(course, async (fast) => {
          await fast.manager.update(...set(2, 2));
          await fast.commitTransaction();
        });
        // The statement of the slow one is older than this answer, and its commit younger.
        expect([await course.balance(1), await course.balance(2), await course.total()]).toEqual([100, 2, 102]);
        await slow.commitTransaction();
      });

      expect([await course.balance(1), await course.balance(2), await course.total()]).toEqual([1, 2, 3]);
    });

    it('hear each other over two DataSources on one database', async () => {
      const course = await open(database);
      const beside = await openBeside(course);
      courses.push(beside);
      expect([await course.balance(), await beside.balance()]).toEqual([100, 100]);

      await beside.dataSource.manager.update(...set(50));

      expect([await course.balance(), await beside.balance()]).toEqual([50, 50]);
    });
  },
  { only: hasPool },
);

describeDatabases(
  'a reader inside a transaction that sees the past',
  (database) => {
    it('is not served the present, and does not store its past', async () => {
      const course = await open(database);
      expect(await course.balance()).toBe(100);
      await course.dataSource.transaction('REPEATABLE READ', async (manager) => {
        expect((await manager.findOneByOrFail(Account, { id: 1 })).balance).toBe(100);
        await outside(() => course.dataSource.manager.update(...set(50)));
        expect(await outside(() => course.balance())).toBe(50);

        const load = (): Promise<Account> => manager.findOneByOrFail(Account, { id: 1 });
        const past = await course.engine.read('account 1' as CacheKey, course.plan(), load);
        const again = await course.engine.read('another name' as CacheKey, course.plan(), load);

        expect([past.balance, again.balance]).toEqual([100, 100]);
      });

      expect(await course.balance()).toBe(50);
      const load = (): Promise<Account> => course.dataSource.manager.findOneByOrFail(Account, { id: 1 });
      expect((await course.engine.read('another name' as CacheKey, course.plan(), load)).balance).toBe(50);
    });

    it('does not store its past either where it began with statements of its own', async () => {
      const course = await open(database);
      const isolate = 'TRANSACTION ISOLATION LEVEL REPEATABLE READ';
      await inRunner(course, async (runner) => {
        if (database.family === 'mysql') await runner.query(`SET SESSION ${isolate}`);
        await runner.query(database.family === 'mysql' ? 'START TRANSACTION' : `BEGIN ${isolate}`);
        await runner.query('SELECT * FROM account');
        await outside(() => course.dataSource.manager.update(...set(50)));

        const load = (): Promise<Account> => runner.manager.findOneByOrFail(Account, { id: 1 });
        const past = await outside(() => course.engine.read('account 1' as CacheKey, course.plan(), load));
        await runner.query('COMMIT');

        expect(past.balance).toBe(100);
      });

      expect(await course.balance()).toBe(50);
    });
  },
  { only: hasPool },
);

describeDatabases('a row that was never committed', (database) => {
  it('is not kept by a reader inside its transaction, and gone after the rollback', async () => {
    const course = await open(database);
    await inTransaction(course, async (runner) => {
      await runner.manager.update(...set(0));
      const load = (): Promise<Account> => runner.manager.findOneByOrFail(Account, { id: 1 });

      const dirty = await outside(() => course.engine.read('account 1' as CacheKey, course.plan(), load));

      expect(dirty.balance).toBe(0);
      await runner.rollbackTransaction();
    });

    expect(await course.balance()).toBe(100);
  });

  it('is not kept by a reader outside of it, whatever that one may see', async () => {
    const course = await open(database);
    await inTransaction(course, async (runner) => {
      await runner.manager.update(...set(0));

      const seen = await outside(() => course.balance());

      // SQLite has one connection for everybody.
      expect(seen).toBe(database.supportsConcurrentConnections ? 100 : 0);
      await runner.rollbackTransaction();
    });

    expect(await course.balance()).toBe(100);
  });

  if (database.family === 'mysql') {
    it('is not kept by a reader whose connection was told to look at such rows', async () => {
      const course = await open(database);
      await inRunner(course, async (curious) => {
        await curious.query('SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED');
        await inTransaction(course, async (runner) => {
          await runner.manager.update(...set(0));
          const load = (): Promise<Account> => curious.manager.findOneByOrFail(Account, { id: 1 });

          const dirty = await outside(() => course.engine.read('account 1' as CacheKey, course.plan(), load));

          expect(dirty.balance).toBe(0);
          await runner.rollbackTransaction();
        });
        await curious.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      });

      expect(await course.balance()).toBe(100);
    });
  }

  it('is not kept by a reader whose load began before the transaction and ended in it', async () => {
    const course = await open(database);
    const load = async (): Promise<number[]> => {
      const before = await course.dataSource.manager.findOneByOrFail(Account, { id: 1 });
      await outside(() => runner.startTransaction());
      await outside(() => runner.manager.update(...set(0)));
      const after = await course.dataSource.manager.findOneByOrFail(Account, { id: 1 });
      return [before.balance, after.balance];
    };
    const runner = course.dataSource.createQueryRunner();
    await outside(() => course.engine.read('both' as CacheKey, course.plan(), load));
    await runner.rollbackTransaction();
    await runner.release();

    const again = await course.engine.read('both' as CacheKey, course.plan(), async () => {
      const { balance } = await course.dataSource.manager.findOneByOrFail(Account, { id: 1 });
      return [balance, balance];
    });
    expect(again).toEqual([100, 100]);
  });
});

describeDatabases(
  'a connection',
  (database) => {
    const ONE = { extra: database.family === 'mysql' ? { connectionLimit: 1 } : { max: 1 } };

    it('that came back to its pool with a transaction open shows its rows to whoever gets it, who must not keep them', async () => {
      const course = await open(database, ONE);
      const careless = course.dataSource.createQueryRunner();
      await outside(() => careless.startTransaction());
      await careless.manager.update(...set(0));
      await careless.release();

      expect(await outside(() => course.balance())).toBe(0);
      await course.dataSource.query('ROLLBACK');

      expect(await course.balance()).toBe(100);
    });

    it('that came back so commits with the next COMMIT, and that is heard', async () => {
      const course = await open(database, ONE);
      expect(await course.balance()).toBe(100);
      const careless = course.dataSource.createQueryRunner();
      await outside(() => careless.startTransaction());
      await careless.manager.update(...set(0));
      await careless.release();
      await course.dataSource.query('COMMIT');

      expect(await course.balance()).toBe(0);
    });

    it('that is lost before COMMIT leaves what was cached as the database has it', async () => {
      const course = await open(database);
      expect(await course.balance()).toBe(100);
      await inRunner(course, async (runner) => {
        await outside(() => runner.startTransaction());
        await runner.manager.update(...set(0));
        await kill(course, database, runner);
        await expect(runner.query('SELECT 1')).rejects.toThrow(/./);
        await expect(runner.commitTransaction()).rejects.toThrow(/./);
      });
      await untilNothingIsPending();

      expect(await course.balance()).toBe(100);
    });

    it('that is lost after COMMIT and before its answer leaves nothing stale', async () => {
      const course = await open(database);
      expect(await course.balance()).toBe(100);
      const committed = course.hold(COMMIT, 'answered');
      const writing = course.dataSource.transaction((manager) => manager.update(...set(50)));
      await committed.arrived;
      committed.lose(new Error('Connection lost'));
      await expect(writing).rejects.toThrow('Connection lost');

      expect(await course.balance()).toBe(50);
    });

    it('that is lost after a statement that commits by itself and before its answer leaves nothing stale', async () => {
      const course = await open(database);
      expect(await course.balance()).toBe(100);
      const updated = course.hold(UPDATE, 'answered');
      const writing = course.dataSource.manager.update(...set(50));
      await updated.arrived;
      updated.lose(new Error('Connection lost'));
      await expect(writing).rejects.toThrow('Connection lost');

      expect(await course.balance()).toBe(50);
    });
  },
  { only: hasPool },
);

/** Runs something that is no part of the transaction around it, as another request would. */
function outside<T>(body: () => Promise<T>): Promise<T> {
  return runInFrame({ transactions: new TransactionScope() }, body);
}

async function inRunner(course: RaceCourse, body: (runner: QueryRunner) => Promise<void>): Promise<void> {
  const runner = course.dataSource.createQueryRunner();
  try {
    await body(runner);
  } finally {
    await runner.release();
  }
}

/** A transaction of somebody else, so that the code of the test does not stand in it. */
function inTransaction(course: RaceCourse, body: (runner: QueryRunner) => Promise<void>): Promise<void> {
  return inRunner(course, async (runner) => {
    await outside(() => runner.startTransaction());
    await body(runner);
  });
}

async function kill({ dataSource }: RaceCourse, { family }: TestDatabase, victim: QueryRunner): Promise<void> {
  const id = family === 'mysql' ? 'CONNECTION_ID()' : 'pg_backend_pid()';
  const [{ number }] = (await victim.query(`SELECT ${id} AS number`)) as [{ number: number }];
  await dataSource.query(family === 'mysql' ? `KILL ${number}` : `SELECT pg_terminate_backend(${number})`);
}
