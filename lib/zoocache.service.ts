import { Inject, Injectable } from '@nestjs/common';
import { currentFrame, runBypassed, type Frame } from './engine/context.js';
import type { Entry } from './engine/entry.js';
import type { ZooCachePosition } from './engine/position.js';
import type { ReadPlan } from './engine/read-plan.js';
import { ZooCacheError } from './errors/zoocache.error.js';
import type { NameStatistics } from './events/statistics.js';
import type { CacheKey } from './keys/cache-key.js';
import { KeyMemo } from './keys/key-memo.js';
import { boundIn, checkConsistency, hastyTimes, type Consistency } from './engine/consistency.js';
import { isName, isTags } from './nest/cache-query.options.js';
import { KeySpace } from './nest/key-space.js';
import type { InvalidationTarget } from './nest/targets.js';
import { Runtime } from './nest/runtime.js';
import { ZOO_CACHE_RUNTIME } from './nest/tokens.js';
import { explainCall, explainKey } from './observability/explain.js';
import type { Explanation } from './observability/explanation.js';
import { checkOptions, isAnything, shown, type OptionCheck } from './support/check-options.js';
import type { Duration } from './support/duration.js';
import type { Tag } from './tags/tag.js';
import { giveUpUntold } from './typeorm/hooks/unanswered.js';

/** Options of {@link ZooCacheService.getOrLoad}. */
export interface GetOrLoadOptions {
  /**
   * How long the value is kept; `0` calls `load` every time, `null` or `'never'` has no expiry.
   *
   * @default the module's `defaultTtl`
   */
  readonly ttl?: Duration | undefined;
  /** Tags that the value depends on, beside the tables and rows that `load` read. */
  readonly tags?: readonly string[] | undefined;
  /** How new the value must be. @default the module's `consistency` */
  readonly consistency?: Consistency | undefined;
  /** What the statistics call it. @default 'getOrLoad' */
  readonly name?: string | undefined;
}

/** Options of {@link ZooCacheService.set}. */
export interface SetOptions {
  /**
   * How long the value is kept; `0` removes what the key holds, `null` or `'never'` has no expiry.
   *
   * @default the module's `defaultTtl`
   */
  readonly ttl?: Duration | undefined;
  /** Tags that the value depends on: an invalidation of one of them removes it. */
  readonly tags?: readonly string[] | undefined;
  /**
   * The {@link ZooCacheService.position} taken before the value was computed, or the promise of it. A write in between
   * makes the value invalid at once; a position of another life of the log counts as too old for any value.
   *
   * @default the start of the cached call around the caller; outside of any, the present position
   */
  readonly since?: ZooCachePosition | PromiseLike<ZooCachePosition> | undefined;
}

/** Counts since the start, or since {@link ZooCacheService.resetStats}. */
export interface ZooCacheStats {
  /** Reads answered from the cache. */
  readonly hits: number;
  /** Reads that found nothing valid. */
  readonly misses: number;
  /**
   * Times that a method, a handler, a `load` or a repository was called for a miss: fewer than misses, where callers
   * shared one.
   */
  readonly loads: number;
  /** Loads whose answer was stored. */
  readonly fills: number;
  /** Writes and calls that invalidated something. */
  readonly invalidations: number;
  /** Answers that were neither served nor stored, by reason. */
  readonly bypasses: Readonly<Record<string, number>>;
  /** Failures that were swallowed. */
  readonly errors: number;
  /** Entries held now. */
  readonly entries: number;
  /** Bytes that these occupy: estimated, and exact where values are kept as bytes (`memory://?serialize=true`). */
  readonly bytes: number;
  /**
   * The same by the name of what was read: `Class.method`, or the `name` among its options; `Product.findOneBy` and the
   * like for reads of entities, `typeorm cache` for what TypeORM asks its own cache for. Names beyond 2,000 are counted
   * together, as `other names`.
   */
  readonly byName: Readonly<Record<string, Readonly<NameStatistics>>>;
}

/** The names of reads that were given none: one for all keys, because keys are without number. */
const NAMELESS = 'getOrLoad';
const GET = 'get';

const GET_OR_LOAD_CHECKS: Readonly<Record<keyof GetOrLoadOptions, OptionCheck>> = {
  ttl: isAnything,
  tags: isTagList,
  consistency: checkConsistency,
  name: isName,
};

const SET_CHECKS: Readonly<Record<keyof SetOptions, OptionCheck>> = {
  ttl: isAnything,
  tags: isTagList,
  since: isAnything,
};

/**
 * The cache of the application, to be used by hand.
 *
 * Everything may be called concurrently. Values are private copies, on the way in and on the way out; `null`, `undefined`,
 * `false`, `0` and `''` are values like any other. Wrong arguments reject with a {@link ZooCacheError}.
 *
 * `set`, `add`, `delete`, `touch`, `pop`, `increment` and `decrement` are part of no transaction: what they do happens
 * at once and stays, also when the transaction around them rolls back. What depends on tags is not read inside a
 * transaction, and nothing is read inside {@link bypass}.
 */
@Injectable()
export class ZooCacheService {
  private readonly keys = new KeyMemo();
  private space!: KeySpace;
  /** What all values of a namespace depend on, where their keys themselves are nothing to depend on. */
  private ownTags!: readonly Tag[];
  private namelessPlan!: ReadPlan;

  /** Made by Nest. */
  constructor(@Inject(ZOO_CACHE_RUNTIME) private readonly runtime: Runtime) {
    this.enter(new KeySpace(runtime.settings.prefix));
  }

  /**
   * The same cache with keys of its own: `namespace('users').set('7', user)` and `set('7', 'a text')` are two. Its `clear()`
   * empties the namespace, with those in it, in every process. All else is that of the whole cache: tags, statistics, positions.
   *
   * It costs little to make one anew for each use. `namespace('users:eu')` is `namespace('users').namespace('eu')`.
   *
   * @param name 1 to 96 characters, with those around it; no control characters, and no empty names between colons
   * @throws ZooCacheError `INVALID_ARGUMENT`
   */
  namespace(name: string): ZooCacheService {
    const inside = serviceOf(this.runtime);
    inside.enter(this.space.within(name));
    return inside;
  }

  /**
   * The cached value of the key; or what `load` returns, called once for all concurrent callers.
   *
   * What `load` asks of TypeORM becomes what the value depends on. Rejects with what `load` throws, which is not stored.
   *
   * @param key 1 to 4,096 characters
   */
  getOrLoad<T>(key: string, load: () => T | PromiseLike<T>, options?: GetOrLoadOptions): Promise<T> {
    try {
      const name = this.keys.of(key, this.space.key);
      const { engine } = this.runtime;
      if (typeof load !== 'function')
        throw notCallable(load, 'the load of getOrLoad()', 'Give a function that returns the value or a promise of it');
      if (options === undefined) return engine.read(name, this.namelessPlan, load);
      const plan = new CallPlan(this.runtime, options, this.ownTags);
      const checkedLoad = (): T | PromiseLike<T> => {
        plan.check();
        return load();
      };
      return plan.ttlMs === 0 ? engine.bypass('ttl 0', checkedLoad, name) : engine.read(name, plan, checkedLoad);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The value of the key, or `undefined`; {@link has} tells a stored `undefined` from nothing. */
  async get<T = unknown>(key: string): Promise<T | undefined> {
    const entry = this.visibleEntry(this.keys.of(key, this.space.key));
    return this.valueOf<T>(entry instanceof Promise ? await entry : entry);
  }

  /** The values of the keys, in their order; `undefined` where there is none. */
  async getMany<T = unknown>(keys: Iterable<string>): Promise<(T | undefined)[]> {
    const entries = await Promise.all(
      listOf(keys, 'keys')
        .map(this.space.key)
        .map(async (key) => this.visibleEntry(key)),
    );
    return entries.map((entry) => this.valueOf<T>(entry));
  }

  /** Stores a value in place of what the key held. One that is already known to be out of date leaves the key empty. */
  async set(key: string, value: unknown, options: SetOptions = {}): Promise<void> {
    const name = this.keys.of(key, this.space.key);
    const terms = this.termsOf(options, 'set()');
    // Not awaited needlessly: the caller may go on to change the value.
    const stored = this.store(name, value, terms instanceof Promise ? await terms : terms);
    if (stored instanceof Promise) await stored;
  }

  /** Stores several values under the same options; entries are `[key, value]` pairs, or the properties of an object. */
  async setMany(
    entries: Iterable<readonly [string, unknown]> | Readonly<Record<string, unknown>>,
    options: SetOptions = {},
  ): Promise<void> {
    const pairs = pairsOf(entries);
    const named = pairs.map(([key, value]) => [this.space.key(key), value] as const);
    const given = this.termsOf(options, 'setMany()');
    const terms = given instanceof Promise ? await given : given;
    await Promise.all(named.map(async ([name, value]) => this.store(name, value, terms)));
  }

  /**
   * Stores a value only if the key holds none; `true` if it was stored. Of concurrent callers one succeeds; of those in
   * several processes too where the storage can do it in one step, which adapted ones cannot.
   *
   * Where processes share a bus or a storage, an answer that was made of the key while it held nothing does not hear of it.
   */
  async add(key: string, value: unknown, options: SetOptions = {}): Promise<boolean> {
    const name = this.keys.of(key, this.space.key);
    const given = this.termsOf(options, 'add()');
    const terms = given instanceof Promise ? await given : given;
    const { engine } = this.runtime;
    if (engine.isShared)
      return terms.token !== undefined && engine.amongOthers.add(name, value, { ...terms, token: terms.token });
    return engine.lookup(name) === undefined && this.store(name, value, terms);
  }

  /** Removes the key; `true` if it held a value. */
  async delete(key: string): Promise<boolean> {
    const { engine } = this.runtime;
    const name = this.keys.of(key, this.space.key);
    return engine.isShared ? (await engine.amongOthers.remove(name)) !== undefined : engine.delete(name);
  }

  /** Whether the key holds a value. */
  async has(key: string): Promise<boolean> {
    const visible = this.visibleEntry(this.keys.of(key, this.space.key));
    const entry = visible instanceof Promise ? await visible : visible;
    if (entry === undefined) return false;
    this.runtime.engine.dependOn(entry);
    return true;
  }

  /**
   * Gives the key's value a new lifetime from now on; `false` if it holds none.
   *
   * `0` removes it; `null` or `'never'` lets it live until it is invalidated or evicted.
   *
   * @throws ZooCacheError `INVALID_DURATION`
   */
  async touch(key: string, ttl: Duration): Promise<boolean> {
    const { durations, engine } = this.runtime;
    return engine.touch(this.keys.of(key, this.space.key), durations.of(ttl, 'the ttl of touch()'));
  }

  /** Removes the key and returns what it held, or `undefined`. Of concurrent callers one gets the value. */
  async pop<T = unknown>(key: string): Promise<T | undefined> {
    const name = this.keys.of(key, this.space.key);
    const { engine } = this.runtime;
    if (engine.isShared) return this.valueOf<T>(await engine.amongOthers.remove(name));
    const value = this.valueOf<T>(engine.lookup(name));
    engine.delete(name);
    return value;
  }

  /**
   * Adds to a counter and returns where it stands then; atomic, in a shared storage across processes too.
   *
   * A counter depends on no tags, keeps the lifetime that {@link touch} gave it, and has no expiry without; {@link clear}
   * empties it. Like everything in a cache it may be evicted, and then starts again.
   *
   * Where processes share a bus or a storage, an answer that was made of a counter does not hear of its steps: too many would
   * have to be told.
   *
   * @param by a whole number. @default 1
   * @param initial where a counter that does not exist yet starts, before this step; a whole number. @default 0
   * @throws ZooCacheError `WRONG_VALUE` when the key holds anything but a whole number without tags; `INVALID_ARGUMENT` for
   * what is not a whole number; `STORAGE_FAILED` while a shared storage is away, and `UNSUPPORTED` where it cannot count
   */
  async increment(key: string, by = 1, initial = 0): Promise<number> {
    return this.count(this.keys.of(key, this.space.key), whole(by, 'by'), whole(initial, 'initial'));
  }

  /** Subtracts from a counter and returns where it stands then: {@link increment} with `-by`. */
  async decrement(key: string, by = 1, initial = 0): Promise<number> {
    return this.count(this.keys.of(key, this.space.key), -whole(by, 'by'), whole(initial, 'initial'));
  }

  /**
   * Invalidates everything that depends on the targets; inside a transaction, when that commits.
   *
   * A target is a tag (`'reports:daily'`; a tag covers all below it), an entity (`Product` or its schema: every answer
   * that read its table), one row of it (`[Product, 42]`, `'Product:42'`, or an instance), or a composite id
   * (`[Product, { a, b }]`). A row makes answers fall that hold it, and those that depend on more than rows: lists,
   * counts and the like; other rows stay. A target stands for itself alone: after a write that the cache did not hear, name
   * the tables as well that its foreign keys carried it on to. A wrong target rejects before anything is invalidated.
   *
   * @throws ZooCacheError `INVALID_TAG`, `UNKNOWN_ENTITY`, or `INVALID_ARGUMENT` for a list that is not `[entity, id]`
   */
  async invalidate(...targets: readonly InvalidationTarget[]): Promise<void> {
    await this.runtime.targets.invalidate(targets);
  }

  /**
   * Makes the result of the cached call around the caller depend on these tags too. Outside of any it does nothing, and
   * warns a developer once.
   *
   * @throws ZooCacheError `INVALID_TAG`
   */
  addTags(...tags: readonly string[]): void {
    const dependencies = this.runtime.targets.dependenciesOf(tags);
    const frame = currentFrame();
    if (frame?.load !== undefined) frame.load.dependOnAll(dependencies);
    else if (!isPastTheCache(frame)) {
      this.runtime.warnings.warn('addTags() was called where no cached call is running, and did nothing');
    }
  }

  /**
   * Runs `body` so that it, and all it awaits, reads past the cache and stores nothing; returns what it returns.
   *
   * @throws ZooCacheError `INVALID_ARGUMENT` for anything but a function
   */
  bypass<T>(body: () => T): T {
    if (typeof body !== 'function') {
      throw notCallable(body, 'the body of bypass()', 'Give a function that reads: bypass(() => this.products.find())');
    }
    return runBypassed('bypass', body);
  }

  /**
   * Forgets everything under this application's prefix, in every process; that of a {@link namespace} what stands there.
   *
   * That of the application also ends the waiting for transactions of killed processes, and for writes whose connections were
   * lost, where no database can tell whether they are over.
   */
  async clear(): Promise<void> {
    const { tag, head } = this.space;
    if (tag !== undefined) return this.runtime.engine.clearNamespace(tag, head);
    giveUpUntold();
    return this.runtime.engine.clear();
  }

  /**
   * Where the log of invalidations stands now: hand it to {@link set} as `since`, or to another process to wait for. While the bus
   * is away it does not cover what this process owes, which has no place in the log yet.
   */
  async position(): Promise<ZooCachePosition> {
    const { engine } = this.runtime;
    const position = engine.isShared ? await engine.takeSettledPosition() : engine.takePosition();
    return `${engine.incarnation}:${position}` as ZooCachePosition;
  }

  /**
   * Resolves when this process has applied all invalidations up to a position, so that its reads see the writes before. While
   * the bus is away that cannot be known, and reads go to the database until it is back, those of `{ bounded }` too.
   *
   * A position of a former life of the log needs no waiting, because nothing older than this life is served.
   *
   * @throws ZooCacheError `INVALID_ARGUMENT` for anything that {@link position} did not return
   */
  async waitFor(position: ZooCachePosition): Promise<void> {
    const { incarnation, token } = partsOf(position);
    if (!(await this.runtime.engine.waitFor(incarnation, token))) throw noPosition(position);
  }

  /** What was counted since the start or the last {@link resetStats}, in this process. */
  stats(): ZooCacheStats {
    const { engine, statistics } = this.runtime;
    const total = { hits: 0, misses: 0, loads: 0, fills: 0 };
    for (const counts of statistics.byName.values()) {
      total.hits += counts.hits;
      total.misses += counts.misses;
      total.loads += counts.loads;
      total.fills += counts.fills;
    }
    return {
      ...total,
      invalidations: statistics.invalidations,
      bypasses: Object.fromEntries(statistics.bypasses),
      errors: statistics.errors,
      entries: engine.entries,
      bytes: engine.bytes,
      // Not by assignment, which takes `__proto__` for something else than a name.
      byName: Object.fromEntries(Array.from(statistics.byName, ([name, counts]) => [name, { ...counts }])),
    };
  }

  /**
   * Whether the key holds a value, since when, on what it depends and until when; else why not.
   *
   * Changes nothing: it counts as no read, and may be asked anywhere, in a transaction too. Writes are remembered for a
   * while only, the last 2,000 records of the log; `by` is undefined for one that is longer ago.
   *
   * @throws ZooCacheError `INVALID_KEY`
   */
  explain(key: string): Promise<Explanation>;
  /**
   * The same for a call of a method with `@CacheQuery`: `explain(catalog, 'inCategory', 'books')`.
   *
   * @param service the instance that Nest made
   * @param args what the method is called with
   * @throws ZooCacheError `INVALID_ARGUMENT` for a method that does not exist or is not cached, and for an instance that
   * is not of this application
   */
  explain<Service extends object, Method extends keyof Service>(
    service: Service,
    method: Method,
    ...args: ArgumentsOf<Service[Method]>
  ): Promise<Explanation>;
  /** The same from inside of the service, for `this`, of whose methods TypeScript does not say what they take. */
  explain<Method extends PropertyKey, Arguments extends readonly unknown[]>(
    service: { readonly [Name in Method]: (...args: Arguments) => unknown },
    method: Method,
    ...args: Arguments
  ): Promise<Explanation>;
  async explain(subject: string | object, ...call: unknown[]): Promise<Explanation> {
    if (call.length === 0 && typeof subject !== 'object')
      return explainKey(this.runtime, this.space.key(subject), subject);
    const [method, ...args] = call;
    return explainCall(this.runtime, subject, method, args);
  }

  /** Starts all counts again from 0. */
  resetStats(): void {
    this.runtime.statistics.reset();
  }

  private enter(space: KeySpace): void {
    const { engine, settings, statistics } = this.runtime;
    this.space = space;
    this.ownTags = space.tag === undefined || engine.isShared ? [] : [space.tag];
    const plan = { ttlMs: settings.defaultTtlMs, counters: statistics.of(NAMELESS) };
    this.namelessPlan = this.ownTags.length === 0 ? plan : { ...plan, tags: () => this.ownTags };
  }

  private valueOf<T>(entry: Entry | undefined): T | undefined {
    if (entry === undefined) return undefined;
    try {
      return this.runtime.engine.copyOf<T>(entry);
    } catch (error) {
      // The constructor or a setter of a class threw; nothing is a better answer than an error of the cache.
      this.runtime.failures.report('copying a cached value', error);
      return undefined;
    }
  }

  /** What depends on the database says nothing about what a transaction sees of it. */
  private visibleEntry(key: CacheKey): Entry | undefined | Promise<Entry | undefined> {
    const frame = currentFrame();
    if (frame?.bypass !== undefined) {
      this.runtime.statistics.bypass(frame.bypass);
      return undefined;
    }
    this.runtime.engine.dependOnKey(key);
    const found = this.runtime.engine.find(key);
    return found instanceof Promise
      ? found.then((entry) => this.visibleIn(frame, entry))
      : this.visibleIn(frame, found);
  }

  private visibleIn(frame: Frame | undefined, entry: Entry | undefined): Entry | undefined {
    const { statistics } = this.runtime;
    if (entry !== undefined && entry.nodes?.length !== this.ownTags.length && frame?.transactions.isOpen === true) {
      statistics.bypass('transaction');
      return undefined;
    }
    if (entry === undefined) statistics.of(GET).misses++;
    else statistics.of(GET).hits++;
    return entry;
  }

  /** @param where who was given them, as the reader of an error knows it */
  private termsOf(options: SetOptions, where: string): Terms | Promise<Terms> {
    checkOptions(options, where, SET_CHECKS);
    const { engine, targets, settings, warnings, durations } = this.runtime;
    const { ttl, since } = options;
    const ttlMs = ttl === undefined ? settings.defaultTtlMs : durations.of(ttl, `the ttl of ${where}`);
    const named = targets.dependenciesOf(options.tags ?? []);
    const tags = [...named, ...this.ownTags];
    if (since !== undefined) {
      const token = typeof since === 'string' ? this.tokenOf(since) : Promise.resolve(since).then(this.tokenOf);
      return token instanceof Promise ? token.then((known) => ({ ttlMs, tags, token: known })) : { ttlMs, tags, token };
    }
    const start = engine.startAround;
    if (start === 'elsewhere') return { ttlMs, tags, token: undefined };
    if (start === undefined && named.length > 0) {
      warnings.warn(
        'A value with tags was stored without saying since when it is right: a write while it was computed goes unnoticed. ' +
          'Take position() before you compute it, and pass it as since',
      );
    }
    return { ttlMs, tags, token: start ?? engine.takePosition() };
  }

  private store(key: CacheKey, value: unknown, { ttlMs, tags, token }: Terms): boolean | Promise<boolean> {
    const { engine } = this.runtime;
    if (engine.isShared) return engine.amongOthers.put(key, value, { ttlMs, tags, token });
    if (token !== undefined && engine.put(key, value, { ttlMs, tags, token })) return true;
    // It was to replace what is there, whether or not it can be kept itself.
    engine.drop(key, token === undefined ? 'too old' : undefined);
    return false;
  }

  private count(key: CacheKey, by: number, initial: number): number | Promise<number> {
    const { engine } = this.runtime;
    if (engine.amongOthers.counts) return this.countAmongOthers(key, by, initial);
    const entry = engine.lookup(key);
    const stands = entry === undefined ? initial : entry.copy(entry.value);
    const tags = [...engine.tagsOfKey(key), ...this.ownTags];
    if (!Number.isSafeInteger(stands) || (entry !== undefined && entry.nodes!.length > tags.length)) {
      throw noCounter(key);
    }
    const sum = whole((stands as number) + by, key.slice(2));
    if (entry === undefined) engine.put(key, sum, { ttlMs: Infinity, tags, token: engine.takePosition() });
    else engine.replace(entry, sum);
    return sum;
  }

  private async countAmongOthers(key: CacheKey, by: number, initial: number): Promise<number> {
    const sum = await this.runtime.engine.amongOthers.increment(key, by, initial);
    if (sum === undefined) throw noCounter(key);
    return sum;
  }

  /**
   * The position in the present life of the log, or `undefined` for one of another life. Somebody else may be further than
   * this process, which then has to come there.
   */
  private readonly tokenOf = (position: unknown): number | undefined | Promise<number | undefined> => {
    const { engine } = this.runtime;
    const { incarnation, token } = partsOf(position);
    if (incarnation !== engine.incarnation) return undefined;
    if (token <= engine.position) return token;
    return this.waitFor(position as ZooCachePosition).then(() =>
      incarnation === engine.incarnation ? Math.min(token, engine.position) : undefined,
    );
  };
}

/** How one call of `getOrLoad` with options is cached. A hit asks for its counters only, so the rest waits for a miss. */
class CallPlan implements ReadPlan {
  readonly ttlMs: number;
  readonly boundMs: number | undefined;
  readonly counters: NameStatistics;

  private dependencies: readonly Tag[] = [];

  constructor(
    private readonly runtime: Runtime,
    private readonly options: GetOrLoadOptions,
    /** What all values of the namespace depend on. */
    private readonly ownTags: readonly Tag[],
  ) {
    // Only a call that loads pays for looking at all of them; what cannot be read at all is wrong at once.
    if (options === null || isNoLevel(options.consistency)) checkOptions(options, 'getOrLoad()', GET_OR_LOAD_CHECKS);
    const { ttl, name = NAMELESS } = options;
    this.ttlMs =
      ttl === undefined ? runtime.settings.defaultTtlMs : runtime.durations.of(ttl, 'the ttl of getOrLoad()');
    this.boundMs = boundIn(options);
    this.counters = runtime.statistics.of(name);
  }

  check(): void {
    checkOptions(this.options, 'getOrLoad()', GET_OR_LOAD_CHECKS);
    const { consistency } = this.options;
    for (const text of hastyTimes({ consistency }, 'getOrLoad()')) this.runtime.warnings.warn(text);
    this.dependencies = [...this.runtime.targets.dependenciesOf(this.options.tags ?? []), ...this.ownTags];
  }

  tags(): Iterable<Tag> {
    return this.dependencies;
  }
}

/** Whether there is a level that does not tell how old an answer may be. */
function isNoLevel(consistency: unknown): boolean {
  if (typeof consistency !== 'object') return consistency !== undefined && typeof consistency !== 'string';
  return consistency === null || (consistency as { bounded?: unknown }).bounded === undefined;
}

/** What a method takes; anything, where the types do not say. */
type ArgumentsOf<Method> = [Method] extends [(...args: infer Arguments extends readonly unknown[]) => unknown]
  ? Arguments
  : readonly unknown[];

/** What a value is stored under. */
interface Terms {
  readonly ttlMs: number;
  readonly tags: readonly Tag[];
  /** Undefined: too old for any value. */
  readonly token: number | undefined;
}

function isTagList(value: unknown): string | undefined {
  return typeof value === 'function' || isTags(value) !== undefined ? 'a list of tags' : undefined;
}

function isPastTheCache(frame: Frame | undefined): boolean {
  return frame !== undefined && (frame.bypass !== undefined || frame.transactions.isOpen);
}

function pairsOf(
  entries: Iterable<readonly [string, unknown]> | Readonly<Record<string, unknown>>,
): (readonly [string, unknown])[] {
  if (typeof entries === 'object' && entries !== null && !(Symbol.iterator in entries)) return Object.entries(entries);
  const pairs = listOf(entries, 'entries');
  if (pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) return pairs;
  throw new ZooCacheError('INVALID_ARGUMENT', {
    what: 'One of the entries is not a pair of a key and a value',
    name: 'entries',
    next: 'Write them as [[key, value], ...] or as { key: value, ... }',
  });
}

/** Outside of the class: one that is decorated and makes others of its kind loses its name when it is built. */
function serviceOf(runtime: Runtime): ZooCacheService {
  return new ZooCacheService(runtime);
}

/** Which life of the log a position is of, and where in it. */
function partsOf(position: unknown): { readonly incarnation: string; readonly token: number } {
  const [, incarnation, digits] = /^([\w-]+):(\d{1,15})$/.exec(typeof position === 'string' ? position : '') ?? [];
  if (incarnation === undefined) throw noPosition(position);
  return { incarnation, token: Number(digits) };
}

function noPosition(position: unknown): ZooCacheError {
  return new ZooCacheError('INVALID_ARGUMENT', {
    what: 'This is not a position of the log',
    name: typeof position === 'string' ? `'${position.slice(0, 100)}'` : typeof position,
    next: 'Hand on what position() resolved with, as it is',
  });
}

/** A text is a list of its characters to JavaScript, and a single key to whoever wrote it. */
function listOf<T>(given: Iterable<T>, name: string): T[] {
  if (typeof given === 'object' && given !== null && Symbol.iterator in given) return [...given];
  throw new ZooCacheError('INVALID_ARGUMENT', {
    what: `${shown(given)} is not a list`,
    name,
    next: 'Give an array or another iterable',
  });
}

function notCallable(given: unknown, name: string, next: string): ZooCacheError {
  return new ZooCacheError('INVALID_ARGUMENT', {
    what: `${shown(given)} is not a function`,
    name,
    next,
  });
}

function noCounter(key: CacheKey): ZooCacheError {
  return new ZooCacheError('WRONG_VALUE', {
    what: 'The key does not hold a counter, which is a whole number without tags',
    name: key.slice(2),
    next: 'Count under a key of its own, or delete() this one first',
  });
}

function whole(value: number, name: string): number {
  if (Number.isSafeInteger(value)) return value;
  throw new ZooCacheError('INVALID_ARGUMENT', {
    what: `${shown(value)} is not a whole number that can be counted with`,
    name,
    next: 'Counters are whole numbers between -2^53 and 2^53',
  });
}
