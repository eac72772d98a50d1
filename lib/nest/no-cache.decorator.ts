import 'reflect-metadata';
import { isObservable, Observable } from 'rxjs';
import { runBypassed } from '../engine/context.js';
import { ZooCacheError } from '../errors/zoocache.error.js';
import { refuseBareDecorator } from './bare-decorators.js';
import { dressAs, methodName } from './replace-method.js';
import { refuseStandardDecorators } from './standard-decorators.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** What the statistics call it. */
const REASON = 'no-cache';

/** Marks functions that read past the cache; metadata, because decorators that replace a method hand that on. */
const NO_CACHE = 'nestjs-zoocache:no-cache';

/**
 * Makes a method, or all methods of a class, read past the cache and store nothing.
 *
 * Cached methods that they call are bypassed too, in everything they await. It wins over `@CacheQuery` and
 * `@CacheResponse` in whatever order they stand.
 *
 * @throws ZooCacheError `INVALID_ARGUMENT` when the class is defined, on anything but a class or a method
 */
export function NoCache(): ClassDecorator & MethodDecorator {
  refuseBareDecorator('@NoCache', arguments);
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor): void => {
    refuseStandardDecorators('@NoCache', key);
    if (key === undefined) {
      if (typeof target === 'function') coverMethods(target.prototype as object);
      return;
    }
    if (typeof descriptor?.value !== 'function') {
      throw new ZooCacheError('INVALID_ARGUMENT', {
        what: 'Only a method or a class can read past the cache',
        name: `@NoCache on ${methodName(target, key)}`,
        next: 'Decorate a method or a class, not a property or an accessor',
      });
    }
    descriptor.value = pastTheCache(descriptor.value as Method);
  };
}

/** Whether what this function answers must not be stored. */
export function isNoCache(method: Function): boolean {
  return Reflect.hasMetadata(NO_CACHE, method);
}

/** Also the inherited ones: a class reads past the cache in everything it does. */
function coverMethods(prototype: object): void {
  const covered = new Set<string | symbol>(['constructor']);
  for (let above: object | null = prototype; above !== null && above !== Object.prototype;) {
    for (const key of Reflect.ownKeys(above)) {
      const descriptor = Reflect.getOwnPropertyDescriptor(above, key)!;
      if (covered.has(key)) continue;
      covered.add(key);
      if (typeof descriptor.value !== 'function' || isNoCache(descriptor.value as Function)) continue;
      Object.defineProperty(prototype, key, { ...descriptor, value: pastTheCache(descriptor.value as Method) });
    }
    above = Object.getPrototypeOf(above) as object | null;
  }
}

function pastTheCache(method: Method): Method {
  const wrapper: Method = function (this: unknown, ...args) {
    const result = runBypassed(REASON, () => method.apply(this, args));
    // A cold Observable works when it is subscribed to, long after this call.
    return isObservable(result)
      ? new Observable((subscriber) => runBypassed(REASON, () => result.subscribe(subscriber)))
      : result;
  };
  dressAs(wrapper, method);
  Reflect.defineMetadata(NO_CACHE, true, wrapper);
  return wrapper;
}
