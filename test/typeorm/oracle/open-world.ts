import { installHooks } from '../../../lib/typeorm/hooks/install-hooks.js';
import { openDataSource, type TestDatabase } from '../../support/databases.js';
import { entities } from './schema.js';
import { populate, type World } from './world.js';

/** What no entity describes: procedures, views on views, constraints that are checked late. */
const furniture: Readonly<Record<TestDatabase['family'], readonly string[]>> = {
  sqlite: [],
  postgres: [
    `CREATE PROCEDURE write_item() LANGUAGE sql AS 'UPDATE item SET counter = counter + 1'`,
    `CREATE VIEW item_view_view AS SELECT * FROM item_view WHERE name <> 'hidden'`,
    `CREATE TABLE deferred_one (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)`,
  ],
  mysql: [
    `CREATE PROCEDURE write_item() UPDATE item SET counter = counter + 1`,
    `CREATE VIEW item_view_view AS SELECT * FROM item_view WHERE name <> 'hidden'`,
  ],
};

/** A populated database, and chance in the hands of the caller. */
export async function openWorld(database: TestDatabase, random: () => number): Promise<World> {
  installHooks();
  const dataSource = await openDataSource(database, entities);
  for (const text of furniture[database.family]) await dataSource.query(text);
  let serial = 0;
  const world: World = {
    database,
    dataSource,
    manager: dataSource.manager,
    unique: () => ++serial,
    pick: (list) => list[Math.floor(random() * list.length)],
  };
  await populate(world);
  return world;
}

/** Chance that can be repeated (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
