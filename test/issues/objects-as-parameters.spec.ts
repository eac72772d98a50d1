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

    it.each([
      ['a key', "delete from task where id = ? and state = 'done'", raw('1 or id = 2')],
      ['another condition', "delete from task where id = 1 and state = ? and wanted = 'x'", raw("'none' or id = 2")],
      ['what is set', 'update task set wanted = ? where id = 2', raw("'x', state = 'done'")],
      ['a row', "insert into task values (3, 'open', ?, now())", raw("'x', now()), (4, 'open', 'x'")],
    ])('is heard with all that a write may do with it in the place of %s', async (_place, text, value) => {
      const reads = {
        second: (manager: EntityManager) => manager.findOneBy(Task, { id: 2 }),
        fourth: (manager: EntityManager) => manager.findOneBy(Task, { id: 4 }),
        open: asked('state = ?', 'open'),
      };
      const cached = await CachedReads.open(database, [Task], reads);
      const { manager } = cached.dataSource;
      const due = new Date(0);
      await manager.insert(
        Task,
        [1, 2].map((id) => ({ id, state: 'open', wanted: 'x', due })),
      );
      await cached.fill();
      await manager.query(text, [value]);
      expect(await cached.wrong()).toEqual([]);
      expect(await manager.countBy(Task, { state: 'open' })).not.toBe(2);
    });
  },
  { only: ({ family }) => family === 'mysql' },
);
