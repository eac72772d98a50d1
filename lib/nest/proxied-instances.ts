import { types } from 'node:util';

/** Where an instance keeps the proxy that Nest knows it by. */
const PROXY: unique symbol = Symbol('zoocache proxy');

/** Notes in an instance by which proxy Nest knows it: the one that it injects into. Anything else is left alone. */
export function noteProxy(instance: object): void {
  if (!types.isProxy(instance) || !Object.isExtensible(instance)) return;
  Object.defineProperty(instance, PROXY, { value: instance, configurable: true });
}

/**
 * Whether Nest knows the instance by this proxy, as where the option `instrument` of `NestFactory.create()` traces calls:
 * methods then see now the one and now the other as `this`. Any other proxy of it may show something of its own.
 */
export function isBehind(instance: object, proxy: unknown): boolean {
  const known = (instance as { readonly [PROXY]?: object })[PROXY];
  return known !== undefined && known === proxy && Object.hasOwn(instance, PROXY) && !types.isProxy(instance);
}
