import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  EntitySchema,
  In,
  Raw,
  Repository,
  TreeRepository,
  type DataSource,
  type EntityManager,
  type FindManyOptions,
  type ObjectLiteral,
} from 'typeorm';
import { runBypassed } from '../../lib/engine/context.js';
import { cached, CachedRepository } from '../../lib/typeorm/reads/cached-repository.js';
import { describeDatabases, openDataSource, databases } from '../support/databases.js';
import { listen } from './hearing.js';
import {
  Bill,
  Branch,
  Clan,
  ClosureBranch,
  Coded,
  entities,
  Goods,
  GoodsView,
  Kind,
  Maker,
  Note,
  NoteSchema,
  Part,
  Sort,
} from './reading.entities.js';
import { Reading } from './reading.js';

let reading: Reading;

beforeEach(() => {
  reading = new Reading();
});
afterEach(() => reading.close());

async function openShop(database = databases()[0]): Promise<DataSource> {
  const dataSource = await openDataSource(database, entities);
  listen();
  const maker = await dataSource.manager.save(Maker, { name: 'Acme' });
  await dataSource.manager.save(Goods, [
    { name: 'Anvil', price: 10, kind: 'heavy', maker },
    { name: 'Rocket', price: 30, kind: 'light', maker },
    { name: 'Spring', price: 5, kind: 'light' },
  ]);
  return dataSource;
}

type Products = Repository<Goods>;

/** Every read that a repository offers, by its name. */
const READS: readonly (readonly [string, (products: Products) => Promise<unknown>])[] = [
  ['find', (products) => products.find({ order: { id: 'ASC' } })],
  ['findBy', (products) => products.findBy({ kind: 'light' })],
  ['findAndCount', (products) => products.findAndCount({ order: { id: 'DESC' }, take: 1 })],
  ['findAndCountBy', (products) => products.findAndCountBy({ kind: 'light' })],
  ['findOne', (products) => products.findOne({ where: { kind: 'light' }, order: { id: 'ASC' } })],
  ['findOneBy', (products) => products.findOneBy({ id: 2 })],
  ['findOneOrFail', (products) => products.findOneOrFail({ where: { id: 2 }, relations: { maker: true } })],
  ['findOneByOrFail', (products) => products.findOneByOrFail({ id: 2 })],
  ['count', (products) => products.count({ where: { kind: 'light' } })],
  ['countBy', (products) => products.countBy({ kind: 'light' })],
  ['exists', (products) => products.exists({ where: { name: 'Rocket' } })],
  ['existsBy', (products) => products.existsBy({ name: 'Rocket' })],
  ['sum', (products) => products.sum('price', { kind: 'light' })],
  ['average', (products) => products.average('price')],
  ['minimum', (products) => products.minimum('price')],
  ['maximum', (products) => products.maximum('price')],
  ['getOne', (products) => products.createQueryBuilder('g').where('g.id = :id', { id: 2 }).getOne()],
  ['getOneOrFail', (products) => products.createQueryBuilder('g').where({ id: 2 }).getOneOrFail()],
  ['getMany', (products) => products.createQueryBuilder('g').orderBy('g.id').getMany()],
  ['getManyAndCount', (products) => products.createQueryBuilder('g').orderBy('g.id').take(1).getManyAndCount()],
  ['getRawOne', (products) => products.createQueryBuilder('g').select('SUM(g.price)', 'sum').getRawOne()],
  ['getRawMany', (products) => products.createQueryBuilder('g').select('g.name', 'n').orderBy('g.id').getRawMany()],
  ['getRawAndEntities', (products) => products.createQueryBuilder('g').orderBy('g.id').getRawAndEntities()],
  ['execute', (products) => products.createQueryBuilder('g').select('COUNT(1)', 'n').execute()],
  ['getCount', (products) => products.createQueryBuilder('g').getCount()],
  ['getExists', (products) => products.createQueryBuilder('g').where('g.price > 20').getExists()],
];

describeDatabases('a cached repository', (database) => {
  it('answers every read from the cache until what it read is written, and then as the database does', async () => {
    const dataSource = await openShop(database);
    const plain = dataSource.getRepository(Goods);
    const products = cached(plain);
    for (const [name, read] of READS) {
      const first = await read(products);
      expect([name, first]).toEqual([name, await read(plain)]);
      const statements = reading.statements(dataSource);
      expect([name, await read(products)]).toEqual([name, first]);
      expect([name, statements.take()]).toEqual([name, []]);
      await plain.increment({ id: 2 }, 'price', 1);
      expect([name, await read(products)]).toEqual([name, await read(plain)]);
    }
  });
});

describe('A cached repository', () => {
  it('counts its reads by entity and method', async () => {
    const dataSource = await openShop();
    const products = cached(dataSource.getRepository(Goods));
    await products.findOneBy({ id: 1 });
    await products.findOneBy({ id: 1 });
    await products.createQueryBuilder('g').getCount();
    expect(reading.counts('Goods.findOneBy')).toEqual({ hits: 1, misses: 1, loads: 1, fills: 1 });
    expect(reading.counts('Goods.getCount')).toMatchObject({ misses: 1, fills: 1 });
  });

  it('hands out private copies that can be saved', async () => {
    const dataSource = await openShop();
    const products = cached(dataSource.getRepository(Goods));
    const one = (await products.findOneBy({ id: 1 }))!;
    one.name = 'changed';
    const other = (await products.findOneBy({ id: 1 }))!;
    expect(other).toBeInstanceOf(Goods);
    expect(other.name).toBe('Anvil');
    other.price = 11;
    expect(await products.save(other)).toBe(other);
    expect((await products.findOneBy({ id: 1 }))!.price).toBe(11);
    expect(await products.remove(other)).toBe(other);
    expect(await products.findOneBy({ id: 1 })).toBeNull();
  });

  it('is a Repository to TypeScript, to instanceof and to TypeORM, and leaves the one it was made of alone', async () => {
    const dataSource = await openShop();
    const plain = dataSource.getRepository(Goods);
    const products: CachedRepository<Goods> = cached(plain);
    const asRepository: Repository<Goods> = products;
    expect(asRepository).toBeInstanceOf(Repository);
    expect(asRepository).toBeInstanceOf(CachedRepository);
    expect(plain).not.toBeInstanceOf(CachedRepository);
    expect(dataSource.getRepository(Goods)).toBe(plain);
    // One that its manager makes is cached too, and stays with that manager.
    expect(products.manager.getRepository(Maker)).toBeInstanceOf(Repository);
    expect(dataSource.getRepository(Maker)).not.toBeInstanceOf(CachedRepository);
    expect(products.manager.getTreeRepository(ClosureBranch)).toBeInstanceOf(CachedRepository);
    expect(dataSource.getTreeRepository(ClosureBranch)).not.toBeInstanceOf(CachedRepository);
    expect(cached(products, { ttl: '1m' })).toBeInstanceOf(CachedRepository);
  });

  it('keeps what a custom repository adds, and reads through the cache in it', async () => {
    const dataSource = await openShop();
    const custom = dataSource.getRepository(Goods).extend({
      light() {
        return this.findBy({ kind: 'light' });
      },
      named(name: string) {
        return this.createQueryBuilder('g').where('g.name = :name', { name }).clone().getOne();
      },
    });
    const products = cached(custom, { ttl: '1m' });
    const statements = reading.statements(dataSource);
    for (let time = 0; time < 2; time++) {
      expect(await products.light()).toHaveLength(2);
      expect((await products.named('Anvil'))!.id).toBe(1);
    }
    expect(statements.take()).toHaveLength(2);
    expect(await products.extend({ all: () => products.find() }).all()).toHaveLength(3);
    await custom.light();
    expect(statements.take()).toHaveLength(2);
  });

  it('keeps a class that overrides reads, and what its overrides ask', async () => {
    class LightGoods extends Repository<Goods> {
      constructor(manager: EntityManager) {
        super(Goods, manager);
      }
      override find(options: FindManyOptions<Goods> = {}): Promise<Goods[]> {
        return super.find({ ...options, where: { kind: 'light' } });
      }
    }
    const dataSource = await openShop();
    const products = cached(new LightGoods(dataSource.createEntityManager()));
    const statements = reading.statements(dataSource);
    expect(await products.find()).toHaveLength(2);
    expect(await products.find()).toHaveLength(2);
    expect(await cached(dataSource.getRepository(Goods)).find()).toHaveLength(3);
    expect(statements.take()).toHaveLength(2);
  });

  it('rejects as TypeORM does for what cannot be asked', async () => {
    const dataSource = await openShop();
    const plain = dataSource.getRepository(Goods);
    const products = cached(plain);
    const wrong: ((products: Products) => Promise<unknown>)[] = [
      (repository) => repository.findOneByOrFail({ id: 99 }),
      (repository) => repository.findOneOrFail({ where: { id: 99 } }),
      (repository) => repository.findOne({}),
      (repository) => repository.findBy({ nothing: 1 } as never),
      (repository) => repository.sum('nothing' as never),
      (repository) => repository.createQueryBuilder('g').where('nonsense(').getMany(),
    ];
    for (const ask of wrong) {
      const [mine, theirs] = await Promise.all(
        [products, plain].map((each) => ask(each).catch((error: Error) => error)),
      );
      expect(theirs).toBeInstanceOf(Error);
      expect(mine).toEqual(theirs);
    }
  });

  it('caches the operations that were named, and no others', async () => {
    const dataSource = await openShop();
    const products = cached(dataSource.getRepository(Goods), { operations: ['get', 'count'] });
    const statements = reading.statements(dataSource);
    for (let time = 0; time < 2; time++) {
      await products.findOneBy({ id: 1 });
      await products.count();
    }
    expect(statements.take()).toHaveLength(2);
    for (let time = 0; time < 2; time++) {
      await products.find();
      await products.createQueryBuilder('g').getMany();
      await products.existsBy({ id: 1 });
      await products.maximum('price');
    }
    expect(statements.take()).toHaveLength(8);
  });

  it("caches all of them where 'all' stands in a list, as in one that a program puts together", async () => {
    const dataSource = await openShop();
    const products = cached(dataSource.getRepository(Goods), { operations: ['get', 'all'] });
    const statements = reading.statements(dataSource);
    for (let time = 0; time < 2; time++) {
      await products.find();
      await products.maximum('price');
    }
    expect(statements.take()).toHaveLength(2);
  });

  it.each([
    [{ operations: ['gett'] }, 'INVALID_OPTION', /Did you mean 'get'/],
    [{ ttl: '5 minutes' }, 'INVALID_DURATION', /cached\(\)/],
    [{ prefixx: 'a' }, 'INVALID_OPTION', /Did you mean 'prefix'/],
    [{ prefix: 1 }, 'INVALID_OPTION', /prefix/],
    [{ consistency: 'weak' }, 'INVALID_OPTION', /consistency/],
  ])('refuses wrong options: %j', async (options, code, message) => {
    const dataSource = await openShop();
    expect(() => cached(dataSource.getRepository(Goods), options as never)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it('is made of a repository only', async () => {
    const { manager } = await openShop();
    for (const none of [null, undefined, {}, 5, Goods, { manager: {} }, manager]) {
      expect(() => cached(none as never)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringMatching(/takes a repository/) }),
      );
    }
  });

  it('goes to the database where it is told to, and counts why', async () => {
    const dataSource = await openShop();
    const products = cached(dataSource.getRepository(Goods));
    await products.find();
    await products.findOneBy({ id: 1 });
    const statements = reading.statements(dataSource);
    await products.find({ cache: false });
    await products.createQueryBuilder('g').cache(false).getMany();
    await runBypassed('bypass', () => products.find());
    await products.find({ transaction: true });
    await products.createQueryBuilder('g').getMany();
    statements.take();
    await products.createQueryBuilder('g').useTransaction(true).getMany();
    await products.findOneBy({ id: (() => 1) as never }).catch(() => undefined);
    expect(statements.take().length).toBeGreaterThanOrEqual(3);
    expect(reading.bypasses()).toMatchObject({ 'cache option': 2, bypass: 1, argument: 1, transaction: 2 });
  });

  it('asks the database for options that are more than they show', async () => {
    class OfKind {
      readonly #kind: string;
      constructor(kind: string) {
        this.#kind = kind;
      }
      get where() {
        return { kind: this.#kind };
      }
    }
    const dataSource = await openShop();
    const products = cached(dataSource.getRepository(Goods));
    expect(await products.find(new OfKind('light'))).toHaveLength(2);
    expect(await products.find(new OfKind('heavy'))).toHaveLength(1);
  });
});

describe('The answers of a cached repository', () => {
  /** Reads that a careless key would take for one another. */
  const PAIRS: readonly (readonly [string, FindManyOptions<Goods>, FindManyOptions<Goods>])[] = [
    ['selected columns', { select: { id: true } }, { select: { id: true, name: true } }],
    ['relations', {}, { relations: { maker: true } }],
    ['the order', { order: { kind: 'ASC', price: 'ASC' } }, { order: { price: 'ASC', kind: 'ASC' } }],
    ['the direction', { order: { id: 'ASC' } }, { order: { id: 'DESC' } }],
    ['the order of relations', order('name', 'id'), order('id', 'name')],
    ['skip', { order: { id: 'ASC' }, take: 1 }, { order: { id: 'ASC' }, take: 1, skip: 1 }],
    ['take', { order: { id: 'ASC' }, take: 1 }, { order: { id: 'ASC' }, take: 2 }],
    ['soft-deleted rows', {}, { withDeleted: true }],
    ['ids of relations', {}, { loadRelationIds: true }],
    ['some ids of relations', { loadRelationIds: true }, { loadRelationIds: { relations: ['maker'] } }],
    ['the comment', { comment: 'one' }, { comment: 'two' }],
    ['conditions', { where: { kind: 'light' } }, { where: { kind: 'heavy' } }],
    ['alternatives', { where: { kind: 'light' } }, { where: [{ kind: 'light' }, { price: 10 }] }],
    ['types of values', { where: { name: '1' } }, { where: { name: 1 as never } }],
    ['lists', { where: { id: In([1]) } }, { where: { id: In([1, 2]) } }],
    ['SQL', { where: { price: Raw((a) => `${a} > 9`) } }, { where: { price: Raw((a) => `${a} > 29`) } }],
    [
      'the values in SQL',
      { where: { price: Raw((a) => `${a} > :p`, { p: 9 }) } },
      { where: { price: Raw((a) => `${a} > :p`, { p: 29 }) } },
    ],
    [
      'how relations are loaded',
      { relations: { maker: true } },
      { ...{ relations: { maker: true } }, relationLoadStrategy: 'query' },
    ],
  ];

  function order(...columns: ('name' | 'id')[]): FindManyOptions<Goods> {
    const maker = Object.fromEntries(columns.map((column) => [column, 'ASC'])) as { name?: 'ASC'; id?: 'ASC' };
    return { relations: { maker: true }, order: { maker, id: 'ASC' } };
  }

  it.each(PAIRS)('never mix: %s', async (_, one, other) => {
    const dataSource = await openShop();
    const plain = dataSource.getRepository(Goods);
    await plain.softDelete({ id: 3 });
    const products = cached(plain);
    const statements = reading.statements(dataSource);
    expect(await products.find(one)).toEqual(await runBypassed('bypass', () => products.find(one)));
    statements.take();
    expect(await products.find(other)).toEqual(await plain.find(other));
    expect(statements.take().length).toBeGreaterThanOrEqual(2);
    await products.find(one);
    await products.find(other);
    expect(statements.take()).toEqual([]);
  });

  it('are not those of another method, column, kind of result, or DataSource', async () => {
    const [one, two] = [await openShop(), await openShop()];
    await two.manager.update(Goods, { id: 1 }, { name: 'Other' });
    const products = cached(one.getRepository(Goods));
    expect(await products.findBy({ id: 1 })).toHaveLength(1);
    expect(await products.countBy({ id: 1 })).toBe(1);
    expect(await products.existsBy({ id: 1 })).toBe(true);
    expect(await products.findAndCountBy({ id: 1 })).toEqual([[expect.objectContaining({ id: 1 })], 1]);
    expect(await products.sum('price', {})).toBe(45);
    expect(await products.sum('id', {})).toBe(6);
    expect(await products.maximum('price')).toBe(30);
    expect(await products.minimum('price')).toBe(5);
    expect((await products.findOneBy({ id: 1 }))!.name).toBe('Anvil');
    expect((await cached(two.getRepository(Goods)).findOneBy({ id: 1 }))!.name).toBe('Other');
  });

  it('of builders are told apart by what TypeORM makes of the same rows', async () => {
    const dataSource = await openShop();
    const products = cached(dataSource.getRepository(Goods));
    const builder = () => products.createQueryBuilder('g').where('g.id = 1');
    expect(await builder().getRawMany()).not.toEqual(await builder().getMany());
    const mapped = (property: string) =>
      builder().leftJoinAndMapOne(`g.${property}`, 'g.maker', 'm').getOne() as Promise<ObjectLiteral | null>;
    expect(await mapped('producer')).toHaveProperty('producer');
    expect(await mapped('builder')).toHaveProperty('builder');
    expect(await mapped('builder')).not.toHaveProperty('producer');
    const page = (take: number) =>
      products.createQueryBuilder('g').leftJoinAndSelect('g.maker', 'm').orderBy('g.id').take(take).getMany();
    expect(await page(1)).toHaveLength(1);
    expect(await page(2)).toHaveLength(2);
    expect(await builder().setParameter('x', 1).loadAllRelationIds().getOne()).toMatchObject({ maker: 1 });
    expect((await builder().getOne())!.maker).toBeUndefined();
  });

  it('of builders that join the same subquery are the same, though the function that makes it is another', async () => {
    const dataSource = await openShop();
    const products = cached(dataSource.getRepository(Goods));
    const dearer = (price: number) =>
      products
        .createQueryBuilder('g')
        .select('g.name', 'name')
        .innerJoin(
          (sub) => sub.select('d.id', 'id').from(Goods, 'd').where('d.price > :price', { price }),
          'd',
          'd.id = g.id',
        )
        .orderBy('g.id')
        .getRawMany();
    expect(await dearer(5)).toHaveLength(2);
    expect(await dearer(5)).toHaveLength(2);
    expect(await dearer(10)).toHaveLength(1);
    expect(reading.counts('Goods.getRawMany')).toMatchObject({ hits: 1, misses: 2 });
  });

  it('of builders are told apart by the relations that TypeORM 0.3 counts', async () => {
    const dataSource = await openShop();
    const products = cached(dataSource.getRepository(Goods));
    /** What its loadRelationCountAndMap() notes, of which later versions know nothing. */
    const counting = (...relationCountAttributes: object[]) => {
      const builder = products.createQueryBuilder('g').where('g.id = 1');
      Object.assign(builder.expressionMap, { relationCountAttributes });
      return builder;
    };
    const parts = { relationName: 'g.parts', mapToProperty: 'g.count' };
    await counting(parts).getOne();
    const statements = reading.statements(dataSource);
    await counting({ ...parts }).getOne();
    expect(statements.take()).toEqual([]);
    await counting().getOne();
    await counting({ ...parts, mapToProperty: 'g.size' }).getOne();
    await counting({ ...parts, relationName: 'g.others' }).getOne();
    expect(statements.take()).toHaveLength(3);
    await counting({ ...parts, queryBuilderFactory: (builder: unknown) => builder }).getOne();
    expect(statements.take()).toHaveLength(1);
    expect(reading.bypasses()).toEqual({ argument: 1 });
  });

  it('for one row are one entry, however the row is asked for', async () => {
    const dataSource = await openShop();
    const plain = dataSource.getRepository(Goods);
    const products = cached(plain);
    const first = await products.findOneBy({ id: 1 });
    const statements = reading.statements(dataSource);
    const ways: (() => Promise<unknown>)[] = [
      () => products.findOne({ where: { id: 1 } }),
      () => products.findOne({ where: { id: '1' as never } }),
      () => products.findOneBy({ id: 1n as never }),
      () => products.findOneByOrFail({ id: 1 }),
      () => products.findOne({ where: { id: 1 }, take: 2 } as object),
      () => products.findOneOrFail({ where: { id: 1 }, transaction: false }),
      () => products.manager.findOneBy(Goods, { id: 1 }),
      () => cached(plain, { operations: 'get' }).findOneBy({ id: 1 }),
    ];
    for (const ask of ways) expect(await ask()).toEqual(first);
    expect(statements.take()).toEqual([]);
    await cached(plain, { prefix: 'apart' }).findOneBy({ id: 1 });
    await cached(plain, { ttl: '3m' }).findOneBy({ id: 1 });
    await products.findOne({ where: { id: 1 }, select: { id: true } });
    expect(statements.take()).toHaveLength(3);
  });

  it('of builders are those of the class that rows of one table are made into', async () => {
    const dataSource = await openShop();
    await dataSource.manager.insert(Kind, { code: 'a' });
    const builder = () => cached(dataSource.getRepository(Kind)).createQueryBuilder('k');
    expect(await builder().select('s').from(Kind, 's').getOne()).toBeInstanceOf(Kind);
    expect(await builder().select('s').from(Sort, 's').getOne()).toBeInstanceOf(Sort);
  });

  it('for any row are not given to findOne(), which throws without conditions', async () => {
    const dataSource = await openShop();
    const products = cached(dataSource.getRepository(Goods));
    for (const where of [undefined, null] as never[]) {
      expect(await products.findOneBy(where)).toMatchObject({ name: 'Anvil' });
      await expect(products.findOne({ where })).rejects.toThrow('You must provide selection conditions');
    }
    await expect(products.findOne({})).rejects.toThrow('You must provide selection conditions');
    await expect(products.findOneOrFail({ relations: {} })).rejects.toThrow('You must provide selection conditions');
  });

  it('of one builder that is asked again are the same', async () => {
    const dataSource = await openShop();
    const builder = cached(dataSource.getRepository(Goods)).createQueryBuilder('g').select('g.name').orderBy('g.id');
    const first = await builder.getMany();
    const statements = reading.statements(dataSource);
    expect(await builder.getMany()).toEqual(first);
    expect(statements.take()).toEqual([]);
  });

  it('for transformed keys are those of the value as it was given', async () => {
    const dataSource = await openShop();
    const coded = cached(dataSource.getRepository(Coded));
    await coded.insert([
      { id: 1, name: 'one' },
      { id: 2, name: 'two' },
    ]);
    expect((await coded.findOneBy({ id: 1 }))!.name).toBe('one');
    expect((await coded.findOneBy({ id: '1' as never }))!.name).toBe('two');
  });

  it('for text keys are those of exactly this text', async () => {
    const dataSource = await openShop();
    await dataSource.manager.insert(Kind, [
      { code: 'a', text: 'small' },
      { code: 'A', text: 'large' },
    ]);
    const kinds = cached(dataSource.getRepository(Kind));
    expect((await kinds.findOneBy({ code: 'a' }))!.text).toBe('small');
    expect((await kinds.findOneBy({ code: 'A' }))!.text).toBe('large');
    expect(await kinds.findOneBy({ code: 'a ' })).toBeNull();
  });

  it('are shared by callers who ask at the same time', async () => {
    const dataSource = await openShop();
    const products = cached(dataSource.getRepository(Goods));
    const statements = reading.statements(dataSource);
    await Promise.all(Array.from({ length: 20 }, () => products.findOneBy({ id: 1 })));
    expect(statements.take()).toHaveLength(1);
  });
});

describe('A cached repository asked for several rows by their ids', () => {
  it('asks the database for those only that it does not know, and answers in the order of the key', async () => {
    const dataSource = await openShop();
    const products = cached(dataSource.getRepository(Goods));
    await products.findOneBy({ id: 2 });
    const statements = reading.statements(dataSource);
    const names = async (ids: number[]) => (await products.findBy({ id: In(ids) })).map(({ name }) => name);
    expect(await names([3, 1, 2, 99])).toEqual(['Anvil', 'Rocket', 'Spring']);
    expect(statements.take()).toHaveLength(1);
    expect(await names([1, 3])).toEqual(['Anvil', 'Spring']);
    expect(await products.findOneBy({ id: 3 })).toMatchObject({ name: 'Spring' });
    expect(await products.findOneBy({ id: 99 })).toBeNull();
    expect(statements.take()).toEqual([]);
  });

  it('keeps each for itself: a write to one leaves those that did not send the statement', async () => {
    const dataSource = await openShop();
    const products = cached(dataSource.getRepository(Goods));
    await products.findBy({ id: In([1, 2, 3]) });
    await dataSource.manager.update(Goods, { id: 2 }, { name: 'Shuttle' });
    const statements = reading.statements(dataSource);
    await products.findOneBy({ id: 3 });
    expect(statements.take()).toEqual([]);
    await products.findOneBy({ id: 2 });
    expect(statements.take()).toHaveLength(1);
  });

  it('notices a write to any of them, and a row that was not there', async () => {
    const dataSource = await openShop();
    const products = cached(dataSource.getRepository(Goods));
    const read = () => products.find({ where: { id: In([1, 2, 4]) } });
    await read();
    await dataSource.manager.update(Goods, { id: 2 }, { name: 'Shuttle' });
    expect((await read()).map(({ name }) => name)).toEqual(['Anvil', 'Shuttle']);
    await dataSource.manager.insert(Goods, { id: 4, name: 'Tunnel', price: 1, kind: 'heavy' });
    expect((await read()).map(({ name }) => name)).toEqual(['Anvil', 'Shuttle', 'Tunnel']);
    await dataSource.query('DELETE FROM goods WHERE id = 1');
    expect((await read()).map(({ name }) => name)).toEqual(['Shuttle', 'Tunnel']);
  });

  it('keeps nothing of what a transaction on the same connection has not committed', async () => {
    const dataSource = await openShop();
    const products = cached(dataSource.getRepository(Goods));
    const runner = dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query(`UPDATE goods SET name = 'dirty'`);
    await reading.outside(() => products.findBy({ id: In([1, 2]) }));
    await runner.rollbackTransaction();
    expect(await products.findOneBy({ id: 2 })).toMatchObject({ name: 'Rocket' });
    expect(await products.findOneBy({ id: 1 })).toMatchObject({ name: 'Anvil' });
  });

  it('asks with one answer where a row is not all: eager relations, listeners, subscribers and views', async () => {
    const dataSource = await openShop();
    const parts = cached(dataSource.getRepository(Part));
    await parts.insert([
      { name: 'wheel', maker: { id: 1 } },
      { name: 'spoke', maker: { id: 1 } },
    ]);
    const clans = cached(dataSource.getRepository(Clan));
    await clans.insert([{ name: 'one' }, { name: 'two' }]);
    Clan.useDataSource(dataSource);
    const kin = async () => (await clans.findBy({ id: In([1, 2]) })).map((clan) => clan.kin);
    const makers = async () => (await parts.findBy({ id: In([1, 2]) })).map(({ maker }) => maker?.name);
    expect([await makers(), await kin()]).toEqual([
      ['Acme', 'Acme'],
      [
        ['one', 'two'],
        ['one', 'two'],
      ],
    ]);
    await dataSource.manager.update(Maker, { id: 1 }, { name: 'Apex' });
    await dataSource.manager.update(Clan, { id: 1 }, { name: 'uno' });
    expect([await makers(), await kin()]).toEqual([
      ['Apex', 'Apex'],
      [
        ['uno', 'two'],
        ['uno', 'two'],
      ],
    ]);
    await cached(dataSource.getRepository(GoodsView)).findBy({ id: In([2, 3]) });
    expect(reading.counts('GoodsView.findBy').misses).toBe(1);

    dataSource.subscribers.push({
      listenTo: () => Goods,
      async afterLoad(goods: Goods) {
        const [{ price }] = (await dataSource.query('SELECT price FROM goods WHERE id = 2')) as [{ price: number }];
        goods.kind = String(price);
      },
    });
    const products = cached(dataSource.getRepository(Goods));
    const kinds = async () => (await products.findBy({ id: In([1, 2, 3]) })).map(({ kind }) => kind);
    expect(await kinds()).toEqual(['30', '30', '30']);
    await dataSource.manager.update(Goods, { id: 2 }, { price: 31 });
    expect(await kinds()).toEqual(['31', '31', '31']);
  });

  it('asks for a row alone when somebody else failed to load it after the others were asked for', async () => {
    const dataSource = await openShop();
    const products = cached(dataSource.getRepository(Goods));
    const runner = dataSource.createQueryRunner();
    const query = runner.query.bind(runner);
    // The only runner of the database, which answers the first statement late, and with an error.
    let isFirst = true;
    const late = { fail: (): void => undefined };
    runner.query = (async (...args: Parameters<typeof query>) => {
      if (!isFirst || !args[0].includes('goods')) return query(...args);
      isFirst = false;
      await new Promise<void>((resolve) => (late.fail = resolve));
      throw new Error('lost');
    }) as typeof runner.query;
    const one = products.findOneBy({ id: 1 });
    const rows = products.findBy({ id: In([1, 2]) });
    while ((await products.findOneBy({ id: 2 })) === null);
    late.fail();
    await expect(one).rejects.toThrow('lost');
    expect((await rows).map(({ name }) => name)).toEqual(['Anvil', 'Rocket']);
  });

  it('rejects as the database does, once for all of them', async () => {
    const dataSource = await openShop();
    const products = cached(dataSource.getRepository(Goods));
    await dataSource.query('DROP TABLE goods');
    await expect(products.findBy({ id: In([1, 2]) })).rejects.toThrow(/no such table/);
  });

  it('asks as it stands with other conditions, relations, an order or several keys', async () => {
    const dataSource = await openShop();
    const products = cached(dataSource.getRepository(Goods));
    const id = In([1, 2]);
    const asked: FindManyOptions<Goods>[] = [
      { where: { id, kind: 'light' } },
      { where: { id }, relations: { maker: true } },
      { where: { id }, order: { id: 'DESC' } },
      { where: { id }, take: 1 },
      { where: [{ id }] },
    ];
    for (const options of asked) {
      expect(await products.find(options)).toEqual(await dataSource.manager.find(Goods, options));
    }
    expect(reading.counts('Goods.find').misses).toBe(asked.length);
  });
});

describe('A cached repository and transactions', () => {
  it('reads the transaction with withRepository, and keeps nothing of it', async () => {
    const dataSource = await openShop();
    const products = cached(
      dataSource.getRepository(Goods).extend({
        first() {
          return this.findOneBy({ id: 1 });
        },
      }),
    );
    await products.first();
    await dataSource
      .transaction(async (manager) => {
        const inside = manager.withRepository(products);
        await inside.update({ id: 1 }, { name: 'inside' });
        expect((await inside.first())!.name).toBe('inside');
        expect((await inside.createQueryBuilder('g').where({ id: 1 }).getOne())!.name).toBe('inside');
        throw new Error('no');
      })
      .catch(() => undefined);
    expect((await products.first())!.name).toBe('Anvil');
  });

  it('is bypassed inside of one, and by repositories and builders of a query runner', async () => {
    const dataSource = await openShop();
    const products = cached(dataSource.getRepository(Goods));
    await products.find();
    const statements = reading.statements(dataSource);
    await dataSource.transaction(async (manager) => {
      statements.take();
      await products.find();
      expect(cached(manager.getRepository(Goods))).toBe(manager.getRepository(Goods));
      await cached(manager.getRepository(Goods)).find();
    });
    expect(reading.bypasses()['transaction']).toBe(1);
    const runner = dataSource.createQueryRunner();
    statements.take();
    await products.createQueryBuilder('g', runner).getMany();
    await products.createQueryBuilder('g').setQueryRunner(runner).getMany();
    expect(statements.take()).toHaveLength(2);
  });

  it('passes by for locks', async () => {
    const dataSource = await openShop();
    const products = cached(dataSource.getRepository(Bill));
    await products.save({ total: 1 });
    for (let time = 0; time < 2; time++) {
      await products.findOne({ where: { id: 1 }, lock: { mode: 'optimistic', version: 1 } });
      await products.createQueryBuilder('b').setLock('optimistic', 1).getOne();
    }
    expect(reading.bypasses()).toEqual({ lock: 4 });
  });
});

describe('A cached repository of', () => {
  it.each(Branch.all.map((type) => [type.name, type] as const))('a tree, %s, reads trees', async (_, type) => {
    const dataSource = await openShop();
    const plain = dataSource.getTreeRepository(type);
    const root = await plain.save(plain.create({ name: 'root' }));
    const child = await plain.save(plain.create({ name: 'child', parent: root }));
    const tree = cached(plain);
    expect(tree).toBeInstanceOf(TreeRepository);
    const reads = [
      () => tree.findTrees(),
      () => tree.findRoots(),
      () => tree.findDescendants(root),
      () => tree.findDescendantsTree(plain.create({ id: root.id, name: root.name })),
      () => tree.countDescendants(root),
      () => tree.findAncestors(child),
      () => tree.countAncestors(child),
    ];
    const read = async () => {
      const answers: unknown[] = [];
      for (const each of reads) answers.push(await each());
      return JSON.parse(JSON.stringify(answers)) as unknown;
    };
    const first = await read();
    const statements = reading.statements(dataSource);
    expect(await read()).toEqual(first);
    expect(statements.take()).toEqual([]);
    await plain.save(plain.create({ name: 'grandchild', parent: child }));
    expect(await read()).toEqual(await runBypassed('bypass', read));
    expect(JSON.stringify(await tree.findTrees())).toContain('grandchild');
  });

  it('an EntitySchema, a view, and an entity without a class', async () => {
    const dataSource = await openShop();
    await dataSource.getRepository(NoteSchema).save({ text: 'one' });
    const notes = cached(dataSource.getRepository<Note>(NoteSchema));
    const view = cached(dataSource.getRepository(GoodsView));
    const statements = reading.statements(dataSource);
    for (let time = 0; time < 2; time++) {
      expect(await notes.find()).toEqual([{ id: 1, text: 'one' }]);
      expect(await view.count()).toBe(2);
      expect(await view.findBy({ id: In([2, 3]) })).toHaveLength(2);
    }
    expect(statements.take()).toHaveLength(3);
    await dataSource.getRepository(NoteSchema).save({ text: 'two' });
    await dataSource.manager.update(Goods, { id: 1 }, { kind: 'light' });
    expect(await notes.find()).toHaveLength(2);
    expect(await view.count()).toBe(3);
    expect(notes.target).toBeInstanceOf(EntitySchema);
  });
});

describe('cached()', () => {
  it('reads the database while no application has the DataSource, and again after that has closed', async () => {
    const dataSource = await openShop();
    reading.close();
    const products = cached(dataSource.getRepository(Goods));
    const statements = reading.statements(dataSource);
    for (let time = 0; time < 2; time++) expect(await products.find()).toHaveLength(3);
    expect(statements.take()).toHaveLength(2);
    reading = new Reading();
    for (let time = 0; time < 2; time++) expect(await products.find()).toHaveLength(3);
    expect(statements.take()).toHaveLength(1);
  });

  it('keeps to the application that has the DataSource, and to none where several might', async () => {
    const dataSource = await openShop();
    const other = new Reading();
    const products = cached(dataSource.getRepository(Goods));
    const statements = reading.statements(dataSource);
    for (let time = 0; time < 2; time++) await products.find();
    expect(statements.take()).toHaveLength(2);
    other.reads.serve(dataSource);
    for (let time = 0; time < 2; time++) await products.find();
    expect(statements.take()).toHaveLength(1);
    expect([reading.counts('Goods.find').hits, other.counts('Goods.find').hits]).toEqual([0, 1]);
    // Both have it: the first to come answers, unless a call of the other is running around the read.
    reading.reads.serve(dataSource);
    await products.find();
    await other.load(() => products.find());
    expect([reading.counts('Goods.find').misses, other.counts('Goods.find').hits]).toEqual([1, 2]);
    other.close();
  });
});
