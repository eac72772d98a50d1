import { expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { describeDatabases, openDataSource } from '../support/databases.js';
import { listen, load } from './hearing.js';
import { Label, shop } from './shop.entities.js';

type QueryResultCache = NonNullable<DataSource['queryResultCache']>;
type Options = Parameters<QueryResultCache['getFromCache']>[0];

/** Keeps results in memory, as one that asks Redis would: without a statement that could be heard. */
class MapCache implements QueryResultCache {
  private readonly results = new Map<string, Options>();

  connect = () => Promise.resolve();
  disconnect = () => Promise.resolve();
  synchronize = () => Promise.resolve();
  clear = () => Promise.resolve(this.results.clear());
  remove = () => Promise.resolve();
  isExpired = () => false;
  getFromCache = ({ query }: Options) => Promise.resolve(this.results.get(query ?? ''));
  storeInCache(options: Options): Promise<void> {
    this.results.set(options.query ?? '', options);
    return Promise.resolve();
  }
}

describeDatabases('an answer of the cache that TypeORM has itself', (database) => {
  it('is not kept, because it may be old and nothing tells what it depends on', async () => {
    const dataSource = await openDataSource(database, shop, { cache: { provider: () => new MapCache() } });
    listen();
    const read = () => load(() => dataSource.manager.find(Label, { cache: true }));
    expect(await read()).toEqual({ value: [], tags: ['label+'], blockedBy: undefined });

    await dataSource.manager.insert(Label, { code: 'a' });
    expect(await read()).toMatchObject({ value: [], blockedBy: 'typeorm cache' });
  });

  it('is no matter to queries that do not ask for it', async () => {
    const dataSource = await openDataSource(database, shop, { cache: { provider: () => new MapCache() } });
    listen();
    await dataSource.manager.find(Label, { cache: true });
    expect(await load(() => dataSource.manager.find(Label))).toMatchObject({ tags: ['label+'], blockedBy: undefined });
  });
});
