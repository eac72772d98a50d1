import { isObservable, tap } from 'rxjs';
import { ZooCacheError } from '../errors/zoocache.error.js';
import { parseUserTag } from '../tags/user-tag.js';
import { BINDING, makeBindable, type Bindable } from './binding.js';
import { dressAs, methodName } from './replace-method.js';
import type { InvalidationTarget } from './targets.js';

/**
 * Invalidates the targets each time the method has succeeded: when its promise has resolved, or its Observable completed.
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
 * @throws ZooCacheError when the class is defined: `INVALID_TAG`, or `INVALID_ARGUMENT` for what is no method of instances
 */
export function Invalidates(...targets: readonly InvalidationTarget[]): MethodDecorator {
  return (target, key, descriptor) => {
    const where = `@Invalidates on ${methodName(target, key)}`;
    const original: unknown = descriptor?.value;
    if (typeof original !== 'function' || typeof target === 'function') {
      throw new ZooCacheError('INVALID_ARGUMENT', {
        what: 'There is no method of an instance whose success could invalidate anything',
        name: where,
        next: 'Decorate a method of the instances of a provider or controller',
      });
    }
    for (const spelling of targets) if (typeof spelling === 'string') parseUserTag(spelling);

    const invalidating = function (this: Bindable, ...args: unknown[]): unknown {
      const result: unknown = original.apply(this, args);
      const binding = this?.[BINDING];
      if (binding === undefined) return result;
      const invalidate = (): void => binding.cache.targets.invalidate(targets);
      if (isObservable(result)) return result.pipe(tap({ complete: invalidate }));
      if (!isThenable(result)) {
        invalidate();
        return result;
      }
      return result.then((value) => {
        invalidate();
        return value;
      });
    };
    dressAs(invalidating, original);
    descriptor.value = invalidating as never;
    makeBindable(target);
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}
