import { describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  Scope,
  type MiddlewareConsumer,
  type NestMiddleware,
  type NestModule,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { ContextIdFactory, INQUIRER, LazyModuleLoader, ModuleRef, REQUEST } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import supertest from 'supertest';
import { CacheQuery, ZooCacheModule, ZooCacheService } from '../../lib/index.js';
import { freshDirectory } from '../support/lmdb.js';
import { database, KeptLog, start, times } from './application.js';

let calls = 0;

@Injectable()
class Catalog {
  @CacheQuery()
  one(): Promise<number> {
    return Promise.resolve(++calls);
  }
}

/** As libraries make them: every property is a function that returns another such mock. */
function mockOfAnything(): object {
  return new Proxy(() => undefined, {
    get: (_, property) => (property === 'then' ? undefined : mockOfAnything()),
    apply: () => mockOfAnything(),
  });
}

async function isCached(catalog: Catalog): Promise<boolean> {
  return (await catalog.one()) === (await catalog.one());
}

describe('Providers that Nest injects no properties into', () => {
  it.each<[string, Provider]>([
    ['a factory', { provide: 'catalog', useFactory: () => new Catalog() }],
    ['an async factory', { provide: 'catalog', useFactory: () => Promise.resolve(new Catalog()) }],
    ['a value', { provide: 'catalog', useValue: new Catalog() }],
  ])('are cached when they come from %s', async (_, provider) => {
    const app = await start({ providers: [provider] });
    expect(await isCached(app.get('catalog'))).toBe(true);
  });

  it('are cached when a factory makes one for each place that asks', async () => {
    const app = await start({
      providers: [
        { provide: 'catalog', scope: Scope.TRANSIENT, useFactory: () => new Catalog() },
        { provide: 'host', inject: ['catalog'], useFactory: (catalog: Catalog) => ({ catalog }) },
      ],
    });
    expect(await isCached(app.get<{ catalog: Catalog }>('host').catalog)).toBe(true);
    expect(await isCached(await app.resolve('catalog'))).toBe(true);
  });

  it('keep to their request when a factory makes one for each', async () => {
    const app = await start({
      providers: [{ provide: 'catalog', scope: Scope.REQUEST, useFactory: () => new Catalog() }],
    });
    const [first, second] = [await app.resolve<Catalog>('catalog'), await app.resolve<Catalog>('catalog')];
    expect(await isCached(first)).toBe(true);
    expect(await first.one()).not.toBe(await second.one());
  });

  it('are kept apart when several are of one class, because each may stand for another tenant', async () => {
    class Tenant {
      constructor(private readonly name: string) {}

      @CacheQuery()
      who(): Promise<string> {
        return Promise.resolve(this.name + ++calls);
      }

      @CacheQuery({ shared: true })
      all(): Promise<number> {
        return Promise.resolve(++calls);
      }
    }
    const app = await start({
      providers: [
        { provide: 'a', useFactory: () => new Tenant('a') },
        { provide: 'b', useValue: new Tenant('b') },
      ],
    });
    const [a, b] = [app.get<Tenant>('a'), app.get<Tenant>('b')];
    const answers = [await a.who(), await b.who()];
    expect(answers.map((answer) => answer[0])).toEqual(['a', 'b']);
    expect([await a.who(), await b.who()]).toEqual(answers);
    expect(await a.all()).toBe(await b.all());
  });

  it('are one when a second name means the first', async () => {
    const app = await start({ providers: [Catalog, { provide: 'alias', useExisting: Catalog }] });
    const before = await app.get(Catalog).one();
    expect(await app.get<Catalog>('alias').one()).toBe(before);
  });

  it('may throw whatever they are asked before there is a request', async () => {
    const asked: unknown[] = [];
    const proxy: unknown = new Proxy(
      {},
      {
        get(_, name) {
          if (name === 'createQueryRunner') {
            asked.push(name);
            throw new Error('There is no request');
          }
        },
      },
    );
    const app = await start({ providers: [Catalog, { provide: 'proxy', useFactory: () => proxy }] });
    expect(asked).not.toEqual([]);
    expect(await isCached(app.get(Catalog))).toBe(true);
  });

  it('are left alone when they cannot be extended', async () => {
    const app = await start({ providers: [{ provide: 'catalog', useValue: Object.freeze(new Catalog()) }] });
    expect(await isCached(app.get('catalog'))).toBe(false);
  });

  it.each([Scope.DEFAULT, Scope.TRANSIENT, Scope.REQUEST])(
    'are left alone when nothing of them is cached, whatever a factory makes (scope %p)',
    async (scope) => {
      const made = Object.create(null) as object;
      const app = await start({
        providers: [
          { provide: 'made', scope, useFactory: () => made },
          { provide: 'host', inject: ['made'], useFactory: (given: object) => ({ given }) },
        ],
      });
      expect((await app.resolve<{ given: object }>('host')).given).toBe(made);
      expect(Reflect.ownKeys(made)).toEqual([]);
    },
  );
});

describe('Providers of every scope', () => {
  it('keep to their module when several provide the class, because each may inject something else', async () => {
    @Injectable()
    class Shop {
      constructor(@Inject('tenant') private readonly tenant: string) {}

      @CacheQuery()
      name(): Promise<string> {
        return Promise.resolve(this.tenant);
      }
    }
    class ShopModule {}
    const modules = ['a', 'b'].map((tenant) => ({
      module: ShopModule,
      providers: [Shop, { provide: 'tenant', useValue: tenant }],
    }));
    const app = await start({ imports: [database(), ...modules] });
    const shops = modules.map((module) => app.select(module).get(Shop, { strict: true }));
    expect(await Promise.all(shops.map((shop) => shop.name()))).toEqual(['a', 'b']);
  });

  it('share answers when they are transient, because nothing in them belongs to a request', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient extends Catalog {}
    const app = await start({ providers: [Transient] });
    const [first, second] = [await app.resolve(Transient), await app.resolve(Transient)];
    expect(first).not.toBe(second);
    expect(await first.one()).toBe(await second.one());
  });

  it('keep to themselves when they are transient and told the place they are made for', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Price {
      constructor(@Inject(INQUIRER) readonly inquirer: object) {}

      @CacheQuery()
      where(): Promise<string> {
        return Promise.resolve(this.inquirer.constructor.name);
      }

      @CacheQuery({ shared: true })
      rate(): Promise<number> {
        return Promise.resolve(++calls);
      }
    }
    @Injectable()
    class Basket {
      constructor(readonly price: Price) {}
    }
    @Injectable()
    class Invoice {
      constructor(readonly price: Price) {}
    }
    const app = await start({ providers: [Price, Basket, Invoice] });
    const prices = [app.get(Basket).price, app.get(Invoice).price];
    await times(2, async () => {
      expect(await Promise.all(prices.map((price) => price.where()))).toEqual(['Basket', 'Invoice']);
    });
    expect(app.get(ZooCacheService).stats().hits).toBe(2);
    expect(await prices[0].rate()).toBe(await prices[1].rate());
  });

  it.each([
    ['for their class when they are middleware', Scope.DEFAULT, ['a', 'a'], /^Tenants\.current\(\)$/],
    [
      'for their request when they are middleware that belongs to it',
      Scope.REQUEST,
      ['a', 'b'],
      /^Tenants\.current\(\)~/,
    ],
  ])('answer %s', async (_, scope, expected, key) => {
    const seen: string[] = [];
    const asked: object[] = [];
    @Injectable({ scope })
    class Tenants implements NestMiddleware {
      private tenant = '';

      @CacheQuery()
      current(): Promise<string> {
        return Promise.resolve(this.tenant);
      }

      async use({ headers }: { headers: Record<string, string> }, _response: unknown, next: () => void): Promise<void> {
        this.tenant = headers['x-tenant'];
        seen.push(await this.current());
        asked.push(this);
        next();
      }
    }
    @Module({})
    class Web implements NestModule {
      configure(consumer: MiddlewareConsumer): void {
        consumer.apply(Tenants).forRoutes('{*path}');
      }
    }
    const app = await start({ imports: [database(), Web] });
    for (const tenant of ['a', 'b']) await supertest(app.getHttpServer()).get('/').set('x-tenant', tenant);
    expect(seen).toEqual(expected);
    expect((await app.get(ZooCacheService).explain(asked[0] as Tenants, 'current')).key).toMatch(key);
  });

  it('answer for themselves alone when somebody made more of them than the application keeps', async () => {
    @Injectable()
    class Shop {
      tenant = 'a';

      @CacheQuery()
      name(): Promise<string> {
        return Promise.resolve(this.tenant);
      }

      of(tenant: string): Shop {
        return Object.assign(Object.create(this) as Shop, { tenant });
      }
    }
    const app = await start({ providers: [Shop] });
    const shop = app.get(Shop);
    const shops = [shop, shop.of('b'), Object.assign(await app.get(ModuleRef).create(Shop), { tenant: 'c' })];
    await times(2, async () => {
      expect(await Promise.all(shops.map((each) => each.name()))).toEqual(['a', 'b', 'c']);
    });
    expect(app.get(ZooCacheService).stats().hits).toBe(3);
  });

  @Injectable({ scope: Scope.REQUEST })
  class Scoped {
    constructor(@Inject(REQUEST) private readonly request: { tenant: string }) {}

    @CacheQuery()
    mine(): Promise<string> {
      calls++;
      return Promise.resolve(this.request.tenant);
    }

    @CacheQuery({
      vary(this: Scoped) {
        return this.request.tenant;
      },
    })
    varied(): Promise<string> {
      calls++;
      return Promise.resolve(this.request.tenant);
    }

    @CacheQuery({ shared: true })
    shared(): Promise<number> {
      return Promise.resolve(++calls);
    }
  }

  @Injectable()
  class DependsOnScoped {
    constructor(private readonly scoped: Scoped) {}

    @CacheQuery()
    theirs(): Promise<string> {
      return this.scoped.varied();
    }
  }

  async function inRequest<T>(moduleRef: ModuleRef, tenant: string, type: new (...parts: never[]) => T): Promise<T> {
    const id = ContextIdFactory.create();
    moduleRef.registerRequestByContextId({ tenant }, id);
    return moduleRef.resolve(type, id, { strict: false });
  }

  it('keep to their request, themselves and all that depend on them', async () => {
    const moduleRef = (await start({ providers: [Scoped, DependsOnScoped] })).get(ModuleRef);
    const [a, b] = [await inRequest(moduleRef, 'a', Scoped), await inRequest(moduleRef, 'b', Scoped)];
    calls = 0;
    await times(2, async () => {
      expect([await a.mine(), await b.mine()]).toEqual(['a', 'b']);
    });
    expect(calls).toBe(2);
    const theirs = [await inRequest(moduleRef, 'a', DependsOnScoped), await inRequest(moduleRef, 'b', DependsOnScoped)];
    expect([await theirs[0].theirs(), await theirs[1].theirs()]).toEqual(['a', 'b']);
  });

  it('keep to their request when they are transient and depend on something of it', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient {
      constructor(private readonly scoped: Scoped) {}

      @CacheQuery()
      theirs(): Promise<string> {
        return this.scoped.mine();
      }
    }
    const moduleRef = (await start({ providers: [Scoped, Transient] })).get(ModuleRef);
    const theirs = [await inRequest(moduleRef, 'a', Transient), await inRequest(moduleRef, 'b', Transient)];
    expect([await theirs[0].theirs(), await theirs[1].theirs()]).toEqual(['a', 'b']);
  });

  it('keep to their request also where nobody started the application, so that nobody can tell what belongs to one', async () => {
    const module = await Test.createTestingModule({
      imports: [ZooCacheModule.forRoot()],
      providers: [Scoped],
    }).compile();
    const moduleRef = module.get(ModuleRef);
    const [a, b] = [await inRequest(moduleRef, 'a', Scoped), await inRequest(moduleRef, 'b', Scoped)];
    expect([await a.mine(), await b.mine()]).toEqual(['a', 'b']);
    await module.close();
  });

  it('share across requests what `vary` tells apart, and what is `shared`', async () => {
    const moduleRef = (await start({ providers: [Scoped] })).get(ModuleRef);
    calls = 0;
    for (const tenant of ['a', 'b', 'a', 'b']) {
      expect(await (await inRequest(moduleRef, tenant, Scoped)).varied()).toBe(tenant);
    }
    expect(calls).toBe(2);
    for (const tenant of ['a', 'b']) expect(await (await inRequest(moduleRef, tenant, Scoped)).shared()).toBe(3);
  });

  it('keep to their request also as controllers, and in modules that are loaded later', async () => {
    @Controller()
    class WhoAmI {
      constructor(@Inject(REQUEST) private readonly request: { query: { name: string } }) {}

      @Get()
      @CacheQuery()
      name(): Promise<string> {
        return Promise.resolve(this.request.query.name);
      }
    }
    @Module({ providers: [Scoped], exports: [Scoped] })
    class Later {}

    const app = await start({ controllers: [WhoAmI] });
    const http = supertest(app.getHttpServer());
    for (const name of ['a', 'b', 'a']) expect((await http.get(`/?name=${name}`)).text).toBe(name);

    const loaded = await app.get(LazyModuleLoader).load(() => Later);
    const [a, b] = [await inRequest(loaded, 'a', Scoped), await inRequest(loaded, 'b', Scoped)];
    await times(2, async () => {
      expect([await a.mine(), await b.mine()]).toEqual(['a', 'b']);
    });
  });
});

describe('An application', () => {
  it('finds the cache at work in onModuleInit', async () => {
    const found: boolean[] = [];
    @Injectable()
    class Warm extends Catalog implements OnModuleInit {
      async onModuleInit(): Promise<void> {
        found.push(await isCached(this));
      }
    }
    @Module({ providers: [Warm] })
    class Feature {}
    const app = await start({ imports: [database(), Feature], providers: [Warm] });
    expect(found).toEqual([true, true]);
    expect(app.get(ZooCacheService).stats().hits).toBe(2);
  });

  it('shares with other processes what was called before it had started', async () => {
    const imports = [ZooCacheModule.forRoot(`lmdb:${freshDirectory()}`)];
    const early = { provide: 'early', inject: [Catalog], useFactory: (catalog: Catalog) => catalog.one() };
    const answers: number[] = [];
    await times(2, async () => {
      const module = await Test.createTestingModule({ imports, providers: [Catalog, early] })
        .setLogger(new KeptLog())
        .compile();
      await module.init();
      answers.push(await module.get(Catalog).one());
      await module.close();
    });
    expect(answers[1]).toBe(answers[0]);
  });

  it('caches without having been started, as a unit test of a provider leaves it', async () => {
    const module = await Test.createTestingModule({
      imports: [ZooCacheModule.forRoot()],
      providers: [Catalog],
    }).compile();
    expect(await isCached(module.get(Catalog))).toBe(true);
    await module.close();
  });

  it.each<[string, () => object]>([
    ['objects', () => ({})],
    ['mocks that answer whatever they are asked', mockOfAnything],
  ])('does not come from a test that mocks what is missing: with %s a provider is simply called', async (_, mock) => {
    const module = await Test.createTestingModule({ providers: [Catalog] })
      .useMocker(mock)
      .compile();
    const answer = await module.get(Catalog).one();
    expect(await module.get(Catalog).one()).toBe(answer + 1);
    await module.close();
  });

  it('shares nothing with another one in the process', async () => {
    const [first, second] = [await start({ providers: [Catalog] }), await start({ providers: [Catalog] })];
    const answer = await first.get(Catalog).one();
    expect(await second.get(Catalog).one()).not.toBe(answer);
    await second.get(ZooCacheService).clear();
    expect(await first.get(Catalog).one()).toBe(answer);
    expect(second.get(ZooCacheService).stats()).toMatchObject({ entries: 0, hits: 0 });
  });

  it('keeps an instance that it shares with another, until it closes', async () => {
    const shared = { provide: 'catalog', useValue: new Catalog() };
    const first = await start({ providers: [shared] });
    const second = await start({ providers: [shared] });
    const answer = await shared.useValue.one();
    expect(second.get(ZooCacheService).stats().entries).toBe(0);
    await first.close();
    expect(await shared.useValue.one()).not.toBe(answer);
    const third = await start({ providers: [shared] });
    expect(await isCached(shared.useValue)).toBe(true);
    expect(third.get(ZooCacheService).stats().entries).toBe(1);
  });

  it('injects what it exports everywhere, unless it is not global', async () => {
    @Injectable()
    class NeedsCache extends Catalog {
      constructor(readonly cache: ZooCacheService) {
        super();
      }
    }
    @Module({ providers: [NeedsCache] })
    class Feature {}
    const { database } = await import('./application.js');
    const app = await start({ imports: [database(), Feature] });
    expect(app.get(NeedsCache).cache).toBe(app.get(ZooCacheService));
    await expect(
      Test.createTestingModule({ imports: [ZooCacheModule.forRoot({ isGlobal: false }), Feature] }).compile(),
    ).rejects.toThrow(/ZooCacheService/);
  });

  it('caches in modules that do not import it, also when it is not global', async () => {
    @Module({ providers: [Catalog], exports: [Catalog] })
    class Feature {}
    const module = await Test.createTestingModule({
      imports: [ZooCacheModule.forRoot({ isGlobal: false }), Feature],
    }).compile();
    await module.init();
    expect(await isCached(module.get(Catalog))).toBe(true);
    await module.close();
  });
});
