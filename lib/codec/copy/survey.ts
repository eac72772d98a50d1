import { DATE_BYTES, sizeOfArray, sizeOfBinary, sizeOfObject, sizeOfPrimitive, sizeOfString } from '../size.js';
import { isOrdinaryBinary, isOrdinaryDate } from './builtins.js';
import type { ClassKnowledge, ClassLibrary } from './class-knowledge.js';
import { matchesLayout, type LayoutLibrary } from './layout-library.js';
import { BINARY, DATE, DIVERSE, PRIMITIVE, type Layout, type Place } from './layout.js';

/** Deeper values are left to the careful copier, which says so before the stack does. */
const DEEPEST = 200;

/**
 * One walk over a value that is about to be stored: is it a tree of ordinary objects, of which layouts, and how large?
 *
 * Only what it affirmed is handed to compiled functions, and they are right only for that: a tree (nothing reached
 * twice, so nothing can be copied twice), every object with its state in own, enumerable, string-named data.
 */
export class Survey {
  /** What the value occupies, when it was affirmed. */
  bytes = 0;
  private readonly seen = new Set<object>();
  private depth = 0;

  constructor(
    private readonly classes: ClassLibrary,
    private readonly layouts: LayoutLibrary,
  ) {}

  /** `true` when the value is a tree of ordinary objects; then `place` has seen all of it. */
  affirms(value: unknown, place: Place | undefined): boolean {
    if (typeof value !== 'object' || value === null) {
      if (typeof value === 'function') return false;
      if (place !== undefined) place.see(PRIMITIVE);
      this.bytes += sizeOfPrimitive(value);
      return true;
    }
    if (this.seen.has(value) || this.depth === DEEPEST) return false;
    this.seen.add(value);
    this.depth++;
    const isAffirmed = Array.isArray(value) ? this.affirmsArray(value, place) : this.affirmsObject(value, place);
    this.depth--;
    return isAffirmed;
  }

  private affirmsArray(array: readonly unknown[], place: Place | undefined): boolean {
    const { length } = array;
    if (
      Object.getPrototypeOf(array) !== Array.prototype ||
      !Object.isExtensible(array) ||
      Object.keys(array).length !== length ||
      Object.getOwnPropertySymbols(array).length > 0
    ) {
      return false;
    }
    this.bytes += sizeOfArray(length);
    const elements = place?.seeArray();
    for (let at = 0; at < length; at++) {
      const element = array[at];
      if ((element === undefined && !(at in array)) || !this.affirms(element, elements)) return false;
    }
    return true;
  }

  private affirmsObject(value: object, place: Place | undefined): boolean {
    if (isOrdinaryDate(value)) {
      place?.see(DATE);
      this.bytes += DATE_BYTES;
      return true;
    }
    const expected = place?.layouts[0];
    if (expected !== undefined && isOfLayout(value, expected)) return this.affirmsProperties(value, expected);
    if (isOrdinaryBinary(value)) {
      place?.see(BINARY);
      this.bytes += sizeOfBinary(value.byteLength);
      return true;
    }
    const of = this.classes.of(Object.getPrototypeOf(value) as object | null);
    if (isExtraordinary(of) || !Object.isExtensible(value)) return false;
    const layout = this.layouts.find(value, of);
    if (layout === undefined) return this.affirmsWithoutLayout(value, of, place);
    place?.seeLayout(layout);
    return this.affirmsProperties(value, layout);
  }

  private affirmsProperties(value: object, { names, getters, places }: Layout): boolean {
    this.bytes += sizeOfObject(names.length + getters.length);
    let at = 0;
    // Not a loop over the names: V8 reads a field twice as fast by the name that `for in` of the same object gave.
    for (const name in value) {
      const held = (value as Record<string, unknown>)[name];
      const place = places[at++];
      if (typeof held === 'string') {
        if ((place.seen & PRIMITIVE) === 0) place.see(PRIMITIVE);
        this.bytes += sizeOfString(held);
      } else if (!this.affirms(held, place)) {
        return false;
      }
    }
    return at === names.length;
  }

  /** Plain data keyed by data, of which there are too many layouts to compile. */
  private affirmsWithoutLayout(value: object, of: ClassKnowledge, place: Place | undefined): boolean {
    const names = Object.keys(value);
    if (!of.isPlain || Reflect.ownKeys(value).length !== names.length) return false;
    place?.see(DIVERSE);
    this.bytes += sizeOfObject(names.length);
    for (const name of names) {
      if (name === '__proto__' || !this.affirms((value as Record<string, unknown>)[name], undefined)) return false;
    }
    return true;
  }
}

function isOfLayout(value: object, layout: Layout): boolean {
  return (
    Object.getPrototypeOf(value) === layout.of.prototype && Object.isExtensible(value) && matchesLayout(value, layout)
  );
}

function isExtraordinary(of: ClassKnowledge): boolean {
  return of.holdsPrivateState || of.isNative || of.isStream || of.inheritsEnumerable;
}
