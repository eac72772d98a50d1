import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { transformSync } from '@swc/core';

/** One rule taken out of the sources: `text` stands exactly once in `file` and becomes `without`. */
export interface Mutation {
  readonly file: string;
  readonly text: string;
  readonly without: string;
}

/** A copy of the library with some rules taken out. */
export interface MutantRooms {
  /** What a file exports, by its path below lib/ without extension. The copy loads each file once. */
  load<T>(file: string): T;
}

type Exports = Record<string, unknown>;
type Body = (exports: Exports, require: (name: string) => unknown) => void;

const ROOT = resolve('lib');
const requirePackage = createRequire(resolve('package.json'));

/** All copies run the same compiled text where they do not differ, each with a state of its own. */
const bodies = new Map<string, Body>();
const sources = new Map<string, string>();

/** The library without these rules. Files are compiled when they are first loaded, in this process and from memory. */
export function mutantRooms(mutations: readonly Mutation[]): MutantRooms {
  const mutated = new Map<string, string>();
  for (const { file, text, without } of mutations) {
    const path = join(ROOT, file);
    const source = mutated.get(path) ?? sourceOf(path);
    if (source.split(text).length !== 2) {
      throw new Error(`The rule to take out does not stand exactly once in ${file}: ${text}`);
    }
    mutated.set(
      path,
      source.replace(text, () => without),
    );
  }
  const loaded = new Map<string, Exports>();
  const load = (path: string): Exports => {
    const known = loaded.get(path);
    if (known !== undefined) return known;
    const exports: Exports = {};
    loaded.set(path, exports);
    const body = bodyOf(mutated.get(path) ?? sourceOf(path));
    body(exports, (name) => {
      if (!name.startsWith('.')) return requirePackage(name);
      return load(join(dirname(path), name).replace(/\.js$/, '.ts'));
    });
    return exports;
  };
  return { load: <T>(file: string) => load(join(ROOT, `${file}.ts`)) as T };
}

function sourceOf(path: string): string {
  let source = sources.get(path);
  if (source === undefined) sources.set(path, (source = readFileSync(path, 'utf8')));
  return source;
}

function bodyOf(source: string): Body {
  let body = bodies.get(source);
  if (body === undefined) {
    const { code } = transformSync(source, {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'commonjs' },
    });
    // oxlint-disable-next-line typescript/no-implied-eval -- the library's own text
    body = new Function('exports', 'require', code) as Body;
    bodies.set(source, body);
  }
  return body;
}
