import { types } from 'node:util';
import type { FactoryProvider, ModuleMetadata, Provider, Type } from '@nestjs/common';
import type { InvalidationBus } from './bus/invalidation-bus.js';
import { reachOfBus } from './bus/open-bus.js';
import type { RegisteredClass } from './codec/bytes/class-names.js';
import { ZooCacheError } from './errors/zoocache.error.js';
import type { SwallowedFailure } from './events/failure-reporter.js';
import { boundOf, checkConsistency, nameOfLevel, suspiciousBound, type Consistency } from './engine/consistency.js';
import type { Settings } from './nest/settings.js';
import { MemoryStorage, type MemoryLimits } from './storage/memory/memory-storage.js';
import { reachOfStorage, withoutPassword } from './storage/open-storage.js';
import type { CacheStorage } from './storage/storage.js';
import { parseBytes } from './support/bytes.js';
import {
  checkOptions,
  isAnything,
  isBoolean,
  isFunction,
  isOneOf,
  wrongOption,
  type OptionCheck,
} from './support/check-options.js';
import { parseDuration, suspiciousDuration, type Duration } from './support/duration.js';
import { reachesAsFarAs, type Reach } from './support/reach.js';
import { entityPolicyOf, type EntityOptions, type EntityPolicy } from './typeorm/entities/entity-options.js';
import { EVERY_ENTITY } from './typeorm/reads/entity-reads.js';

/** How one application caches. */
export interface ZooCacheOptions {
  /**
   * Where values rest: the memory of this process (`memory://`), a place that the processes of this machine share
   * (`lmdb:./directory`), or one that all share that reach it (`redis://`, `rediss://`,
   * `redis+sentinel://host:26379,host:26379/name`, `redis+cluster://host:6379,host:6379`); or a storage that you made and
   * close yourself, such as `keyvStorage(keyv)`. Entries carry all that decides whether they are valid, so any store will do.
   *
   * `memory://` with the parameters `maxBytes` (`64mb` when absent) and `maxEntries`
   * (100,000): `memory://?maxBytes=256mb&maxEntries=200000`. Bounds of 0 are errors.
   *
   * `memory://?serialize=true` keeps every value as the bytes that a storage shared by processes would hold: a hit decodes
   * one of its own, whatever `copy` says, and `maxBytes` is exact. It is for trying out what can be stored there: a value
   * that bytes cannot hold is returned, not cached, and reported (`onError`) with the way out. A shared storage keeps bytes
   * always, and has this process's memory in front of it ({@link ZooCacheOptions.l1}).
   *
   * @default 'memory://'
   */
  readonly storage?: string | CacheStorage | undefined;

  /**
   * Where invalidations are ordered: `local:` (this process), `lmdb:./directory` (this machine), one of Redis as for
   * `storage`, or a bus that you made and close yourself. It must be shared at least as widely as the storage.
   *
   * @default what belongs to the storage: `local:` for `memory://`, and otherwise the same directory or server
   */
  readonly bus?: string | InvalidationBus | undefined;

  /**
   * The memory of this process in front of a shared storage: `false` for none (but for the answer given last), or its
   * bounds: `maxBytes` in bytes or as `'64mb'` (64 MiB when absent), and `maxEntries` (100,000 when absent). It means nothing
   * to `memory://`, which is such a memory already.
   *
   * @default on when the storage is shared
   */
  readonly l1?:
    false | { readonly maxBytes?: number | string | undefined; readonly maxEntries?: number | undefined } | undefined;

  /**
   * Separates applications that share a storage, and their tags; 1 to 512 characters, none of them control characters.
   *
   * @default 'zoocache'
   */
  readonly prefix?: string | undefined;

  /**
   * How long an answer is kept that names no lifetime itself: milliseconds, or a string such as `'5m'`. A random part of
   * up to 10 % is cut off, so that what was stored together does not expire together.
   *
   * `0` caches only what names a lifetime; `null` or `'never'` keeps answers until they are invalidated or evicted.
   *
   * @default '1h'
   */
  readonly defaultTtl?: Duration | undefined;

  /**
   * How new an answer must be: see {@link Consistency}. In one process (`memory://`) every level is as good as the strictest.
   *
   * @default 'transparent'
   */
  readonly consistency?: Consistency | undefined;

  /**
   * The entities whose ordinary reads are answered from the cache, by name, and how: `{ Product: { ttl: '5m' } }`. `'*'`
   * is every entity that is not named. Reads of repositories, managers and active records of all DataSources count;
   * query builders and lazy relations go to the database. See {@link EntityOptions}. `ZooCacheModule.forFeature()` does the same for one DataSource,
   * and wins.
   *
   * @default none: only what says so is cached
   */
  readonly entities?: Readonly<Record<string, EntityOptions>> | undefined;

  /**
   * `false`: nothing is cached and every read goes to the database; writes still invalidate what other processes hold.
   * Values set by hand are not kept either, and leave their keys empty for all; counters in a shared storage go on counting.
   *
   * @default true
   */
  readonly enabled?: boolean | undefined;

  /**
   * What a hit returns: `'clone'` a copy of its own for every caller, `'freeze'` one deeply frozen value shared by all
   * (the setters of its Dates, Maps and Sets throw; values that cannot be frozen, such as those with Buffers or private
   * state in them, are cloned).
   *
   * @default 'clone'
   */
  readonly copy?: 'clone' | 'freeze' | undefined;

  /**
   * Classes whose instances answers hold and that are no entities, by the names that bytes call them: needed where values
   * are stored as bytes, and the same in all processes that share a storage.
   *
   * A class whose instances are their own properties is named alone; one that hides state, or is derived from a class of
   * the language, comes with functions that write and read it. A name is kept for as long as bytes that carry it.
   *
   * ```ts
   * classes: { Point, Money: { type: Money, write: (money: Money) => money.cents, read: (cents: number) => new Money(cents) } }
   * ```
   *
   * @default none
   */
  readonly classes?: Readonly<Record<string, Function | RegisteredClass>> | undefined;

  /**
   * What becomes of a write whose invalidation cannot reach the bus: `'proceed'` goes on and owes it, so that until it is
   * paid others may answer with what was there before; `'reject'` fails with `LOG_UNREACHABLE` before COMMIT. A bus in this
   * process can always be reached.
   *
   * @default 'proceed'
   */
  readonly onLogDown?: 'proceed' | 'reject' | undefined;

  /**
   * How often a cold key is loaded: once per process, or (`'shared'`) once in all processes that share the storage, which
   * costs a load one more round trip. A process that dies while others wait holds them up for 5 seconds at most. What is
   * read within a load waits for no other process, which may be waiting for that load. In one process both are the same.
   *
   * @default 'process'
   */
  readonly flight?: 'process' | 'shared' | undefined;

  /**
   * Called with every failure that was swallowed because a failing cache must not fail a read or a write. What it throws
   * is logged once.
   *
   * @default the first failure of each kind is logged
   */
  readonly onError?: ((failure: SwallowedFailure) => void) | undefined;
}

/** How the module itself is registered; may stand among the options. */
export interface ZooCacheModuleExtras {
  /**
   * Whether every module can inject what this one exports, without importing it. `ZooCacheModule.forFeature()` needs it.
   *
   * @default true
   */
  readonly isGlobal?: boolean | undefined;
}

/** Makes the options, when they are made by a class. */
export interface ZooCacheOptionsFactory {
  /** Returns the options, a storage URL, or a promise of either; called once, when the application starts. */
  createZooCacheOptions(): Promise<ZooCacheOptions | string> | ZooCacheOptions | string;
}

/** Options that are made from other providers; exactly one of `useFactory`, `useClass` and `useExisting` is given. */
export interface ZooCacheAsyncOptions extends ZooCacheModuleExtras {
  /** Modules that export what `inject` names. */
  readonly imports?: ModuleMetadata['imports'] | undefined;
  /** Tokens whose providers are handed to `useFactory`, in this order. */
  readonly inject?: FactoryProvider['inject'] | undefined;
  /** Returns the options, a storage URL, or a promise of either. */
  // eslint-disable-next-line typescript/no-explicit-any -- the parameters are whatever `inject` names
  readonly useFactory?: ((...parts: any[]) => Promise<ZooCacheOptions | string> | ZooCacheOptions | string) | undefined;
  /** A class that Nest instantiates, and that makes the options. */
  readonly useClass?: Type<ZooCacheOptionsFactory> | undefined;
  /** The token of a provider that makes the options. */
  readonly useExisting?: FactoryProvider['provide'] | undefined;
  /** Providers that only the making of the options needs. */
  readonly extraProviders?: Provider[] | undefined;
}

const WHERE = 'ZooCacheModule.forRoot()';

const CHECKS: Readonly<Record<keyof ZooCacheOptions | keyof ZooCacheModuleExtras, OptionCheck>> = {
  storage: isAnything,
  bus: (value) =>
    typeof value === 'string' || isBus(value) ? undefined : "a URL such as 'redis://host:6379', or an InvalidationBus",
  l1: isL1,
  prefix: isPrefix,
  defaultTtl: isAnything,
  consistency: checkConsistency,
  entities: isRecord,
  enabled: isBoolean,
  copy: isOneOf('clone', 'freeze'),
  classes: areClasses,
  onLogDown: isOneOf('proceed', 'reject'),
  flight: isOneOf('process', 'shared'),
  onError: isFunction,
  isGlobal: isBoolean,
};

const ASYNC_WHERE = 'ZooCacheModule.forRootAsync()';

const ASYNC_CHECKS: Readonly<Record<keyof ZooCacheAsyncOptions, OptionCheck>> = {
  imports: isList,
  inject: isList,
  useFactory: isFunction,
  useClass: (value) => (typeof value === 'function' ? undefined : 'a class'),
  useExisting: isAnything,
  extraProviders: isList,
  isGlobal: isBoolean,
};

/**
 * Checks where the options of an application are to come from.
 *
 * @throws ZooCacheError `INVALID_OPTION`
 */
export function checkAsyncOptions(options: ZooCacheAsyncOptions): void {
  checkOptions(options, ASYNC_WHERE, ASYNC_CHECKS);
  const { useFactory, useClass, useExisting } = options;
  if ([useFactory, useClass, useExisting].filter((source) => source !== undefined).length === 1) return;
  throw new ZooCacheError('INVALID_OPTION', {
    what: 'The options must come from exactly one place',
    name: ASYNC_WHERE,
    next: 'Give one of useFactory, useClass and useExisting',
  });
}

/**
 * The options that were made when the application started, which is too late to say how the module is registered.
 *
 * Nothing at all is most likely a URL that is missing in this environment. Taken for `memory://` as {@link settingsOf} takes
 * it, it would let each of several processes answer with what the others have changed long ago.
 *
 * @throws ZooCacheError `INVALID_OPTION` for an `isGlobal` among them, or none at all
 */
export function optionsMade<Made>(options: Made): Made {
  if (options === undefined) {
    throw new ZooCacheError('INVALID_OPTION', {
      what: 'No options were made: the URL may be missing in this environment',
      name: ASYNC_WHERE,
      next: "Return a URL or an object of options; 'memory://' for one process alone",
    });
  }
  const { isGlobal } = (options ?? {}) as ZooCacheModuleExtras;
  if (isGlobal === undefined) return options;
  throw new ZooCacheError('INVALID_OPTION', {
    what: `Options that are made by ${ASYNC_WHERE} come too late for this one`,
    name: 'isGlobal',
    next: `Put it beside useFactory, useClass or useExisting: forRootAsync({ isGlobal: ${String(isGlobal)}, ... })`,
  });
}

/**
 * Checks the options of an application and fills in what they leave out.
 *
 * @throws ZooCacheError `INVALID_OPTION`, `INVALID_DURATION` or `UNKNOWN_STORAGE`, with the option and its value
 */
export function settingsOf(given: ZooCacheOptions | string = {}): Settings {
  const options = typeof given === 'string' ? { storage: given } : given;
  checkOptions(options, WHERE, CHECKS);
  const { defaultTtl = '1h', consistency = 'transparent', l1 } = options;
  const entities = policiesOf(options.entities);
  const times = [
    ['defaultTtl', suspiciousDuration(defaultTtl)] as const,
    ['consistency.bounded', suspiciousBound(consistency)] as const,
    ...suspiciousTimesOf(options.entities),
  ];
  const storage = storageOf(options.storage);
  const bus = busOf(options.bus, storage);
  return {
    storage,
    bus,
    near: isMemory(storage) ? undefined : nearLimits(l1),
    prefix: options.prefix ?? 'zoocache',
    defaultTtlMs: parseDuration(defaultTtl, 'defaultTtl'),
    level: nameOfLevel(consistency),
    boundMs: boundOf(consistency),
    isEnabled: options.enabled ?? true,
    copy: options.copy ?? 'clone',
    onLogDown: options.onLogDown ?? 'proceed',
    flight: options.flight ?? 'process',
    classes: options.classes ?? {},
    onError: options.onError,
    entities,
    warnings: times.flatMap(([name, warning]) => (warning === undefined ? [] : [`${name}: ${warning}`])),
  };
}

type Entities = NonNullable<ZooCacheOptions['entities']>;

function policiesOf(entities: Entities = {}): ReadonlyMap<string, EntityPolicy> {
  const policies = Object.entries(entities).map(
    ([name, options]) => [name, entityPolicyOf(options, `entities.${name} of ${WHERE}`)] as const,
  );
  for (const [name, { ignoreColumns }] of policies) {
    if (name !== EVERY_ENTITY || ignoreColumns === undefined) continue;
    throw wrongOption('ignoreColumns', ignoreColumns, `entities['*'] of ${WHERE}`, 'given to each entity by its name');
  }
  return new Map(policies);
}

function suspiciousTimesOf(entities: Entities = {}): (readonly [string, string | undefined])[] {
  return Object.entries(entities).flatMap(([name, { ttl, consistency }]) => [
    [`entities.${name}.ttl`, suspiciousDuration(ttl)],
    [`entities.${name}.consistency.bounded`, suspiciousBound(consistency)],
  ]);
}

function isList(value: unknown): string | undefined {
  return Array.isArray(value) ? undefined : 'a list';
}

function isRecord(value: unknown): string | undefined {
  const isFine = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isFine ? undefined : "an object of options by entity names, such as { Product: { ttl: '5m' } }";
}

/**
 * Checks what a cache is about to be made of, which may have been put in the place of what the options said.
 *
 * @throws ZooCacheError `UNKNOWN_STORAGE` or `INVALID_OPTION`
 */
export function checkParts(storage: unknown, bus: unknown): void {
  const isInMemory = storage instanceof MemoryStorage;
  if (!isInMemory && !isStorage(storage)) {
    throw new ZooCacheError('UNKNOWN_STORAGE', {
      what: 'What was provided is not a storage',
      name: 'ZOO_CACHE_STORAGE',
      next: 'Provide a CacheStorage, or override ZOO_CACHE_OPTIONS instead',
    });
  }
  if (!isBus(bus)) throw wrongOption('ZOO_CACHE_BUS', bus, 'The application', 'an InvalidationBus');
  busOf(bus as InvalidationBus, isInMemory ? 'memory://' : (storage as CacheStorage));
}

function storageOf(storage: unknown = 'memory://'): string | CacheStorage {
  if (typeof storage === 'string') reachOfStorage(storage);
  else if (!isStorage(storage)) {
    throw wrongOption(
      'storage',
      storage,
      WHERE,
      "a URL such as 'memory://' or 'redis://host:6379', or a CacheStorage such as keyvStorage(keyv)",
    );
  }
  return storage as string | CacheStorage;
}

/** The bus that was given, or the one that belongs to the storage; it must reach everybody who shares the storage. */
function busOf(given: string | InvalidationBus | undefined, storage: string | CacheStorage): string | InvalidationBus {
  const storageReach =
    typeof storage === 'string' ? reachOfStorage(storage) : (reachGiven(storage, 'storage') ?? 'network');
  if (given === undefined) {
    if (storageReach === 'process') return 'local:';
    if (typeof storage === 'string') return storage;
    throw wrongOption(
      'bus',
      given,
      WHERE,
      "given with a storage of your own that processes share, for example 'redis://host:6379'",
    );
  }
  if (reachesAsFarAs(reachOf(given), storageReach)) return given;
  throw wrongOption(
    'bus',
    typeof given === 'string' ? withoutPassword(given) : given,
    WHERE,
    `shared by all who share the storage (${storageReach}), because processes that do not hear of each other's writes ` +
      'would answer with old data. Leave it out, or name the same server',
  );
}

function reachOf(bus: string | InvalidationBus): Reach {
  if (typeof bus === 'string') return reachOfBus(bus);
  return reachGiven(bus, 'bus') ?? (bus.local === undefined ? 'network' : 'process');
}

const isReach = isOneOf('process', 'machine', 'network');

function reachGiven({ reach }: { readonly reach?: Reach }, option: string): Reach | undefined {
  const expected = reach === undefined ? undefined : isReach(reach);
  if (expected !== undefined) throw wrongOption(`${option}.reach`, reach, WHERE, expected);
  return reach;
}

function isMemory(storage: string | CacheStorage): boolean {
  return typeof storage === 'string' && reachOfStorage(storage) === 'process';
}

/** One answer is kept without a tier too: those who wait for the same load are given it. */
function nearLimits(l1: ZooCacheOptions['l1'] = {}): MemoryLimits {
  if (l1 === false) return { maxEntries: 1 };
  const { maxBytes, maxEntries } = l1;
  return { maxBytes: typeof maxBytes === 'string' ? parseBytes(maxBytes) : maxBytes, maxEntries };
}

function isStorage(value: unknown): boolean {
  // It has methods of all these names, which do something else.
  if (types.isMap(value)) return false;
  const { get, set, clear } = (value ?? {}) as Partial<CacheStorage>;
  return [get, set, clear, (value as Partial<CacheStorage> | null)?.delete].every((part) => typeof part === 'function');
}

function isBus(value: unknown): boolean {
  const { hello, append, since } = (value ?? {}) as Partial<InvalidationBus>;
  return [hello, append, since].every((part) => typeof part === 'function');
}

function isL1(value: unknown): string | undefined {
  if (value === false) return undefined;
  if (typeof value !== 'object' || value === null) return "false, or bounds such as { maxBytes: '64mb' }";
  checkOptions(value, `l1 of ${WHERE}`, {
    maxBytes(bytes) {
      if (typeof bytes === 'string') parseBytes(bytes);
      return typeof bytes === 'string' || isCount(bytes) ? undefined : "a whole number of bytes, or '64mb'";
    },
    maxEntries: (entries) => (isCount(entries) ? undefined : 'a positive whole number'),
  });
  return undefined;
}

function areClasses(value: unknown): string | undefined {
  const expected = 'an object of classes, or of { type, write, read }, by their names, and each class once';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return expected;
  const classes = new Set<unknown>();
  const given: unknown[] = Object.values(value);
  for (const one of given) {
    if (typeof one !== 'function' && !isRegisteredClass(one)) return expected;
    classes.add(typeof one === 'function' ? one : one.type);
  }
  return classes.size === given.length ? undefined : expected;
}

function isRegisteredClass(value: unknown): value is RegisteredClass {
  const { type, write, read } = (value ?? {}) as Partial<RegisteredClass>;
  return [type, write, read].every((part) => typeof part === 'function');
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

// eslint-disable-next-line no-control-regex -- control characters are exactly what must be refused
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f]/;

function isPrefix(value: unknown): string | undefined {
  const isFine = typeof value === 'string' && value.length > 0 && value.length <= 512 && !CONTROL_CHARACTER.test(value);
  return isFine ? undefined : 'a text of 1 to 512 characters without control characters';
}
