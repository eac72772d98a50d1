import { beforeEach, describe, expect, it } from '@jest/globals';
import { QueryFailedError, type DataSource, type QueryRunner } from 'typeorm';
import { describeDatabases, openDataSource } from '../support/databases.js';
import { processWritePath } from '../../lib/engine/write-path.js';
import { NOTHING } from '../../lib/tags/tag.js';
import { userTag } from '../../lib/tags/user-tag.js';
import { listen, load, type Listener } from './hearing.js';
import { Author, Label, shop } from './shop.entities.js';

describeDatabases('a transaction', (database) => {
  let dataSource: DataSource;
  let heard: Listener;

  beforeEach(async () => {
    dataSource = await openDataSource(database, shop);
    heard = listen();
    await dataSource.manager.insert(Label, [{ code: 'a' }, { code: 'b' }]);
    heard.take();
  });

  const touched = (code: string) => dataSource.manager.update(Label, code, { text: 'touched' });

  /** A statement of its own on whatever connection the pool hands out. */
  async function withRunner<T>(body: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const runner = dataSource.createQueryRunner();
    try {
      return await body(runner);
    } finally {
      await runner.release();
    }
  }

  const insert = (runner: QueryRunner, code: string) =>
    runner.query(`INSERT INTO label (code, text) VALUES ('${code}', '')`);

  describe('that commits', () => {
    it('invalidates everything it wrote, once, around its COMMIT and not before', async () => {
      await dataSource.transaction(async (manager) => {
        await manager.insert(Label, { code: 'c' });
        await manager.update(Label, 'a', { text: 'x' });
        expect(heard.take()).toEqual([]);
      });
      const what = ['label', 'label:a', 'label:c'];
      expect(heard.take()).toEqual([
        { kind: 'mark', what },
        { kind: 'release', what },
      ]);
    });

    it('is heard when its BEGIN and COMMIT were sent as text', async () => {
      await withRunner(async (runner) => {
        await runner.query('BEGIN');
        await insert(runner, 'c');
        expect(heard.take()).toEqual([]);
        await runner.query(' commit ');
      });
      expect(heard.released()).toEqual(['label', 'label:c']);
      await touched('a');
      expect(heard.released()).toEqual(['label', 'label:a']);
    });

    it('brings along what somebody inside it invalidated by hand', async () => {
      const tag = userTag('zoo', ['reports']);
      await dataSource.transaction(async (manager) => {
        await manager.update(Label, 'a', { text: 'x' });
        void processWritePath.invalidateAfterCommit({ ...NOTHING, sweeps: [tag] });
        expect(heard.take()).toEqual([]);
      });
      expect(heard.take().map(({ what }) => what.length)).toEqual([3, 3]);
    });

    it('keeps what was done since a savepoint that was released', async () => {
      await dataSource.transaction(async (manager) => {
        await manager.transaction((inner) => inner.update(Label, 'a', { text: 'x' }));
        expect(heard.take()).toEqual([]);
      });
      expect(heard.released()).toEqual(['label', 'label:a']);
    });

    it('forgets what was done since a savepoint it rolled back to, and what somebody invalidated there', async () => {
      await dataSource.transaction(async (manager) => {
        await manager.update(Label, 'a', { text: 'x' });
        await manager
          .transaction(async (inner) => {
            await inner.update(Label, 'b', { text: 'x' });
            void processWritePath.invalidateAfterCommit({ ...NOTHING, sweeps: [userTag('zoo', ['reports'])] });
            throw new Error('undo');
          })
          .catch(() => undefined);
        await manager.insert(Label, { code: 'c' });
      });
      expect(heard.released()).toEqual(['label', 'label:a', 'label:c']);
    });

    it('goes on behind the same savepoint after it was rolled back to', async () => {
      await withRunner(async (runner) => {
        await runner.startTransaction();
        await runner.query('SAVEPOINT here');
        await insert(runner, 'c');
        await runner.query('ROLLBACK TO SAVEPOINT here');
        await insert(runner, 'd');
        await runner.query('ROLLBACK TO SAVEPOINT here');
        await insert(runner, 'e');
        await runner.query('RELEASE SAVEPOINT here');
        await runner.commitTransaction();
      });
      expect(heard.released()).toEqual(['label', 'label:e']);
    });

    it('is pending from before its COMMIT until after it, so nobody is served what it is about to replace', async () => {
      let during: number | undefined;
      heard.log.follow((record) => {
        if (record.kind === 'mark') during = processWritePath.openMarks;
      });
      await dataSource.transaction((manager) => manager.update(Label, 'a', { text: 'x' }));
      expect(during).toBe(1);
      expect(processWritePath.openMarks).toBe(0);
    });
  });

  describe('that is rolled back', () => {
    it('invalidates nothing', async () => {
      await expect(
        dataSource.transaction(async (manager) => {
          await manager.insert(Label, { code: 'c' });
          throw new Error('undo');
        }),
      ).rejects.toThrow('undo');
      await withRunner(async (runner) => {
        await runner.query('BEGIN');
        await insert(runner, 'd');
        await runner.query('ROLLBACK');
      });
      expect(heard.take()).toEqual([]);
      expect(await dataSource.manager.count(Label)).toBe(2);
    });

    it('leaves the next one nothing to invalidate', async () => {
      await withRunner(async (runner) => {
        await runner.startTransaction();
        await insert(runner, 'c');
        await runner.rollbackTransaction();
        await runner.startTransaction();
        await insert(runner, 'd');
        await runner.commitTransaction();
      });
      expect(heard.released()).toEqual(['label', 'label:d']);
    });
  });

  it('that was never started because BEGIN failed leaves the connection as it was', async () => {
    await withRunner(async (runner) => {
      await expect(runner.query('START TRANSACTION NONSENSE')).rejects.toThrow(QueryFailedError);
      await insert(runner, 'c');
      expect(heard.released()).toEqual(['label', 'label:c']);
    });
  });

  it('is not what reads of a load are stored from', async () => {
    const { blockedBy } = await load(() =>
      dataSource.transaction((manager) => manager.findOneBy(Label, { code: 'a' })),
    );
    expect(blockedBy).toBe('transaction');
    expect(await load(() => dataSource.manager.findOneBy(Label, { code: 'a' }))).toMatchObject({
      blockedBy: undefined,
      tags: database.tellsChangedRows ? ['label:a'] : ['label:a', 'label@'],
    });
  });

  it('left open by release() goes on for the next user of the connection', async () => {
    const runner = dataSource.createQueryRunner();
    await runner.query('BEGIN');
    await insert(runner, 'c');
    await runner.release();
    heard.take();

    // The pool hands out the connection that came back last.
    const next = dataSource.createQueryRunner();
    const { blockedBy } = await load(() => next.query("SELECT * FROM label WHERE code = 'c'"));
    expect(blockedBy).toBe('transaction');
    await insert(next, 'd');
    expect(heard.take()).toEqual([]);
    await next.query('COMMIT');
    await next.release();
    expect(heard.released()).toEqual(['label', 'label:c', 'label:d']);
  });

  it('is followed by statements that commit by themselves', async () => {
    await dataSource.transaction((manager) => manager.update(Label, 'a', { text: 'x' }));
    heard.take();
    await touched('b');
    expect(heard.take()).toEqual([
      { kind: 'mark', what: ['label', 'label:b'] },
      { kind: 'release', what: ['label', 'label:b'] },
    ]);
  });

  it('sweeps the database when its foreign keys were not known while it wrote, because keys lead further', async () => {
    const other = await openDataSource(database, shop);
    await other.transaction((manager) => manager.insert(Author, { name: 'early' }));
    expect(heard.released()).toContain('*');
    await other.manager.insert(Label, { code: 'x' });
    await other.transaction((manager) => manager.insert(Author, { name: 'late' }));
    heard.take();
    await other.transaction((manager) => manager.insert(Author, { name: 'later' }));
    expect(heard.released()).toEqual(['author', 'author:3']);
  });

  it('that was open when the first application began to listen sweeps the database', async () => {
    heard.close();
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    await insert(runner, 'c');
    heard = listen();
    await runner.commitTransaction();
    await runner.release();
    expect(heard.released()).toEqual(['*']);
  });
});

describeDatabases(
  'COMMIT',
  (database) => {
    it('that fails releases what it may have committed, and the rollback behind it invalidates nothing more', async () => {
      const dataSource = await openDataSource(database, shop);
      const heard = listen();
      const deferred = `(id INTEGER PRIMARY KEY, label VARCHAR(40) REFERENCES label (code) DEFERRABLE INITIALLY DEFERRED)`;
      await dataSource.query(`CREATE TABLE sticker ${deferred}`);
      heard.take();
      const runner = dataSource.createQueryRunner();
      await runner.startTransaction();
      await runner.query("INSERT INTO sticker (id, label) VALUES (1, 'nowhere')");
      await expect(runner.commitTransaction()).rejects.toThrow(QueryFailedError);
      expect(heard.released()).toContain('sticker');

      const { blockedBy } = await load(() => runner.query('SELECT * FROM label'));
      expect(blockedBy).toBe('transaction');
      await runner.rollbackTransaction();
      expect(heard.take()).toEqual([]);
      expect((await load(() => runner.query('SELECT * FROM label'))).blockedBy).toBeUndefined();
      await runner.release();
    });

    it('may be tried again, and then invalidates what the first attempt did not', async () => {
      const dataSource = await openDataSource(database, shop);
      const heard = listen();
      const deferred = `(id INTEGER PRIMARY KEY, label VARCHAR(40) REFERENCES label (code) DEFERRABLE INITIALLY DEFERRED)`;
      await dataSource.query(`CREATE TABLE sticker ${deferred}`);
      const runner = dataSource.createQueryRunner();
      await runner.query('BEGIN');
      await runner.query("INSERT INTO sticker (id, label) VALUES (1, 'c')");
      await expect(runner.query('COMMIT')).rejects.toThrow(QueryFailedError);
      heard.take();
      if (database.family === 'sqlite') {
        await runner.query("INSERT INTO label (code, text) VALUES ('c', '')");
        heard.take();
        await runner.query('COMMIT');
        expect(heard.released()).toEqual(expect.arrayContaining(['label:c', 'sticker']));
        expect(await dataSource.query('SELECT id FROM sticker')).toHaveLength(1);
      } else await runner.query('ROLLBACK');
      await runner.release();
    });
  },
  { only: ({ family }) => family !== 'mysql' },
);
