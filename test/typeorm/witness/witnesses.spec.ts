import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { connect as connectRunner, driverConnectionOf } from '../../../lib/typeorm/connections/connections.js';
import { placeOfDatabase } from '../../../lib/typeorm/databases/database-identity.js';
import { heardDataSource } from '../../../lib/typeorm/statements/heard-data-source.js';
import type { Call } from '../../../lib/typeorm/statements/call.js';
import type { HookedRunner } from '../../../lib/typeorm/library/hooked-runner.js';
import { Witnesses } from '../../../lib/typeorm/witness/witnesses.js';
import { connect, describeDatabases, type TestDatabase } from '../../support/databases.js';
import { listen, load } from '../hearing.js';
import { CompiledLibrary } from '../../support/compiled-library.js';
import { Holder } from './holder.js';

let library: CompiledLibrary;
let holder: Holder;

beforeAll(() => {
  library = CompiledLibrary.of(['.']);
});
afterAll(() => library.remove());

/** Another process with a connection to a fresh database with a table, and a DataSource of this process on it. */
async function twoProcesses(
  database: TestDatabase,
  ofOther: Partial<DataSourceOptions> = {},
): Promise<{ dataSource: DataSource; witnesses: Witnesses }> {
  const options = await database.createOptions([]);
  const dataSource = await connect(options);
  await dataSource.query('CREATE TABLE counter (id int PRIMARY KEY, n int)');
  await dataSource.query('INSERT INTO counter VALUES (1, 0), (2, 0)');
  holder = new Holder(library, { ...options, ...ofOther } as DataSourceOptions);
  return { dataSource, witnesses: new Witnesses() };
}

async function beginAndWrite(): Promise<string> {
  await holder.query('BEGIN');
  await holder.query('UPDATE counter SET n = n + 1 WHERE id = 1');
  return holder.witness({ endsTransaction: true });
}

/** Asks until the answer is that it is over; the test's own time is the limit. */
async function untilOver(witnesses: Witnesses, witness: string): Promise<void> {
  while ((await witnesses.isOver(witness)) !== true);
}

/** The names of so many that write, as soon as the database tells of so many; the test's own time is the limit. */
async function untilCount(witnesses: Witnesses, count: number): Promise<readonly string[]> {
  for (;;) {
    const names = [...(await witnesses.writing())];
    if (names.length === count) return names;
    // MariaDB renews its list only after a pause.
    await pause(150);
  }
}

const onServers = { only: (database: TestDatabase) => database.supportsConcurrentConnections };

describeDatabases(
  'the transaction of another process',
  (database) => {
    afterEach(() => holder.end());

    it('is open while its process is stopped, however long, and over once it is committed', async () => {
      const { witnesses } = await twoProcesses(database);
      const witness = await beginAndWrite();
      holder.signal('SIGSTOP');
      expect(await witnesses.isOver(witness)).toBe(false);
      expect(await witnesses.isOver(witness)).toBe(false);
      holder.signal('SIGCONT');
      await holder.query('COMMIT');
      expect(await witnesses.isOver(witness)).toBe(true);
    });

    it('is over once it is rolled back', async () => {
      const { witnesses } = await twoProcesses(database);
      const witness = await beginAndWrite();
      await holder.query('ROLLBACK');
      expect(await witnesses.isOver(witness)).toBe(true);
    });

    it('is among those that write from its first write on, also while it waits for a lock, until it is over', async () => {
      const { dataSource, witnesses } = await twoProcesses(database);
      const runner = dataSource.createQueryRunner();
      await holder.query('BEGIN');
      await holder.query('SELECT * FROM counter WHERE id = 1');
      expect(await untilCount(witnesses, 0)).toEqual([]);
      await holder.query('UPDATE counter SET n = n + 1 WHERE id = 2');
      const [first] = await untilCount(witnesses, 1);
      await holder.query('COMMIT');
      expect(await untilCount(witnesses, 0)).toEqual([]);

      await runner.query('BEGIN');
      await runner.query('UPDATE counter SET n = n + 1 WHERE id = 1');
      const waiting = holder.query('UPDATE counter SET n = n + 1 WHERE id = 1');
      const both = await untilCount(witnesses, 2);
      expect(both).not.toContain(first);
      await runner.query('ROLLBACK');
      await waiting;
      expect(await untilCount(witnesses, 0)).toEqual([]);

      if (database.family === 'postgres') {
        // Before anything is written: neither of the two has a number yet by which rows are marked.
        await runner.query('BEGIN');
        await runner.query('LOCK TABLE counter IN SHARE MODE');
        const locked = holder.query('UPDATE counter SET n = n + 1 WHERE id = 1');
        expect(await untilCount(witnesses, 1)).toHaveLength(1);
        await runner.query('ROLLBACK');
        await locked;
      }
      await runner.release();
    });

    it('is over once its process is killed and the database has noticed', async () => {
      const { witnesses } = await twoProcesses(database);
      const witness = await beginAndWrite();
      expect(await witnesses.isOver(witness)).toBe(false);
      holder.signal('SIGKILL');
      await untilOver(witnesses, witness);
    });

    it('is over once an administrator has ended its connection', async () => {
      const { dataSource, witnesses } = await twoProcesses(database);
      const isPostgres = database.family === 'postgres';
      const whoAmI = isPostgres ? 'SELECT pg_backend_pid() AS id' : 'SELECT CONNECTION_ID() AS id';
      const [{ id }] = (await holder.query(whoAmI)) as [{ id: number }];
      const witness = await beginAndWrite();
      await dataSource.query(isPostgres ? `SELECT pg_terminate_backend(${id})` : `KILL ${id}`);
      await untilOver(witnesses, witness);
      expect(await witnesses.isOver(witness)).toBe(true);
    });

    it('is over when another one is open on its connection by the time of a second look', async () => {
      const { witnesses } = await twoProcesses(database);
      const first = await beginAndWrite();
      expect(await witnesses.isOver(first)).toBe(false);
      await holder.query('COMMIT');
      const second = await beginAndWrite();
      expect(await witnesses.isOver(second)).toBe(false);
      expect(await witnesses.isOver(first)).toBe(true);
      expect(await witnesses.isOver(second)).toBe(false);
    });

    it('is open while its COMMIT runs', async () => {
      const { dataSource, witnesses } = await twoProcesses(database);
      const witness = await beginAndWrite();
      const blocker = dataSource.createQueryRunner();
      if (database.family === 'postgres') {
        await blocker.query('SELECT pg_advisory_lock(7)');
        await holder.query(
          `CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END'`,
        );
        await holder.query(
          'CREATE CONSTRAINT TRIGGER waits AFTER UPDATE ON counter DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait()',
        );
        await holder.query('UPDATE counter SET n = n + 1 WHERE id = 1');
      } else await blocker.query('FLUSH TABLES WITH READ LOCK');
      const committed = holder.query('COMMIT');
      const isRunning =
        database.family === 'postgres'
          ? `SELECT 1 FROM pg_stat_activity WHERE query = 'COMMIT' AND wait_event_type = 'Lock'`
          : `SELECT 1 FROM information_schema.PROCESSLIST WHERE INFO = 'COMMIT'`;
      while ((await dataSource.query<unknown[]>(isRunning)).length === 0);
      expect(await witnesses.isOver(witness)).toBe(false);
      await blocker.query(database.family === 'postgres' ? 'SELECT pg_advisory_unlock(7)' : 'UNLOCK TABLES');
      await blocker.release();
      await committed;
      expect(await witnesses.isOver(witness)).toBe(true);
    });

    it('is open, for a statement that is one of its own, while the connection is there: it may be about to be sent', async () => {
      const { witnesses } = await twoProcesses(database);
      const witness = await holder.witness({ endsTransaction: false });
      expect(await witnesses.isOver(witness)).toBe(false);
      await holder.query('UPDATE counter SET n = n + 1 WHERE id = 1');
      expect(await witnesses.isOver(witness)).toBe(false);
      holder.signal('SIGKILL');
      await untilOver(witnesses, witness);
    });

    it('has no witness where the connection is another one than the driver believes, as behind a pooler', async () => {
      const { dataSource, witnesses } = await twoProcesses(database);
      const runner = dataSource.createQueryRunner() as HookedRunner;
      const connection = (await connectRunner(runner, dataSource))!;
      const driverConnection = driverConnectionOf(runner) as { processID: number; threadId: number };
      if (database.family === 'postgres') driverConnection.processID++;
      else Object.defineProperty(driverConnection, 'threadId', { value: driverConnection.threadId + 1 });
      await witnesses.learn(callOf(runner, dataSource), connection);
      expect(witnesses.of(connection, true)).toBeUndefined();
      await runner.release();
    });

    it('is not asked for in a transaction, which a failing statement would end', async () => {
      const { dataSource, witnesses } = await twoProcesses(database);
      const runner = dataSource.createQueryRunner() as HookedRunner;
      await runner.startTransaction();
      const connection = (await connectRunner(runner, dataSource))!;
      expect(witnesses.learn(callOf(runner, dataSource), connection)).toBeUndefined();
      expect(witnesses.of(connection, true)).toBeUndefined();
      await runner.rollbackTransaction();
      await witnesses.learn(callOf(runner, dataSource), connection);
      expect(witnesses.of(connection, true)).toEqual(expect.any(String));
      await runner.release();
    });

    it('is judged unheard: nothing is invalidated, and a load around it depends on nothing', async () => {
      const { witnesses } = await twoProcesses(database);
      const witness = await beginAndWrite();
      const heard = listen();
      const { value, tags, blockedBy } = await load(() => witnesses.isOver(witness));
      expect({ value, tags, blockedBy }).toEqual({ value: false, tags: [], blockedBy: undefined });
      expect(heard.take()).toEqual([]);
    });

    it('is not told while no connection of the pool is free to look through', async () => {
      const { dataSource } = await twoProcesses(database);
      const witness = await beginAndWrite();
      const single = await connect({ ...dataSource.options, poolSize: 1 } as DataSourceOptions);
      await dataSource.destroy();
      const runner = single.createQueryRunner();
      await runner.connect();
      const hasty = new Witnesses(20);
      expect(await Promise.all([hasty.isOver(witness), hasty.isOver(witness)])).toEqual([undefined, undefined]);
      await runner.release();
      expect(await new Witnesses().isOver(witness)).toBe(false);
    });

    it('is not told by a text that names another database, or none', async () => {
      const { dataSource, witnesses } = await twoProcesses(database);
      const witness = await beginAndWrite();
      for (const text of ['', '{}', '[1,2,3]', witness.replace(placeOfDatabase(dataSource), 'other:1')]) {
        expect(await witnesses.isOver(text)).toBeUndefined();
      }
    });
  },
  onServers,
);

describeDatabases(
  'a user without rights',
  (database) => {
    afterEach(() => holder.end());

    const user = `zoo_${randomBytes(4).toString('hex')}`;

    it('cannot tell whether the connection of another user is there, and does not guess', async () => {
      const { dataSource } = await twoProcesses(database);
      const witness = await beginAndWrite();
      const limited = await connect(await withUser(dataSource, database));
      await dataSource.destroy();
      const witnesses = new Witnesses();
      expect(await witnesses.isOver(witness)).toBeUndefined();
      holder.signal('SIGKILL');
      await holder.end();
      // Everybody may see which connections PostgreSQL has, and only what they do is not shown.
      if (database.family === 'postgres') await untilOver(witnesses, witness);
      else expect(await witnesses.isOver(witness)).toBeUndefined();
      await dropUser(limited, database);
    });

    it('can tell of connections of its own', async () => {
      const { dataSource } = await twoProcesses(database);
      const options = await withUser(dataSource, database);
      await dataSource.destroy();
      const own = await connect(options);
      await holder.end();
      holder = new Holder(library, options);
      const witness = await beginAndWrite();
      const witnesses = new Witnesses();
      // MySQL and MariaDB show transactions to those who may see all processes only.
      expect(await witnesses.isOver(witness)).toBe(database.family === 'postgres' ? false : undefined);
      holder.signal('SIGKILL');
      await untilOver(witnesses, witness);
      await dropUser(own, database);
    });

    async function withUser(dataSource: DataSource, { family }: TestDatabase): Promise<DataSourceOptions> {
      if (family === 'postgres') {
        await dataSource.query(`CREATE USER ${user}`);
        await dataSource.query(`GRANT ALL ON counter TO ${user}`);
      } else {
        await dataSource.query(`CREATE USER ${user}@localhost`);
        await dataSource.query(`GRANT ALL ON \`${String(dataSource.options.database)}\`.* TO ${user}@localhost`);
      }
      return { ...dataSource.options, username: user, password: '', synchronize: false } as DataSourceOptions;
    }

    async function dropUser(limited: DataSource, { family }: TestDatabase): Promise<void> {
      await limited.destroy();
      await holder.end();
      const root = { ...limited.options, username: family === 'postgres' ? 'postgres' : 'root' } as DataSourceOptions;
      const dataSource = await connect(root);
      if (family === 'postgres') await dataSource.query(`DROP OWNED BY ${user}`);
      await dataSource.query(family === 'postgres' ? `DROP USER ${user}` : `DROP USER ${user}@localhost`);
    }
  },
  onServers,
);

describeDatabases(
  'a list of transactions that a monitor keeps old',
  (database) => {
    afterEach(() => holder.end());

    it('is not believed: a transaction that began after it would not stand in it', async () => {
      const { dataSource, witnesses } = await twoProcesses(database);
      await holder.query('SELECT 1');
      const monitor = { isOn: true };
      const monitoring = (async () => {
        while (monitor.isOn) await dataSource.query('SELECT trx_id FROM information_schema.INNODB_TRX');
      })();
      await dataSource.query('SELECT 1');
      const witness = await beginAndWrite();
      expect(await witnesses.isOver(witness)).not.toBe(true);
      monitor.isOn = false;
      await monitoring;
    });
  },
  { only: ({ family }) => family === 'mysql' },
);

describeDatabases(
  'the transaction of another process, judged by the lock of its file,',
  (database) => {
    afterEach(() => holder.end());

    it('is open while the lock is held, and over when it is not', async () => {
      const { dataSource, witnesses } = await twoProcesses(database);
      const witness = await beginAndWrite();
      expect(await witnesses.isOver(witness)).toBe(false);
      await holder.query('COMMIT');
      expect(await witnesses.isOver(witness)).toBe(true);
      expect(await dataSource.query('SELECT n FROM counter WHERE id = 1')).toEqual([{ n: 1 }]);
    });

    it('is over once its process is killed, in a transaction or not', async () => {
      const { witnesses } = await twoProcesses(database);
      const alone = await holder.witness({ endsTransaction: false });
      const witness = await beginAndWrite();
      expect(await witnesses.isOver(alone)).toBe(false);
      await holder.end();
      expect(await witnesses.isOver(witness)).toBe(true);
      expect(await witnesses.isOver(alone)).toBe(true);
    });

    it('is not told by the lock of one file when it has written another', async () => {
      const { dataSource, witnesses } = await twoProcesses(database);
      await holder.query(`ATTACH DATABASE '${String(dataSource.options.database)}.other' AS other`);
      await holder.query('CREATE TABLE other.elsewhere (n int)');
      await holder.query('BEGIN');
      await holder.query('INSERT INTO other.elsewhere VALUES (1)');
      const witness = await holder.witness({ endsTransaction: true });
      expect(await witnesses.isOver(witness)).toBe(false);
      await holder.query('COMMIT');
      expect(await witnesses.isOver(witness)).toBe(false);
    });

    it('is not asked for inside the transaction of a caller, which would be rolled back', async () => {
      const { dataSource, witnesses } = await twoProcesses(database);
      const witness = await holder.witness({ endsTransaction: true });
      await dataSource.transaction(async (manager) => {
        await manager.query('UPDATE counter SET n = 5 WHERE id = 2');
        expect(await witnesses.isOver(witness)).toBeUndefined();
      });
      expect(await dataSource.query('SELECT n FROM counter WHERE id = 2')).toEqual([{ n: 5 }]);
    });
  },
  { only: ({ variant }) => variant === 'better-sqlite3' },
);

function callOf(runner: HookedRunner, dataSource: DataSource): Call {
  const run = (text: string): Promise<unknown> => runner.query(text);
  const source = heardDataSource(dataSource);
  return { runner, source, text: '', parameters: [], isStructured: false, send: run, run, isWithinOwn: false };
}
