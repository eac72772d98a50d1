import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { describeDatabases, openDataSource } from '../support/databases.js';
import { listen, load } from './hearing.js';

@Entity()
class Diary {
  @PrimaryColumn()
  day!: number;

  @Column({ default: '' })
  entry!: string;
}

describeDatabases(
  'a table of whose storage its entity says nothing',
  (database) => {
    it('is written although it is rolled back, where the database says that nothing undoes it', async () => {
      const dataSource = await openDataSource(database, [Diary]);
      const heard = listen();
      const released = async (text: string) => {
        const runner = dataSource.createQueryRunner();
        await load(() => runner.query('SELECT * FROM diary'));
        heard.take();
        await runner.startTransaction();
        await runner.query(text);
        await runner.rollbackTransaction();
        await runner.release();
        return heard.released();
      };
      expect(await released('INSERT INTO diary (day) VALUES (1)')).toEqual([]);
      await dataSource.query('ALTER TABLE diary ENGINE = MyISAM');
      await dataSource.query('CREATE VIEW log AS SELECT * FROM diary');
      expect(await released('INSERT INTO diary (day) VALUES (1)')).toEqual(['diary', 'diary:1']);
      expect(await released('INSERT INTO log (day) VALUES (2)')).toContain('diary');
      expect(await dataSource.manager.count(Diary)).toBe(2);
    });

    it('is not kept where it shows the rows of others', async () => {
      const dataSource = await openDataSource(database, [Diary]);
      listen();
      await dataSource.query('CREATE TABLE part (day INT PRIMARY KEY) ENGINE = MyISAM');
      await dataSource.query('CREATE TABLE whole (day INT PRIMARY KEY) ENGINE = MERGE UNION = (part)');
      expect((await load(() => dataSource.query('SELECT * FROM whole'))).blockedBy).toBe('rows kept elsewhere');
      expect((await load(() => dataSource.query('SELECT * FROM part'))).blockedBy).toBeUndefined();
    });

    it('is not kept where it is a sequence, whose numbers are taken by no write', async () => {
      const dataSource = await openDataSource(database, [Diary]);
      listen();
      await dataSource.query('CREATE SEQUENCE page');
      expect((await load(() => dataSource.query('SELECT next_not_cached_value FROM page'))).blockedBy).toBe('sequence');
    });
  },
  { only: ({ family }) => family === 'mysql' },
);

describeDatabases(
  'a foreign table',
  (database) => {
    it('is not kept, nor is what it is a part of', async () => {
      const dataSource = await openDataSource(database, [Diary]);
      listen();
      await dataSource.query('CREATE FOREIGN DATA WRAPPER any_wrapper');
      await dataSource.query('CREATE SERVER other FOREIGN DATA WRAPPER any_wrapper');
      await dataSource.query('CREATE TABLE event (day INT) PARTITION BY RANGE (day)');
      await dataSource.query('CREATE FOREIGN TABLE far PARTITION OF event FOR VALUES FROM (0) TO (9) SERVER other');
      const reason = async (table: string) =>
        (await load(() => dataSource.query(`SELECT * FROM ${table}`).catch(() => []))).blockedBy;
      expect([await reason('far'), await reason('event')]).toEqual(['rows kept elsewhere', 'rows kept elsewhere']);
      expect(await reason('diary')).toBeUndefined();
    });
  },
  { only: ({ family }) => family === 'postgres' },
);
