import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Account {
  @PrimaryColumn() id!: number;
  @Column('text', { nullable: true }) name!: string | null;
}

@Entity()
class Payment {
  @PrimaryColumn() id!: number;
  @Column() account!: number;
  @Column() amount!: number;
}

const FUNCTIONS = `
create function paid(account) returns bigint language sql stable as
  'select sum(amount) from payment where account = $1.id';
create function spelled(account) returns text language sql stable as
  'select string_agg(amount::text, '','') from payment where account = $1.id';
create cast (account as text) with function spelled(account);
create function plus(integer, integer) returns bigint language sql stable as
  'select sum(amount) + $1 + $2 from payment';
create operator @@@ (leftarg = integer, rightarg = integer, function = plus)`;

const asked = (text: string) => (manager: EntityManager) => manager.query(text);

const calling = {
  field: asked('select a.id, a.paid from account a'),
  condition: asked('select a.id from account a where a.paid = 10'),
  builder: (manager: EntityManager) =>
    manager.createQueryBuilder(Account, 'a').addSelect('a.paid', 'paid').getRawMany(),
  inner: asked('select (select a.paid) as paid from account a'),
  cast: asked('select (a.*)::text from account a'),
  wordyCast: asked('select cast(a as text) from account a'),
  operator: asked('select id @@@ 1 as plus from account'),
};
const plain = {
  all: (manager: EntityManager) => manager.find(Account, { order: { id: 'ASC' } }),
  page: (manager: EntityManager) =>
    manager
      .createQueryBuilder(Account, 'a')
      .leftJoinAndMapMany('a.payments', Payment, 'p', 'p.account = a.id')
      .orderBy('a.name')
      .take(1)
      .getMany(),
  cte: asked('with a as (select id as paid from account) select a.paid from a'),
  subquery: asked('select a.paid from (select id as paid from account) a'),
  renamed: asked('select a.paid from account as a (paid, name)'),
  sameName: asked('select b.name from account a join (select a.account as name from payment a) b on b.name = a.id'),
  whole: asked('select public.account.name::text, count(account.*) from account group by account.name'),
};

describeDatabases(
  'A function that is called without parentheses',
  (database) => {
    it('keeps answers from being cached, as it may read any table', async () => {
      const cached = await CachedReads.open(database, [Account, Payment], { ...calling, ...plain });
      const { manager } = cached.dataSource;
      await manager.query(FUNCTIONS);
      await manager.insert(Account, { id: 1 });
      await manager.insert(Payment, { id: 1, account: 1, amount: 10 });
      for (const name of [...Object.keys(calling), ...Object.keys(plain)]) await cached.ask(name);
      for (const name of Object.keys(plain)) expect([name, await cached.cache.has(name)]).toEqual([name, true]);
      await manager.update(Payment, 1, { amount: 20 });
      expect(await cached.wrong()).toEqual([]);
    });
  },
  { only: ({ family }) => family === 'postgres' },
);
