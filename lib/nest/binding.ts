import { Inject, Optional } from '@nestjs/common';
import type { CachedMethod } from './cached-method.js';
import type { MethodSite } from './method-site.js';
import type { Runtime } from './runtime.js';
import { ZOO_CACHE_RUNTIME } from './tokens.js';

/** The property that Nest injects the runtime into. */
const RUNTIME: unique symbol = Symbol('zoocache runtime');

/** Where an instance keeps what connects it to its application. */
export const BINDING: unique symbol = Symbol('zoocache binding');

/** `this` of a decorated method: bound, unless nobody told it which application it belongs to. */
export type Bindable = { readonly [BINDING]?: ClassBinding } | undefined;

/** What all instances of one class in one application share. */
export class ClassBinding {
  /** By the index of the site; sites are numbered through the whole process, which leaves holes. */
  private readonly methods: CachedMethod[] = [];

  private perRequest: boolean | undefined;

  constructor(
    readonly runtime: Runtime,
    readonly type: Function,
  ) {}

  /** The method of this class that was decorated at the site; for a method that a subclass overrides there are two. */
  method(site: MethodSite): CachedMethod {
    return this.methods[site.index] ?? (this.methods[site.index] = this.runtime.cachedMethod(this, site));
  }

  /**
   * Whether each request has its own instance, so that what a method answers may depend on the request.
   *
   * Before the application has started nobody can tell, and the answer is yes: instances then share nothing.
   */
  get isRequestBound(): boolean {
    return this.perRequest ?? this.findOut();
  }

  /** Instances of this class are made by a factory that is called for each request. */
  markRequestBound(): void {
    this.perRequest = true;
  }

  private findOut(): boolean {
    if (!this.runtime.isStarted) return true;
    return (this.perRequest = this.runtime.scopes.isRequestBound(this.type));
  }
}

/** Makes Nest hand the runtime of their application to all instances of the class with this prototype. */
export function makeBindable(prototype: object): void {
  if (RUNTIME in prototype) return;
  Object.defineProperty(prototype, RUNTIME, {
    set(this: object, runtime: Runtime) {
      bind(this, runtime);
    },
    configurable: true,
  });
  Inject(ZOO_CACHE_RUNTIME)(prototype, RUNTIME);
  Optional()(prototype, RUNTIME);
}

export function isBindable(value: unknown): value is object {
  return typeof value === 'object' && value !== null && RUNTIME in value;
}

/**
 * Connects an instance to the application it lives in.
 *
 * An instance that two applications share stays with the first of them until that one has closed.
 */
export function bind(instance: object, runtime: Runtime): void {
  const bound = (instance as Bindable)?.[BINDING];
  if (bound !== undefined && (bound.runtime === runtime || !bound.runtime.isClosed)) return;
  if (!Object.isExtensible(instance)) return;
  // Not enumerable: what spreads, compares or serialises an instance must not meet the cache.
  Object.defineProperty(instance, BINDING, {
    value: runtime.bindingOf(instance.constructor),
    configurable: true,
    enumerable: false,
  });
}
