import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryGeneratedColumn, type EntityManager, type EntitySubscriberInterface } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Account {
  @PrimaryGeneratedColumn() id!: number;
  @Column() balance!: number;
}

const reads = {
  row: (manager: EntityManager) => manager.findOneBy(Account, { id: 1 }),
  rich: (manager: EntityManager) => manager.findBy(Account, { balance: 100 }),
  sum: (manager: EntityManager) => manager.sum(Account, 'balance'),
};

// TypeORM #743, #7664, #8661, #2816: entity events come before COMMIT, by design.
describeDatabases('What is asked while an entity event is handled', (database) => {
  async function open(): Promise<CachedReads> {
    const cached = await CachedReads.open(database, [Account], reads);
    await cached.dataSource.manager.insert(Account, { balance: 1 });
    await cached.fill();
    // Whoever warms the cache in such a handler reads what may still be rolled back.
    const warmer: EntitySubscriberInterface = {
      async afterUpdate() {
        for (const name of Object.keys(reads)) await cached.ask(name);
      },
    };
    cached.dataSource.subscribers.push(warmer);
    return cached;
  }

  it('is not kept over a rollback', async () => {
    const cached = await open();
    const failed = cached.dataSource.transaction(async (manager) => {
      await manager.save(Account, { id: 1, balance: 100 });
      throw new Error('back');
    });
    await expect(failed).rejects.toThrow('back');
    expect(await cached.ask('row')).toMatchObject({ balance: 1 });
    expect(await cached.wrong()).toEqual([]);
  });

  it('is not what is answered after the commit either', async () => {
    const cached = await open();
    await cached.dataSource.manager.save(Account, { id: 1, balance: 100 });
    expect(await cached.ask('row')).toMatchObject({ balance: 100 });
    expect(await cached.wrong()).toEqual([]);
  });
});
