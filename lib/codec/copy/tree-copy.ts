import { copyBinary, copyDate, isOrdinaryBinary, isOrdinaryDate } from './builtins.js';
import { copyCarefully } from './careful-copy.js';
import { isObjectPrototype, type ClassLibrary } from './class-knowledge.js';

/** Copies what a survey affirmed to be a tree, object by object, without remembering what was seen. */
export function copyTree(value: unknown, classes: ClassLibrary, isKept: boolean): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const copy: unknown[] = value.slice();
    for (let at = 0; at < copy.length; at++) copy[at] = copyTree(copy[at], classes, isKept);
    return copy;
  }
  if (isOrdinaryDate(value)) return copyDate(value);
  if (isOrdinaryBinary(value)) return copyBinary(value, isKept);
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype !== null && !isObjectPrototype(prototype)) return copyCarefully(value, classes, isKept);
  const copy = (prototype === Object.prototype ? {} : Object.create(prototype)) as Record<string, unknown>;
  for (const name of Object.keys(value)) {
    copy[name] = copyTree((value as Record<string, unknown>)[name], classes, isKept);
  }
  return copy;
}
