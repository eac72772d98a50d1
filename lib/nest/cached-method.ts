import { isObservable, Observable } from 'rxjs';
import { boundIn } from '../engine/consistency.js';
import type { ReadPlan } from '../engine/read-plan.js';
import { methodKey, methodSite, type CacheKey, type Site } from '../keys/cache-key.js';
import { KeyMemo } from '../keys/key-memo.js';
import { KeyTree } from '../keys/key-tree.js';
import { snapshotOf } from '../support/snapshot.js';
import { isTypeormHandle } from '../typeorm/library/typeorm-handle.js';
import type { ApplicationCache } from './application-cache.js';
import { isRefusal, tagsNamed } from './cache-query.options.js';
import { decoratedClasses } from './decorated-classes.js';
import type { MethodSite } from './method-site.js';
import { promiseOrObservable } from './either-answer.js';
import { ENDLESS, isStreamed, PendingStream, stream, valuesOf } from './observed-load.js';

/** The class that a method runs in. */
interface MethodOwner {
  readonly type: Function;
  /** Whether the instance answers for all of the class, and not for itself alone. */
  answersForAll(instance: object): boolean;
}

/** Starts the part of a key that tells instances apart; no encoded argument starts so. */
const INSTANCE = '~';

/**
 * A decorated method of one class in one application.
 *
 * What the method returns decides what its callers get: promises and plain values become promises, Observables stay
 * Observables. Unless the method says so, only a call tells which it is, or an answer that was stored. Where there is no other
 * memory than that of this process the first call is made at once; else it is answered by what can be used as either.
 */
export class CachedMethod {
  readonly name: string;

  private readonly head: Site;
  private readonly plan: ReadPlan;
  /** For instances that answer for themselves: they have numbers, which mean something in this process only. */
  private ownPlan: ReadPlan | undefined;
  /** Whether nobody knows yet what the method returns, while others may have stored its answer. */
  private isUnknown: boolean;
  private readonly isShared: boolean;
  /** What was called, or made a part of a key, for the reader of an error. */
  private readonly called: string;
  private readonly keyOption: string;
  private readonly varyOption: string;
  private readonly memo = new KeyMemo();
  private readonly tree = new KeyTree();
  private isStreaming: boolean;
  /** The calls that were answered before anybody knew what the method returns. */
  private readonly undecided = new Set<() => void>();
  private firstStream: PendingStream | undefined;

  constructor(
    private readonly cache: ApplicationCache,
    private readonly owner: MethodOwner,
    private readonly site: MethodSite,
  ) {
    const { options } = site;
    const { names, keyNames } = cache;
    this.head = methodSite(
      keyNames,
      owner.type,
      site.nameIn(owner.type, (type) => keyNames.of(type)),
    );
    const method = site.nameIn(owner.type, (type) => names.of(type));
    this.name = options.name ?? `${names.of(owner.type)}.${method}`;
    this.called = site.name;
    this.keyOption = `key of ${site.where}`;
    this.varyOption = `vary of ${site.where}`;
    this.isShared = options.shared === true || options.vary !== undefined;
    // Symbols are told apart by numbers that mean something in this process only, and so are namesakes.
    const isNumbered = typeof site.key === 'symbol';
    if (cache.sharedEntries !== undefined) for (const type of decoratedClasses()) keyNames.of(type);
    this.plan = {
      get isLocal() {
        return isNumbered || keyNames.hasNamesakes(owner.type);
      },
      boundMs: boundIn(options),
      ttlMs: site.ttlMs ?? cache.settings.defaultTtlMs,
      counters: cache.statistics.of(this.name),
      tags: this.tagsOf(),
      keep: options.key && ((args) => (this.isData(args) ? snapshotOf(args) : () => args)),
      unless: (result) => result === ENDLESS || this.isUnfit(result),
    };
    // Memory of one process holds nothing before the first call.
    this.isUnknown = cache.engine.isShared && site.returnsObservable === undefined;
    this.isStreaming = cache.engine.isShared && site.returnsObservable === true;
  }

  /** Answers a call; never throws. */
  call(instance: object, args: unknown[]): unknown {
    if (this.isStreaming) return this.observe(instance, args);
    let key: CacheKey | undefined;
    try {
      key = this.keyOf(instance, args);
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.isUnknown) return this.answerEither(instance, args, key);
    let pending: PendingStream | undefined;
    let isAnswered = false;
    const load = (given: readonly unknown[]): unknown => {
      const result = this.site.original.apply(instance, given as unknown[]);
      // The caller has been given a promise, and an Observable in it is all that can still be done for him.
      if (isAnswered || !isObservable(result)) return result;
      pending = new PendingStream(result, this.cache.copier);
      return pending.collected;
    };
    const { engine } = this.cache;
    const plan = engine.isShared ? this.planFor(instance) : this.plan;
    const answer = key === undefined ? engine.bypass('argument', () => load(args)) : engine.read(key, plan, load, args);
    isAnswered = true;
    return pending === undefined ? answer : this.observeFirst(instance, args, pending, answer);
  }

  /**
   * The key of a call, or undefined when an argument bypasses the cache.
   *
   * @throws what encoding the arguments throws, and what the user's own functions do
   */
  keyOf(instance: object, args: unknown[]): CacheKey | undefined {
    if (this.hasPlainKeys(instance)) {
      const only = args[0];
      return args.length === 1 && (typeof only === 'number' || typeof only === 'string')
        ? this.memo.of(only, this.keyOfOnly)
        : this.tree.of(args, this.plainKey);
    }
    const { options } = this.site;
    const { keys } = this.cache;
    let text: string | undefined;
    if (options.key === undefined) text = keys.encode(args, undefined, this.called);
    // A key that the user makes does not show whether a manager was handed over.
    else if (!args.some(isHandle)) text = keys.encode([options.key.apply(instance, args)], this.keyOption);
    if (text === undefined) return undefined;
    if (options.vary === undefined) {
      return this.answersForAll(instance)
        ? methodKey(this.head, text)
        : methodKey(this.head, text, INSTANCE + this.cache.instances.of(instance));
    }
    const vary = keys.encode([options.vary.apply(instance, args)], this.varyOption);
    return vary === undefined ? undefined : methodKey(this.head, text, vary);
  }

  /** Whether arguments alone make the key. */
  private hasPlainKeys(instance: object): boolean {
    const { options } = this.site;
    return options.key === undefined && options.vary === undefined && this.answersForAll(instance);
  }

  /** Where others have a say: whether they may know of the instance's answers. */
  private planFor(instance: object): ReadPlan {
    return this.answersForAll(instance) ? this.plan : (this.ownPlan ??= derived(this.plan, { isLocal: true }));
  }

  /** Whether the instance gives the answers of its class, because it is said so or because it stands for nothing of its own. */
  private answersForAll(instance: object): boolean {
    return this.isShared || this.owner.answersForAll(instance);
  }

  private readonly plainKey = (args: readonly unknown[]): CacheKey | undefined => {
    const text = this.cache.keys.encode(args, undefined, this.called);
    return text === undefined ? undefined : methodKey(this.head, text);
  };

  private readonly keyOfOnly = (only: string | number): CacheKey => this.plainKey([only])!;

  /** Where the user makes the key, arguments may be anything. */
  private isData(args: readonly unknown[]): boolean {
    try {
      return this.cache.keys.encode(args) !== undefined;
    } catch {
      return false;
    }
  }

  private tagsOf(): ReadPlan['tags'] {
    const { tags, dependsOn } = this.site.options;
    const { targets } = this.cache;
    if (tags === undefined && dependsOn === undefined) return undefined;
    return (result, args) => {
      const spellings =
        typeof tags === 'function'
          ? valuesOf(result).flatMap((value) => tagsNamed(tags(value as never, ...args), this.site.where))
          : (tags ?? []);
      return [...targets.dependenciesOf(spellings), ...targets.dependenciesOn(dependsOn ?? [])];
    };
  }

  private isUnfit(result: unknown): boolean {
    const { unless } = this.site.options;
    if (unless === undefined) return false;
    return valuesOf(result).some((value) => isRefusal(unless(value as never), this.site.where));
  }

  /**
   * The answer while nobody knows what the method returns, because others may have stored it.
   *
   * Who awaits it is given what the method gave: an Observable as soon as it turns out to be one, since it may never end.
   */
  private answerEither(instance: object, args: unknown[], key: CacheKey | undefined): unknown {
    const { copier, engine } = this.cache;
    let pending: PendingStream | undefined;
    let isAnswered = false;
    let isElsewhere = false;
    let settle!: (answer: unknown) => void;
    const load = (given: readonly unknown[]): unknown => {
      // Who observes meanwhile loads for himself.
      if (isElsewhere) return ENDLESS;
      const result = this.site.original.apply(instance, given as unknown[]);
      if (isObservable(result)) pending = new PendingStream(result, copier);
      if (pending !== undefined && isAnswered) settle(observable);
      this.learn(pending !== undefined);
      return pending === undefined ? result : pending.collected;
    };
    const plan = this.planFor(instance);
    const answer = key === undefined ? engine.bypass('argument', () => load(args)) : engine.read(key, plan, load, args);
    isAnswered = true;
    if (pending !== undefined) return this.observeFirst(instance, args, pending, answer);
    const observable = new Observable((subscriber) => {
      isElsewhere = true;
      const source =
        pending === undefined ? this.observe(instance, args) : this.observeFirst(instance, args, pending, answer);
      return source.subscribe(subscriber);
    });
    const letObserve = (): void => {
      isElsewhere = pending === undefined;
      settle(observable);
    };
    this.undecided.add(letObserve);
    const promise = new Promise((resolve, reject) => {
      settle = resolve;
      answer.then(
        (found) => {
          this.undecided.delete(letObserve);
          if (found !== ENDLESS) this.learn(isStreamed(found));
          resolve(isStreamed(found) ? observable : found);
        },
        (error: unknown) => {
          this.undecided.delete(letObserve);
          reject(error);
        },
      );
    });
    return promiseOrObservable(promise, observable);
  }

  private learn(isStreaming: boolean): void {
    this.isUnknown = false;
    this.isStreaming = isStreaming;
    // They may wait for the load that showed it, which goes on for as long as its one subscriber likes.
    if (isStreaming) for (const letObserve of this.undecided) letObserve();
    this.undecided.clear();
  }

  /** The answer to the very call that showed that the method returns Observables. */
  private observeFirst(
    instance: object,
    args: unknown[],
    pending: PendingStream,
    answer: Promise<unknown>,
  ): Observable<unknown> {
    this.isStreaming = true;
    this.firstStream = pending;
    // The load goes on until somebody subscribes and the source ends; nobody waits for it if nobody ever does.
    answer.catch(() => undefined);
    return new Observable((subscriber) =>
      pending.isTaken ? this.observe(instance, args).subscribe(subscriber) : pending.subscribe(subscriber, answer),
    );
  }

  /** Looks the answer up anew with every subscription, as a cold Observable does. */
  private observe(instance: object, args: unknown[]): Observable<unknown> {
    this.firstStream?.abandon();
    this.firstStream = undefined;
    return new Observable((subscriber) => {
      const key = this.keyOf(instance, args);
      const { engine, copier } = this.cache;
      const plan = derived(this.planFor(instance), { isSolitary: true });
      return stream(
        subscriber,
        copier,
        (given) => {
          const result = this.site.original.apply(instance, given as unknown[]);
          if (this.isUnknown) this.learn(isObservable(result));
          return result;
        },
        (load) =>
          key === undefined ? engine.bypass('argument', () => load(args)) : engine.read(key, plan, load, args),
      );
    });
  }
}

/** The same plan but for these parts. */
function derived(plan: ReadPlan, parts: Partial<ReadPlan>): ReadPlan {
  return Object.create(plan, Object.getOwnPropertyDescriptors(parts)) as ReadPlan;
}

function isHandle(value: unknown): boolean {
  return typeof value === 'object' && value !== null && isTypeormHandle(value);
}
