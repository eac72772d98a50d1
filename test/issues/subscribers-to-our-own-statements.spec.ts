import { expect, it, jest } from '@jest/globals';
import {
  Column,
  Entity,
  EventSubscriber,
  PrimaryGeneratedColumn,
  type AfterQueryEvent,
  type EntityManager,
  type EntitySubscriberInterface,
} from 'typeorm';
import { HeardDataSource } from '../../lib/typeorm/statements/heard-data-source.js';
import { connect, describeDatabases } from '../support/databases.js';
import { freshDirectory } from '../support/lmdb.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Bunk {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ length: 20 }) guest!: string;
}

@Entity()
class Audit {
  @PrimaryGeneratedColumn() id!: number;
  @Column('text') query!: string;
}

const reads = {
  row: (manager: EntityManager) => manager.findOneBy(Bunk, { id: 1 }),
  audited: (manager: EntityManager) => manager.count(Audit),
};

const writesDown = ({ manager, query }: AfterQueryEvent): Promise<unknown> => manager.insert(Audit, { query });

/** Does something after every query but those of its own. */
@EventSubscriber()
class Auditor implements EntitySubscriberInterface {
  private isBusy = false;

  constructor(private readonly act: (event: AfterQueryEvent) => Promise<unknown> = writesDown) {}

  async afterQuery(event: AfterQueryEvent): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    await this.act(event);
    this.isBusy = false;
  }
}

// TypeORM waits for subscribers before it goes on, and tells them of what the hooks ask too.
describeDatabases('A subscriber that hears how the catalogue is read', (database) => {
  async function openAfterDefinition(act: (event: AfterQueryEvent) => Promise<unknown>): Promise<CachedReads> {
    const cached = await CachedReads.open(database, [Bunk, Audit], reads);
    await cached.fill();
    await cached.dataSource.query('CREATE TABLE another (id int)');
    await cached.cache.clear();
    cached.dataSource.subscribers.push(new Auditor(act));
    return cached;
  }

  it('may write, and is heard', async () => {
    const cached = await openAfterDefinition(writesDown);
    const { dataSource } = cached;
    await cached.ask('row');
    dataSource.subscribers.length = 0;
    expect(await dataSource.manager.count(Audit)).toBeGreaterThan(1);
    expect(await cached.wrong()).toEqual([]);
  });

  it('waits for no reading of the catalogue that waits for it, also past the cache', async () => {
    const cached: CachedReads = await openAfterDefinition((event) => cached.cache.bypass(() => writesDown(event)));
    const reading = jest.spyOn(HeardDataSource.prototype, 'readCatalogue');
    try {
      await cached.ask('row');
      expect(reading).toHaveBeenCalledTimes(1);
    } finally {
      reading.mockRestore();
      cached.dataSource.subscribers.length = 0;
    }
    expect(await cached.dataSource.manager.count(Audit)).toBeGreaterThan(1);
  });

  it('may ask for what waits for the catalogue', async () => {
    const cached: CachedReads = await openAfterDefinition(() => cached.ask('row'));
    await Promise.all([cached.ask('row'), cached.ask('audited')]);
    cached.dataSource.subscribers.length = 0;
    expect(await cached.wrong()).toEqual([]);
  });

  it('may write while a connection that others share a log with is asked who it is', async () => {
    const caching = { storage: `lmdb:${freshDirectory()}` };
    const { dataSource } = await CachedReads.open(database, [Bunk, Audit], reads, {}, caching);
    dataSource.subscribers.push(new Auditor());
    // The second one has a connection of its own, where there is more than one.
    await dataSource.transaction(() => dataSource.manager.insert(Bunk, { guest: 'Ann' }));
    dataSource.subscribers.length = 0;
    expect(await dataSource.manager.count(Audit)).toBeGreaterThan(1);
  });

  if (database.supportsSharing) {
    it('does not keep its DataSource from being initialised', async () => {
      const cached = await CachedReads.open(database, [Bunk, Audit], reads);
      await cached.fill();
      await connect({ ...cached.dataSource.options, synchronize: false, subscribers: [Auditor] });
      expect(await cached.dataSource.manager.count(Audit)).toBeGreaterThan(1);
      expect(await cached.wrong()).toEqual([]);
    });
  }
});
