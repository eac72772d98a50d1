import { observable as interop, type Observable } from 'rxjs';

/** What makes a thing an Observable to rxjs and to everybody who asks its `isObservable()`. */
const FACE = ['subscribe', 'pipe', 'lift', 'forEach', 'toPromise'] as const;

/**
 * The answer of a method of which nobody knows yet whether it returns promises or Observables: a promise that can be
 * subscribed to as well. Its caller knows, and uses it as the one or the other.
 */
export function promiseOrObservable(promise: Promise<unknown>, observable: Observable<unknown>): Promise<unknown> {
  const face: PropertyDescriptorMap = { [interop]: { value: () => observable } };
  for (const name of FACE) {
    const method = (observable as unknown as Record<string, Function>)[name];
    face[name] = { value: method.bind(observable) as Function };
  }
  return Object.defineProperties(promise, face);
}
