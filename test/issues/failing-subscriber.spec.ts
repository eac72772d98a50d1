import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryGeneratedColumn, type EntityManager, type EntitySubscriberInterface } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Parcel {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ length: 20 }) place!: string;
}

const reads = {
  row: (manager: EntityManager) => manager.findOneBy(Parcel, { id: 1 }),
  away: (manager: EntityManager) => manager.countBy(Parcel, { place: 'away' }),
};

// What a subscriber throws makes TypeORM call a statement failed that the database has carried out.
describeDatabases('A write that fails because a subscriber threw,', (database) => {
  async function open(subscriber: EntitySubscriberInterface): Promise<CachedReads> {
    const cached = await CachedReads.open(database, [Parcel], reads);
    await cached.dataSource.manager.insert(Parcel, { place: 'home' });
    await cached.fill();
    cached.dataSource.subscribers.push(subscriber);
    return cached;
  }

  it('after its statement was carried out, is a write', async () => {
    const cached = await open({
      afterQuery({ query }) {
        if (query.startsWith('UPDATE')) throw new Error('subscriber');
      },
    });
    await expect(cached.dataSource.manager.update(Parcel, 1, { place: 'away' })).rejects.toThrow('subscriber');
    cached.dataSource.subscribers.length = 0;
    expect(await cached.ask('row')).toMatchObject({ place: 'away' });
    expect(await cached.wrong()).toEqual([]);
  });

  it('after its transaction was committed, is a write', async () => {
    const cached = await open({
      afterTransactionCommit() {
        throw new Error('subscriber');
      },
    });
    await expect(cached.dataSource.manager.save(Parcel, { id: 1, place: 'away' })).rejects.toThrow('subscriber');
    cached.dataSource.subscribers.length = 0;
    expect(await cached.ask('row')).toMatchObject({ place: 'away' });
    expect(await cached.wrong()).toEqual([]);
  });
});
