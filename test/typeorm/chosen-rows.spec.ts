import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  Column,
  Entity,
  In,
  IsNull,
  JoinColumn,
  ManyToOne,
  MoreThan,
  OneToMany,
  PrimaryGeneratedColumn,
  type DataSource,
  type EntityManager,
  type Relation,
} from 'typeorm';
import { currentFrame, frameForLoad, runInFrame } from '../../lib/engine/context.js';
import { LoadCapture } from '../../lib/engine/load-capture.js';
import { initializedDataSources } from '../../lib/typeorm/databases/data-sources.js';
import { EntityDirectory } from '../../lib/typeorm/entities/entity-directory.js';
import { tagsOfEntities } from '../../lib/typeorm/entities/tags-of-entities.js';
import { installHooks } from '../../lib/typeorm/hooks/install-hooks.js';
import { describeDatabases, openDataSource } from '../support/databases.js';
import type { TestDatabase } from '../support/test-database.js';
import { listen, load } from './hearing.js';
import { Reading } from './reading.js';

/*
 * An UPDATE or DELETE that chooses rows by what they hold. Where the database does not answer which they were, the condition tells
 * whose answers may hold them.
 */

@Entity()
class Cart {
  @PrimaryGeneratedColumn() id!: number;
  @Column() owner!: string;
  @OneToMany(() => CartItem, (item) => item.cart) items!: Relation<CartItem[]>;
}

@Entity()
class CartItem {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ type: 'int', nullable: true }) cartId!: number | null;
  @ManyToOne(() => Cart, (cart) => cart.items) @JoinColumn({ name: 'cartId' }) cart!: Relation<Cart>;
  @Column() productId!: number;
  @Column() quantity!: number;
  @Column() note!: string;
  @Column({ type: 'decimal', precision: 8, scale: 2, default: 0 }) price!: string;
}

let reading: Reading;

beforeAll(installHooks);
beforeEach(() => {
  reading = new Reading();
});
afterEach(() => reading.close());

const byId = { order: { id: 'ASC' } } as const;

const ASKS: Readonly<Record<string, (manager: EntityManager) => Promise<unknown>>> = {
  'cart 1': (manager) => manager.find(CartItem, { where: { cartId: 1 }, ...byId }),
  'cart 2': (manager) => manager.find(CartItem, { where: { cartId: 2 }, ...byId }),
  'no cart': (manager) => manager.find(CartItem, { where: { cartId: IsNull() }, ...byId }),
  'product 7': (manager) => manager.find(CartItem, { where: { productId: 7 }, ...byId }),
  'note of cart 1': (manager) => manager.find(CartItem, { where: { note: 'strasse' }, ...byId }),
  'item of cart 1': (manager) => manager.findOneBy(CartItem, { id: 1 }),
  'item of cart 2': (manager) => manager.findOneBy(CartItem, { id: 3 }),
  everything: (manager) => manager.find(CartItem, byId),
  'sum of cart 1': (manager) => manager.sum(CartItem, 'quantity', { cartId: 1 }),
  'sum of cart 2': (manager) => manager.sum(CartItem, 'quantity', { cartId: 2 }),
  'cart 1 with items': (manager) => manager.find(Cart, { where: { id: 1 }, relations: { items: true } }),
  'cart 2 with items': (manager) => manager.find(Cart, { where: { id: 2 }, relations: { items: true } }),
  'item with cart 2': (manager) => manager.find(CartItem, { where: { id: 3 }, relations: { cart: true } }),
  'cart 2 or more than 5': (manager) =>
    manager.find(CartItem, { where: [{ cartId: 2 }, { quantity: MoreThan(5) }], ...byId }),
};

async function open(database: TestDatabase): Promise<DataSource> {
  const dataSource = await openDataSource(database, [Cart, CartItem]);
  const { manager } = dataSource;
  for (const owner of ['Ann', 'Bob']) await manager.insert(Cart, { owner });
  for (const [cartId, productId, note] of [
    [1, 7, 'straße'],
    [1, 8, 'Strasse'],
    [2, 7, 'x'],
    [2, 9, 'y'],
    [null, 9, 'z'],
  ] as const) {
    await manager.insert(CartItem, { cartId, productId, quantity: 1, note });
  }
  return dataSource;
}

/** Which answers are still kept after the write, and which are not what the database says. */
async function outcomeOf(write: () => Promise<unknown>, { manager }: DataSource) {
  const asks = Object.entries(ASKS);
  for (const [name, ask] of asks) await reading.keep(name, () => ask(manager));
  await write();
  const kept: string[] = [];
  const stale: string[] = [];
  for (const [name, ask] of asks) {
    const { hits } = reading.counts(name);
    const answer = await reading.keep(name, () => ask(manager));
    if (!isDeepStrictEqual(answer, await ask(manager))) stale.push(name);
    if (reading.counts(name).hits > hits) kept.push(name);
  }
  return { kept, stale };
}

describeDatabases('A write that chooses rows by what they hold', (database) => {
  it.each<[string, (manager: EntityManager) => Promise<unknown>]>([
    ['deletes those of a cart', (manager) => manager.delete(CartItem, { cartId: 1 })],
    ['updates those of a cart', (manager) => manager.update(CartItem, { cartId: 1 }, { quantity: 9 })],
    ['moves them to another cart', (manager) => manager.update(CartItem, { cartId: 1 }, { cartId: 2 })],
    ['takes those of several', (manager) => manager.delete(CartItem, { cartId: In([1, 2]) })],
    ['names two columns', (manager) => manager.delete(CartItem, { cartId: 1, productId: 7 })],
    ['names one by a range', (manager) => manager.delete(CartItem, { cartId: 1, quantity: MoreThan(0) })],
    ['names rows without a value', (manager) => manager.delete(CartItem, { cartId: IsNull() })],
    [
      'names them by a text that others may spell in other ways',
      (manager) => manager.delete(CartItem, { note: 'STRASSE' }),
    ],
    ['counts in several statements', (manager) => countTwice(manager)],
  ])('and %s leaves no answer older than the database', async (_name, write) => {
    const dataSource = await open(database);
    expect(await outcomeOf(() => write(dataSource.manager), dataSource)).toMatchObject({ stale: [] });
  });

  it('leaves the answers of others, as far as they hold rows of other values', async () => {
    const dataSource = await open(database);
    const { manager } = dataSource;
    const updated = await outcomeOf(() => manager.update(CartItem, { cartId: 1 }, { productId: 8 }), dataSource);
    const deleted = await outcomeOf(() => manager.delete(CartItem, { cartId: 1 }), dataSource);
    const ofOthers = ['cart 2', 'no cart', 'cart 2 with items'];
    expect(updated).toEqual({ stale: [], kept: expect.arrayContaining(ofOthers) });
    expect(deleted).toEqual({ stale: [], kept: expect.arrayContaining([...ofOthers, 'sum of cart 2']) });
  });

  it('by many values that nobody compares is told by the others', async () => {
    const dataSource = await open(database);
    const price = In(Array.from({ length: 60 }, (_, i) => i));
    const { stale, kept } = await outcomeOf(
      () => dataSource.manager.delete(CartItem, { price, cartId: In([1, 3, 4]) }),
      dataSource,
    );
    expect(stale).toEqual([]);
    expect(kept).toEqual(expect.arrayContaining(['cart 2', 'no cart']));
  });

  it('is heard by whoever depends on a row and knows nothing of what it holds', async () => {
    const { manager } = await open(database);
    const directory = new EntityDirectory(initializedDataSources);
    const heard = listen();
    await manager.delete(CartItem, { cartId: 1 });
    const told = heard.released();
    const { tags: read } = await load(async () => {
      for (const tag of directory.resolveDependency([CartItem, 1])) currentFrame()!.load!.depend(tag);
    });
    expect(told.filter((word) => read.includes(word))).not.toEqual([]);
  });

  it('says nothing new to an answer that is known to hold rows of another value', async () => {
    const { manager } = await open(database);
    const directory = new EntityDirectory(initializedDataSources);
    const capture = new LoadCapture(0, undefined, undefined);
    const items = await runInFrame(frameForLoad(capture, currentFrame()), () =>
      manager.findBy(CartItem, { cartId: 2 }),
    );
    expect(tagsOfEntities(directory, items, capture.tags)).toEqual([]);
    expect(tagsOfEntities(directory, items, new Set())).toHaveLength(database.tellsChangedRows ? 2 : 4);
  });
});

/** The second chooses what the first has made of the rows. */
function countTwice({ connection }: EntityManager): Promise<unknown> {
  return connection.transaction(async (manager) => {
    await manager.update(CartItem, { id: 1 }, { cartId: 2 });
    await manager.update(CartItem, { cartId: 2 }, { quantity: 7 });
  });
}
