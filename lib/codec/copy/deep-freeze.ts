import { types } from 'node:util';
import { isClassOf } from './careful-copy.js';
import type { ClassLibrary } from './class-knowledge.js';

const WRITES_OF: readonly (readonly [(value: unknown) => boolean, object, RegExp])[] = [
  [types.isDate, Date.prototype, /^set/],
  [types.isMap, Map.prototype, /^(?:set|delete|clear)/],
  [types.isSet, Set.prototype, /^(?:add|delete|clear)/],
];

/**
 * Freezes a value and all it holds, for good; `false`, with nothing changed, when part of it cannot be frozen.
 *
 * What a Date, Map or Set holds is out of reach of `Object.freeze`, so their writing methods are made to throw. Buffers
 * and other binary data, private state, and relations that are still to be loaded into their entity cannot be frozen.
 */
export function deepFreeze(value: unknown, classes: ClassLibrary): boolean {
  const objects = new Set<object>();
  if (!collect(value, classes, objects)) return false;
  for (const object of objects) {
    for (const [isOne, prototype, writes] of WRITES_OF) {
      if (!isOne(object)) continue;
      for (const name of Object.getOwnPropertyNames(prototype)) {
        if (writes.test(name)) Object.defineProperty(object, name, { value: refusal(name) });
      }
    }
    Object.freeze(object);
  }
  return true;
}

/** Whether nobody can change any part of this plain data, so that all may share it as it is. */
export function isDeeplyFrozen(value: unknown): boolean {
  const objects = new Set<object>();
  return isFrozen(value);

  function isFrozen(part: unknown): boolean {
    if (typeof part !== 'object' || part === null) return typeof part !== 'function';
    if (objects.has(part)) return true;
    if (!Object.isFrozen(part) || !isPlain(part)) return false;
    objects.add(part);
    return Reflect.ownKeys(part).every((name) => {
      const property = Object.getOwnPropertyDescriptor(part, name)!;
      return 'value' in property && isFrozen(property.value);
    });
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === Object.prototype || prototype === null || (prototype === Array.prototype && Array.isArray(value))
  );
}

function collect(value: unknown, classes: ClassLibrary, objects: Set<object>): boolean {
  if (typeof value !== 'object' || value === null || objects.has(value)) return true;
  objects.add(value);
  if (types.isMap(value)) {
    for (const [key, held] of value) {
      if (!collect(key, classes, objects) || !collect(held, classes, objects)) return false;
    }
  } else if (types.isSet(value)) {
    for (const held of value) if (!collect(held, classes, objects)) return false;
  } else if (!Array.isArray(value) && !types.isDate(value) && !types.isRegExp(value) && !types.isNativeError(value)) {
    const of = classes.of(Object.getPrototypeOf(value) as object | null);
    if (of.holdsPrivateState || of.isNative) return false;
  }
  return Reflect.ownKeys(value).every((name) => {
    const property = Object.getOwnPropertyDescriptor(value, name)!;
    if (!('value' in property)) return false;
    const isForeign = typeof property.value === 'function' && !isClassOf(value, name, property.value);
    return isForeign ? mayHoldFunctions(value, classes) : collect(property.value, classes, objects);
  });
}

/**
 * Entities may, whose constructors bind them. What else does was made by a transformer, and is perhaps shared with the
 * whole program.
 */
function mayHoldFunctions(value: object, classes: ClassLibrary): boolean {
  return classes.of(Object.getPrototypeOf(value) as object | null).shape !== undefined;
}

function refusal(method: string): () => never {
  return () => {
    throw new TypeError(`Cannot ${method}: this value is shared by everybody who reads it from the cache`);
  };
}
