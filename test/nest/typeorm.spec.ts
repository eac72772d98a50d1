import { AsyncResource } from 'node:async_hooks';
import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { getDataSourceToken, InjectDataSource, InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type EntityManager, Repository } from 'typeorm';
import { CacheQuery, Invalidates, NoCache, ZooCacheService } from '../../lib/index.js';
import { database, Product, start, times } from './application.js';

@Injectable()
class Catalog {
  calls = 0;

  constructor(
    @InjectRepository(Product) private readonly products: Repository<Product>,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {}

  @CacheQuery('5m')
  all(): Promise<Product[]> {
    this.calls++;
    return this.products.find({ order: { id: 'ASC' } });
  }

  @CacheQuery('5m')
  byId(id: number): Promise<Product | null> {
    this.calls++;
    return this.products.findOneBy({ id });
  }

  @CacheQuery('5m')
  async total(): Promise<number> {
    this.calls++;
    return (await this.all()).reduce((sum, { price }) => sum + price, 0);
  }

  @CacheQuery('5m')
  through(manager: EntityManager): Promise<number> {
    this.calls++;
    return manager.count(Product);
  }

  @CacheQuery({ key: (id: number) => id })
  keyed(_id: number, manager?: EntityManager): Promise<number> {
    this.calls++;
    return (manager ?? this.dataSource.manager).count(Product);
  }

  @NoCache()
  fresh(): Promise<Product[]> {
    return this.all();
  }

  @Invalidates('reports:daily', Product)
  async report(fails = false): Promise<string> {
    await Promise.resolve();
    if (fails) throw new Error('no report');
    return 'done';
  }

  @Invalidates('reports:daily')
  reportNow(): string {
    return 'done';
  }

  @CacheQuery({ tags: ['reports:daily'] })
  daily(): Promise<number> {
    return Promise.resolve(++this.calls);
  }
}

async function startWithProducts() {
  const app = await start({ providers: [Catalog] });
  const dataSource = app.get(DataSource);
  const products = dataSource.getRepository(Product);
  await products.save([
    { name: 'Zebra', price: 1 },
    { name: 'Gnu', price: 2 },
  ]);
  return { app, dataSource, products, catalog: app.get(Catalog), cache: app.get(ZooCacheService) };
}

describe('A cached method that reads with TypeORM', () => {
  it('answers anew after any write to what it read, and only then', async () => {
    const { catalog, products, dataSource } = await startWithProducts();
    expect(await catalog.all()).toHaveLength(2);
    expect(await catalog.all()).toHaveLength(2);
    expect(catalog.calls).toBe(1);

    const writes: (() => Promise<unknown>)[] = [
      () => products.save({ name: 'Okapi' }),
      () => products.update({ name: 'Okapi' }, { price: 7 }),
      () => dataSource.query(`UPDATE product SET price = 8 WHERE name = 'Okapi'`),
      () => products.delete({ name: 'Okapi' }),
    ];
    for (const write of writes) {
      await write();
      expect(await catalog.all()).toEqual(await products.find({ order: { id: 'ASC' } }));
    }
    expect(catalog.calls).toBe(5);
  });

  it('returns entities that can be changed and saved', async () => {
    const { catalog } = await startWithProducts();
    await catalog.byId(1);
    const product = (await catalog.byId(1))!;
    expect(product).toBeInstanceOf(Product);
    expect(catalog.calls).toBe(1);
    product.name = 'Quagga';
    expect((await catalog.byId(1))!.name).toBe('Zebra');
  });

  it('passes on what a cached method inside it read, when that is a hit too', async () => {
    const { catalog, products } = await startWithProducts();
    await catalog.all();
    expect(await catalog.total()).toBe(3);
    await products.update({ id: 1 }, { price: 10 });
    expect(await catalog.total()).toBe(12);
  });

  it('finds a row that was not there before', async () => {
    const { catalog, products } = await startWithProducts();
    expect([await catalog.byId(3), await catalog.byId(3)]).toEqual([null, null]);
    expect(catalog.calls).toBe(1);
    await products.insert({ id: 3, name: 'Okapi' });
    expect(await catalog.byId(3)).toMatchObject({ name: 'Okapi' });
  });

  it('depends on the entities it returns, also when it did not ask for them itself', async () => {
    const { cache, products } = await startWithProducts();
    const preloaded = await products.findOneByOrFail({ id: 1 });
    let loads = 0;
    const read = () => cache.getOrLoad('preloaded', () => ({ loads: ++loads, found: [preloaded] }));
    expect([(await read()).loads, (await read()).loads]).toEqual([1, 1]);
    await products.update({ id: 2 }, { price: 5 });
    expect((await read()).loads).toBe(1);
    await products.update({ id: 1 }, { price: 5 });
    expect((await read()).loads).toBe(2);
  });

  it('reads its own transaction, and stores nothing of it', async () => {
    const { catalog, dataSource, cache } = await startWithProducts();
    await catalog.all();
    await dataSource
      .transaction(async (manager) => {
        await manager.insert(Product, { name: 'Okapi' });
        expect(await catalog.all()).toHaveLength(3);
        throw new Error('roll back');
      })
      .catch(() => undefined);
    expect(await catalog.all()).toHaveLength(2);
    expect(catalog.calls).toBe(2);
    expect(cache.stats().bypasses).toEqual({ transaction: 1 });
  });

  it('goes past the cache with a manager among its arguments, also under a key of its own', async () => {
    const { catalog, dataSource, cache } = await startWithProducts();
    await times(2, async () => {
      await catalog.through(dataSource.manager);
    });
    expect(catalog.calls).toBe(2);
    await times(2, async () => {
      await catalog.keyed(1);
    });
    expect(catalog.calls).toBe(3);
    await times(2, async () => {
      await catalog.keyed(1, dataSource.manager);
    });
    expect(catalog.calls).toBe(5);
    expect(cache.stats().bypasses).toEqual({ argument: 4 });
  });
});

describe('@NoCache', () => {
  it('reads past the cache in everything that the method calls, and stores nothing', async () => {
    const { catalog, cache } = await startWithProducts();
    await times(2, async () => {
      expect(await catalog.fresh()).toHaveLength(2);
    });
    expect(catalog.calls).toBe(2);
    expect(cache.stats()).toMatchObject({ entries: 0, bypasses: { 'no-cache': 2 } });
  });

  it('wins over @CacheQuery in either order', async () => {
    @Injectable()
    class Both {
      calls = 0;

      @NoCache()
      @CacheQuery()
      above() {
        return Promise.resolve(++this.calls);
      }

      @CacheQuery()
      @NoCache()
      below() {
        return Promise.resolve(++this.calls);
      }
    }
    const app = await start({ providers: [Both] });
    const both = app.get(Both);
    expect([await both.above(), await both.above(), await both.below(), await both.below()]).toEqual([1, 2, 3, 4]);
    expect(app.get(ZooCacheService).stats().entries).toBe(0);
  });

  it('covers all methods of a class, the inherited ones too, and leaves the base alone', async () => {
    @Injectable()
    class Base {
      calls = 0;

      @CacheQuery()
      inherited() {
        return Promise.resolve(++this.calls);
      }
    }

    @NoCache()
    @Injectable()
    class Fresh extends Base {
      @CacheQuery()
      own() {
        return Promise.resolve(++this.calls);
      }

      get size(): number {
        return this.calls;
      }
    }
    const app = await start({ providers: [Base, Fresh] });
    const [base, fresh] = [app.get(Base), app.get(Fresh)];
    expect([await fresh.own(), await fresh.own(), await fresh.inherited(), await fresh.inherited()]).toEqual([
      1, 2, 3, 4,
    ]);
    expect(fresh.size).toBe(4);
    expect([await base.inherited(), await base.inherited()]).toEqual([1, 1]);
    expect(fresh.own.name).toBe('own');
  });

  it('is refused on anything but a class or a method', () => {
    const define = () => {
      class Catalog {
        @NoCache()
        get all() {
          return 1;
        }
      }
      void Catalog;
    };
    expect(define).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});

describe('@Invalidates', () => {
  it('invalidates after the method has succeeded, tags and entities alike', async () => {
    const { catalog } = await startWithProducts();
    await catalog.daily();
    await catalog.all();
    expect(await catalog.report()).toBe('done');
    await catalog.daily();
    await catalog.all();
    expect(catalog.calls).toBe(4);
  });

  it('invalidates nothing when the method fails', async () => {
    const { catalog } = await startWithProducts();
    await catalog.daily();
    await expect(catalog.report(true)).rejects.toThrow('no report');
    await catalog.daily();
    expect(catalog.calls).toBe(1);
  });

  it('leaves a method that returns a plain value as it is', async () => {
    const { catalog } = await startWithProducts();
    await catalog.daily();
    expect(catalog.reportNow()).toBe('done');
    expect(await catalog.daily()).toBe(2);
  });

  it('waits for the commit of the transaction around it, and does nothing after a rollback', async () => {
    const { catalog, dataSource } = await startWithProducts();
    await catalog.daily();
    await dataSource
      .transaction(async () => {
        catalog.reportNow();
        throw new Error('roll back');
      })
      .catch(() => undefined);
    expect(await catalog.daily()).toBe(1);
    const fromOutside = AsyncResource.bind(() => catalog.daily());
    await dataSource.transaction(async (manager) => {
      await manager.count(Product);
      catalog.reportNow();
      expect(await fromOutside()).toBe(1);
    });
    expect(await catalog.daily()).toBe(2);
  });

  it.each<[string, () => void, string]>([
    [
      'a wrong tag',
      () => {
        class Reports {
          @Invalidates('a::b')
          make() {
            return 1;
          }
        }
        void Reports;
      },
      'INVALID_TAG',
    ],
    [
      'a number',
      () => {
        class Reports {
          @Invalidates(7 as never)
          make() {
            return 1;
          }
        }
        void Reports;
      },
      'INVALID_TAG',
    ],
    [
      'no targets',
      () => {
        class Reports {
          @Invalidates()
          make() {
            return 1;
          }
        }
        void Reports;
      },
      'INVALID_ARGUMENT',
    ],
    [
      'a generator',
      () => {
        class Reports {
          @Invalidates('a')
          async *make() {
            yield await Promise.resolve(1);
          }
        }
        void Reports;
      },
      'INVALID_ARGUMENT',
    ],
    [
      'a static method',
      () => {
        class Reports {
          @Invalidates('a')
          static make() {
            return 1;
          }
        }
        void Reports;
      },
      'INVALID_ARGUMENT',
    ],
  ])('is refused when the class is defined: %s', (_, define, code) => {
    expect(define).toThrow(expect.objectContaining({ code }));
  });

  class Unknown {}

  @Injectable()
  class Wrong {
    @Invalidates(Unknown)
    write(): Promise<string> {
      return Promise.resolve('written');
    }
  }

  it('fails at start-up when it names what no DataSource knows, rather than when the method has done its work', async () => {
    await expect(start({ providers: [Wrong] })).rejects.toMatchObject({
      code: 'UNKNOWN_ENTITY',
      message: expect.stringContaining('Unknown'),
    });
  });

  it('never makes a method fail that has succeeded, whatever is wrong with its targets', async () => {
    const later = TypeOrmModule.forRoot({ type: 'sqljs', entities: [Product], manualInitialization: true });
    const app = await start({ imports: [later], providers: [Wrong] });
    expect(await app.get(Wrong).write()).toBe('written');
    expect(app.get(ZooCacheService).stats().errors).toBe(1);
  });

  it('only calls the method on an instance that Nest did not make', async () => {
    const { catalog } = await startWithProducts();
    await catalog.daily();
    const own = new Catalog(undefined as never, undefined as never);
    expect(own.reportNow()).toBe('done');
    expect(await catalog.daily()).toBe(1);
  });
});

describe('Several DataSources', () => {
  @Injectable()
  class Two {
    calls = 0;

    constructor(
      @InjectRepository(Product) private readonly near: Repository<Product>,
      @InjectRepository(Product, 'far') private readonly far: Repository<Product>,
    ) {}

    @CacheQuery()
    nearby(): Promise<number> {
      this.calls++;
      return this.near.count();
    }

    @CacheQuery()
    faraway(): Promise<number> {
      this.calls++;
      return this.far.count();
    }
  }

  it('are told apart: a write to one leaves what was read from the other', async () => {
    const app = await start({
      imports: [database(), database('far'), TypeOrmModule.forFeature([Product], 'far')],
      providers: [Two],
    });
    const two = app.get(Two);
    expect([await two.nearby(), await two.faraway()]).toEqual([0, 0]);
    await app.get<DataSource>(getDataSourceToken('far')).getRepository(Product).insert({ name: 'Okapi' });
    expect([await two.nearby(), await two.faraway()]).toEqual([0, 1]);
    expect(two.calls).toBe(3);
  });
});
