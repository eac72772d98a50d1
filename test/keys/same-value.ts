import { types } from 'node:util';

/**
 * Whether no method could tell two values apart by what they hold: written without a thought of how keys are encoded,
 * to judge them. The order of an object's properties does not count, nor does a null prototype.
 */
export function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  if (kindOf(a) !== kindOf(b)) return false;
  if (types.isDate(a)) return Object.is(a.getTime(), (b as Date).getTime()) && sameProperties(a, b);
  if (types.isMap(a)) return sameList([...a].flat(), [...(b as typeof a)].flat()) && sameProperties(a, b);
  if (types.isSet(a)) return sameList([...a], [...(b as typeof a)]) && sameProperties(a, b);
  if (types.isTypedArray(a)) return sameBytes(a, b as typeof a);
  if (types.isRegExp(a)) {
    const other = b as RegExp;
    return `${a}` === `${other}` && a.lastIndex === other.lastIndex && sameProperties(a, b);
  }
  if (types.isNativeError(a)) return a.message === (b as Error).message && sameProperties(a, b);
  if (types.isBoxedPrimitive(a)) return Object.is(a.valueOf(), b.valueOf());
  if (Array.isArray(a)) return a.length === (b as unknown[]).length && sameProperties(a, b);
  return sameProperties(a, b);
}

function kindOf(value: object): unknown {
  const prototype: unknown = Object.getPrototypeOf(value);
  return types.isArgumentsObject(value) ? 'arguments' : prototype === null ? Object.prototype : prototype;
}

function sameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((element, i) => isSame(element, b[i]));
}

function sameBytes(a: NodeJS.ArrayBufferView, b: NodeJS.ArrayBufferView): boolean {
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

function bytesOf(view: NodeJS.ArrayBufferView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}

/** Holes of an array are properties that it does not have. */
function sameProperties(a: object, b: object): boolean {
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every(
    (name) =>
      Object.hasOwn(b, name) && isSame((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]),
  );
}
