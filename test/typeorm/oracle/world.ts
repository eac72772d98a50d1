import type { DataSource, EntityManager, EntityTarget, ObjectLiteral, QueryRunner } from 'typeorm';
import type { TestDatabase } from '../../support/databases.js';
import {
  Animal,
  Badge,
  Cat,
  ClosureNode,
  Comment,
  Country,
  Dog,
  Item,
  NestedNode,
  Note,
  Part,
  PathNode,
  Person,
  Post,
  Price,
  Profile,
  Region,
  Scrap,
  Tag,
  Town,
} from './schema.js';

/** What a write has to work with. */
export interface World {
  readonly database: TestDatabase;
  readonly dataSource: DataSource;
  /** That of the transaction the write runs in, or the DataSource's own. */
  readonly manager: EntityManager;
  /** A number that was not given out before. */
  unique(): number;
  /** One of several rows. */
  pick<T>(list: readonly T[]): T;
}

/** One way to change what is in a database. */
export interface WriteKind {
  readonly title: string;
  /** Where it exists. */
  readonly on?: (database: TestDatabase) => boolean;
  /** It begins and ends transactions itself or commits implicitly, so it cannot be part of another. */
  readonly standsAlone?: boolean;
  /** Everything it did is undone, so nobody may be told of anything. */
  readonly isUndone?: boolean;
  /** It may find nothing to change, or must not change anything. */
  readonly mayChangeNothing?: boolean;
  /** Makes the rows it needs, before anything is compared. */
  prepare?(world: World): Promise<unknown>;
  run(world: World): Promise<unknown>;
}

/** An existing row, or a new one when the table is empty. */
export async function some<T extends ObjectLiteral>(
  world: World,
  entity: EntityTarget<T>,
  relations?: object,
): Promise<T> {
  const all = await world.manager.find(entity, { relations });
  if (all.length > 0) return world.pick(all);
  await make(world, entity);
  return world.pick(await world.manager.find(entity, { relations }));
}

/** Two different rows of a table. */
export async function two<T extends ObjectLiteral>(world: World, entity: EntityTarget<T>): Promise<[T, T]> {
  while ((await world.manager.count(entity)) < 2) await make(world, entity);
  const all = await world.manager.find(entity);
  const first = world.pick(all);
  return [first, world.pick(all.filter((row) => row !== first))];
}

/** The row made last, which in a tree is a leaf. */
export async function youngest<T extends { id: number }>(world: World, entity: new () => T): Promise<T> {
  const rows = await world.manager.find(entity);
  return rows.length === 0 ? make(world, entity) : rows.reduce((last, row) => (row.id > last.id ? row : last));
}

const makers: ReadonlyMap<unknown, (world: World, n: number) => Promise<object>> = new Map<
  unknown,
  (world: World, n: number) => Promise<object>
>([
  [Profile, async (_, n) => ({ bio: `bio ${n}` })],
  [Person, async (_, n) => ({ name: `name ${n}`, email: `e${n}@x`, age: n, profile: { bio: `bio ${n}` } })],
  [Badge, async (world, n) => ({ title: `badge ${n}`, person: await some(world, Person) })],
  [Post, async (world, n) => ({ title: `post ${n}`, author: await some(world, Person), tags: [{ slug: `t${n}` }] })],
  [Tag, async (_, n) => ({ slug: `Tag-${n}`, label: `label ${n}` })],
  [Comment, async (world, n) => ({ text: `comment ${n}`, post: await some(world, Post) })],
  [Note, async (world, n) => ({ text: `note ${n}`, post: await some(world, Post) })],
  [Part, async (world, n) => ({ name: `part ${n}`, whole: world.pick([null, ...(await world.manager.find(Part))]) })],
  [Price, async (_, n) => ({ sku: n, currency: 'EUR', amount: n })],
  [Country, async (_, n) => ({ code: letters(n), name: `country ${n}` })],
  [Region, async (world, n) => ({ countryCode: (await some(world, Country)).code, name: `region ${n}` })],
  [Town, async (world, n) => ({ name: `town ${n}`, region: await some(world, Region) })],
  [
    ClosureNode,
    async (world, n) => ({ name: `c ${n}`, parent: world.pick([null, ...(await world.manager.find(ClosureNode))]) }),
  ],
  [
    NestedNode,
    async (world, n) => {
      // There may be one root only.
      const nodes = await world.manager.find(NestedNode);
      return { name: `n ${n}`, parent: nodes.length === 0 ? null : world.pick(nodes) };
    },
  ],
  [
    PathNode,
    async (world, n) => ({ name: `p ${n}`, parent: world.pick([null, ...(await world.manager.find(PathNode))]) }),
  ],
  [Dog, async (_, n) => ({ name: `dog ${n}`, breed: `breed ${n}` })],
  [Cat, async (_, n) => ({ name: `cat ${n}`, lives: 9 })],
  [Animal, async (_, n) => ({ name: `animal ${n}` })],
  [Scrap, async (_, n) => ({ text: `scrap ${n}` })],
  [Item, async (_, n) => ({ name: `item ${n}`, counter: n })],
]);

/** Saves a new row, and what it needs to refer to. */
export async function make<T extends ObjectLiteral>(world: World, entity: EntityTarget<T>): Promise<T> {
  const values = await makers.get(entity)!(world, world.unique());
  return world.manager.save(world.manager.create(entity, values as never));
}

/** A few rows of everything. */
export async function populate(world: World): Promise<void> {
  for (const entity of makers.keys()) {
    for (let n = 0; n < 4; n++) await make(world, entity as EntityTarget<ObjectLiteral>);
  }
}

/** An identifier as the database wants it quoted. */
export function quoted(world: World, ...names: string[]): string {
  return names.map((name) => world.dataSource.driver.escape(name)).join('.');
}

/** SQL with `[name]` for every quoted identifier, sent through the manager of the world. */
export function sql(world: World, text: string): Promise<unknown> {
  return world.manager.query(text.replace(/\[(\w+)\]/g, (_, name: string) => quoted(world, name)));
}

/** Runs `body` with a query runner of its own, which is released whatever happens. */
export async function withRunner<T>(world: World, body: (runner: QueryRunner, world: World) => Promise<T>): Promise<T> {
  const runner = world.dataSource.createQueryRunner();
  try {
    return await body(runner, { ...world, manager: runner.manager });
  } finally {
    await runner.release();
  }
}

/** 1 is 'AA', 2 is 'AB'. */
export function letters(n: number): string {
  return String.fromCharCode(65 + (Math.floor(n / 26) % 26), 65 + (n % 26));
}
