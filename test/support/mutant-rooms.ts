import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformSync } from '@swc/core';

/** One rule taken out of the sources: `text` stands exactly once in `file` and becomes `without`. */
export interface Mutation {
  readonly file: string;
  readonly text: string;
  readonly without: string;
}

/** Rooms of the library, compiled with some rules taken out. */
export interface MutantRooms {
  /** Loads one of the files, by its path below lib/ without extension. */
  load<T>(file: string): Promise<T>;
  dispose(): void;
}

const ROOT = resolve('lib');

/** Compiles these rooms without these rules into a directory that `dispose` removes. */
export function mutantRooms(rooms: readonly string[], mutations: readonly Mutation[]): MutantRooms {
  const directory = mkdtempSync(join(tmpdir(), 'mutant-'));
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  const found = new Set<Mutation>();
  for (const room of rooms) {
    for (const name of readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue;
      const file = join(ROOT, room, name);
      let source = readFileSync(file, 'utf8');
      for (const mutation of mutations) {
        if (relative(ROOT, file) !== mutation.file) continue;
        if (source.split(mutation.text).length !== 2) {
          throw new Error(`The rule to take out does not stand exactly once in ${mutation.file}: ${mutation.text}`);
        }
        source = source.replace(mutation.text, () => mutation.without);
        found.add(mutation);
      }
      const target = join(directory, relative(ROOT, file)).replace(/\.ts$/, '.js');
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, compile(source));
    }
  }
  for (const mutation of mutations) {
    if (!found.has(mutation)) throw new Error(`There is no ${mutation.file} to take a rule out of`);
  }
  return {
    load: <T>(file: string) => import(pathToFileURL(join(directory, `${file}.js`)).href) as Promise<T>,
    dispose: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function compile(source: string): string {
  return transformSync(source, {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'es6' },
  }).code;
}
