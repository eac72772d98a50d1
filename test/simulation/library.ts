import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformSync } from '@swc/core';
import { ProcessLog } from '../../lib/bus/local/process-log.js';
import * as context from '../../lib/engine/context.js';
import { Engine } from '../../lib/engine/engine.js';
import { WritePath } from '../../lib/engine/write-path.js';

/** The parts of the package that a simulation runs: the real ones, or a copy with one rule taken out. */
export interface Library {
  readonly Engine: typeof Engine;
  readonly ProcessLog: typeof ProcessLog;
  readonly WritePath: typeof WritePath;
  readonly context: typeof context;
}

/** One rule taken out of the sources: `text` stands exactly once in `file` and becomes `without`. */
export interface Mutation {
  readonly file: string;
  readonly text: string;
  readonly without: string;
}

export const realLibrary: Library = { Engine, ProcessLog, WritePath, context };

const ROOT = resolve('lib');
const ROOMS = ['errors', 'support', 'events', 'tags', 'keys', 'codec', 'storage', 'bus', 'engine'];

/** Compiles the rooms below the engine with one rule taken out, into a directory that `dispose` removes. */
export async function mutantLibrary(mutation: Mutation): Promise<{ library: Library; dispose: () => void }> {
  const directory = mkdtempSync(join(tmpdir(), 'mutant-'));
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  let isMutated = false;
  for (const room of ROOMS) {
    for (const name of readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue;
      const file = join(ROOT, room, name);
      let source = readFileSync(file, 'utf8');
      if (relative(ROOT, file) === mutation.file) {
        if (source.split(mutation.text).length !== 2) {
          throw new Error(`The rule to take out does not stand exactly once in ${mutation.file}: ${mutation.text}`);
        }
        source = source.replace(mutation.text, () => mutation.without);
        isMutated = true;
      }
      const target = join(directory, relative(ROOT, file)).replace(/\.ts$/, '.js');
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, compile(source));
    }
  }
  if (!isMutated) throw new Error(`There is no ${mutation.file} to take a rule out of`);
  const load = (file: string): Promise<never> => import(pathToFileURL(join(directory, file)).href) as Promise<never>;
  const library = {
    ...((await load('engine/engine.js')) as { Engine: typeof Engine }),
    ...((await load('engine/write-path.js')) as { WritePath: typeof WritePath }),
    ...((await load('bus/local/process-log.js')) as { ProcessLog: typeof ProcessLog }),
    context: (await load('engine/context.js')) as typeof context,
  };
  return { library, dispose: () => rmSync(directory, { recursive: true, force: true }) };
}

function compile(source: string): string {
  return transformSync(source, {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'es6' },
  }).code;
}
