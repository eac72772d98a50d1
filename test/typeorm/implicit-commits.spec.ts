import { beforeEach, expect, it } from '@jest/globals';
import { QueryFailedError, type DataSource, type DataSourceOptions, type QueryRunner } from 'typeorm';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { connect, describeDatabases, openDataSource } from '../support/databases.js';
import { listen, load, type Listener } from './hearing.js';
import { Label, shop } from './shop.entities.js';

@Entity({ engine: 'MyISAM' })
class Diary {
  @PrimaryColumn()
  day!: number;

  @Column()
  entry!: string;
}

describeDatabases(
  'a commit that nobody asked for',
  (database) => {
    let dataSource: DataSource;
    let heard: Listener;
    let runner: QueryRunner;

    beforeEach(async () => {
      dataSource = await openDataSource(database, [...shop, Diary]);
      heard = listen();
      await dataSource.manager.insert(Label, { code: 'a' });
      runner = dataSource.createQueryRunner();
      heard.take();
    });

    const insert = (code: string) => runner.query(`INSERT INTO label (code, text) VALUES ('${code}', '')`);

    it('happens before DDL, so a rollback afterwards undoes nothing', async () => {
      await runner.startTransaction();
      await insert('b');
      await runner.query('CREATE TABLE shelf (id INTEGER)');
      expect(heard.released()).toEqual(expect.arrayContaining(['label:b', 'shelf!']));
      await insert('c');
      expect(heard.released()).toEqual(['label', 'label:c']);
      await runner.rollbackTransaction();
      expect(await dataSource.manager.count(Label)).toBe(3);
      await runner.release();
    });

    it('happens before TRUNCATE, whether that succeeds or fails', async () => {
      await runner.query('START TRANSACTION');
      await insert('b');
      await expect(runner.query('TRUNCATE TABLE nowhere')).rejects.toThrow(QueryFailedError);
      expect(heard.released()).toContain('label:b');
      // Nobody can tell whether the failed statement came as far as committing.
      await insert('c');
      expect(heard.released()).toContain('label:c');
      expect((await load(() => runner.query('SELECT * FROM label'))).blockedBy).toBe('transaction');
      await runner.query('COMMIT');
      expect((await load(() => runner.query('SELECT * FROM label'))).blockedBy).toBeUndefined();
      await runner.release();
    });

    it('happens before another BEGIN', async () => {
      await runner.query('BEGIN');
      await insert('b');
      await runner.query('START TRANSACTION');
      expect(heard.released()).toEqual(['label', 'label:b']);
      await insert('c');
      await runner.query('ROLLBACK');
      expect(heard.released()).toEqual([]);
      await runner.release();
    });

    it('does not happen before DDL on temporary tables', async () => {
      await runner.query('BEGIN');
      await insert('b');
      await runner.query('CREATE TEMPORARY TABLE scratch (id INTEGER)');
      expect(heard.released()).not.toContain('label');
      await runner.query('ROLLBACK');
      expect(heard.released()).toEqual([]);
      await runner.release();
    });

    it('happens with every statement on a table whose engine knows no transactions', async () => {
      await runner.startTransaction();
      await runner.manager.insert(Diary, { day: 1, entry: 'rain' });
      expect(heard.released()).toEqual(['diary', 'diary:1']);
      await runner.rollbackTransaction();
      expect(await dataSource.manager.count(Diary)).toBe(1);
      await runner.release();
    });

    it('may happen in a procedure, so what was done before it is released, and nothing is sure until the end', async () => {
      await runner.query('CREATE PROCEDURE finish() BEGIN COMMIT; END');
      await runner.query('START TRANSACTION');
      await insert('b');
      heard.take();
      await runner.query('CALL finish()');
      expect(heard.released()).toEqual(expect.arrayContaining(['*', 'label:b']));
      await insert('c');
      expect(heard.released()).toContain('label:c');
      await runner.query('ROLLBACK');
      expect(await dataSource.manager.count(Label)).toBe(3);
      expect((await load(() => runner.query('SELECT * FROM label'))).blockedBy).toBeUndefined();
      await runner.release();
    });

    it('may not have happened where it depends, so nothing is sure until the end', async () => {
      const several = await connect({ ...dataSource.options, multipleStatements: true } as DataSourceOptions);
      runner = several.createQueryRunner();
      for (const [index, text] of ['UNLOCK TABLES', 'DROP PREPARE nothing', 'SELECT 1; UNLOCK TABLES'].entries()) {
        await runner.query("PREPARE nothing FROM 'SELECT 1'");
        await runner.query('START TRANSACTION');
        await insert(`b${index}`);
        await runner.query(text);
        await insert(`c${index}`);
        heard.take();
        await runner.query('COMMIT');
        // Only now do others see them, who may have kept what they read before.
        expect([text, ...heard.released()]).toEqual(
          expect.arrayContaining([text, `label:b${index}`, `label:c${index}`]),
        );
      }
      await runner.release();
    });

    it('does not happen at all while autocommit is off', async () => {
      await runner.query('SET autocommit = 0');
      await insert('b');
      expect(heard.released()).toEqual([]);
      expect((await load(() => runner.query('SELECT * FROM label'))).blockedBy).toBe('transaction');
      await runner.query('COMMIT');
      expect(heard.released()).toEqual(['label', 'label:b']);
      await insert('c');
      await runner.query('ROLLBACK');
      expect(heard.released()).toEqual([]);
      await insert('d');
      await runner.query('SET autocommit = 1');
      expect(heard.released()).toEqual(['label', 'label:d']);
      await insert('e');
      expect(heard.released()).toEqual(['label', 'label:e']);
      await runner.release();
    });

    it('cannot be told after USE: names mean tables of another database', async () => {
      await runner.query('USE information_schema');
      expect((await load(() => runner.query('SELECT * FROM label').catch(() => []))).blockedBy).toBe(
        'names changed on the connection',
      );
      heard.take();
      await insert('b').catch(() => undefined);
      expect(heard.released()).toEqual(['*']);
      await runner.query(`USE ${String(dataSource.options.database)}`);
      await runner.release();
    });
  },
  { only: ({ family }) => family === 'mysql' },
);
