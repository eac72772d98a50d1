import { types } from 'node:util';
import { isBarePrototype } from './bare-prototype.js';
import { holdsPrivateState, isBuiltinClass } from './private-state.js';

type Seen = Map<object, object>;

/**
 * Values as they are now, for whoever uses them later, when the one who gave them may have gone on to change them.
 *
 * Unless he has, they are the very values that he gave: a method may ask whether its argument is `Color.RED`.
 */
export function snapshotOf<T>(values: readonly T[]): () => readonly T[] {
  const copies = copiesOf(values);
  return () => (isStill(values, copies, new Map()) ? values : copies);
}

/**
 * Values that stay as they are.
 *
 * Copied is what consists of its properties: arrays, plain objects, instances without hidden state; and dates, Maps, Sets and
 * bytes. All else is taken as it is, such as what reduces itself to a primitive, which by custom does not change.
 */
export function copiesOf<T>(values: readonly T[]): readonly T[] {
  if (values.every((value) => typeof value !== 'object' || value === null)) return values;
  const seen: Seen = new Map();
  return values.map((value) => copyOf(value, seen));
}

function copyOf<T>(value: T, seen: Seen): T {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return value;
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (types.isDate(value)) return prototype === Date.prototype ? (new Date(value.getTime()) as T) : value;
  if (types.isTypedArray(value)) return isOfBytes(prototype) ? (slice.call(value) as T) : value;
  const known = seen.get(value);
  if (known !== undefined) return known as T;
  const copy = emptyLike(value, prototype);
  if (copy === undefined) return value;
  seen.set(value, copy);
  fill(copy, value, seen);
  const properties = Object.getOwnPropertyDescriptors(value) as Record<string, PropertyDescriptor>;
  // What is hidden from who lists the properties belongs to its class, up to the whole program.
  for (const property of Object.values(properties)) {
    if (property.enumerable === true && 'value' in property) property.value = copyOf(property.value as unknown, seen);
  }
  return Object.defineProperties(copy, properties) as T;
}

/** Of typed arrays of every class, in memory of its own; that of Buffer shares. */
const { slice } = Uint8Array.prototype;

function isOfBytes(prototype: object | null): boolean {
  return prototype === Buffer.prototype || (prototype !== null && isBuiltinClass(prototype.constructor));
}

/** What can be filled to be like the value; undefined for what cannot be copied. */
function emptyLike(value: object, prototype: object | null): object | undefined {
  if (prototype === Array.prototype) return [];
  if (types.isMap(value)) return prototype === Map.prototype ? new Map() : undefined;
  if (types.isSet(value)) return prototype === Set.prototype ? new Set() : undefined;
  return isItsProperties(value, prototype) ? (Object.create(prototype) as object) : undefined;
}

function fill(copy: object, value: object, seen: Seen): void {
  if (types.isMap(copy)) (value as typeof copy).forEach((held, key) => copy.set(copyOf(key, seen), copyOf(held, seen)));
  if (types.isSet(copy)) (value as typeof copy).forEach((held) => copy.add(copyOf(held, seen)));
}

function isItsProperties(value: object, prototype: object | null): boolean {
  if (prototype === Object.prototype || isBarePrototype(prototype)) return true;
  const { constructor, toJSON } = value as { constructor?: unknown; toJSON?: unknown };
  return (
    typeof constructor === 'function' &&
    constructor.prototype === prototype &&
    !holdsPrivateState(constructor) &&
    !(typeof toJSON === 'function' && isPrimitive(toJSON.call(value)))
  );
}

/** Null may be all that an invalid value has to say. */
function isPrimitive(json: unknown): boolean {
  return json === null || typeof json !== 'object';
}

/** Whether a value is what it was when it was copied. */
function isStill(value: unknown, copy: unknown, seen: Seen): boolean {
  if (Object.is(value, copy)) return true;
  if (typeof value !== 'object' || value === null || typeof copy !== 'object' || copy === null) return false;
  if (Object.getPrototypeOf(value) !== Object.getPrototypeOf(copy)) return false;
  if (types.isDate(copy)) return Object.is((value as typeof copy).getTime(), copy.getTime());
  if (types.isTypedArray(copy)) return bytesOf(value as typeof copy).equals(bytesOf(copy));
  const known = seen.get(copy);
  if (known !== undefined) return known === value;
  seen.set(copy, value);
  const areStill = (list: readonly unknown[], copies: readonly unknown[]): boolean =>
    list.length === copies.length && copies.every((other, index) => isStill(list[index], other, seen));
  if (types.isMap(copy) && !areStill([...(value as typeof copy)].flat(), [...copy].flat())) return false;
  if (types.isSet(copy) && !areStill([...(value as typeof copy)], [...copy])) return false;
  const names = Reflect.ownKeys(copy);
  return (
    areStill(Reflect.ownKeys(value), names) &&
    names.every((name) => areStill(partsOf(value, name), partsOf(copy, name)))
  );
}

function partsOf(value: object, name: PropertyKey): readonly unknown[] {
  const { value: held, get, set, enumerable } = Object.getOwnPropertyDescriptor(value, name)!;
  return [held, get, set, enumerable];
}

function bytesOf({ buffer, byteOffset, byteLength }: NodeJS.ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
