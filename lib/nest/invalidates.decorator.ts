import { types } from 'node:util';
import { concatWith, defer, finalize, ignoreElements, isObservable, tap, type Observable } from 'rxjs';
import { ZooCacheError } from '../errors/zoocache.error.js';
import { isThenable } from '../support/is-thenable.js';
import { parseUserTag } from '../tags/user-tag.js';
import type { ApplicationCache } from './application-cache.js';
import { refuseBareDecorator } from './bare-decorators.js';
import { BINDING, makeBindable, type Bindable } from './binding.js';
import { dressAs, methodName } from './replace-method.js';
import { refuseStandardDecorators } from './standard-decorators.js';
import { isReference, type InvalidationTarget } from './targets.js';

/** What the methods of a prototype invalidate. */
const named = new WeakMap<object, readonly InvalidationTarget[]>();

/**
 * Invalidates the targets each time the method has succeeded: when its promise has resolved, or its Observable completed. A
 * subscriber who leaves earlier, as `firstValueFrom()` does, may have seen it succeed, and so they are invalidated then.
 *
 * Inside a transaction the invalidation waits for its commit. A method that throws invalidates nothing. Writes through
 * TypeORM need no such thing; this is for what else an answer may depend on.
 *
 * ```ts
 * @Invalidates('reports:daily')
 * async importFromFile(path: string) { ... }
 * ```
 *
 * @param targets as {@link ZooCacheService.invalidate} takes them
 * @throws ZooCacheError when the class is defined: `INVALID_TAG`, or `INVALID_ARGUMENT` for anything but a method of
 * instances, for generators, and without targets; when the application starts: `UNKNOWN_ENTITY`
 */
export function Invalidates(...targets: readonly InvalidationTarget[]): MethodDecorator {
  // An entity alone is a target like any other.
  if (targets.length > 1) refuseBareDecorator('@Invalidates', targets);
  return (target, key, descriptor) => {
    refuseStandardDecorators('@Invalidates', key);
    const original: unknown = descriptor?.value;
    if (typeof original !== 'function' || typeof target === 'function') {
      throw new ZooCacheError('INVALID_ARGUMENT', {
        what: 'Only a method of an instance can invalidate when it has succeeded',
        name: `@Invalidates on ${methodName(target, key)}`,
        next: 'Decorate a method of the instances of a provider or controller',
      });
    }
    if (types.isGeneratorFunction(original)) {
      throw new ZooCacheError('INVALID_ARGUMENT', {
        what: 'A generator has done nothing yet when it returns, so nobody knows when it succeeds',
        name: `@Invalidates on ${methodName(target, key)}`,
        next: 'Call ZooCacheService.invalidate() after its last step instead',
      });
    }
    if (targets.length === 0) {
      throw new ZooCacheError('INVALID_ARGUMENT', {
        what: 'The decorator names nothing to invalidate',
        name: `@Invalidates on ${methodName(target, key)}`,
        next: "Name what it changes: @Invalidates('reports:daily'), or leave the decorator out",
      });
    }
    for (const target of targets) if (!isReference(target)) parseUserTag(target);

    const invalidating = function (this: Bindable, ...args: unknown[]): unknown {
      const result: unknown = original.apply(this, args);
      const binding = this?.[BINDING];
      if (binding === undefined) return result;
      const invalidate = (): Promise<void> => invalidateQuietly(binding.cache, targets);
      if (isObservable(result)) return invalidatingAfter(result, invalidate);
      if (!isThenable(result)) {
        void invalidate();
        return result;
      }
      return result.then(async (value) => {
        await invalidate();
        return value;
      });
    };
    dressAs(invalidating, original);
    descriptor.value = invalidating as never;
    makeBindable(target);
    named.set(target, [...(named.get(target) ?? []), ...targets]);
  };
}

/** What the methods of all instances with this prototype invalidate, those of the classes above included. */
export function targetsNamedIn(prototype: object): InvalidationTarget[] {
  const found: InvalidationTarget[] = [];
  for (let above: object | null = prototype; above !== null; above = Object.getPrototypeOf(above)) {
    found.push(...(named.get(above) ?? []));
  }
  return found;
}

function invalidatingAfter(source: Observable<unknown>, invalidate: () => Promise<void>): Observable<unknown> {
  return defer(() => {
    let hasEnded = false;
    const end = (): void => {
      hasEnded = true;
    };
    return source.pipe(
      tap({ error: end, complete: end }),
      concatWith(defer(invalidate).pipe(ignoreElements())),
      finalize(() => {
        if (!hasEnded) void invalidate();
      }),
    );
  });
}

/** Whatever the method did is done; the cache must not make it look undone. */
async function invalidateQuietly(cache: ApplicationCache, targets: readonly InvalidationTarget[]): Promise<void> {
  try {
    await cache.targets.invalidate(targets);
  } catch (error) {
    cache.failures.report('invalidating after a method', error);
  }
}
