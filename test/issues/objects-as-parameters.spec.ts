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
  @Column({ default: 0 }) views!: number;
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
      ['a row', "insert into task values (3, 'open', ?, now(), 0)", raw("'x', now(), 0), (4, 'open', 'x'")],
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

    it.each<[string, string, unknown]>([
      ['set another column', 'update task set state = ? where id = 1', raw("'done', wanted = 'done'")],
      ['choose another row', "update task set wanted = 'done' where id = 1 and state = ?", raw("'open' or id = 2")],
      ['choose another row', 'delete from task where id = 1 and state = ?', raw("'open' or id = 2")],
      ['set more', 'update task set views = ? where id = 1', raw("views + 1, wanted = 'done'")],
    ])('may %s than a write says: %s', async (_what, text, value) => {
      const extra = { extra: { stringifyObjects: false } };
      const reads = {
        done: (manager: EntityManager) => manager.query("select id from task where wanted = 'done'"),
        second: (manager: EntityManager) => manager.query('select wanted from task where id = 2'),
      };
      const cached = await CachedReads.open(database, [Task], reads, extra, {
        entities: { Task: { ignoreColumns: ['views'] } },
      });
      for (const id of [1, 2]) {
        await cached.dataSource.query("insert into task values (?, 'open', 'open', now(), 0)", [id]);
      }
      await cached.fill();
      await cached.dataSource.query(text, [value]);
      expect(await cached.wrong()).toEqual([]);
    });
  },
  { only: ({ family }) => family === 'mysql' },
);
