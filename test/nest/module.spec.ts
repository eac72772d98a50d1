import { afterEach, describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import cluster from 'node:cluster';
import { Injectable, Module, type DynamicModule, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Keyv } from 'keyv';
import { DataSource } from 'typeorm';
import {
  CacheQuery,
  keyvStorage,
  ZOO_CACHE_BUS,
  ZOO_CACHE_OPTIONS,
  ZOO_CACHE_STORAGE,
  ZooCacheError,
  ZooCacheModule,
  ZooCacheService,
  type ZooCacheAsyncOptions,
  type ZooCacheOptions,
  type ZooCacheOptionsFactory,
} from '../../lib/index.js';
import { LocalBus } from '../../lib/bus/local/local-bus.js';
import { processWritePath } from '../../lib/engine/write-path.js';
import { MemoryStorage } from '../../lib/storage/memory/memory-storage.js';
import { reportHookFailure } from '../../lib/typeorm/library/hook-failures.js';
import { database, KeptLog, Product, start, times } from './application.js';

@Injectable()
class Catalog {
  calls = 0;

  constructor(private readonly dataSource: DataSource) {}

  @CacheQuery()
  count(): Promise<number> {
    this.calls++;
    return this.dataSource.getRepository(Product).count();
  }
}

/** What an application with this module answers after a read, a write, and two reads more. */
async function cachesAndHears(imports: (DynamicModule | Type)[]): Promise<{ counts: number[]; calls: number }> {
  const module = await Test.createTestingModule({ imports, providers: [Catalog] })
    .setLogger(new KeptLog())
    .compile();
  await module.init();
  const catalog = module.get(Catalog);
  const counts = [await catalog.count(), await catalog.count()];
  await module.get(DataSource).getRepository(Product).insert({ name: 'Zebra' });
  counts.push(await catalog.count(), await catalog.count());
  await module.close();
  return { counts, calls: catalog.calls };
}

async function failureOf(imports: (DynamicModule | Type)[]): Promise<unknown> {
  try {
    const module = await Test.createTestingModule({ imports }).setLogger(new KeptLog()).compile();
    await module.close();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('ZooCacheModule', () => {
  const right = { counts: [0, 0, 1, 1], calls: 2 };

  it('may be imported before or after TypeOrmModule', async () => {
    expect(await cachesAndHears([ZooCacheModule.forRoot(), database()])).toEqual(right);
    expect(await cachesAndHears([database(), ZooCacheModule.forRoot()])).toEqual(right);
  });

  @Injectable()
  class Config implements ZooCacheOptionsFactory {
    createZooCacheOptions(): ZooCacheOptions {
      return { storage: 'memory://', defaultTtl: '1m' };
    }
  }

  @Module({ providers: [Config], exports: [Config] })
  class ConfigModule {}

  it.each<[string, () => DynamicModule]>([
    ['forRoot()', () => ZooCacheModule.forRoot()],
    ['forRoot(url)', () => ZooCacheModule.forRoot('memory://?maxEntries=100')],
    ['forRoot(options)', () => ZooCacheModule.forRoot({ storage: 'memory://?maxBytes=1mb', isGlobal: true })],
    ['a factory', () => ZooCacheModule.forRootAsync({ useFactory: () => Promise.resolve({ defaultTtl: '1m' }) })],
    ['a factory that returns a URL', () => ZooCacheModule.forRootAsync({ useFactory: () => 'memory://' })],
    [
      'a factory with imports',
      () =>
        ZooCacheModule.forRootAsync({
          imports: [ConfigModule],
          inject: [Config],
          useFactory: (config: Config) => config.createZooCacheOptions(),
        }),
    ],
    ['a class', () => ZooCacheModule.forRootAsync({ useClass: Config })],
    ['an existing provider', () => ZooCacheModule.forRootAsync({ imports: [ConfigModule], useExisting: Config })],
    [
      'a factory with providers of its own',
      () =>
        ZooCacheModule.forRootAsync({
          extraProviders: [{ provide: 'ttl', useValue: '1m' }],
          inject: ['ttl'],
          useFactory: (defaultTtl: '1m') => ({ defaultTtl }),
        }),
    ],
  ])('takes its options from %s', async (_, make) => {
    expect(await cachesAndHears([make(), database()])).toEqual(right);
  });

  it('refuses options from nowhere, and from two places', () => {
    expect(() => ZooCacheModule.forRootAsync({})).toThrow(/exactly one place/);
    expect(() => ZooCacheModule.forRootAsync()).toThrow(/exactly one place/);
    expect(() => ZooCacheModule.forRootAsync({ useClass: Config, useFactory: () => ({}) })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });

  it.each<[string, unknown, RegExp]>([
    ['a name it does not know', { nope: 1 }, /nope\. It knows imports, inject, useFactory/],
    ['a misspelt name', { isGlobl: false }, /Did you mean 'isGlobal'/],
    [
      'a wrong isGlobal',
      { isGlobal: 'yes' },
      /forRootAsync\(\) cannot take 'yes' .*isGlobal\. It must be true or false/,
    ],
    ['a factory that is none', { useFactory: 5 }, /5 .*useFactory\. It must be a function/],
    ['imports that are no list', { imports: ConfigModule }, /imports\. It must be a list/],
  ])('refuses in forRootAsync() %s', (_, options, message) => {
    const make = () => ZooCacheModule.forRootAsync({ useFactory: () => ({}), ...(options as object) });
    expect(make).toThrow(ZooCacheError);
    expect(make).toThrow(message);
  });

  it('refuses an isGlobal that is made with the options, which is too late, and says where to put it', async () => {
    const made = { isGlobal: false };
    @Injectable()
    class Late {
      createZooCacheOptions() {
        return made;
      }
    }
    for (const late of [{ useFactory: () => made }, { useFactory: async () => made }, { useClass: Late }]) {
      const error = await failureOf([ZooCacheModule.forRootAsync(late as never)]);
      expect(error).toBeInstanceOf(ZooCacheError);
      expect(error).toMatchObject({
        code: 'INVALID_OPTION',
        message: expect.stringContaining('forRootAsync({ isGlobal: false, ... })'),
      });
    }
  });

  it.each<[string, Partial<ZooCacheAsyncOptions>]>([
    ['a factory', { useFactory: () => process.env['NO_SUCH_URL'] as string }],
    ['a promise', { useFactory: () => Promise.resolve(undefined as never) }],
    [
      'a class',
      {
        useClass: class Forgetful {
          createZooCacheOptions = () => undefined as never;
        },
      },
    ],
  ])(
    'refuses to do without options where %s made none, as a URL that is missing would give each process a cache of its own',
    async (_, options) => {
      const error = await failureOf([ZooCacheModule.forRootAsync(options)]);
      expect(error).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining('memory://') });
    },
  );

  it('refuses to be registered twice, because two caches would be filled and one used', async () => {
    @Module({ imports: [ZooCacheModule.forRoot({ prefix: 'feature' })] })
    class Feature {}
    const error = await failureOf([ZooCacheModule.forRoot(), Feature]);
    expect(error).toBeInstanceOf(ZooCacheError);
    expect(error).toMatchObject({ code: 'REGISTERED_TWICE', message: expect.stringContaining('root module') });
  });

  it('says what is missing when it is imported without forRoot()', async () => {
    expect(await failureOf([ZooCacheModule])).toMatchObject({ code: 'NOT_REGISTERED' });
    expect(await failureOf([ZooCacheModule, ZooCacheModule.forRoot()])).toBeUndefined();
  });
});

describe('Wrong options', () => {
  it('fail at the start when the class that is to make them cannot', async () => {
    class Forgetful {}
    const error = await failureOf([ZooCacheModule.forRootAsync({ useClass: Forgetful as never })]);
    expect(error).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining('createZooCacheOptions') });
    const nothing = { provide: 'nothing', useValue: null };
    expect(
      await failureOf([ZooCacheModule.forRootAsync({ extraProviders: [nothing], useExisting: 'nothing' })]),
    ).toMatchObject({ code: 'INVALID_OPTION' });
  });

  it.each<[unknown, string, RegExp]>([
    [{ storge: 'memory://' }, 'INVALID_OPTION', /storge.*Did you mean 'storage'\?$/],
    [{ ttl: '5m' }, 'INVALID_OPTION', /ttl.*It knows storage, bus/],
    [{ storage: 7 }, 'INVALID_OPTION', /7 .*storage/],
    ['file://here', 'UNKNOWN_STORAGE', /file:/],
    ['redis://user:secret@localhost?tiemout=1', 'INVALID_OPTION', /^(?!.*secret).*tiemout/],
    [{ storage: 'redis://localhost', bus: 'local:' }, 'INVALID_OPTION', /bus.*shared by all who share the storage/],
    [{ storage: 'redis://localhost', bus: 'lmdb:./here' }, 'INVALID_OPTION', /bus/],
    ['memory://?maxEntries=0', 'INVALID_OPTION', /maxEntries/],
    [{ bus: 'amqp://localhost' }, 'INVALID_OPTION', /bus/],
    [{ bus: 7 }, 'INVALID_OPTION', /bus/],
    [{ bus: { append: () => undefined } }, 'INVALID_OPTION', /bus/],
    [{ prefix: '' }, 'INVALID_OPTION', /prefix/],
    [{ prefix: 'a\nb' }, 'INVALID_OPTION', /prefix/],
    [{ prefix: 'p'.repeat(513) }, 'INVALID_OPTION', /prefix/],
    [{ defaultTtl: '5 minutes' }, 'INVALID_DURATION', /5 minutes.*defaultTtl/],
    [{ consistency: 'eventual' }, 'INVALID_OPTION', /eventual.*consistency/],
    [{ consistency: { bounded: 'soon' } }, 'INVALID_DURATION', /soon/],
    [{ enabled: 'yes' }, 'INVALID_OPTION', /'yes'.*enabled.*true or false/],
    [{ copy: 'none' }, 'INVALID_OPTION', /'clone' or 'freeze'/],
    [{ onLogDown: 'panic' }, 'INVALID_OPTION', /'proceed' or 'reject'/],
    [{ flight: 'solo' }, 'INVALID_OPTION', /'process' or 'shared'/],
    [{ onError: 'log' }, 'INVALID_OPTION', /onError/],
    [{ isGlobal: 1 }, 'INVALID_OPTION', /isGlobal/],
    [{ l1: true }, 'INVALID_OPTION', /true .*l1\. It must be false, or bounds/],
    [{ l1: { maxEntries: 0 } }, 'INVALID_OPTION', /maxEntries/],
    [{ l1: { maxEntries: 1.5 } }, 'INVALID_OPTION', /1\.5 .*maxEntries\. It must be a positive whole number/],
    [{ l1: { maxBytes: 1.5 } }, 'INVALID_OPTION', /maxBytes/],
    [{ l1: { maxBytes: 'x' } }, 'INVALID_OPTION', /'x'.*64mb/],
    [{ l1: { max: 1 } }, 'INVALID_OPTION', /maxBytes/],
    [{ entities: [] }, 'INVALID_OPTION', /entities/],
    [{ entities: { Product: { operations: 'gett' } } }, 'INVALID_OPTION', /Did you mean 'get'/],
    [{ entities: { Product: { ttl: '5 min' } } }, 'INVALID_DURATION', /entities\.Product/],
    [{ entities: { Product: { tttl: 5 } } }, 'INVALID_OPTION', /Did you mean 'ttl'/],
    [{ entities: { Product: null } }, 'INVALID_OPTION', /Product/],
    [7, 'INVALID_OPTION', /7/],
    [null, 'INVALID_OPTION', /null/],
  ])('fail at start-up: %j', async (options, code, message) => {
    const error = await failureOf([ZooCacheModule.forRootAsync({ useFactory: () => options as never })]);
    expect(error).toBeInstanceOf(ZooCacheError);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('are logged with the cause of the failure where there is one, and without a line for it where there is none', async () => {
    const wrong = await failureOf([ZooCacheModule.forRoot({ copy: 'none' as never })]);
    expect(inspect(wrong)).not.toContain('cause');
    const details = { what: 'It failed', name: 'here', next: 'Try again', cause: new Error('underneath') };
    expect(inspect(new ZooCacheError('BUS_FAILED', details))).toContain('[cause]: Error: underneath');
  });

  it('fail also when they are given to forRoot()', async () => {
    for (const wrong of [{ storge: 1 }, null, 7]) {
      expect(await failureOf([ZooCacheModule.forRoot(wrong as never)])).toMatchObject({ code: 'INVALID_OPTION' });
    }
  });

  it.each<[string, () => object, RegExp]>([
    ['a Map for a storage', () => ({ storage: new Map() }), /Map\(0\) {} .*storage\. It must be a URL/],
    [
      'a storage with a reach that is none',
      () => ({ storage: Object.assign(keyvStorage(new Keyv()), { reach: 'x' }) }),
      /'x' .*storage\.reach\. It must be 'process' or 'machine' or 'network'/,
    ],
    [
      'a bus with a reach that is none',
      () => ({ bus: Object.assign(new LocalBus(), { reach: 'x' }) }),
      /'x' .*bus\.reach\. It must be 'process'/,
    ],
  ])('fail at start-up: %s', async (_, options, message) => {
    const error = await failureOf([ZooCacheModule.forRoot(options())]);
    expect(error).toBeInstanceOf(ZooCacheError);
    expect(error).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringMatching(message) });
  });

  it.each<ZooCacheOptions>([
    { l1: false },
    { l1: { maxBytes: '64mb', maxEntries: 100 } },
    { flight: 'shared' },
    { onLogDown: 'reject' },
    { consistency: 'strict' },
    { consistency: { bounded: '5s' } },
    { bus: 'local:' },
    { bus: new LocalBus() },
    { prefix: 'shop', defaultTtl: null, enabled: undefined },
    { defaultTtl: 'never' },
  ])('are not these, which mean nothing more in one process: %j', async (options) => {
    expect(await failureOf([ZooCacheModule.forRoot(options)])).toBeUndefined();
  });
});

describe('The options', () => {
  it('disable the cache with `enabled: false`, also for values stored by hand', async () => {
    const app = await start({ options: { enabled: false }, providers: [Catalog] });
    const [catalog, cache] = [app.get(Catalog), app.get(ZooCacheService)];
    await times(2, async () => {
      expect(await catalog.count()).toBe(0);
    });
    expect(catalog.calls).toBe(2);
    await cache.set('key', 1);
    expect(await cache.get('key')).toBeUndefined();
    expect(await cache.getOrLoad('key', () => 2)).toBe(2);
    expect(cache.stats()).toMatchObject({ entries: 0, bypasses: { disabled: 3 } });
  });

  it('share frozen values with `copy: freeze`', async () => {
    const cache = (await start({ options: { copy: 'freeze' } })).get(ZooCacheService);
    await cache.set('list', [{ id: 1 }]);
    const [first, second] = [await cache.get<object[]>('list'), await cache.get<object[]>('list')];
    expect(first).toBe(second);
    expect(Object.isFrozen(first![0])).toBe(true);
  });

  it('bound the storage by its URL', async () => {
    const cache = (await start({ options: 'memory://?maxEntries=3' })).get(ZooCacheService);
    for (let key = 0; key < 10; key++) await cache.set(`key ${key}`, key);
    expect(cache.stats().entries).toBe(3);
  });

  it('hear of every failure that was swallowed, and count it', async () => {
    const heard: string[] = [];
    const options: ZooCacheOptions = {
      onError(failure) {
        heard.push(failure.during);
        throw new Error('deaf');
      },
    };
    const log = new KeptLog();
    const cache = (await start({ options, log })).get(ZooCacheService);
    await times(2, async () => {
      await cache.getOrLoad('function', () => ({ run: () => 1 }));
    });
    expect(heard).toEqual(['storing an answer', 'storing an answer']);
    expect(cache.stats().errors).toBe(2);
    expect(log.lines.filter((line) => line.startsWith('error'))).toEqual([expect.stringContaining('onError failed')]);
  });

  it('log the first swallowed failure of each kind when nobody asked for them', async () => {
    const log = new KeptLog();
    const cache = (await start({ log })).get(ZooCacheService);
    await times(2, async () => {
      await cache.getOrLoad('function', () => ({ run: () => 1 }));
    });
    expect(log.lines.filter((line) => line.startsWith('error'))).toEqual([
      expect.stringMatching(/Storing an answer failed.*only counted/s),
    ]);
    expect(cache.stats().errors).toBe(2);
  });
});

describe('Failures of what hears TypeORM', () => {
  it('reach every application of the process until it closes', async () => {
    const [first, second] = [await start(), await start()];
    reportHookFailure('hearing', new Error('no'));
    await first.close();
    reportHookFailure('hearing', new Error('no'));
    expect(first.get(ZooCacheService).stats().errors).toBe(1);
    expect(second.get(ZooCacheService).stats().errors).toBe(2);
  });
});

describe('Injection tokens', () => {
  it('give the options, the storage and the bus', async () => {
    const options = { prefix: 'shop' };
    const app = await start({ options });
    expect(app.get(ZOO_CACHE_OPTIONS)).toEqual(options);
    expect(app.get(ZOO_CACHE_BUS)).toBeInstanceOf(LocalBus);
    const storage = app.get<MemoryStorage<never>>(ZOO_CACHE_STORAGE);
    await app.get(ZooCacheService).set('key', 1);
    expect(storage.entries).toBe(1);
  });

  it('let a test put others in their place', async () => {
    const storage = new MemoryStorage({ maxEntries: 1 });
    const app = await start({
      options: 'redis://nowhere',
      override: (builder) =>
        builder
          .overrideProvider(ZOO_CACHE_OPTIONS)
          .useValue({ defaultTtl: 0 })
          .overrideProvider(ZOO_CACHE_STORAGE)
          .useValue(storage)
          .overrideProvider(ZOO_CACHE_BUS)
          .useValue(new LocalBus()),
    });
    const cache = app.get(ZooCacheService);
    await cache.set('one', 1, { ttl: '1m' });
    await cache.set('two', 2, { ttl: '1m' });
    await cache.set('three', 3);
    expect(storage.entries).toBe(1);
    expect(await cache.get('two')).toBe(2);
  });

  it('refuse a storage or a bus that this version cannot use', async () => {
    const withOverride = (token: symbol, value: unknown) =>
      start({ override: (builder) => builder.overrideProvider(token).useValue(value) });
    await expect(withOverride(ZOO_CACHE_STORAGE, new Date())).rejects.toMatchObject({ code: 'UNKNOWN_STORAGE' });
    await expect(withOverride(ZOO_CACHE_BUS, { append: () => 1 })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('The start-up line', () => {
  const linesWith = async (options?: string | ZooCacheOptions, providers = [Catalog] as Type[]) => {
    const log = new KeptLog();
    await start({ options, providers, log });
    return log.lines;
  };

  const { send } = process;
  /** As in a worker, which has a channel to its primary. */
  const enterWorker = (): void => {
    process.send = () => true;
    Object.assign(cluster, { isWorker: true });
  };

  afterEach(() => {
    delete process.env.pm_id;
    delete process.env.NODE_APP_INSTANCE;
    Object.assign(cluster, { isWorker: false });
    process.send = send;
  });

  it('says storage, bus, level, DataSources and how many methods are cached', async () => {
    expect(await linesWith()).toEqual([
      'log Ready: storage memory:// (this process only), bus local, level transparent, 1 DataSource, 1 cached method',
    ]);
    expect(await linesWith({ consistency: { bounded: '5s' }, enabled: false, bus: new LocalBus() }, [])).toEqual([
      'log Disabled: storage memory:// (this process only), bus LocalBus, level bounded 5000 ms, 1 DataSource, 0 cached methods',
    ]);
  });

  it('counts a method once for each place where it is written', async () => {
    @Injectable()
    class Sub extends Catalog {
      @CacheQuery()
      two() {
        return Promise.resolve(2);
      }
    }
    const factory = { provide: 'catalog', inject: [DataSource], useFactory: (source: DataSource) => new Sub(source) };
    const log = new KeptLog();
    await start({ log, providers: [Catalog, factory], imports: [database(), database('far')] });
    expect(log.lines).toEqual([expect.stringContaining('2 DataSources, 2 cached methods')]);
  });

  it.each([
    ['a cluster worker', enterWorker],
    ['a PM2 instance', () => (process.env.pm_id = '0')],
    ['a PM2 instance', () => (process.env.NODE_APP_INSTANCE = '1')],
  ])('is followed by a warning in %s', async (place, enter) => {
    enter();
    expect((await linesWith())[1]).toMatch(new RegExp(`^warn .*${place}.*this process only`));
  });

  it('is followed by one warning for each lifetime that was most likely meant in seconds', async () => {
    @Injectable()
    class Hasty {
      @CacheQuery(60)
      one() {
        return Promise.resolve(1);
      }
    }
    const lines = await linesWith({ defaultTtl: 30 }, [Hasty]);
    expect(lines.slice(1)).toEqual([
      "warn defaultTtl: 30 is 30 milliseconds; did you mean '30s'?",
      "warn @CacheQuery on Hasty.one: 60 is 60 milliseconds; did you mean '60s'?",
    ]);
  });

  it('is followed by the same for bounds of how old an answer may be', async () => {
    @Injectable()
    class Hasty {
      @CacheQuery({ consistency: { bounded: 2 } })
      one() {
        return Promise.resolve(1);
      }
    }
    const entities = { '*': { consistency: { bounded: 3 } } };
    const lines = await linesWith({ consistency: { bounded: 1 }, entities }, [Hasty]);
    expect(lines.slice(1)).toEqual([
      "warn consistency.bounded: 1 is 1 milliseconds; did you mean '1s'?",
      "warn entities.*.consistency.bounded: 3 is 3 milliseconds; did you mean '3s'?",
      "warn consistency.bounded of @CacheQuery on Hasty.one: 2 is 2 milliseconds; did you mean '2s'?",
    ]);
  });
});

describe('An application that closes', () => {
  it('lets go of everything, may be closed again, and reads from the database from then on', async () => {
    const app = await start({ providers: [Catalog] });
    const [cache, catalog] = [app.get(ZooCacheService), app.get(Catalog)];
    await catalog.count();
    await cache.set('key', 1);
    await app.close();
    await app.close();
    expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0 });
    await cache.set('key', 1);
    expect(await cache.get('key')).toBeUndefined();
    expect(await cache.getOrLoad('key', () => 2)).toBe(2);
    expect(cache.stats().bypasses).toEqual({ closed: 1 });
  });

  it('stores nothing of what was still loading', async () => {
    const app = await start();
    const cache = app.get(ZooCacheService);
    let finish!: (value: number) => void;
    const loading = cache.getOrLoad('slow', () => new Promise<number>((resolve) => (finish = resolve)));
    await app.close();
    finish(1);
    expect(await loading).toBe(1);
    expect(cache.stats().entries).toBe(0);
  });

  it('is not told of writes any more, while another on the same bus still is', async () => {
    const bus = new LocalBus();
    const [first, second] = [await start({ options: { bus } }), await start({ options: { bus } })];
    const cache = second.get(ZooCacheService);
    await cache.set('key', 1, { tags: ['tag'], since: await cache.position() });
    await first.close();
    await cache.invalidate('tag');
    expect(await cache.get('key')).toBeUndefined();
    await second.close();
    expect(processWritePath.hasFollowers).toBe(false);
  });
});
