import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PoolClient } from 'pg';
import { describeDatabases } from '../../support/databases.js';
import { Item, Scrap } from './schema.js';
import { chance, openWorld } from './open-world.js';
import { make, some, type World } from './world.js';
import { WriteOracle, type Verdict } from './write-oracle.js';

/*
 * What no statement tells, nobody can hear. These tests state that readers are NOT told, so that the list of what is
 * not promised is as true as the promise; each has its way out, which is proved beside it where it is the library's.
 */
describeDatabases('nobody is told of', (database) => {
  let world: World;
  let oracle: WriteOracle;
  const judge = (run: () => Promise<unknown>): Promise<Verdict> => oracle.judge('behind the back', run);

  beforeAll(async () => {
    world = await openWorld(database, chance(1));
    oracle = new WriteOracle(world.dataSource);
  }, 60_000);

  afterAll(() => oracle.close());

  /** Judges a write while there is a trigger on the items, which is gone afterwards. */
  async function judgeUnder(trigger: string, body: readonly string[], run: () => Promise<unknown>): Promise<Verdict> {
    for (const text of body) await world.dataSource.query(text);
    const verdict = await judge(run);
    await world.dataSource.query(`DROP TRIGGER ${trigger}${database.family === 'postgres' ? ' ON item' : ''}`);
    return verdict;
  }

  // SQLite tells what its triggers do.
  if (database.family !== 'sqlite') {
    it('what a trigger does to another table, though of the table it belongs to', async () => {
      const { id } = await some(world, Item);
      const body = {
        postgres: [
          `CREATE FUNCTION echo() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO scrap (text) VALUES (''echo''); RETURN NULL; END'`,
          `CREATE TRIGGER echo AFTER UPDATE ON item FOR EACH ROW EXECUTE FUNCTION echo()`,
        ],
        mysql: [`CREATE TRIGGER echo AFTER UPDATE ON item FOR EACH ROW INSERT INTO scrap (text) VALUES ('echo')`],
      };

      const { missed, stale } = await judgeUnder('echo', body[database.family as 'postgres'], () =>
        world.manager.update(Item, id, { name: 'loud' }),
      );

      expect(missed).toContain('scrap');
      expect(missed.join()).not.toContain('item');
      expect(stale.join()).toContain('every scrap');
    });
  }

  it('what a trigger does in its own table row by row, but of all its rows', async () => {
    const body = {
      sqlite: [
        `CREATE TRIGGER widen AFTER INSERT ON item BEGIN UPDATE item SET counter = counter + 1 WHERE id <> NEW.id; END`,
      ],
      postgres: [
        `CREATE FUNCTION widen() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN UPDATE item SET counter = counter + 1; NEW.id := NEW.id + 1; RETURN NEW; END'`,
        `CREATE TRIGGER widen BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION widen()`,
      ],
      mysql: [`CREATE TRIGGER widen BEFORE INSERT ON item FOR EACH ROW SET NEW.id = NEW.id + 1`],
    };

    const { missed, stale, changedRows } = await judgeUnder('widen', body[database.family], () =>
      world.manager.insert(Item, { id: 5000, name: 'new' }),
    );

    expect({ missed, stale }).toEqual({ missed: [], stale: [] });
    expect(changedRows).toBeGreaterThan(0);
  });

  if (database.family !== 'sqlite') {
    it('what a function does that a SELECT calls', async () => {
      const body = {
        postgres: `CREATE FUNCTION sly() RETURNS int LANGUAGE sql AS 'UPDATE item SET counter = counter + 1; SELECT 1'`,
        mysql: `CREATE FUNCTION sly() RETURNS int BEGIN UPDATE item SET counter = counter + 1; RETURN 1; END`,
      };
      await some(world, Item);
      await world.dataSource.query(body[database.family as 'postgres']);

      const { missed } = await judge(() => world.dataSource.query('SELECT sly()'));

      expect(missed).toContain('item');
    });
  }

  if (database.variant !== 'sqljs') {
    it('what is written past TypeORM, over a connection of the driver', async () => {
      await make(world, Scrap);

      const { missed } = await judge(() => writePastTypeOrm(world, `UPDATE scrap SET text = 'raw'`));

      expect(missed).toContain('scrap');
    });
  }

  describe('and it ends', () => {
    it('with the next write to the table that was changed', async () => {
      await make(world, Scrap);
      await judge(() => writePastTypeOrm(world, `UPDATE scrap SET text = 'raw'`));

      const { stale } = await judge(() => world.manager.updateAll(Scrap, { text: 'heard' }));

      expect(stale).toEqual([]);
    });
  });
});

async function writePastTypeOrm({ dataSource, database }: World, text: string): Promise<void> {
  const driver = dataSource.driver as unknown as {
    master: { connect(): Promise<PoolClient> };
    pool: { promise(): { query(text: string): Promise<unknown> } };
    databaseConnection: { exec(text: string): unknown };
  };
  switch (database.family) {
    case 'postgres': {
      const client = await driver.master.connect();
      await client.query(text);
      client.release();
      return;
    }
    case 'mysql':
      await driver.pool.promise().query(text);
      return;
    case 'sqlite':
      driver.databaseConnection.exec(text);
  }
}
