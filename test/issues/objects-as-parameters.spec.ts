import { expect, it } from '@jest/globals';
import { raw } from 'mysql2';
import { Column, Entity, In, PrimaryColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Task {
  @PrimaryColumn() id!: number;
  @Column({ length: 20 }) state!: string;
  @Column({ length: 20 }) wanted!: string;
  @Column('datetime') due!: Date;
}

const asked = (condition: string, value: unknown) => (manager: EntityManager) =>
  manager.query(`select id from task where ${condition}`, [value]);

const spelled = {
  object: asked('?', { state: 'open' }),
  column: asked('state = ?', { wanted: 1 }),
  raw: asked('state = ?', raw('wanted')),
  listed: asked('state in (?)', ['done', raw('wanted')]),
};
const plain = {
  value: asked('state = ?', 'open'),
  list: asked('state in (?)', ['open', 'done']),
  date: asked('due = ?', new Date(0)),
  bytes: asked('state = ?', Buffer.from('open')),
  found: (manager: EntityManager) => manager.findBy(Task, { state: In(['open']), due: new Date(0) }),
};

describeDatabases(
  'A parameter of which the client of MySQL may make conditions or columns',
  (database) => {
    it('keeps the answer from being cached, because no text says what it depends on', async () => {
      // As it is where TypeORM does not ask for something else.
      const extra = { extra: { stringifyObjects: false } };
      const cached = await CachedReads.open(database, [Task], { ...spelled, ...plain }, extra);
      for (const name of [...Object.keys(spelled), ...Object.keys(plain)]) await cached.ask(name);
      for (const name of Object.keys(spelled)) expect([name, await cached.cache.has(name)]).toEqual([name, false]);
      for (const name of Object.keys(plain)) expect([name, await cached.cache.has(name)]).toEqual([name, true]);
    });
  },
  { only: ({ family }) => family === 'mysql' },
);
