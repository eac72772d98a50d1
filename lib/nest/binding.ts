import { Inject, Optional } from '@nestjs/common';
import type { ClassBinding } from './class-binding.js';
import { noteProxy } from './proxied-instances.js';
import { ZOO_CACHE_RUNTIME } from './tokens.js';

/** The property that Nest injects the runtime into. */
const RUNTIME: unique symbol = Symbol('zoocache runtime');

/** Where an instance keeps what connects it to its application. */
export const BINDING: unique symbol = Symbol('zoocache binding');

/** `this` of a decorated method: bound, unless nobody told it which application it belongs to. */
export type Bindable = { readonly [BINDING]?: ClassBinding } | undefined;

/** Whatever instances are bound to. */
export interface BindingHost {
  /** The host and no proxy of it, which Nest may hand out as well. */
  readonly itself: object;
  readonly isClosed: boolean;
  bindingOf(type: Function): ClassBinding;
}

/** Makes Nest hand the runtime of their application to all instances of the class with this prototype. */
export function makeBindable(prototype: object): void {
  if (RUNTIME in prototype) return;
  Object.defineProperty(prototype, RUNTIME, {
    set(this: object, host: unknown) {
      if (!isHost(host)) return;
      bind(this, host);
      noteProxy(this);
    },
    configurable: true,
  });
  Inject(ZOO_CACHE_RUNTIME)(prototype, RUNTIME);
  Optional()(prototype, RUNTIME);
}

/** What Nest injects is no host where a test lets `useMocker()` make whatever is missing. */
export function isHost(value: unknown): value is BindingHost {
  return typeof (value as Partial<BindingHost>).isClosed === 'boolean';
}

export function isBindable(value: unknown): value is object {
  return typeof value === 'object' && value !== null && RUNTIME in value;
}

/**
 * Connects an instance to the application it lives in.
 *
 * An instance that two applications share stays with the first of them until that one has closed.
 */
export function bind(instance: object, host: BindingHost): void {
  const bound = (instance as Bindable)?.[BINDING];
  if (bound !== undefined && (bound.belongsTo(host) || !bound.host.isClosed)) return;
  if (!Object.isExtensible(instance)) return;
  // Not enumerable: what spreads, compares or serialises an instance must not meet the cache.
  Object.defineProperty(instance, BINDING, {
    value: host.bindingOf(instance.constructor),
    configurable: true,
    enumerable: false,
  });
}
