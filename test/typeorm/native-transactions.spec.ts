import { expect, it } from '@jest/globals';
import { DataSource, EntitySchema, type EntityManager } from 'typeorm';
import { cleanUpLater } from '../support/clean-up.js';
import { listen, load, type Listener } from './hearing.js';

/*
 * No database of this machine has a driver that starts and ends transactions by calls of its own instead of statements, as
 * TypeORM's driver of SQL Server does. So its package is played here: it answers nothing, and fails when it is told to.
 */

const Part = new EntitySchema<{ id: number; name: string }>({
  name: 'part',
  columns: { id: { type: 'int', primary: true }, name: { type: String } },
});

type Callback = (error?: Error) => void;

class PlayedServer {
  readonly sent: string[] = [];
  failing: string | undefined;

  readonly package: object;

  constructor() {
    const call = (what: string): void => {
      this.sent.push(what);
      if (this.failing === what) throw new Error(`${what} failed`);
    };
    const telling = (what: string) => (done: Callback) => {
      let failure: Error | undefined;
      try {
        call(what);
      } catch (error) {
        failure = error as Error;
      }
      setImmediate(() => done(failure));
    };
    class ConnectionPool {
      connect(done: Callback): this {
        setImmediate(done);
        return this;
      }
      close(done: Callback): void {
        setImmediate(done);
      }
      on(): void {}
      transaction = (): object => ({
        begin: telling('begin'),
        commit: telling('commit'),
        rollback: telling('rollback'),
      });
    }
    class Request {
      input(): void {}
      query = async (text: string): Promise<object> => {
        await Promise.resolve();
        call(text);
        return { recordset: [{ db_name: 'shop', schema_name: 'dbo' }], rowsAffected: [1] };
      };
    }
    this.package = { ConnectionPool, Request };
  }
}

async function open(): Promise<{ dataSource: DataSource; server: PlayedServer; heard: Listener }> {
  const server = new PlayedServer();
  const dataSource = new DataSource({ type: 'mssql', driver: server.package, host: 'played', entities: [Part] });
  await dataSource.initialize();
  cleanUpLater(() => dataSource.destroy());
  const heard = listen();
  // There are no views nor keys, as everybody knows from now on.
  await load(() => dataSource.manager.find(Part));
  return { dataSource, server, heard };
}

const write = (manager: EntityManager, id: number): Promise<unknown> =>
  manager.query(`UPDATE part SET name = 'x' WHERE id = ${id}`);

const obstacleTo = async (manager: EntityManager): Promise<string | undefined> =>
  (await load(() => manager.find(Part))).blockedBy;

const fails = (work: Promise<unknown>): Promise<void> => expect(work).rejects.toThrow('failed');

it('invalidates with the commit that ends it, and not with those of transactions inside it', async () => {
  const { dataSource, server, heard } = await open();
  await dataSource.transaction(async (outer) => {
    await write(outer, 1);
    await outer.transaction((inner) => write(inner, 2));
    expect(server.sent).not.toContain('commit');
    expect(heard.take()).toEqual([]);
    expect(await obstacleTo(outer)).toBe('transaction');
    const undone = outer.transaction(async (inner) => {
      await write(inner, 3);
      throw new Error('it failed');
    });
    await fails(undone);
    expect(heard.take()).toEqual([]);
  });
  expect(server.sent.at(-1)).toBe('commit');
  const what = ['part', 'part:1', 'part:2'];
  expect(heard.take()).toEqual([
    { kind: 'mark', what },
    { kind: 'release', what },
  ]);
  expect(await obstacleTo(dataSource.manager)).toBeUndefined();
});

it('invalidates nothing when it is rolled back', async () => {
  const { dataSource, heard } = await open();
  const undone = dataSource.transaction(async (manager) => {
    await write(manager, 1);
    throw new Error('it failed');
  });
  await fails(undone);
  expect(heard.take()).toEqual([]);
});

it('has not begun when it could not', async () => {
  const { dataSource, server, heard } = await open();
  const runner = dataSource.createQueryRunner();
  server.failing = 'begin';
  await fails(runner.startTransaction());
  expect(await obstacleTo(runner.manager)).toBeUndefined();
  await write(runner.manager, 1);
  expect(heard.released()).toEqual(['part', 'part:1']);
  await runner.release();
});

it('may have been committed where that failed', async () => {
  const { dataSource, server, heard } = await open();
  const runner = dataSource.createQueryRunner();
  server.failing = 'commit';
  await runner.startTransaction();
  await write(runner.manager, 2);
  expect(heard.take()).toEqual([]);
  await fails(runner.commitTransaction());
  expect(heard.released()).toEqual(['part', 'part:2']);
  await runner.release();
});
