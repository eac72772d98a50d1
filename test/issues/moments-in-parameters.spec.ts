import { expect, it } from '@jest/globals';
import { Column, Entity, MoreThan, PrimaryColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Event {
  @PrimaryColumn() id!: number;
  @Column('text') slug!: string;
  @Column('timestamptz') at!: Date;
}

const since = (moment: unknown) => (manager: EntityManager) => manager.findBy(Event, { at: MoreThan(moment as Date) });
const listed = (moment: unknown) => (manager: EntityManager) =>
  manager.query('select id from event where at = any($1)', [moment]);

const moving = {
  word: since('now'),
  spelled: since(' Tomorrow 08:00 UTC '),
  array: listed(['2020-01-01', 'today']),
  literal: listed('{2020-01-01 00:00:00.000000+00,"today 10:00"}'),
};
const standing = {
  day: since('2020-01-01'),
  date: since(new Date(0)),
  slug: (manager: EntityManager) => manager.findBy(Event, { slug: 'buy-now' }),
};

describeDatabases(
  'A parameter in which the database reads the present moment',
  (database) => {
    it('keeps the answer from being cached, which time alone would make wrong', async () => {
      const cached = await CachedReads.open(database, [Event], { ...moving, ...standing });
      for (const name of [...Object.keys(moving), ...Object.keys(standing)]) await cached.ask(name);
      for (const name of Object.keys(moving)) expect([name, await cached.cache.has(name)]).toEqual([name, false]);
      for (const name of Object.keys(standing)) expect([name, await cached.cache.has(name)]).toEqual([name, true]);
      expect(cached.cache.stats().bypasses).toMatchObject({ "'now'": 1 });
    });
  },
  { only: ({ family }) => family === 'postgres' },
);
