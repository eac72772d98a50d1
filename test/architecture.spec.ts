import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { breaches, parseSourceFile, readRoomTable, readSourceFiles } from './support/architecture.js';

// Jest runs from the root in both of its module modes; import.meta exists in only one of them.
const lib = join(process.cwd(), 'lib');
const rooms = readRoomTable(readFileSync(join(lib, 'README.md'), 'utf8'));

describe('The rooms of lib/', () => {
  it('keep the rules of lib/README.md', () => {
    expect(breaches(readSourceFiles(lib), rooms)).toEqual([]);
  });

  it('are listed in lib/README.md with their levels, so that the rules have something to say', () => {
    expect([...rooms.keys()]).toEqual(expect.arrayContaining(['errors', 'engine', 'typeorm', 'nest', 'root']));
    expect(readSourceFiles(lib).length).toBeGreaterThan(10);
  });
});

/** The breaches of a small library: its files by name, beside one that owns the AsyncLocalStorage. */
function breachesOf(files: Record<string, string>): string[] {
  const store = { 'engine/context.ts': 'export const context = new AsyncLocalStorage();' };
  return breaches(
    Object.entries({ ...store, ...files }).map(([file, source]) => parseSourceFile(file, source)),
    new Map([
      ['errors', 0],
      ['support', 1],
      ['tags', 3],
      ['sql', 3],
      ['engine', 4],
      ['typeorm', 5],
      ['typeorm/entities', 5.1],
      ['typeorm/reads', 5.2],
      ['nest', 6],
      ['root', 8],
    ]),
  );
}

it('The tables of lib/README.md list rooms, and rooms inside of them, by level', () => {
  const table =
    '| level | room | what |\n| ----: | --- | --- |\n|   5 | `typeorm/` | a |\n| 5.1 | `typeorm/reads/` | b |\n';
  expect([...readRoomTable(table)]).toEqual([
    ['typeorm', 5],
    ['typeorm/reads', 5.1],
  ]);
});

describe('The rules of lib/README.md', () => {
  it('allow imports of lower rooms, of the own room, and of Node', () => {
    const source = `import '../errors/a.js'; import './b.js'; import { x } from 'node:fs'; export * from '../sql/c.js';`;
    expect(breachesOf({ 'engine/a.ts': source })).toEqual([]);
  });

  it.each([
    ['of a higher room', 'tags/a.ts', `import { x } from '../engine/x.js';`, 'tags is not above engine'],
    ['of a room on the same level', 'tags/a.ts', `import { x } from '../sql/x.js';`, 'tags is not above sql'],
    [
      'of a type from a higher room',
      'tags/a.ts',
      `import type { X } from '../engine/x.js';`,
      'tags is not above engine',
    ],
    ['of a higher room by a re-export', 'tags/a.ts', `export * from '../engine/x.js';`, 'tags is not above engine'],
    ['of a higher room by a lazy import', 'tags/a.ts', `await import('../engine/x.js');`, 'tags is not above engine'],
    [
      'of a higher room by an import type',
      'tags/a.ts',
      `let x: import('../engine/x.js').X;`,
      'tags is not above engine',
    ],
    ['of the root', 'nest/a.ts', `import { x } from '../index.js';`, 'nest is not above root'],
    ['of a folder that is no room', 'engine/a.ts', `import { x } from '../attic/x.js';`, 'engine is not above attic'],
    [
      'of typeorm outside of its room',
      'engine/a.ts',
      `import type { DataSource } from 'typeorm';`,
      'outside of lib/typeorm',
    ],
    ['of Nest below its rooms', 'typeorm/a.ts', `import { Logger } from '@nestjs/common';`, 'below lib/nest'],
    ['of a driver by a static import', 'engine/a.ts', `import { Redis } from 'ioredis';`, 'statically'],
    ['of a driver by a deep import', 'engine/a.ts', `import x from '@scope/driver/deep';`, '@scope/driver statically'],
  ])('refuse an import %s', (_what, file, source, breach) => {
    expect(breachesOf({ [file]: source })).toEqual([expect.stringContaining(breach)]);
  });

  it('let a driver in lazily or as a type, because neither loads it at start-up', () => {
    const source = `import type { Redis } from 'ioredis'; import { type A } from 'lmdb'; await import('ioredis');`;
    expect(breachesOf({ 'engine/a.ts': source })).toEqual([]);
  });

  it('let typeorm and Nest into their own rooms', () => {
    const files = { 'typeorm/a.ts': `import { A } from 'typeorm';`, 'nest/a.ts': `import { B } from '@nestjs/core';` };
    expect(breachesOf(files)).toEqual([]);
  });

  it('let rooms inside of a room keep to the same order', () => {
    const up = `import { A } from 'typeorm'; import '../entities/b.js'; import '../../engine/c.js'; import '../d.js';`;
    expect(breachesOf({ 'typeorm/reads/a.ts': up, 'nest/a.ts': `import '../typeorm/reads/a.js';` })).toEqual([]);
    expect(breachesOf({ 'typeorm/entities/b.ts': `import '../reads/a.js';` })).toEqual([
      expect.stringContaining('typeorm/entities is not above typeorm/reads'),
    ]);
    expect(breachesOf({ 'engine/a.ts': `import '../typeorm/reads/a.js';` })).toEqual([
      expect.stringContaining('engine is not above typeorm/reads'),
    ]);
  });

  it('refuse a file in a folder that the table does not list', () => {
    expect(breachesOf({ 'attic/a.ts': '' })).toEqual(['attic/a.ts is in no room of the table']);
  });

  it('refuse a cycle of files once, also inside a room and over types', () => {
    const files = { 'engine/a.ts': `import './b.js';`, 'engine/b.ts': `import type { A } from './a.js';` };
    expect(breachesOf(files)).toEqual(['engine/a.ts -> engine/b.ts -> engine/a.ts is an import cycle']);
  });

  it.each(['Math.random()', 'Date.now()', 'performance.now()', 'process.hrtime.bigint()', 'new Date()'])(
    'refuse %s outside of support, because a test could not decide it',
    (call) => {
      expect(breachesOf({ 'support/clock.ts': `export const x = ${call};` })).toEqual([]);
      expect(breachesOf({ 'engine/a.ts': `export const x = ${call};` })).toEqual([
        expect.stringContaining('handed in'),
      ]);
    },
  );

  it('refuse import.meta, which the CommonJS build cannot hold', () => {
    expect(breachesOf({ 'support/a.ts': 'export const x = import.meta.url;' })).toHaveLength(1);
  });

  it('refuse a second AsyncLocalStorage, because each slows every await of the process', () => {
    const second = { 'nest/a.ts': 'export const other = new AsyncLocalStorage<string>();' };
    expect(breachesOf(second)).toEqual(['there are 2 AsyncLocalStorages, not one: engine/context.ts, nest/a.ts']);
  });

  it('look at code only, so that comments and strings may name what code may not use', () => {
    const source = `/** not Math.random() */ export const x = 1; // new AsyncLocalStorage, import('../nest/a.js')`;
    expect(breachesOf({ 'engine/a.ts': source })).toEqual([]);
  });
});
