import { types } from 'node:util';
import { isLazy } from './lazy.js';

/** Prototypes by the number of their first appearance: two classes of one name are two. */
const prototypes = new Map<object, number>();

/**
 * A text that differs whenever two answers do: in a value, in its type or prototype, or in whether a property is
 * undefined or missing.
 *
 * The order of an answer counts; that of the relations inside it does not, because nobody asked for one.
 */
export function picture(value: unknown): string {
  return draw(value, [], true);
}

function draw(value: unknown, above: readonly object[], isOrdered: boolean): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'function';
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
  if (above.includes(value)) return `^${above.indexOf(value)}`;
  if (types.isDate(value)) return `Date(${value.getTime()})`;
  if (types.isPromise(value)) return 'Promise';
  if (ArrayBuffer.isView(value)) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return `${value.constructor.name}(${bytes.toString('hex')})`;
  }
  const deeper = [...above, value];
  if (Array.isArray(value)) {
    const parts = value.map((item) => draw(item, deeper, isOrdered));
    return `[${(isOrdered ? parts : parts.sort()).join(', ')}]`;
  }
  // What a class keeps to itself shows in its getters only.
  const hidden = 'cents' in value ? [`cents ${String(value.cents)}`] : [];
  const shown = Reflect.ownKeys(value)
    .map((key) => {
      if (isLazy(value, key)) return `${String(key)}: lazy`;
      return `${String(key)}: ${draw((value as Record<PropertyKey, unknown>)[key], deeper, false)}`;
    })
    .sort();
  return `${nameOf(value)}{${[...hidden, ...shown].join(', ')}}`;
}

function nameOf(value: object): string {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === Object.prototype) return '';
  if (prototype === null) return 'null-prototype';
  let number = prototypes.get(prototype);
  if (number === undefined) prototypes.set(prototype, (number = prototypes.size));
  return `${prototype.constructor.name}#${number}`;
}

/** Changes everything in an answer that can be changed: whoever got it may, and nobody else must notice. */
export function vandalise(value: unknown, seen: Set<object> = new Set()): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (types.isDate(value)) {
    value.setTime(0);
    return;
  }
  if (types.isPromise(value) || ArrayBuffer.isView(value)) return;
  for (const key of Object.keys(value)) {
    const inner = (value as Record<string, unknown>)[key];
    if (typeof inner === 'object' && inner !== null) vandalise(inner, seen);
    else if (Object.getOwnPropertyDescriptor(value, key)?.writable) (value as Record<string, unknown>)[key] = 'spoilt';
  }
  if (Array.isArray(value)) value.push('spoilt');
}
