import { types } from 'node:util';
import { holdsPrivateState } from './private-state.js';

type Seen = Map<object, object>;

/**
 * Values as they are now, for whoever uses them later, when the one who gave them may have gone on to change them.
 *
 * Copied is what consists of its properties: arrays, plain objects, instances without hidden state; and dates. All else
 * is taken as it is, such as what reduces itself to a primitive, which by custom does not change.
 */
export function snapshotOf<T>(values: readonly T[]): readonly T[] {
  if (values.every((value) => typeof value !== 'object' || value === null)) return values;
  const seen: Seen = new Map();
  return values.map((value) => copyOf(value, seen));
}

function copyOf<T>(value: T, seen: Seen): T {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return value;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (types.isDate(value)) return prototype === Date.prototype ? (new Date(value.getTime()) as T) : value;
  const known = seen.get(value);
  if (known !== undefined) return known as T;
  if (!isItsProperties(value, prototype)) return value;
  const copy = Array.isArray(value) ? [] : (Object.create(prototype) as object);
  seen.set(value, copy);
  const properties = Object.getOwnPropertyDescriptors(value) as Record<string, PropertyDescriptor>;
  // What is hidden from who lists the properties belongs to its class, up to the whole program.
  for (const property of Object.values(properties)) {
    if (property.enumerable === true && 'value' in property) property.value = copyOf(property.value as unknown, seen);
  }
  return Object.defineProperties(copy, properties) as T;
}

function isItsProperties(value: object, prototype: object | null): boolean {
  if (prototype === null || prototype === Object.prototype || prototype === Array.prototype) return true;
  const { constructor, toJSON } = value as { constructor?: unknown; toJSON?: unknown };
  return (
    typeof constructor === 'function' &&
    constructor.prototype === prototype &&
    typeof toJSON !== 'function' &&
    !holdsPrivateState(constructor)
  );
}
