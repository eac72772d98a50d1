import { types } from 'node:util';
import { isLazy } from './lazy.js';
import { picture } from './picture.js';

/** Deeper than any answer; what is deeper goes round. */
const DEEPEST = 12;

/**
 * Whether two answers have one picture.
 *
 * Most are equal down to the order of everything, which is seen without drawing them; the others are drawn.
 */
export function isSame(one: unknown, other: unknown): boolean {
  return isEqual(one, other, 0) || picture(one) === picture(other);
}

function isEqual(one: unknown, other: unknown, depth: number): boolean {
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null) {
    return Object.is(one, other);
  }
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false;
  if (types.isDate(one)) return types.isDate(other) && Object.is(one.getTime(), other.getTime());
  if (types.isPromise(one)) return types.isPromise(other);
  // Only the picture knows where it goes round, and looks behind what a class keeps to itself.
  if (depth > DEEPEST || 'cents' in one || ArrayBuffer.isView(one)) return false;
  const keys = Reflect.ownKeys(one);
  if (keys.length !== Reflect.ownKeys(other).length) return false;
  for (const key of keys) {
    if (!Object.hasOwn(other, key)) return false;
    if (isLazy(one, key) ? !isLazy(other, key) : isLazy(other, key)) return false;
    if (!isLazy(one, key) && !isEqual(one[key as never], other[key as never], depth + 1)) return false;
  }
  return true;
}
