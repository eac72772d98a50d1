import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Account {
  @PrimaryColumn() id!: number;
}

@Entity()
class Payment {
  @PrimaryColumn() id!: number;
  @Column() account!: number;
  @Column() amount!: number;
}

describeDatabases(
  'A function that somebody wrote under a name that is built in elsewhere',
  (database) => {
    it('keeps answers from being cached, as it may read any table', async () => {
      const cached = await CachedReads.open(database, [Account, Payment], {
        totals: (manager) => manager.query('select id, total(id) as total from account'),
      });
      const { manager } = cached.dataSource;
      await manager.query(
        'create function total(integer) returns bigint language sql stable as ' +
          "'select sum(amount) from payment where account = $1'",
      );
      await manager.insert(Account, { id: 1 });
      await manager.insert(Payment, { id: 1, account: 1, amount: 10 });
      expect(await cached.ask('totals')).toEqual([{ id: 1, total: '10' }]);
      await manager.update(Payment, 1, { amount: 20 });
      expect(await cached.wrong()).toEqual([]);
    });
  },
  { only: ({ family }) => family === 'postgres' },
);
