import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { BaseEntity, type DataSource, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { entityPolicyOf } from '../../lib/typeorm/entities/entity-options.js';
import { MAX_SAVED_ROWS } from '../../lib/typeorm/connections/saved-rows.js';
import { isSame } from '../oracle/same.js';
import { databases, describeDatabases, openDataSource, type TestDatabase } from '../support/databases.js';
import {
  Broad,
  Cat,
  Counting,
  Curious,
  Dog,
  entities,
  Holder,
  Iban,
  Ledger,
  Loud,
  Naming,
  Pair,
  Pet,
} from './cache-on-save.entities.js';
import { listen } from './hearing.js';
import { Wire } from './races/wire.js';
import { Reading } from './reading.js';

let reading: Reading;
let dataSource: DataSource;
let wire: Wire | undefined;

beforeEach(() => {
  reading = new Reading({ '*': { cacheOnSave: true } });
});
afterEach(() => {
  wire?.releaseAll();
  wire = undefined;
  reading.close();
});

async function open(database: TestDatabase, prepare: (dataSource: DataSource) => Promise<unknown> = async () => 0) {
  dataSource = await openDataSource(database, entities);
  listen();
  BaseEntity.useDataSource(dataSource);
  await prepare(dataSource);
  await learn();
}

/** Whose columns are not known, or not any longer, is not asked for them. */
async function learn(): Promise<void> {
  await reading.load(() => dataSource.manager.findOneBy(Holder, { id: 0 }));
}

/** What a find answers, and whether it sent anything; it must be what the database says in any case. */
async function find(
  entity: EntityTarget<ObjectLiteral>,
  id: unknown,
): Promise<{ sent: number; found: ObjectLiteral | null }> {
  const statements = reading.statements(dataSource);
  const found = await reading.outside(() => dataSource.manager.findOneBy(entity, { id }));
  const sent = statements.take().length;
  const fresh = await dataSource.transaction((manager) => manager.findOneBy(entity, { id }));
  expect([found, isSame(found, fresh)]).toEqual([fresh, true]);
  return { sent, found };
}

async function wasPutBack(entity: EntityTarget<ObjectLiteral>, id: unknown): Promise<boolean> {
  return (await find(entity, id)).sent === 0;
}

const ledger = (values: object = {}): Ledger => dataSource.manager.create(Ledger, { place: { zip: 7 }, ...values });

describeDatabases(
  'an entity that is put back when it is saved',
  (database) => {
    beforeEach(() => open(database));

    it('is found without a statement after it was inserted, as the database has it and not as it was saved', async () => {
      const saved = await dataSource.manager.save(ledger({ amount: '1.5', notes: { a: [1] }, iban: new Iban('DE') }));

      const { sent, found } = await find(Ledger, saved.id);

      expect(sent).toBe(0);
      expect(found).toMatchObject({
        amount: '1.50',
        place: { town: 'here', zip: 7 },
        version: 1,
        deleted: null,
        big: '1',
      });
      expect(found!['place']).toHaveProperty('label', '7 here');
      expect(found!['iban'].text).toBe('DE');
      expect(found!['secret']).toBeUndefined();
    });

    it('is found without a statement after it was updated', async () => {
      const saved = await dataSource.manager.save(ledger({ amount: '1' }));
      await dataSource.manager.save(Object.assign(saved, { amount: '2.25', secret: 'other' }));

      const { sent, found } = await find(Ledger, saved.id);

      expect(sent).toBe(0);
      expect(found).toMatchObject({ amount: '2.25', version: 2 });
    });

    it('has nothing of it in what save() answers, nor in what statements of the same form answer', async () => {
      const saved = await dataSource.manager.save(ledger({ rate: '1.5' }));
      // Not as the database has it: that is no affair of save().
      expect(saved).toMatchObject({ rate: '1.5', version: 1 });
      await dataSource.manager.save(Object.assign(saved, { entries: 4 }));
      expect(saved).toMatchObject({ rate: '1.5', version: 2 });
      expect(JSON.stringify(saved)).not.toContain('zoocache');
      const statements = reading.statements(dataSource);
      await dataSource.manager.insert(Holder, { name: 'a' });
      await dataSource.manager.update(Holder, 1, { name: 'b' });
      expect(statements.take().join()).not.toContain('zoocache_row');
    });

    it('is put back by an active record, with others of one save(), and by a cascade', async () => {
      const holders = await dataSource.manager.save(Holder, [{ name: 'a' }, { name: 'b' }]);
      expect(await wasPutBack(Holder, holders[0].id)).toBe(true);
      expect(await wasPutBack(Holder, holders[1].id)).toBe(true);

      const holder = await Holder.create({ name: 'c', ledgers: [ledger()] }).save();
      expect(await wasPutBack(Holder, holder.id)).toBe(true);
      // The reference to the holder is part of the row.
      expect(await wasPutBack(Ledger, holder.ledgers[0].id)).toBe(true);
    });

    it('is put back if it was among the last of many that one transaction saved', async () => {
      const holders = await dataSource.transaction(async (manager) => {
        const saved: Holder[] = [];
        for (let n = 0; n <= MAX_SAVED_ROWS; n++) saved.push(await manager.save(Holder, { name: 'a' }));
        return saved;
      });
      expect(await wasPutBack(Holder, holders[0].id)).toBe(false);
      expect(await wasPutBack(Holder, holders[1].id)).toBe(true);

      const statements = reading.statements(dataSource);
      await dataSource.manager.save(
        Holder,
        Array.from({ length: MAX_SAVED_ROWS + 1 }, () => ({ name: 'b' })),
      );
      expect(statements.take().join()).not.toContain('zoocache_row');
    });

    it('is put back under each class that would find it, and under no other', async () => {
      const { id } = await dataSource.manager.save(Dog, { name: 'a', barks: 3 });

      expect((await find(Pet, id)).found).toBeInstanceOf(Dog);
      await dataSource.manager.save(Dog, { id, barks: 4 });
      expect(await wasPutBack(Pet, id)).toBe(true);
      expect(await wasPutBack(Dog, id)).toBe(true);
      expect((await find(Cat, id)).found).toBeNull();
    });

    it('is what the last statement of its transaction made of it', async () => {
      const { manager } = dataSource;
      const [one, two] = await manager.save([ledger(), ledger()]);
      await dataSource.transaction(async (inner) => {
        await inner.save(Object.assign(one, { entries: 1 }));
        await inner.save(Object.assign(one, { entries: 2 }));
        await inner.save(Object.assign(two, { entries: 3 }));
        await inner.update(Ledger, two.id, { entries: 4 });
      });

      expect(await find(Ledger, one.id)).toMatchObject({ sent: 0, found: { entries: 2 } });
      expect(await find(Ledger, two.id)).toMatchObject({ sent: 1, found: { entries: 4 } });
    });

    it('is not put back if its transaction touched it in any other way, whatever was said of which rows', async () => {
      const holder = await Holder.create({ name: 'a' }).save();
      const afterwards: ((id: number) => Promise<unknown>)[] = [
        (id) => dataSource.query('UPDATE ledger SET entries = 5 WHERE id = $1', [id]),
        () => dataSource.query('UPDATE ledger SET entries = entries + 1'),
        () => dataSource.query(`UPDATE ledger SET entries = 6 FROM holder WHERE holder.name = 'a'`),
        () => dataSource.query(`UPDATE ledger SET entries = 7; UPDATE holder SET name = 'a'`),
        (id) => dataSource.query('DELETE FROM ledger WHERE id = $1', [id]),
        () => dataSource.manager.delete(Holder, holder.id),
      ];
      for (const write of afterwards) {
        const saved = await dataSource.manager.save(ledger({ holder: (await Holder.count()) > 0 ? holder : null }));
        const runner = dataSource.createQueryRunner();
        await runner.startTransaction();
        await runner.manager.save(Object.assign(saved, { entries: 4 }));
        const query = dataSource.query.bind(dataSource);
        Object.assign(dataSource, { query: (text: string, values: unknown[]) => runner.query(text, values) });
        const { delete: remove } = dataSource.manager;
        Object.assign(dataSource.manager, {
          delete: (...args: [typeof Holder, number]) => runner.manager.delete(...args),
        });
        await write(saved.id);
        Object.assign(dataSource, { query });
        Object.assign(dataSource.manager, { delete: remove });
        await runner.commitTransaction();
        await runner.release();
        expect([String(write), (await find(Ledger, saved.id)).sent]).toEqual([String(write), 1]);
      }
    });

    it('is not put back if its statement overlapped another one, or another one the commit', async () => {
      const [one, two, three] = await dataSource.manager.save([ledger(), ledger(), ledger()]);
      wire = new Wire(dataSource);
      const held = wire.hold(/^UPDATE "ledger" SET "entries"/, 'answered');
      await dataSource.transaction(async (manager) => {
        const saving = manager.save(Object.assign(one, { entries: 4 }));
        await held.arrived;
        // Executed later, and answered earlier.
        await manager.query('UPDATE ledger SET entries = 5 WHERE id = $1', [one.id]);
        held.release();
        await saving;
      });
      expect((await find(Ledger, one.id)).found).toMatchObject({ entries: 5 });

      const runner = dataSource.createQueryRunner();
      await runner.startTransaction();
      await runner.manager.save(Object.assign(two, { entries: 4 }));
      const late = runner.query('UPDATE ledger SET entries = 6 WHERE id = $1', [two.id]);
      await Promise.all([runner.commitTransaction(), late]);
      expect((await find(Ledger, two.id)).found).toMatchObject({ entries: 6 });

      await runner.startTransaction();
      await runner.query('SAVEPOINT here');
      await runner.manager.save(Object.assign(three, { entries: 4 }));
      const back = runner.query('ROLLBACK TO SAVEPOINT here');
      await Promise.all([runner.commitTransaction(), back]);
      await runner.release();
      expect((await find(Ledger, three.id)).found).toMatchObject({ entries: 0 });
    });

    it('is put back from savepoints that were kept, and not from those that were rolled back, or from before them', async () => {
      const [one, two, three] = await dataSource.manager.save([ledger(), ledger(), ledger()]);
      await dataSource.transaction(async (outer) => {
        await outer.transaction((inner) => inner.save(Object.assign(one, { entries: 1 })));
      });
      expect(await find(Ledger, one.id)).toMatchObject({ sent: 0, found: { entries: 1 } });

      await dataSource.transaction(async (outer) => {
        await outer.save(Object.assign(two, { entries: 2 }));
        const undone = outer.transaction(async (inner) => {
          await inner.save(Ledger, { id: two.id, entries: 3 });
          await inner.save(Object.assign(three, { entries: 3 }));
          throw new Error('back');
        });
        await expect(undone).rejects.toThrow('back');
      });
      expect((await find(Ledger, two.id)).found).toMatchObject({ entries: 2 });
      expect((await find(Ledger, three.id)).found).toMatchObject({ entries: 0 });
    });

    it('is not put back by a transaction that was rolled back, even if it was told to commit', async () => {
      const saved = await dataSource.manager.save(ledger());
      const undone = dataSource.transaction(async (manager) => {
        await manager.save(Ledger, { id: saved.id, entries: 1 });
        throw new Error('back');
      });
      await expect(undone).rejects.toThrow('back');
      expect((await find(Ledger, saved.id)).found).toMatchObject({ entries: 0 });

      // A statement that failed makes PostgreSQL answer COMMIT with ROLLBACK, which is no error to anybody.
      await dataSource.transaction(async (manager) => {
        await manager.save(Ledger, { id: saved.id, entries: 2 });
        await manager.query('SELECT 1 / 0').catch(() => 0);
      });
      expect((await find(Ledger, saved.id)).found).toMatchObject({ entries: 0 });
    });

    it('is not put back if somebody wrote it between its commit and the release', async () => {
      wire = new Wire(dataSource);
      const [one, two] = await dataSource.manager.save([ledger(), ledger()]);
      for (const overtake of [
        () => dataSource.manager.update(Ledger, one.id, { entries: 9 }),
        () => dataSource.transaction((manager) => manager.update(Ledger, { entries: 1 }, { entries: 9 })),
        () => dataSource.manager.delete(Ledger, one.id),
      ]) {
        await find(Ledger, one.id);
        const held = wire.hold(/^COMMIT$/, 'answered');
        const saving = dataSource.manager.save([
          Object.assign(one, { entries: 1 }),
          Object.assign(two, { entries: two.entries + 1 }),
        ]);
        await held.arrived;
        await overtake();
        held.release();
        await saving;
        expect((await find(Ledger, one.id)).sent).toBe(1);
        // Nobody but us wrote the other.
        if (overtake.toString().includes('one.id')) expect(await wasPutBack(Ledger, two.id)).toBe(true);
      }
    });

    it('is not put back while somebody is about to commit another state of it, or if he waited for its lock', async () => {
      wire = new Wire(dataSource);
      const saved = await dataSource.manager.save(ledger());
      const held = wire.hold(/^COMMIT$/, 'sent');
      const waiting = wire.hold(/^(WITH|UPDATE).*"entries" = /, 'answered');
      const saving = dataSource.manager.save(Object.assign(saved, { entries: 1 }));
      await waiting.arrived;
      waiting.release();
      await held.arrived;
      // Its mark is in the log before ours, and it is executed when we are done.
      const answered = wire.hold(/^(WITH|UPDATE).*entries = 5/, 'answered');
      const other = dataSource.query('UPDATE ledger SET entries = 5 WHERE id = $1', [saved.id]);
      held.release();
      await saving;
      await answered.arrived;
      expect((await find(Ledger, saved.id)).sent).toBe(1);
      answered.release();
      await other;
      expect((await find(Ledger, saved.id)).found).toMatchObject({ entries: 5 });
    });

    it('is put back where its commit was slow, and others wrote other rows meanwhile', async () => {
      wire = new Wire(dataSource);
      const [one, two] = await dataSource.manager.save([ledger(), ledger()]);
      const held = wire.hold(/^COMMIT$/, 'answered');
      const saving = dataSource.manager.save(Object.assign(one, { entries: 1 }));
      await held.arrived;
      await dataSource.manager.update(Ledger, two.id, { entries: 1 });
      held.release();
      await saving;
      expect(await wasPutBack(Ledger, one.id)).toBe(true);
    });

    const BUMP = `CREATE FUNCTION bump(which bigint) RETURNS int LANGUAGE sql AS 'UPDATE ledger SET entries = entries + 1 WHERE id = which; SELECT 1'`;

    it.each([
      'SELECT bump($1)',
      'WITH bumped AS (SELECT bump($1)) SELECT * FROM bumped',
      'INSERT INTO holder (name) VALUES (bump($1))',
      "INSERT INTO holder (id, name) VALUES (9, '') ON CONFLICT (id) DO UPDATE SET name = bump($1)",
      "UPDATE holder SET name = bump($1) WHERE name <> ''",
      "INSERT INTO holder (name) SELECT 'a' WHERE now() IS NOT NULL AND bump($1) = 1",
    ])('is not put back if a function was called in its transaction that may have written it: %s', async (text) => {
      await dataSource.query(BUMP);
      await dataSource.query("INSERT INTO holder (id, name) VALUES (9, 'a')");
      await learn();
      const saved = await dataSource.manager.save(ledger());
      await dataSource.transaction(async (manager) => {
        await manager.save(Object.assign(saved, { entries: 5 }));
        await manager.query(text, [saved.id]);
      });
      expect((await find(Ledger, saved.id)).found).toMatchObject({ entries: 6 });
    });

    it('is not put back if its own statement calls such a function, which sees the rows before', async () => {
      await dataSource.query(BUMP);
      await learn();
      const bumping = Object.assign(ledger(), { entries: () => 'bump(1)' });
      await dataSource.manager.save([ledger({ entries: 5 }), bumping]);
      expect((await find(Ledger, 1)).found).toMatchObject({ entries: 6 });
    });

    it('is not put back if a stream was read in its transaction, which nobody looks into', async () => {
      await dataSource.query(
        `CREATE FUNCTION bump_all() RETURNS SETOF int LANGUAGE sql AS 'UPDATE ledger SET entries = entries + 1 RETURNING 1'`,
      );
      await learn();
      const saved = await dataSource.manager.save(ledger());
      await dataSource.transaction(async (manager) => {
        await manager.save(Object.assign(saved, { entries: 5 }));
        const stream = await manager.queryRunner!.stream('SELECT * FROM bump_all()');
        await once(stream.resume(), 'end');
      });
      expect((await find(Ledger, saved.id)).found).toMatchObject({ entries: 6 });
    });

    it('is not put back if its name meant another table in its transaction', async () => {
      const saved = await dataSource.manager.save(ledger());
      // Nobody here hears of it, and so believes that there is one table of that name.
      await reading.unheard(async () => {
        const runner = dataSource.createQueryRunner();
        const client = (await runner.connect()) as { query(text: string): Promise<unknown> };
        await client.query('CREATE SCHEMA tenant');
        await client.query('CREATE TABLE tenant.ledger (LIKE ledger INCLUDING ALL)');
        await client.query('INSERT INTO tenant.ledger SELECT * FROM ledger');
        await runner.release();
      });
      await dataSource.transaction(async (manager) => {
        await manager.query('SET LOCAL search_path TO tenant');
        await manager.save(Ledger, { id: saved.id, entries: 7 });
      });
      expect((await find(Ledger, saved.id)).found).toMatchObject({ entries: 0 });
    });

    it('is not put back if its table is another one by now, of which a trigger may change the row', async () => {
      // What another program sends passes by the hooks.
      await reading.unheard(async () => {
        const runner = dataSource.createQueryRunner();
        const client = (await runner.connect()) as { query(text: string): Promise<unknown> };
        await client.query('ALTER TABLE holder RENAME TO former');
        await client.query('CREATE TABLE holder (LIKE former INCLUDING ALL)');
        await client.query(
          `CREATE FUNCTION raise() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN UPDATE holder SET name = ''raised'' WHERE name <> ''raised''; RETURN NULL; END'`,
        );
        await client.query('CREATE TRIGGER raise AFTER INSERT ON holder FOR EACH ROW EXECUTE FUNCTION raise()');
        await runner.release();
      });
      const holder = await dataSource.manager.save(Holder, { name: 'a' });
      expect((await find(Holder, holder.id)).found).toMatchObject({ name: 'raised' });
    });

    it('is not put back once it is deleted softly, because a find leaves it out', async () => {
      const saved = await dataSource.manager.save(ledger());
      await dataSource.manager.save(Object.assign(saved, { deleted: new Date() }));
      expect((await find(Ledger, saved.id)).found).toBeNull();
    });

    it('is heard by its listeners as if it were loaded, and not put back if these ask for more', async () => {
      const loud = await dataSource.manager.save(Loud, { name: 'a' });
      expect(await find(Loud, loud.id)).toMatchObject({ sent: 0, found: { shout: 'A' } });

      const curious = await dataSource.transaction(async (manager) => {
        const saved = await manager.save(Curious, { name: 'a' });
        // They have asked when it is committed.
        await setTimeout(100);
        return saved;
      });
      await Holder.create({ name: 'a' }).save();
      expect((await find(Curious, curious.id)).found).toMatchObject({ holders: 1 });
    });

    it('is left out where a row of the table is not all it consists of', async () => {
      const { manager } = dataSource;
      const statements = reading.statements(dataSource);
      const saved = [
        await manager.save(Broad, { name: 'a' }),
        await manager.save(Counting, { name: 'a' }),
        await manager.save(Naming, { name: 'a' }),
        await manager.save(Pair, { one: 1, two: 2, name: 'a' }),
      ];
      expect(statements.take().join()).not.toContain('zoocache_row');
      expect(await wasPutBack(Broad, (saved[0] as Broad).id)).toBe(false);
      expect(await wasPutBack(Counting, (saved[1] as Counting).id)).toBe(false);
      expect(await wasPutBack(Naming, (saved[2] as Naming).id)).toBe(false);
    });

    it('is left out where its transaction is not ours to see', async () => {
      const statements = reading.statements(dataSource);
      const saved = await dataSource.manager.save(ledger(), { transaction: false });
      expect(statements.take().join()).not.toContain('zoocache_row');
      expect(await wasPutBack(Ledger, saved.id)).toBe(false);
    });
  },
  { only: ({ variant }) => variant === 'postgres' },
);

describeDatabases(
  'a row that a trigger may change',
  (database) => {
    it('is not put back', async () => {
      await open(database, async () => {
        await dataSource.query(
          `CREATE FUNCTION raise() RETURNS trigger LANGUAGE plpgsql AS
           'BEGIN UPDATE holder SET name = ''raised'' WHERE id = NEW.id AND name <> ''raised''; RETURN NULL; END'`,
        );
        await dataSource.query('CREATE TRIGGER raise AFTER UPDATE ON holder FOR EACH ROW EXECUTE FUNCTION raise()');
      });
      const holder = await Holder.create({ name: 'a' }).save();
      await Object.assign(holder, { name: 'b' }).save();
      expect((await find(Holder, holder.id)).found).toMatchObject({ name: 'raised' });
    });
  },
  { only: ({ variant }) => variant === 'postgres' },
);

describeDatabases('an entity that is to be put back when it is saved', (database) => {
  it('is read and written as ever where the database does not tell rows', async () => {
    if (database.supportsReturning) return;
    await open(database);
    const { manager } = dataSource;
    const statements = reading.statements(dataSource);
    const saved = await manager.save(Holder, { name: 'a' });
    expect(statements.take().join()).not.toContain('zoocache');
    expect((await find(Holder, saved.id)).found).toMatchObject({ name: 'a' });
  });
});

describe('the option to put saved rows back', () => {
  it('is refused unless it is true or false', () => {
    expect(() => entityPolicyOf({ cacheOnSave: 'yes' }, 'here')).toThrow(/cacheOnSave/);
  });

  it('concerns the entities that have it, and leaves the others as they were', async () => {
    reading.close();
    reading = new Reading({ Holder: {}, Loud: { cacheOnSave: true } });
    const postgres = databases().find(({ variant }) => variant === 'postgres')!;
    if (!postgres.isAvailable) return;
    await open(postgres);
    const statements = reading.statements(dataSource);
    await dataSource.manager.save(Holder, { name: 'a' });
    expect(statements.take().join()).not.toContain('zoocache');
  });
});
