import { expect, it } from '@jest/globals';
import { TypeORMError } from 'typeorm';
import { describeDatabases, openDataSource } from '../support/databases.js';
import { untilNothingIsPending } from '../support/pending.js';
import { listen, load } from './hearing.js';
import { Label, shop } from './shop.entities.js';

describeDatabases(
  'a connection that is lost',
  (database) => {
    const killing =
      database.family === 'postgres'
        ? { whoAmI: 'SELECT pg_backend_pid() AS id', kill: 'SELECT pg_terminate_backend' }
        : { whoAmI: 'SELECT CONNECTION_ID() AS id', kill: 'KILL ' };

    it('takes its transaction with it: nothing stays pending, and nothing of it is invalidated later', async () => {
      const dataSource = await openDataSource(database, shop);
      const heard = listen();
      await dataSource.manager.insert(Label, { code: 'a' });
      heard.take();
      const runner = dataSource.createQueryRunner();
      await runner.startTransaction();
      await runner.manager.insert(Label, { code: 'b' });
      const [{ id }] = (await runner.query(killing.whoAmI)) as [{ id: number }];
      await dataSource.query(`${killing.kill} ${database.family === 'postgres' ? `(${id})` : id}`);
      await expect(runner.commitTransaction()).rejects.toThrow(TypeORMError);
      await runner.rollbackTransaction().catch(() => undefined);
      await runner.release();
      await untilNothingIsPending();
      heard.take();

      await dataSource.transaction((manager) => manager.insert(Label, { code: 'c' }));
      expect(heard.released()).toEqual(['label', 'label:c']);
      expect((await load(() => dataSource.manager.count(Label))).blockedBy).toBeUndefined();
    });
  },
  { only: ({ supportsConcurrentConnections }) => supportsConcurrentConnections },
);
