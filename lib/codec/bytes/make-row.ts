import type { ClassKnowledge } from '../copy/class-knowledge.js';
import type { ByteReader, MakeRow } from './byte-reader.js';
import { DATE } from './format.js';
import type { TableEntry } from './row-shape.js';

/*
 * As with copies, functions that make rows are written as source text, as a person would write them for one class:
 *
 *   function Shell(r) {
 *     let t;
 *     this.id = (t = r.bytes[r.at++]) < 128 ? t : t < 192 ? r.text(t & 63) : t === 234 ? r.date() : r.other(t);
 *     ...
 *   }
 *   Shell.prototype = Post.prototype;
 *
 * The commonest things, small numbers and short texts, are read in place, and Dates, the dearest, with one call. Where
 * source text may not be compiled the same is done property by property.
 */

/** A function that makes objects of a class with these properties. */
export function makeRowOf(
  { prototype, shape }: ClassKnowledge,
  { names, getters }: TableEntry,
  title: string,
): MakeRow {
  const make = compiled(prototype!, names, title) ?? interpreted(prototype!, names);
  if (getters.length === 0) return make;
  return (reader) => {
    const row = make(reader);
    shape!.lazy!.define(row, getters);
    return row;
  };
}

function compiled(prototype: object, names: readonly string[], title: string): MakeRow | undefined {
  const value = `(t = r.bytes[r.at++]) < 128 ? t : t < 192 ? r.text(t & 63) : t === ${DATE} ? r.date() : r.other(t)`;
  const source =
    prototype === Object.prototype
      ? `return function (r) { let t; return { ${names.map((name) => `${JSON.stringify(name)}: ${value}`).join(', ')} }; };`
      : `function Shell(r) {
  let t;
  ${names.map((name) => `this[${JSON.stringify(name)}] = ${value};`).join('\n  ')}
}
Shell.prototype = prototype;
return function (r) { return new Shell(r); };`;
  try {
    // The title keeps V8 from sharing type feedback between functions that read alike.
    const body = `'use strict'; // ${title}\n${source}`;
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- names are quoted, and nothing else of the bytes is in it
    return new Function('prototype', body)(prototype) as MakeRow;
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}

function interpreted(prototype: object, names: readonly string[]): MakeRow {
  return (reader: ByteReader) => {
    const row = Object.create(prototype) as Record<string, unknown>;
    for (const name of names) row[name] = reader.value();
    return row;
  };
}
