import { types } from 'node:util';
import { copyDate } from './builtins.js';
import { ARRAY, BINARY, DATE, DIVERSE, OBJECT, PRIMITIVE, type Layout, type Place } from './layout.js';

/** What copying functions call for that is no business of a layout. */
export interface CopyTools {
  readonly tree: (value: unknown) => unknown;
  readonly binary: (value: Uint8Array) => Uint8Array;
}

/*
 * Copying functions are written as source text from what was seen, as a person would write them by hand for one class:
 *
 *   function Shell(s) { let v; this.id = s.id; this.at = (v = s.at) === null ? v : date(v); this.author = l7.copy(s.author); }
 *   Shell.prototype = Post.prototype;
 *
 * `Shell` shares the class's prototype and not its constructor. So the copy has exactly the properties of its original
 * in their order, no constructor of a user runs, and V8 sizes the objects as it does for a class: Object.create() leaves
 * most fields outside the object and takes 1.1 times as long, `new C()` writes each class field twice.
 *
 * Where source text may not be compiled (`--disallow-code-generation-from-strings`, some bundlers' policies) the same
 * places are interpreted.
 */

/** A function that copies objects of one layout, for what its places have seen by now. */
export function compileLayout(layout: Layout, tools: CopyTools): (value: object) => object {
  const text = new SourceText(tools);
  const { names, getters, places } = layout;
  const { prototype } = layout.of;
  const copies = names.map((name, at) => text.copyOf(places[at], `s${member(name)}`));
  const isLiteral = prototype === Object.prototype && getters.length === 0;
  const source = isLiteral
    ? `return function (s) { let v; return { ${names.map((name, at) => `${JSON.stringify(name)}: ${copies[at]}`).join(', ')} }; };`
    : `function Shell(s) {
  let v;
  ${names.map((name, at) => `this${member(name)} = ${copies[at]};`).join('\n  ')}
  ${getters.map((name) => `define(this, ${JSON.stringify(name)}, describe(s, ${JSON.stringify(name)}));`).join('\n  ')}
}
Shell.prototype = ${text.refer('prototype', prototype)};
return function (s) { return new Shell(s); };`;
  return (
    // A function has no way to make objects without prototype, which are as rare as they are odd.
    (prototype === null ? undefined : text.compile(source, `layout ${layout.id}`)) ??
    ((value) => interpretLayout(value, layout, tools))
  );
}

/** A function that copies whatever a place has seen by now. */
export function compilePlace(place: Place, tools: CopyTools): (value: unknown) => unknown {
  const text = new SourceText(tools);
  return (
    text.compile(`return function (s) { let v; return ${text.copyOf(place, 's')}; };`, `place ${place.signature}`) ??
    ((value) => interpretPlace(value, place, tools))
  );
}

class SourceText {
  private readonly references = new Map<string, unknown>([
    ['date', copyDate],
    ['isDate', types.isDate],
    ['isArray', Array.isArray],
    ['isView', ArrayBuffer.isView],
    ['protoOf', Object.getPrototypeOf],
    ['define', Object.defineProperty],
    ['describe', Object.getOwnPropertyDescriptor],
  ]);
  private readonly functions: string[] = [];

  constructor(tools: CopyTools) {
    this.refer('tree', tools.tree);
    this.refer('binary', tools.binary);
  }

  /** Makes a value known to the text under a name. */
  refer(name: string, value: unknown): string {
    this.references.set(name, value);
    return name;
  }

  /** The expression that copies what the expression `source` yields; `v` is free for its use. */
  copyOf(place: Place, source: string): string {
    const { seen } = place;
    if ((seen & DIVERSE) !== 0) return `tree(${source})`;
    const objects = this.copiesByTest(place);
    if (objects.length === 0) return source;
    let expression = objects.at(-1)!.copy('v');
    for (const { test, copy } of objects.slice(0, -1).toReversed())
      expression = `${test} ? ${copy('v')} : ${expression}`;
    if ((seen & PRIMITIVE) !== 0) return `(typeof (v = ${source}) === 'object' && v !== null ? (${expression}) : v)`;
    return objects.length === 1 ? objects[0].copy(source) : `(v = ${source}, ${expression})`;
  }

  /** Compiles the text; `undefined` where that is not allowed. Its title keeps V8 from sharing type feedback between functions that read alike. */
  compile<T>(source: string, title: string): T | undefined {
    const body = `'use strict'; // ${title}\n${this.functions.join('\n')}\n${source}`;
    try {
      // eslint-disable-next-line @typescript-eslint/no-implied-eval -- names are quoted, values are passed, nothing of the data is code
      return new Function(...this.references.keys(), body)(...this.references.values()) as T;
    } catch (error) {
      if (error instanceof EvalError) return undefined;
      throw error;
    }
  }

  private copiesByTest(place: Place): { test: string; copy: (source: string) => string }[] {
    const copies: { test: string; copy: (source: string) => string }[] = [];
    if ((place.seen & ARRAY) !== 0) {
      const name = this.arrayFunction(place.elements!);
      copies.push({ test: 'isArray(v)', copy: (source) => `${name}(${source})` });
    }
    if ((place.seen & BINARY) !== 0) copies.push({ test: 'isView(v)', copy: (source) => `binary(${source})` });
    if ((place.seen & DATE) !== 0) copies.push({ test: 'isDate(v)', copy: (source) => `date(${source})` });
    if ((place.seen & OBJECT) !== 0) {
      place.layouts.forEach((layout, at) => {
        const name = this.refer(`l${layout.id}`, layout);
        const test = this.testFor(layout, place.layouts.slice(at + 1));
        copies.push({ test, copy: (source) => `${name}.copy(${source})` });
      });
    }
    return copies;
  }

  /** Tells objects of a layout from those of the others by their prototype, or by a property one of the two lacks. */
  private testFor(layout: Layout, others: readonly Layout[]): string {
    const tests = new Set<string>();
    for (const other of others) {
      const own = layout.nameMissingIn(other);
      if (other.of !== layout.of) {
        tests.add(`protoOf(v) === ${this.refer(`p${layout.id}`, layout.of.prototype)}`);
      } else if (own !== undefined) {
        tests.add(`${JSON.stringify(own)} in v`);
      } else {
        tests.add(`!(${JSON.stringify(other.nameMissingIn(layout))} in v)`);
      }
    }
    return [...tests].join(' && ');
  }

  private arrayFunction(elements: Place): string {
    const copy = this.copyOf(elements, 'c[i]');
    const name = `a${this.functions.length}`;
    const loop = copy === 'c[i]' ? '' : `for (let i = 0, n = c.length, v; i < n; i++) c[i] = ${copy};`;
    // slice() first keeps V8's packed kind of array and its exact size; new Array(n) does neither and takes 1.15 times as long.
    this.functions.push(`function ${name}(s) { const c = s.slice(); ${loop} return c; }`);
    return name;
  }
}

function member(name: string): string {
  return `[${JSON.stringify(name)}]`;
}

function interpretLayout(value: object, { of, names, getters, places }: Layout, tools: CopyTools): object {
  const copy = Object.create(of.prototype) as Record<string, unknown>;
  for (const name of getters) Object.defineProperty(copy, name, Object.getOwnPropertyDescriptor(value, name)!);
  for (let at = 0; at < names.length; at++) {
    copy[names[at]] = interpretPlace((value as Record<string, unknown>)[names[at]], places[at], tools);
  }
  return copy;
}

function interpretPlace(value: unknown, place: Place, tools: CopyTools): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ((place.seen & DIVERSE) !== 0) return tools.tree(value);
  if (Array.isArray(value)) {
    const copy: unknown[] = value.slice();
    for (let at = 0; at < copy.length; at++) copy[at] = interpretPlace(copy[at], place.elements!, tools);
    return copy;
  }
  if (types.isDate(value)) return copyDate(value);
  if (ArrayBuffer.isView(value)) return tools.binary(value as Uint8Array);
  const layout = place.layouts.length === 1 ? place.layouts[0] : undefined;
  return layout === undefined ? tools.tree(value) : layout.copy(value);
}
