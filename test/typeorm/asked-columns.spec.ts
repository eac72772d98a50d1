import { afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { installHooks } from '../../lib/typeorm/hooks/install-hooks.js';
import { describeDatabases, openDataSource } from '../support/databases.js';
import { Goods, Kind, Maker, Sort } from './reading.entities.js';
import { Reading } from './reading.js';

beforeAll(() => installHooks());

/** How the drivers of SQLite are given functions. */
interface FunctionMaker {
  create_function?(name: string, call: (value: unknown) => number): void;
  function(name: string, call: (value: unknown) => number): void;
}

describeDatabases(
  'an update or a delete',
  (database) => {
    let dataSource: DataSource;
    let reading: Reading;
    let statements: { take(): string[] };

    beforeEach(async () => {
      reading = new Reading();
      dataSource = await openDataSource(database, [Goods, Maker, Kind, Sort]);
      await dataSource.manager.insert(Goods, [
        { name: 'one', kind: 'light', price: 1 },
        { name: 'two', kind: 'dark', price: 2 },
      ]);
      statements = reading.statements(dataSource);
    });

    afterEach(() => reading.close());

    /** The columns that a write was sent to be answered. */
    async function askedBy(write: () => Promise<unknown>): Promise<readonly string[]> {
      statements.take();
      await write();
      const sent = statements.take().find((text) => /^(?:with|update|delete)/i.test(text))!;
      return [...sent.matchAll(/"(\w+)"(?:::text| AS TEXT\))?(?:, (?:1, )?\d+\))?(?: END)? AS zoocache_/g)].map(
        ([, column]) => column,
      );
    }

    const names = (kind: string): Promise<Goods[]> =>
      reading.keep(`goods ${kind}`, () => dataSource.manager.findBy(Goods, { kind }));
    const update = (id: number): Promise<unknown> => dataSource.manager.update(Goods, { id }, { price: 7 });

    it('of a row that it names is sent as it is while no answer was chosen by a value', async () => {
      await reading.keep('one', () => dataSource.manager.findOneBy(Goods, { id: 1 }));
      expect(await askedBy(() => update(1))).toEqual([]);
      expect(await askedBy(() => dataSource.manager.delete(Goods, { id: 1 }))).toEqual([]);
    });

    it('is asked for the values by which answers were chosen, for those it sets, and for the key', async () => {
      await names('light');
      expect((await askedBy(() => update(1))).toSorted()).toEqual(['id', 'kind', 'price']);
    });

    it('of a row that is gone is asked for those values and the key', async () => {
      await reading.keep('count', () => dataSource.manager.countBy(Goods, { kind: 'light' }));
      const byName = await askedBy(() => dataSource.manager.delete(Goods, { name: 'two' }));
      expect(byName.toSorted()).toEqual(['id', 'kind']);
    });

    it('is asked for the key alone where it does not name its rows', async () => {
      const write = (): Promise<unknown> => dataSource.manager.update(Goods, { name: 'one' }, { price: 7 });
      expect(await askedBy(write)).toEqual(['id']);
    });

    it('is not asked for more rows than are worth naming', async () => {
      const many = Array.from({ length: 1_001 }, (_, n) => ({ name: `many ${n}`, kind: 'many' }));
      for (let at = 0; at < many.length; at += 200) await dataSource.manager.insert(Goods, many.slice(at, at + 200));
      expect(await names('many')).toHaveLength(1_001);
      expect(await names('light')).toHaveLength(1);
      let affected: number | undefined;
      const asked = await askedBy(async () => {
        ({ affected } = await dataSource.manager.update(Goods, { kind: 'many' }, { price: 8 }));
      });
      expect(affected).toBe(1_001);
      // PostgreSQL answers with no more than it is asked for, SQLite with all there are.
      expect(asked.length > 0).toBe(database.family === 'postgres');
      expect((await names('many'))[0].price).toBe(8);
    });

    if (database.family === 'sqlite') {
      it('calls a function in its condition once for each row, as it would alone', async () => {
        await names('light');
        const called: unknown[] = [];
        const note = (id: unknown): number => called.push(id);
        const { databaseConnection } = dataSource.driver as unknown as { databaseConnection: FunctionMaker };
        if (databaseConnection.create_function === undefined) databaseConnection.function('noted', note);
        else databaseConnection.create_function('noted', note);
        await dataSource.query('UPDATE goods SET price = 3 WHERE noted(id) > 0');
        expect(called).toEqual([1, 2]);
      });
    }

    if (database.family === 'sqlite') {
      it('is heard by who asked for a text that holds a character with the code 0', async () => {
        const name = 'a\u0000b';
        await dataSource.manager.insert(Goods, { name, kind: 'odd', price: 1 });
        const found = (): Promise<number> =>
          reading.keep('odd', () => dataSource.manager.countBy(Goods, { name, price: 7 }));
        expect(await found()).toBe(0);
        await dataSource.query(`UPDATE goods SET price = 7 WHERE kind = 'odd'`);
        expect(await found()).toBe(1);
      });
    }

    it('answers what its own RETURNING asks for beside all columns', async () => {
      await names('light');
      const text = 'UPDATE goods SET price = 8 WHERE id = 1 RETURNING *, price + 1 AS more';
      const answer = (await dataSource.query(text)) as readonly unknown[];
      const [row] = database.family === 'postgres' ? (answer[0] as readonly unknown[]) : answer;
      expect(row).toEqual({ id: 1, name: 'one', kind: 'light', price: 8, gone: null, makerId: null, more: 9 });
      expect((await names('light'))[0].price).toBe(8);
    });

    it('that is wrong fails as it would alone', async () => {
      await names('light');
      const wrong = dataSource.manager.createQueryBuilder().update(Goods).set({ price: 1 }).where('nonsense = 1');
      await expect(wrong.execute()).rejects.toMatchObject({
        query: expect.not.stringContaining('zoocache'),
        message: expect.stringContaining('nonsense'),
      });
    });

    if (database.family === 'postgres') {
      it('that is cut off, or may not be executed, is told so as it would be alone', async () => {
        await names('light');
        await expect(dataSource.query(`UPDATE goods SET price = 1 WHERE name = 'one' AND`)).rejects.toMatchObject({
          message: 'syntax error at end of input',
        });
        const runner = dataSource.createQueryRunner();
        await runner.query('BEGIN READ ONLY');
        const message = 'cannot execute DELETE in a read-only transaction';
        await expect(runner.query(`DELETE FROM goods WHERE name = 'one'`)).rejects.toMatchObject({
          message,
          driverError: { message },
        });
        await runner.query('ROLLBACK');
        await runner.release();
      });
    }

    it('drops the answers that it changes, and no other, from when they are first asked for', async () => {
      for (const round of [1, 2]) {
        expect(await names('light')).toHaveLength(round === 1 ? 1 : 0);
        expect(await names('dark')).toHaveLength(round);
        if (round === 1) await dataSource.manager.update(Goods, { id: 1 }, { kind: 'dark' });
      }
      const before = reading.counts('goods light').loads;
      await dataSource.manager.update(Goods, { id: 2 }, { name: 'three' });
      expect(await names('light')).toEqual([]);
      expect(reading.counts('goods light').loads).toBe(before);
      expect((await names('dark')).map(({ name }) => name).sort()).toEqual(['one', 'three']);
    });

    it('drops what a load read that began before it was sent, though it was asked for nothing', async () => {
      const load = (): Promise<Goods[]> =>
        reading.keep('overlapped', async () => {
          const found = await dataSource.manager.findBy(Goods, { kind: 'dark' });
          await reading.outside(() => dataSource.manager.update(Goods, { id: 1 }, { kind: 'dark' }));
          return found;
        });
      expect(await load()).toHaveLength(1);
      expect(await load()).toHaveLength(2);
    });
  },
  { only: ({ family }) => family !== 'mysql' },
);
