import { expect, it } from '@jest/globals';
import { EntitySchema } from 'typeorm';
import { cleanUpLater } from '../support/clean-up.js';
import { connect, describeDatabases } from '../support/databases.js';
import { listen, load } from './hearing.js';

describeDatabases(
  'entities in another database of the server',
  (database) => {
    it('are known as well as those of the own: their keys, views and columns', async () => {
      const options = await database.createOptions([]);
      const other = `${String(options.database)}_other`;
      const entity = (name: string, column: string) =>
        new EntitySchema({
          name,
          tableName: name,
          database: other,
          columns: { id: { type: 'int', primary: true }, [column]: { type: 'int', nullable: true } },
        });
      const setUp = await connect(options);
      cleanUpLater(() => setUp.query(`DROP DATABASE ${other}`));
      for (const text of [
        `CREATE DATABASE ${other}`,
        `CREATE TABLE ${other}.cage (id INT PRIMARY KEY, size INT)`,
        `CREATE TABLE ${other}.bird (id INT PRIMARY KEY, cage INT, FOREIGN KEY (cage) REFERENCES ${other}.cage (id) ON DELETE CASCADE)`,
        `CREATE VIEW ${other}.seen AS SELECT id, size FROM ${other}.cage`,
        `INSERT INTO ${other}.cage VALUES (1, 1)`,
        `INSERT INTO ${other}.bird VALUES (1, 1)`,
        // Of the same name, with other columns.
        'CREATE TABLE cage (id INT PRIMARY KEY, colour INT)',
      ]) {
        await setUp.query(text);
      }
      const entities = [entity('cage', 'size'), entity('bird', 'cage'), entity('seen', 'size')];
      const dataSource = await connect({ ...options, entities, synchronize: false });
      const heard = listen();
      const { tags, blockedBy } = await load(() => dataSource.getRepository('seen').find());
      expect({ tags, blockedBy }).toEqual({ tags: ['cage', 'seen'], blockedBy: undefined });
      const found = await load(() => dataSource.getRepository('cage').findBy({ size: 1 }));
      expect(found.tags).toContain('cage=size:1');
      heard.take();
      await dataSource.getRepository('cage').delete(1);
      expect(heard.released()).toEqual(['bird', 'bird:*', 'cage', 'cage:1']);
      expect(await dataSource.getRepository('bird').find()).toEqual([]);
    });
  },
  { only: ({ family }) => family === 'mysql' },
);
