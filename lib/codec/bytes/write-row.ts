import { DATE_PROTOTYPE } from '../copy/builtins.js';
import { isHiddenGetter, matchesLayout } from '../copy/layout-library.js';
import type { ByteWriter } from './byte-writer.js';

/** What writing ends with when it did not end early. */
export const WRITTEN = 1;
/** What writing a row ends with that is of another shape; then nothing of it was written. */
export const OTHER_SHAPE = 3;

/** The rows that a function writes. */
export interface WrittenShape<Place> {
  readonly prototype: object;
  readonly names: readonly string[];
  /** Own getters that are not enumerated. */
  readonly getters: readonly string[];
  /** What was met in each property. */
  readonly places: readonly Place[];
}

/** Writes what a row has beside texts and numbers; each ends with {@link WRITTEN}, or what the row shall end with. */
export interface RowWriter<Place, Shape> {
  /** Opens a row. */
  row(shape: Shape): number;
  date(value: object): number;
  object(value: object, place: Place): number;
  /** What is neither a text, a number nor an object. */
  other(value: unknown): number;
}

/** Writes a row, if it is an ordinary object of the shape. */
export type WriteRow<Place, Shape> = (
  row: object,
  to: RowWriter<Place, Shape>,
  out: ByteWriter,
  shape: Shape,
) => number;

/*
 * As with functions that make rows, what writes them is source text for one shape:
 *
 *   let at = 0, v, end;
 *   for (const name in row) if (name !== names[at++]) return 3;
 *   if (at !== 2 || Object.getOwnPropertyNames(row).length !== 2) return 3;
 *   v = row.id;
 *   if (Object.getPrototypeOf(row) !== prototype || !Object.isExtensible(row)) return 3;
 *   if ((end = to.row(shape)) !== 1) return end;
 *   if (typeof v === 'string') out.string(v); else if (typeof v === 'number') out.number(v); else ...
 *
 * Of an object of which a property was read just before, V8 knows the prototype without asking, which otherwise takes as
 * long as writing a number. So the first property is read before that, and `constructor` of an object that is held.
 */

/** A function compiled for rows of this shape; where source text may not be compiled, one that does the same. */
export function writeRowOf<Place, Shape extends WrittenShape<Place>>(
  shape: WrittenShape<Place>,
  title: string,
): WriteRow<Place, Shape> {
  const { prototype, names, getters } = shape;
  const open = `if (Object.getPrototypeOf(row) !== prototype || !Object.isExtensible(row)) return ${OTHER_SHAPE};
  ${getters.length === 0 ? '' : `for (const name of getters) if (!isHiddenGetter(row, name)) return ${OTHER_SHAPE};`}
  if ((end = to.row(shape)) !== ${WRITTEN}) return end;`;
  const steps = names.map(
    (name, at) => `v = row[${JSON.stringify(name)}];
  ${at === 0 ? open : ''}
  if (typeof v === 'string') out.string(v);
  else if (typeof v === 'number') out.number(v);
  else if (typeof v === 'object' && v !== null) {
    v.constructor;
    end = Object.getPrototypeOf(v) === DATE_PROTOTYPE ? to.date(v) : to.object(v, places[${at}]);
    if (end !== ${WRITTEN}) return end;
  } else if ((end = to.other(v)) !== ${WRITTEN}) return end;`,
  );
  const source = `'use strict'; // ${JSON.stringify(title)}
return function (row, to, out, shape) {
  const { places } = shape;
  let at = 0, v, end;
  for (const name in row) if (name !== names[at++]) return ${OTHER_SHAPE};
  if (at !== ${names.length} || Object.getOwnPropertyNames(row).length !== ${names.length + getters.length}) return ${OTHER_SHAPE};
  ${steps.length === 0 ? open : steps.join('\n  ')}
  return ${WRITTEN};
};`;
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- names are quoted, values are passed, nothing of the data is code
    const make = new Function('names', 'getters', 'prototype', 'DATE_PROTOTYPE', 'isHiddenGetter', source);
    return make(names, getters, prototype, DATE_PROTOTYPE, isHiddenGetter) as WriteRow<Place, Shape>;
  } catch (error) {
    if (!(error instanceof EvalError)) throw error;
    return interpreted(shape);
  }
}

function interpreted<Place, Shape extends WrittenShape<Place>>({
  prototype,
  names,
  getters,
}: WrittenShape<Place>): WriteRow<Place, Shape> {
  return (row, to, out, shape) => {
    if (Object.getPrototypeOf(row) !== prototype || !Object.isExtensible(row)) return OTHER_SHAPE;
    if (!matchesLayout(row, { names, getters })) return OTHER_SHAPE;
    let end = to.row(shape);
    for (let at = 0; end === WRITTEN && at < names.length; at++) {
      const value = (row as Record<string, unknown>)[names[at]];
      if (typeof value === 'string') out.string(value);
      else if (typeof value === 'number') out.number(value);
      else if (typeof value === 'object' && value !== null) end = to.object(value, shape.places[at]);
      else end = to.other(value);
    }
    return end;
  };
}
