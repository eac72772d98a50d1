import { Inject, Module, Optional, type DynamicModule, type Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { InvalidationBus } from './bus/invalidation-bus.js';
import { openBus } from './bus/open-bus.js';
import { travelTogether } from './drivers/redis/carriage.js';
import type { Entry } from './engine/entry.js';
import { ZooCacheError } from './errors/zoocache.error.js';
import { ZooCacheInterceptor } from './http/zoocache.interceptor.js';
import { featureProviders, type FeatureEntity } from './nest/feature.js';
import { Lifecycle } from './nest/lifecycle.js';
import { OpenedParts } from './nest/opened-parts.js';
import { orClose } from './nest/or-close.js';
import { Runtime } from './nest/runtime.js';
import type { Settings } from './nest/settings.js';
import {
  ZOO_CACHE_BUS,
  ZOO_CACHE_CLOCK,
  ZOO_CACHE_OPTIONS,
  ZOO_CACHE_RUNTIME,
  ZOO_CACHE_SETTINGS,
  ZOO_CACHE_STORAGE,
} from './nest/tokens.js';
import type { MemoryStorage } from './storage/memory/memory-storage.js';
import { openStorage } from './storage/open-storage.js';
import type { CacheStorage } from './storage/storage.js';
import { CoarseClock } from './support/coarse-clock.js';
import { random } from './support/random.js';
import { nodeTimers } from './support/timers.js';
import type { DataSourceName } from './typeorm/databases/data-source-token.js';
import { installHooks } from './typeorm/hooks/install-hooks.js';
import {
  checkAsyncOptions,
  checkParts,
  optionsMade,
  settingsOf,
  type ZooCacheAsyncOptions,
  type ZooCacheModuleExtras,
  type ZooCacheOptions,
  type ZooCacheOptionsFactory,
} from './zoocache.options.js';
import { ZooCacheService } from './zoocache.service.js';

/** What the module is made of, whatever the options come from. */
const PARTS: Provider[] = [
  { provide: OpenedParts, useFactory: () => new OpenedParts() },
  {
    provide: ZOO_CACHE_SETTINGS,
    inject: [ZOO_CACHE_OPTIONS, ModulesContainer],
    useFactory(options: ZooCacheOptions | string | undefined, modules: ModulesContainer): Settings {
      refuseSecondRegistration(modules);
      return settingsOf(options);
    },
  },
  {
    provide: ZOO_CACHE_STORAGE,
    inject: [ZOO_CACHE_SETTINGS, OpenedParts],
    useFactory: ({ storage }: Settings, opened: OpenedParts) =>
      typeof storage === 'string' ? opened.keep(async () => openStorage<Entry>(storage)) : storage,
  },
  {
    provide: ZOO_CACHE_BUS,
    inject: [ZOO_CACHE_SETTINGS, OpenedParts],
    useFactory: ({ bus, prefix }: Settings, opened: OpenedParts) =>
      typeof bus === 'string' ? opened.keep(() => openBus(bus, prefix)) : bus,
  },
  { provide: ZOO_CACHE_CLOCK, useFactory: () => new CoarseClock() },
  {
    provide: ZOO_CACHE_RUNTIME,
    inject: [ZOO_CACHE_SETTINGS, ZOO_CACHE_STORAGE, ZOO_CACHE_BUS, ZOO_CACHE_CLOCK, ModulesContainer, OpenedParts],
    useFactory: (
      settings: Settings,
      storage: MemoryStorage<Entry> | CacheStorage,
      bus: InvalidationBus,
      clock: CoarseClock,
      modules: ModulesContainer,
      opened: OpenedParts,
    ) =>
      orClose(opened, () => {
        checkParts(storage, bus);
        if (settings.storage === settings.bus) travelTogether(storage, bus);
        return new Runtime({ settings, storage, bus, clock, timers: nodeTimers, random, modules, opened });
      }),
  },
  Lifecycle,
  ZooCacheService,
  ZooCacheInterceptor,
];

const EXPORTS = [
  ZOO_CACHE_OPTIONS,
  ZOO_CACHE_STORAGE,
  ZOO_CACHE_BUS,
  ZOO_CACHE_RUNTIME,
  ZooCacheService,
  ZooCacheInterceptor,
];

/**
 * Adds the cache to an application: once, in its root module.
 *
 * It may be imported before or after TypeOrmModule, and hears all DataSources of the process. Each application in a
 * process has its own.
 *
 * ```ts
 * @Module({ imports: [ZooCacheModule.forRoot(), TypeOrmModule.forRoot({ ... })] })
 * export class AppModule {}
 * ```
 */
@Module({})
export class ZooCacheModule {
  /**
   * Made by Nest.
   *
   * @throws ZooCacheError `NOT_REGISTERED` where the module was imported without `forRoot()`
   */
  constructor(@Optional() @Inject(ZOO_CACHE_RUNTIME) runtime?: Runtime) {
    if (runtime !== undefined) return;
    throw new ZooCacheError('NOT_REGISTERED', {
      what: 'The module was imported where no forRoot() of it can be seen',
      name: 'ZooCacheModule',
      next: 'Import ZooCacheModule.forRoot() in the root module, and leave isGlobal true',
    });
  }

  /**
   * The module with these options; a URL stands for the `storage` alone, and nothing for `memory://`.
   *
   * Wrong options make the application's start fail with a {@link ZooCacheError}.
   */
  static forRoot(options: string | (ZooCacheOptions & ZooCacheModuleExtras) = {}): DynamicModule {
    // Whatever else somebody gave is refused with the options, when the application starts.
    const isGlobal = typeof options === 'object' ? (options as ZooCacheModuleExtras | null)?.isGlobal : undefined;
    return register(isGlobal, [{ provide: ZOO_CACHE_OPTIONS, useValue: options }]);
  }

  /**
   * The module with options that are made from other providers, for example from configuration.
   *
   * Wrong options make the application's start fail with a {@link ZooCacheError}.
   *
   * @throws ZooCacheError `INVALID_OPTION` unless exactly one of `useFactory`, `useClass` and `useExisting` is given, and
   * nothing that it does not know
   */
  static forRootAsync(options: ZooCacheAsyncOptions = {}): DynamicModule {
    checkAsyncOptions(options);
    const providers = [...optionsProviders(options), ...(options.extraProviders ?? [])];
    return { ...register(options.isGlobal, providers), imports: options.imports ?? [] };
  }

  /**
   * The cached repositories of these entities, for `@InjectCachedRepository()`. Where options stand beside an entity, its
   * ordinary repositories, managers and active records read through the cache in the same way.
   *
   * ```ts
   * ZooCacheModule.forFeature([Product, [Author, { ttl: '5m', operations: ['get', 'count'] }]])
   * ```
   *
   * It needs a `forRoot()` that is global, as it is by default, and may be imported before or after TypeOrmModule. Wrong
   * options, an entity that the DataSource does not have, and a DataSource that nobody provides make the application's start
   * fail with a {@link ZooCacheError}.
   *
   * @param dataSource the DataSource, its options or its name. @default the one without a name
   * @throws ZooCacheError `INVALID_ARGUMENT` for anything but a list of entities
   */
  static forFeature(entities: readonly FeatureEntity[], dataSource?: DataSourceName): DynamicModule {
    installHooks();
    return offer(featureProviders(entities, dataSource));
  }
}

function register(isGlobal: boolean | undefined, providers: Provider[]): DynamicModule {
  // Now, because no DataSource exists yet: the first statement of the first connection is heard as well.
  installHooks();
  return {
    module: ZooCacheModule,
    global: isGlobal ?? true,
    providers: [...providers, ...PARTS],
    exports: EXPORTS,
  };
}

// Outside of the class: one that names itself is compiled to a class expression, and called something else when bundled.
function offer(providers: ReturnType<typeof featureProviders>): DynamicModule {
  return { module: ZooCacheModule, providers, exports: providers.map(({ provide }) => provide) };
}

function optionsProviders({ inject = [], useFactory, useClass, useExisting }: ZooCacheAsyncOptions): Provider[] {
  const provide = ZOO_CACHE_OPTIONS;
  if (useFactory !== undefined) {
    return [{ provide, inject, useFactory: async (...parts: unknown[]) => optionsMade(await useFactory(...parts)) }];
  }
  const maker = useClass ?? useExisting!;
  const options: Provider = {
    provide,
    inject: [maker],
    async useFactory(factory: Partial<ZooCacheOptionsFactory> | null | undefined) {
      if (typeof factory?.createZooCacheOptions === 'function')
        return optionsMade(await factory.createZooCacheOptions());
      throw new ZooCacheError('INVALID_OPTION', {
        what: 'The provider of the options has no method createZooCacheOptions()',
        name: `${useClass === undefined ? 'useExisting' : 'useClass'} of ZooCacheModule.forRootAsync()`,
        next: 'Implement ZooCacheOptionsFactory there, or give a useFactory',
      });
    },
  };
  return useClass === undefined ? [options] : [{ provide: useClass, useClass }, options];
}

function refuseSecondRegistration(modules: ModulesContainer): void {
  const registrations = [...modules.values()].filter((module) => module.providers.has(ZOO_CACHE_SETTINGS));
  if (registrations.length < 2) return;
  throw new ZooCacheError('REGISTERED_TWICE', {
    what: 'The module was given options more than once in one application',
    name: 'ZooCacheModule',
    next: 'Call forRoot() or forRootAsync() in the root module only; others import nothing, or ZooCacheModule itself',
  });
}
