import type { ByteWriter } from './byte-writer.js';

/** What writing ends with when it did not end early. */
export const WRITTEN = 1;

/** Writes what is neither a text nor a number. */
type Visit<Place> = (value: unknown, place: Place) => number;

/** Writes the properties of an object of one shape; what a visit ended with, if it was not {@link WRITTEN}. */
export type WriteRow<Place> = (row: object, visit: Visit<Place>, out: ByteWriter, places: readonly Place[]) => number;

/** A function compiled for objects with these properties; where source text may not be compiled, one that does the same. */
export function writeRowOf<Place>(names: readonly string[], title: string): WriteRow<Place> {
  const steps = names.map(
    (name, at) =>
      `v = row[${JSON.stringify(name)}]; if (typeof v === 'string') out.string(v); ` +
      `else if (typeof v === 'number') out.number(v); else if ((o = visit(v, places[${at}])) !== ${WRITTEN}) return o;`,
  );
  const source = `'use strict'; // ${JSON.stringify(title)}
return function (row, visit, out, places) {
  let v, o;
  ${steps.join('\n  ')}
  return ${WRITTEN};
};`;
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- names are quoted, values are passed, nothing of the data is code
    return (new Function(source) as () => WriteRow<Place>)();
  } catch (error) {
    if (!(error instanceof EvalError)) throw error;
    return (row, visit, _, places) => {
      for (let at = 0; at < names.length; at++) {
        const outcome = visit((row as Record<string, unknown>)[names[at]], places[at]);
        if (outcome !== WRITTEN) return outcome;
      }
      return WRITTEN;
    };
  }
}
