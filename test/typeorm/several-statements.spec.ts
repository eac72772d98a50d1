import { beforeEach, expect, it } from '@jest/globals';
import { QueryFailedError, type DataSource, type QueryRunner } from 'typeorm';
import { describeDatabases, openDataSource } from '../support/databases.js';
import { listen, load, type Listener } from './hearing.js';
import { Label, shop } from './shop.entities.js';

describeDatabases(
  'several statements in one text',
  (database) => {
    let dataSource: DataSource;
    let runner: QueryRunner;
    let heard: Listener;

    beforeEach(async () => {
      dataSource = await openDataSource(database, shop);
      heard = listen();
      await dataSource.manager.insert(Label, { code: 'a' });
      heard.take();
      runner = dataSource.createQueryRunner();
    });

    const insert = (code: string) => `INSERT INTO label (code, text) VALUES ('${code}', '')`;
    const isInTransaction = async () =>
      (await load(() => runner.query('SELECT * FROM label'))).blockedBy === 'transaction';

    it('invalidate what all of them wrote, around the text', async () => {
      await runner.query(`${insert('b')}; UPDATE label SET text = 'x' WHERE code = 'a'`);
      const what = ['label', 'label:a', 'label:b'];
      expect(heard.take()).toEqual([
        { kind: 'mark', what },
        { kind: 'release', what },
      ]);
      await runner.release();
    });

    it('leave the connection as the last of them does', async () => {
      await runner.query(`BEGIN; ${insert('b')}`);
      heard.take();
      expect(await isInTransaction()).toBe(true);
      await runner.query(insert('c'));
      expect(heard.take()).toEqual([]);
      await runner.query(`${insert('d')}; COMMIT; BEGIN; ${insert('e')}`);
      expect(heard.released()).toEqual(['label', 'label:b', 'label:c', 'label:d', 'label:e']);
      await runner.query('ROLLBACK; SELECT 1');
      heard.take();
      expect(await isInTransaction()).toBe(false);
      expect(await dataSource.manager.count(Label)).toBe(4);
      await runner.release();
    });

    it('belong to a transaction that begins behind them', async () => {
      await runner.query(`${insert('b')}; COMMIT; ${insert('c')}; BEGIN; ${insert('d')}`);
      heard.take();
      expect(await dataSource.manager.count(Label)).toBe(2);
      await runner.query('COMMIT');
      expect(heard.released()).toEqual(['label', 'label:c', 'label:d']);
      expect(await dataSource.manager.count(Label)).toBe(4);
      await runner.release();
    });

    it('leave doubt when one of them failed, until the next transaction command succeeds', async () => {
      await expect(runner.query(`BEGIN; ${insert('b')}; SELECT nonsense`)).rejects.toThrow(QueryFailedError);
      expect(heard.released()).toEqual(['label', 'label:b']);
      expect(await load(() => runner.query('SELECT * FROM label').catch(() => []))).toMatchObject({
        blockedBy: 'transaction',
      });
      await runner.query('ROLLBACK');
      heard.take();
      expect(await isInTransaction()).toBe(false);
      await runner.release();
    });
  },
  { only: ({ family }) => family === 'postgres' },
);

describeDatabases(
  'two-phase commit',
  (database) => {
    it('ends the transaction without a commit, and COMMIT PREPARED sweeps the database from wherever it is sent', async () => {
      const dataSource = await openDataSource(database, shop);
      const heard = listen();
      await dataSource.manager.insert(Label, { code: 'a' });
      const runner = dataSource.createQueryRunner();
      const [begin, prepare, commit] =
        database.family === 'postgres'
          ? ['BEGIN', "PREPARE TRANSACTION 'zoo'", "COMMIT PREPARED 'zoo'"]
          : ["XA START 'zoo'", "XA END 'zoo'; XA PREPARE 'zoo'", "XA COMMIT 'zoo'"];
      await runner.query(begin);
      await runner.query("INSERT INTO label (code, text) VALUES ('b', '')");
      heard.take();
      let isSupported = true;
      for (const text of prepare.split('; ')) {
        await runner.query(text).catch(() => (isSupported = false));
      }
      const atPrepare = heard.released();
      // PostgreSQL allows none of them unless it is configured to. What is prepared outlives its connection: it must end.
      await runner.query(isSupported ? commit : 'ROLLBACK');
      expect(atPrepare).toEqual([]);
      expect(heard.released().includes('*')).toBe(isSupported);
      expect((await load(() => runner.query('SELECT * FROM label'))).blockedBy).toBeUndefined();
      await runner.release();
    });
  },
  { only: ({ family }) => family !== 'sqlite' },
);
