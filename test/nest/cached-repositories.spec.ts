import { describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { getDataSourceToken, InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import {
  BaseEntity,
  Column,
  DataSource,
  Entity,
  EntitySchema,
  In,
  PrimaryGeneratedColumn,
  Repository,
  TreeRepository,
} from 'typeorm';
import {
  cached,
  CachedRepository,
  CacheQuery,
  getCachedRepositoryToken,
  InjectCachedRepository,
  NoCache,
  ZooCacheError,
  ZooCacheModule,
  zooCacheProvider,
  ZooCacheService,
  type FeatureEntity,
} from '../../lib/index.js';
import { PathBranch } from '../typeorm/reading.entities.js';
import { database, KeptLog, Product, start } from './application.js';

@Injectable()
class Catalog {
  constructor(
    @InjectRepository(Product) readonly products: Repository<Product>,
    @InjectCachedRepository(Product) readonly cachedProducts: CachedRepository<Product>,
    readonly zooCache: ZooCacheService,
  ) {}

  byId(id: number): Promise<Product | null> {
    return this.cachedProducts.findOneBy({ id });
  }

  @NoCache()
  fresh(id: number): Promise<Product | null> {
    return this.cachedProducts.findOneBy({ id });
  }

  @CacheQuery('5m')
  async total(): Promise<number> {
    const products = await this.cachedProducts.find();
    return products.reduce((sum, { price }) => sum + price, 0);
  }
}

async function startCatalog(features: readonly FeatureEntity[], options?: object) {
  const app = await start({
    options,
    imports: [ZooCacheModule.forFeature(features), database()],
    providers: [Catalog],
  });
  const catalog = app.get(Catalog);
  await catalog.products.save([
    { name: 'Zebra', price: 1 },
    { name: 'Gnu', price: 2 },
  ]);
  return { app, catalog, counts: (name: string) => catalog.zooCache.stats().byName[name] };
}

async function failureOf(options: object, features: readonly FeatureEntity[] = []): Promise<unknown> {
  return start({ options, imports: [database(), ZooCacheModule.forFeature(features)], log: new KeptLog() }).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('A cached repository that is injected', () => {
  it('answers from the cache until a write, and leaves ordinary repositories alone', async () => {
    const { catalog, counts } = await startCatalog([Product]);
    expect(catalog.cachedProducts).toBeInstanceOf(CachedRepository);
    expect(catalog.products).not.toBeInstanceOf(CachedRepository);
    expect((await catalog.byId(1))!.name).toBe('Zebra');
    expect((await catalog.byId(1))!.name).toBe('Zebra');
    await catalog.products.findOneBy({ id: 1 });
    expect(counts('Product.findOneBy')).toEqual({ hits: 1, misses: 1, loads: 1, fills: 1 });
    await catalog.products.update({ id: 1 }, { name: 'Quagga' });
    expect((await catalog.byId(1))!.name).toBe('Quagga');
  });

  it('hands what it depends on to a cached method, and is bypassed with it', async () => {
    const { catalog, counts } = await startCatalog([Product]);
    await catalog.cachedProducts.find();
    expect(await catalog.total()).toBe(3);
    await catalog.products.update({ id: 1 }, { price: 10 });
    expect(await catalog.total()).toBe(12);
    await catalog.byId(1);
    await catalog.fresh(1);
    await catalog.zooCache.bypass(() => catalog.byId(1));
    expect(counts('Product.findOneBy')).toMatchObject({ hits: 0, misses: 1 });
    expect(catalog.zooCache.stats().bypasses).toEqual({ 'no-cache': 1, bypass: 1 });
  });

  it('can be replaced in a test by its token', async () => {
    const app = await start({
      imports: [database(), ZooCacheModule.forFeature([Product])],
      providers: [Catalog],
      override: (builder) => builder.overrideProvider(getCachedRepositoryToken(Product)).useValue('fake'),
    });
    expect(app.get(Catalog).cachedProducts).toBe('fake');
  });

  it('is an ordinary one where a test provides something else as the DataSource', async () => {
    const mock = { find: () => Promise.resolve(['mocked']) };
    const dataSource = { entityMetadatas: [], options: {}, getRepository: () => mock };
    const app = await start({
      imports: [database(), ZooCacheModule.forFeature([[Product, { ttl: '5m' }]])],
      override: (builder) => builder.overrideProvider(getDataSourceToken()).useValue(dataSource),
    });
    expect(await app.get<Repository<Product>>(getCachedRepositoryToken(Product)).find()).toEqual(['mocked']);
  });

  it('may be asked for before or after TypeOrmModule, of trees, schemas and several DataSources', async () => {
    const Note = new EntitySchema({ name: 'Note', columns: { id: { type: Number, primary: true } } });
    const module = (name: string, entities: never[]) =>
      TypeOrmModule.forRoot({ type: 'sqljs', name, entities, synchronize: true });
    const app = await start({
      imports: [
        ZooCacheModule.forFeature([Product, PathBranch], 'other'),
        module('other', [Product, PathBranch] as never[]),
        database(),
        ZooCacheModule.forFeature([Product]),
        module('notes', [Note] as never[]),
        ZooCacheModule.forFeature([Note], 'notes'),
      ],
    });
    const first = app.get<CachedRepository<Product>>(getCachedRepositoryToken(Product));
    const other = app.get<CachedRepository<Product>>(getCachedRepositoryToken(Product, 'other'));
    await first.save({ name: 'here' });
    await other.save({ name: 'there' });
    expect((await first.findOneBy({ id: 1 }))!.name).toBe('here');
    expect((await other.findOneBy({ id: 1 }))!.name).toBe('there');
    expect(other.manager.dataSource).toBe(app.get(getDataSourceToken('other')));
    expect(app.get(getCachedRepositoryToken(PathBranch, 'other'))).toBeInstanceOf(TreeRepository);
    const notes = app.get<CachedRepository<{ id: number }>>(getCachedRepositoryToken(Note, 'notes'));
    await notes.save({ id: 1 });
    expect(await notes.count()).toBe(1);
  });

  it('is the application’s own, whatever other applications do with the same entity', async () => {
    const one = await startCatalog([Product]);
    const two = await startCatalog([Product]);
    await two.catalog.products.update({ id: 1 }, { name: 'Quagga' });
    for (let time = 0; time < 2; time++) {
      expect((await one.catalog.byId(1))!.name).toBe('Zebra');
      expect((await two.catalog.byId(1))!.name).toBe('Quagga');
    }
    expect([one.counts('Product.findOneBy').hits, two.counts('Product.findOneBy').hits]).toEqual([1, 1]);
    await cached(two.catalog.products).count();
    expect([one.counts('Product.count'), two.counts('Product.count').misses]).toEqual([undefined, 1]);
  });

  it('can be given to whoever wants any repository', async () => {
    const { catalog } = await startCatalog([Product]);
    const count = (repository: Repository<Product>) => repository.countBy({ id: In([1, 2]) });
    expect(await count(catalog.cachedProducts)).toBe(2);
  });

  it('shares frozen answers where the module says so', async () => {
    const { catalog } = await startCatalog([Product], { copy: 'freeze' });
    await catalog.byId(1);
    const one = await catalog.byId(1);
    expect(Object.isFrozen(one)).toBe(true);
    expect(await catalog.byId(1)).toBe(one);
  });

  it('builds trees of frozen answers too', async () => {
    const app = await start({
      options: { copy: 'freeze' },
      imports: [
        TypeOrmModule.forRoot({ type: 'sqljs', entities: [Product, PathBranch], synchronize: true }),
        ZooCacheModule.forFeature([PathBranch]),
      ],
    });
    const tree = app.get<TreeRepository<PathBranch>>(getCachedRepositoryToken(PathBranch));
    const root = await tree.save(tree.create({ name: 'root' }));
    await tree.save(tree.create({ name: 'child', parent: root }));
    for (let time = 0; time < 2; time++) {
      await tree.findRoots();
      expect(await tree.findTrees()).toMatchObject([{ name: 'root', children: [{ name: 'child' }] }]);
    }
  });
});

@Entity()
class Invoice extends BaseEntity {
  @PrimaryGeneratedColumn() id!: number;
  @Column() total!: number;
}

describe('Automatic caching', () => {
  it.each([
    ['entities', [Product], { entities: { Product: { ttl: '5m', operations: ['get', 'count'] } } }],
    ['every entity', [Product], { entities: { '*': { operations: ['get', 'count'] } } }],
    ['forFeature', [[Product, { ttl: '5m', operations: ['get', 'count'] }]], {}],
  ] as [string, FeatureEntity[], object][])('by %s answers ordinary repositories', async (_, features, options) => {
    const { catalog, counts } = await startCatalog(features, options);
    for (let time = 0; time < 2; time++) {
      expect(await catalog.products.findOneBy({ id: 1 })).toMatchObject({ name: 'Zebra' });
      expect(await catalog.products.count()).toBe(2);
      expect(await catalog.products.find()).toHaveLength(2);
    }
    expect(counts('Product.findOneBy')).toMatchObject({ hits: 1, misses: 1 });
    expect(counts('Product.count')).toMatchObject({ hits: 1, misses: 1 });
    expect(counts('Product.find')).toBeUndefined();
    // The cached repository is kept for the same time, so what one has read the other knows.
    await catalog.byId(1);
    expect(counts('Product.findOneBy')).toMatchObject({ hits: 2, misses: 1 });
  });

  it('answers active records', async () => {
    const app = await start({
      options: { entities: { Invoice: {} } },
      imports: [TypeOrmModule.forRoot({ type: 'sqljs', entities: [Product, Invoice], synchronize: true })],
    });
    await Invoice.create({ total: 1 }).save();
    for (let time = 0; time < 2; time++) expect(await Invoice.sum('total', {})).toBe(1);
    const invoice = (await Invoice.findOneBy({ id: 1 }))!;
    invoice.total = 5;
    await invoice.save();
    expect(await Invoice.sum('total', {})).toBe(5);
    expect(app.get(ZooCacheService).stats().byName['Invoice.sum']).toMatchObject({ hits: 1, misses: 2 });
  });

  it('ends with the application', async () => {
    const { app, catalog } = await startCatalog([Product], { entities: { Product: {} } });
    const dataSource = await new DataSource({ type: 'sqljs', entities: [Product], synchronize: true }).initialize();
    await catalog.products.count();
    const { zooCache } = catalog;
    const before = zooCache.stats().byName['Product.count'];
    await app.close();
    await dataSource.manager.count(Product);
    expect(zooCache.stats().byName['Product.count']).toEqual(before);
    await dataSource.destroy();
  });

  it('is off where the module is', async () => {
    const { catalog, counts } = await startCatalog([Product], { enabled: false, entities: { Product: {} } });
    for (let time = 0; time < 2; time++) expect(await catalog.products.count()).toBe(2);
    expect(counts('Product.count')).toEqual({ hits: 0, misses: 0, loads: 0, fills: 0 });
    expect(catalog.zooCache.stats().bypasses).toEqual({ disabled: 2 });
  });

  it('warns of a lifetime that was most likely meant in seconds', async () => {
    const log = new KeptLog();
    await start({
      options: { entities: { Product: { ttl: 60 } } },
      imports: [database(), ZooCacheModule.forFeature([[Product, { ttl: 60 }]])],
      log,
    });
    const warnings = log.lines.filter((line) => line.includes("did you mean '60s'"));
    expect(warnings).toEqual([
      expect.stringContaining('forFeature() for Product'),
      expect.stringContaining('entities.Product.ttl'),
    ]);
  });

  it('warns once of times given to cached(), when an application is there to tell', async () => {
    const log = new KeptLog();
    const app = await start({ log });
    const products = app.get(DataSource).getRepository(Product);
    for (let time = 0; time < 2; time++) {
      await cached(products, { ttl: 60, consistency: { bounded: 70 } }).count();
    }
    expect(log.lines.filter((line) => line.startsWith('warn'))).toEqual([
      "warn cached(): 60 is 60 milliseconds; did you mean '60s'?",
      "warn consistency.bounded of cached(): 70 is 70 milliseconds; did you mean '70s'?",
    ]);
  });

  it.each([
    [{ entities: { Prodct: {} } }, [], 'UNKNOWN_ENTITY', /'Prodct'.*Did you mean 'Product'/],
    [{}, [[Invoice, {}]], 'UNKNOWN_ENTITY', /'default' does not have it: 'Invoice'/],
    [{}, [Invoice], 'UNKNOWN_ENTITY', /'default' does not have it: 'Invoice'\. Add it to the entities/],
    [{}, [class NoEntity {}], 'UNKNOWN_ENTITY', /'NoEntity'/],
    [{}, [[Product, { operations: 'finds' }]], 'INVALID_OPTION', /Did you mean 'find'/],
    [{}, [[Product, { ttl: 'soon' }]], 'INVALID_DURATION', /forFeature\(\) for Product/],
  ] as [object, FeatureEntity[], string, RegExp][])(
    'fails at start-up for what is wrong: %j %j',
    async (options, features, code, message) => {
      const error = await failureOf(options, features);
      expect(error).toBeInstanceOf(ZooCacheError);
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    },
  );

  it('fails at start-up for an entity that two modules want cached in two ways', async () => {
    const imports = ['1m', '2m'].map((ttl) => ZooCacheModule.forFeature([[Product, { ttl: ttl as '1m' }]]));
    await expect(start({ imports: [database(), ...imports] })).rejects.toThrow(/two different ways/);
  });

  it.each([undefined, 'far'])('fails at start-up for a DataSource that no module provides: %s', async (name) => {
    for (const imports of [[], [database('near')]]) {
      const features = [ZooCacheModule.forFeature([Product], name)];
      const starting = Test.createTestingModule({ imports: [...features, ZooCacheModule.forRoot(), ...imports] })
        .setLogger(new KeptLog())
        .compile();
      await expect(starting).rejects.toMatchObject({
        name: 'ZooCacheError',
        code: 'NOT_REGISTERED',
        subject: `'${name ?? 'default'}' for Product`,
      });
    }
  });

  it('fails with the error of a connection that cannot be made', async () => {
    const unreachable = { type: 'postgres', host: '127.0.0.1', port: 1, retryAttempts: 0 } as const;
    const parts = [
      ZooCacheModule.forFeature([Product]),
      ZooCacheModule.forRoot(),
      TypeOrmModule.forRoot({ ...unreachable, entities: [Product] }),
    ];
    for (const imports of [parts, parts.toReversed()]) {
      const starting = Test.createTestingModule({ imports }).setLogger(new KeptLog()).compile();
      await expect(starting).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    }
  });

  it('fails at once for what is no entity', async () => {
    expect(() => ZooCacheModule.forFeature([undefined as never])).toThrow(/two files import each other/);
    expect(() => ZooCacheModule.forFeature(Product as never)).toThrow(/must be a list/);
    expect(() => ZooCacheModule.forFeature([Product, [Product, {}]])).toThrow(/named twice/);
    expect(() => InjectCachedRepository(undefined as never)).toThrow(ZooCacheError);
  });

  it('needs a forRoot() somewhere', async () => {
    @Module({ imports: [ZooCacheModule.forFeature([Product]), database()] })
    class Alone {}
    await expect(Test.createTestingModule({ imports: [Alone] }).compile()).rejects.toMatchObject({
      code: 'NOT_REGISTERED',
    });
  });
});

describe("TypeORM's own cache", () => {
  it('is answered by the application with zooCacheProvider', async () => {
    const app = await start({
      imports: [
        TypeOrmModule.forRoot({
          type: 'sqljs',
          entities: [Product],
          synchronize: true,
          cache: { provider: zooCacheProvider },
        }),
      ],
    });
    const products = app.get(DataSource).getRepository(Product);
    await products.save({ name: 'Zebra' });
    for (let time = 0; time < 2; time++) expect(await products.find({ cache: true })).toHaveLength(1);
    await products.save({ name: 'Gnu' });
    expect(await products.find({ cache: true })).toHaveLength(2);
    expect(app.get(ZooCacheService).stats().byName['typeorm cache']).toMatchObject({ hits: 1, misses: 2 });
  });
});
