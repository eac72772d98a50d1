import { types } from 'node:util';
import { ZooCacheError } from '../errors/zoocache.error.js';
import { parseDuration, type Duration } from '../support/duration.js';
import { refuseBareDecorator } from './bare-decorators.js';
import { BINDING, makeBindable, type Bindable } from './binding.js';
import { checkCacheQueryOptions, type CacheQueryOptions } from './cache-query.options.js';
import { noteDecorated } from './decorated-classes.js';
import { MethodSite } from './method-site.js';
import { isNoCache } from './no-cache.decorator.js';
import { dressAs, methodName } from './replace-method.js';
import { refuseStandardDecorators } from './standard-decorators.js';

/** Decorates any method, and leaves its type as it is. */
export type AnyMethodDecorator = (
  target: object,
  key: string | symbol,
  // eslint-disable-next-line typescript/no-explicit-any -- a decorator for methods of every type
  descriptor: TypedPropertyDescriptor<any>,
) => void;

const sites = new WeakMap<object, MethodSite[]>();
const wrappers = new WeakSet<object>();

/**
 * Caches what a method answers, until something it read is written.
 *
 * The decorated method returns a promise, or an Observable if the method does; an answer is a private copy each time.
 * Concurrent callers of a cold key share one load; but of an Observable each subscriber has a load of its own, because one
 * that may never end cannot be waited for. What the method asks of TypeORM becomes what its answer depends on
 * (rows, values and columns, or tables where a query is not understood), and a write to that, through TypeORM, makes the
 * next call ask again once its transaction has committed. Inside a transaction, and with an `EntityManager` or `QueryRunner` among the arguments, the method is simply called. An instance
 * that Nest did not make is not cached, nor is one that a factory of a lazily loaded module made, which nobody hears of.
 *
 * A method that has to wait before it is called, as where processes share a cache, is called with its arguments as they were
 * at the call: if they were changed since, with copies of plain data, Maps, Sets, bytes and instances without hidden state.
 *
 * ```ts
 * @CacheQuery('5m')
 * inCategory(category: string) {
 *   return this.products.findBy({ category });
 * }
 * ```
 *
 * @param options a duration, or all options; without, the module's defaults
 * @throws ZooCacheError when the class is defined: `INVALID_OPTION`, `INVALID_DURATION` or `INVALID_TAG` for wrong
 * options, `INVALID_ARGUMENT` for anything but a method of instances, and for generators
 */
export function CacheQuery(options: Duration | CacheQueryOptions = {}): AnyMethodDecorator {
  refuseBareDecorator('@CacheQuery', arguments);
  return (target, key, descriptor) => {
    refuseStandardDecorators('@CacheQuery', key);
    const where = `@CacheQuery on ${methodName(target, key)}`;
    const original = cacheableMethod(target, descriptor, where);
    const given = typeof options === 'object' && options !== null ? options : { ttl: options };
    checkCacheQueryOptions(given, where);
    const ttlMs = given.ttl === undefined ? undefined : parseDuration(given.ttl, where);
    if (isNoCache(original)) return;

    const site = new MethodSite(target, key, original, given, ttlMs);
    const cached = function (this: Bindable, ...args: unknown[]): unknown {
      const binding = this?.[BINDING];
      return binding === undefined ? original.apply(this, args) : binding.method(site).call(this!, args);
    };
    dressAs(cached, original);
    wrappers.add(cached);
    descriptor.value = cached;
    makeBindable(target);
    if (!sites.has(target)) noteDecorated(target.constructor);
    sites.set(target, [...(sites.get(target) ?? []), site]);
  };
}

/** The decorated methods of all instances with this prototype, those of the classes above included. */
export function cachedMethodsOf(prototype: object): MethodSite[] {
  const found: MethodSite[] = [];
  for (let above: object | null = prototype; above !== null; above = Object.getPrototypeOf(above)) {
    found.push(...(sites.get(above) ?? []));
  }
  return found;
}

function cacheableMethod(
  target: object,
  descriptor: PropertyDescriptor | undefined,
  where: string,
): MethodSite['original'] {
  const method: unknown = descriptor?.value;
  if (typeof method !== 'function')
    throw refused(where, 'there is no method to cache', 'Decorate a method, not a property or an accessor');
  if (typeof target === 'function') {
    throw refused(where, 'static methods belong to no application', 'Decorate a method of the instances');
  }
  if (types.isGeneratorFunction(method)) {
    throw refused(where, 'a generator answers step by step', 'Collect what it yields in a method that returns a list');
  }
  if (wrappers.has(method)) {
    throw refused(where, 'it is cached already', 'Keep one @CacheQuery on the method');
  }
  return method as MethodSite['original'];
}

function refused(where: string, what: string, next: string): ZooCacheError {
  return new ZooCacheError('INVALID_ARGUMENT', {
    what: `Nothing can be cached here, because ${what}`,
    name: where,
    next,
  });
}
