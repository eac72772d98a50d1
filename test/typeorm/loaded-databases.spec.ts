import { expect, it } from '@jest/globals';
import type { SqljsEntityManager } from 'typeorm/entity-manager/SqljsEntityManager.js';
import { heardDataSource } from '../../lib/typeorm/statements/heard-data-source.js';
import { describeDatabases, openDataSource } from '../support/databases.js';
import { listen, load } from './hearing.js';
import { Label, shop } from './shop.entities.js';

describeDatabases(
  'a database that is loaded in the place of another',
  (database) => {
    it('is all new, and so are its tables', async () => {
      const dataSource = await openDataSource(database, shop);
      const manager = dataSource.manager as SqljsEntityManager;
      const heard = listen();
      await dataSource.query('CREATE TABLE extra (id INTEGER PRIMARY KEY)');
      const bytes = manager.exportDatabase();
      await dataSource.query('DROP TABLE extra');
      await load(() => dataSource.manager.find(Label));
      heard.take();
      await manager.loadDatabase(bytes);
      expect(heard.take()).toEqual([
        { kind: 'mark', what: ['*'] },
        { kind: 'release', what: ['*'] },
      ]);
      expect(heardDataSource(dataSource).isCatalogueRead).toBe(false);
      expect((await load(() => dataSource.query('SELECT * FROM extra'))).blockedBy).toBeUndefined();
    });

    it('need not be one: what fails may have changed it', async () => {
      const dataSource = await openDataSource(database, shop);
      const manager = dataSource.manager as SqljsEntityManager;
      const heard = listen();
      await expect(manager.loadDatabase('/nowhere')).rejects.toThrow('does not exist');
      expect(heard.released()).toEqual(['*']);
    });
  },
  { only: ({ variant }) => variant === 'sqljs' },
);
