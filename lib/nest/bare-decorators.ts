import { ZooCacheError } from '../errors/zoocache.error.js';
import { methodName } from './replace-method.js';

/**
 * Looks at what a decorator was called with: one that is written without its parentheses is called with what it was to
 * decorate. What it returns then is taken for a descriptor that changes nothing, so nobody would hear that it does nothing.
 *
 * @throws ZooCacheError `INVALID_ARGUMENT` for a class, or a prototype with a key of it and its descriptor
 */
export function refuseBareDecorator(decorator: string, given: ArrayLike<unknown>): void {
  const [target, key, descriptor] = Array.from(given);
  const isMember = given.length === 3 && isKey(key) && (descriptor === undefined || isDescriptor(descriptor));
  const isBare = isMember || (given.length === 1 && isClass(target));
  if (!isBare) return;
  throw new ZooCacheError('INVALID_ARGUMENT', {
    what: 'A decorator without parentheses decorates nothing',
    name: `${decorator} on ${methodName(target as object, key as string | symbol | undefined)}`,
    next: `Write ${decorator}(...), with nothing between the parentheses where it needs nothing`,
  });
}

/** And not a function that was given for an option. */
function isClass(value: unknown): boolean {
  return typeof value === 'function' && Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false;
}

function isKey(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'symbol';
}

function isDescriptor(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'configurable' in value && 'enumerable' in value;
}
