import { URL, URLSearchParams } from 'node:url';
import { types } from 'node:util';

/*
 * Fake timers put another class in place of `Date`; answers of the database are made by this one, or look alike.
 */
const NativeDate = Date;

/*
 * V8 knows without looking that Dates have no own properties once it has enumerated those of one, and then answers
 * Object.getOwnPropertyNames() for any of them six times as fast.
 */
Object.keys(new NativeDate(0));

/** What a Date of this realm has above it. */
export const DATE_PROTOTYPE: object = NativeDate.prototype;

const { getTime } = NativeDate.prototype;

/**
 * The time of what has this realm's {@link DATE_PROTOTYPE}; `undefined` unless it is a Date with nothing added.
 *
 * Asking anything else for its time throws, so V8 need not be asked whether it is a Date before.
 */
export function timeOf(value: object): number | undefined {
  let time: number;
  try {
    time = getTime.call(value);
  } catch {
    return undefined;
  }
  return Object.getOwnPropertyNames(value).length === 0 ? time : undefined;
}

/** Whether this is a Date of this realm with nothing added, so that its time is all there is to copy. */
export function isOrdinaryDate(value: object): value is Date {
  return Object.getPrototypeOf(value) === DATE_PROTOTYPE && timeOf(value) !== undefined;
}

export function copyDate(date: Date): Date {
  return new NativeDate(getTime.call(date));
}

/** Whether this is a Buffer or a Uint8Array of this process, so that its bytes are all there is to copy. */
export function isOrdinaryBinary(value: object): value is Uint8Array {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Buffer.prototype || prototype === Uint8Array.prototype) && types.isUint8Array(value);
}

/**
 * The bytes again, in a Buffer if it was one.
 *
 * A small Buffer usually is a slice of a pool of 8 KiB, and keeps all of it: what the cache keeps for long must not.
 */
export function copyBinary(bytes: Uint8Array, isKept: boolean): Uint8Array {
  if (Object.getPrototypeOf(bytes) !== Buffer.prototype) return new Uint8Array(bytes);
  if (!isKept) return Buffer.from(bytes);
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}

type AnyTypedArray =
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;
type TypedArrayConstructor = new (buffer: ArrayBufferLike) => AnyTypedArray;

/** Called on a typed array, the name of its class in any realm. */
export const nameOfTypedArray = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)!.get as (this: AnyTypedArray) => string;

/**
 * A copy of an object that keeps its state in slots of the engine, without its own properties and its contents;
 * `undefined` for anything else.
 */
export function copySlots(value: object): object | undefined {
  if (types.isDate(value)) return copyDate(value);
  if (types.isRegExp(value)) return new RegExp(value.source, value.flags);
  if (types.isMap(value)) return new Map();
  if (types.isSet(value)) return new Set();
  if (types.isArrayBuffer(value)) return value.slice(0);
  if (types.isDataView(value)) return new DataView(bytesOf(value));
  if (types.isTypedArray(value)) {
    const Constructor = (globalThis as never)[nameOfTypedArray.call(value)] as TypedArrayConstructor;
    return new Constructor(bytesOf(value));
  }
  if (types.isNativeError(value)) return withoutStackTrace(() => new Error());
  if (types.isBoxedPrimitive(value)) return boxAgain(value);
  return undefined;
}

/** A copy of an instance of one of Node's own classes that can tell its whole state; `undefined` for anything else. */
export function copyNodeClass(value: object): object | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === URL.prototype) return new URL((value as URL).href);
  if (prototype === URLSearchParams.prototype) return new URLSearchParams((value as URLSearchParams).toString());
  return undefined;
}

function bytesOf(view: NodeJS.ArrayBufferView): ArrayBufferLike {
  return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
}

function boxAgain(value: object): object {
  if (types.isNumberObject(value)) return Object(Number.prototype.valueOf.call(value)) as object;
  if (types.isStringObject(value)) return Object(String.prototype.valueOf.call(value)) as object;
  if (types.isBooleanObject(value)) return Object(Boolean.prototype.valueOf.call(value)) as object;
  if (types.isBigIntObject(value)) return Object(BigInt.prototype.valueOf.call(value)) as object;
  return Object(Symbol.prototype.valueOf.call(value as unknown as symbol)) as object;
}

/** Errors copy the trace of their original; taking one here would cost more than all the rest. */
export function withoutStackTrace<T>(make: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = limit;
  }
}
