import { types } from 'node:util';

/** What a value of a built-in class consists of: the name of its kind, and the values that make it up. */
export interface BuiltinParts {
  readonly kind: string;
  readonly parts: readonly unknown[];
  /** Its own properties start with the parts themselves, one per byte or character, and are left alone. */
  readonly isIndexed?: boolean;
}

/**
 * The parts of a value that lives in the slots of a built-in class; `undefined` for every other value.
 *
 * The slots are asked, and never `instanceof`, so values of another realm and of subclasses are seen as what they are.
 * Maps and Sets keep their order, because whoever iterates over them sees it.
 */
export function builtinParts(value: object): BuiltinParts | undefined {
  if (types.isMap(value)) return { kind: 'Map', parts: [...mapEntries.call(value)].flat() };
  if (types.isSet(value)) return { kind: 'Set', parts: [...setValues.call(value)] };
  if (types.isTypedArray(value)) return { kind: typedArrayKind.call(value), parts: [bytesOf(value)], isIndexed: true };
  if (types.isDataView(value)) return { kind: 'DataView', parts: [bytesOf(value)] };
  if (types.isArrayBuffer(value)) return { kind: 'ArrayBuffer', parts: [Buffer.from(value).toString('base64')] };
  if (types.isSharedArrayBuffer(value)) {
    return { kind: 'SharedArrayBuffer', parts: [Buffer.from(value).toString('base64')] };
  }
  if (types.isRegExp(value)) return { kind: 'RegExp', parts: [value.source, value.flags, value.lastIndex] };
  if (types.isNativeError(value)) return { kind: 'Error', parts: errorParts(value) };
  if (types.isStringObject(value)) return { kind: 'Boxed', parts: [stringValue.call(value)], isIndexed: true };
  if (types.isNumberObject(value)) return { kind: 'Boxed', parts: [numberValue.call(value)] };
  if (types.isBooleanObject(value)) return { kind: 'Boxed', parts: [booleanValue.call(value)] };
  if (types.isBigIntObject(value)) return { kind: 'Boxed', parts: [bigintValue.call(value)] };
  return undefined;
}

const mapEntries = Map.prototype.entries;
const setValues = Set.prototype.values;
const stringValue = String.prototype.valueOf;
const numberValue = Number.prototype.valueOf;
const booleanValue = Boolean.prototype.valueOf;
const bigintValue = BigInt.prototype.valueOf;
const typedArrayKind = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)!
  .get! as (this: unknown) => string;

function bytesOf(view: NodeJS.ArrayBufferView): string {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('base64');
}

/** Without the stack, which differs between two throws of the same thing. */
function errorParts(error: Error): unknown[] {
  const parts: unknown[] = [error.name, error.message];
  if (Object.hasOwn(error, 'cause')) parts.push('cause', error.cause);
  if (Object.hasOwn(error, 'errors')) parts.push('errors', (error as AggregateError).errors);
  return parts;
}
