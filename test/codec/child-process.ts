import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';

const LIB = fileURLToPath(new URL('../../lib', import.meta.url));
const ROOMS = ['codec', 'errors', 'support'];

/** Runs a program in a process of its own, with flags of Node that only a new process can have; what it wrote. */
export function runInChildProcess(program: string, ...flags: string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'zoocache-'));
  try {
    writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
    for (const room of ROOMS) compile(join(LIB, room), join(directory, 'lib', room));
    const file = join(directory, 'program.js');
    writeFileSync(file, program);
    return execFileSync(process.execPath, [...flags, file], { encoding: 'utf8' });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function compile(from: string, to: string): void {
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
    const file = join(entry.parentPath, entry.name);
    const output = join(to, relative(from, file).replace(/\.ts$/, '.js'));
    mkdirSync(dirname(output), { recursive: true });
    const { code } = transformSync(readFileSync(file, 'utf8'), {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'es6' },
    });
    writeFileSync(output, code);
  }
}
