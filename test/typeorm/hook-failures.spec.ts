import { beforeEach, expect, it } from '@jest/globals';
import { QueryFailedError, type DataSource } from 'typeorm';
import { heardDataSource } from '../../lib/typeorm/statements/heard-data-source.js';
import { describeDatabases, openDataSource } from '../support/databases.js';
import { listen, load, takeFailures, type Listener } from './hearing.js';
import { Label, shop } from './shop.entities.js';

describeDatabases('a statement that could not be judged', (database) => {
  let dataSource: DataSource;
  let heard: Listener;

  beforeEach(async () => {
    dataSource = await openDataSource(database, shop);
    heard = listen();
    await dataSource.manager.insert(Label, { code: 'a' });
    heard.take();
    breakHooks(true);
  });

  const breakHooks = (areBroken: boolean) => {
    const source = heardDataSource(dataSource);
    if (!areBroken) return void Reflect.deleteProperty(source, 'planOf');
    return Object.assign(source, {
      planOf() {
        throw new Error('broken');
      },
    });
  };
  const failures = () => takeFailures().map((failure) => (failure as Error).message);

  it('is sent all the same, and sweeps its database before and after', async () => {
    await dataSource.query(`INSERT INTO label (code) VALUES ('b')`);
    expect(heard.take()).toEqual([
      { kind: 'mark', what: ['*'] },
      { kind: 'release', what: ['*'] },
    ]);
    expect(failures()).toEqual(['hearing a statement']);
    expect(await dataSource.query('SELECT code FROM label ORDER BY code')).toEqual([{ code: 'a' }, { code: 'b' }]);
  });

  it('sweeps its database once more when the transaction around it is committed', async () => {
    breakHooks(false);
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    breakHooks(true);
    await runner.query(`INSERT INTO label (code) VALUES ('b')`);
    breakHooks(false);
    expect(heard.released()).toEqual(['*']);
    await runner.commitTransaction();
    await runner.release();
    expect(heard.released()).toEqual(['*']);
    expect(failures()).toEqual(['hearing a statement']);
  });

  it('fails as it does by itself, and may have been executed', async () => {
    await expect(dataSource.query(`INSERT INTO label (code) VALUES ('a')`)).rejects.toThrow(QueryFailedError);
    expect(heard.released()).toEqual(['*']);
    expect(failures()).toEqual(['hearing a statement']);
  });

  it('is answered, and the answer is not kept', async () => {
    const read = () => dataSource.query('SELECT code FROM label');
    expect(await load(read)).toMatchObject({ value: [{ code: 'a' }], blockedBy: 'not understood' });
    expect(failures()).toEqual(['hearing a statement']);
  });
});
