import { spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { transformSync } from '@swc/core';

const ROOT = process.cwd();

/** What the sources are called by those that are not part of them, as in `import 'nestjs-zoocache'`. */
const AS_PACKAGE = { name: 'nestjs-zoocache', exports: './lib/index.js' };

/** TypeScript of this repository as JavaScript in a directory of its own, for programs that run in processes of their own. */
export class CompiledSources {
  readonly directory = mkdtempSync(join(tmpdir(), 'zoocache-'));

  /**
   * @param folders what is compiled, each to the path it has here
   * @param packages whether programs find the packages that are installed here
   */
  constructor(folders: readonly string[], { packages = true } = {}) {
    writeFileSync(this.pathOf('package.json'), JSON.stringify({ ...AS_PACKAGE, type: 'module' }));
    if (packages) symlinkSync(join(ROOT, 'node_modules'), this.pathOf('node_modules'), 'junction');
    for (const folder of folders) this.compile(folder);
  }

  /** Where something is that is at this path in the repository. */
  pathOf(path: string): string {
    return join(this.directory, path);
  }

  /** Takes over a folder as it is. */
  copy(folder: string): void {
    cpSync(join(ROOT, folder), this.pathOf(folder), { recursive: true });
  }

  /** Runs a compiled file to its end: its exit code, and what it wrote. */
  async run(
    file: string,
    args: readonly string[],
    options: Omit<SpawnOptions, 'stdio'> = {},
  ): Promise<{ readonly code: number | null; readonly text: string }> {
    const child = spawn(process.execPath, [this.pathOf(file), ...args], {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, text };
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }

  private compile(folder: string): void {
    for (const entry of readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name);
      const path = relative(ROOT, file);
      if (!entry.isFile() || !/(?<!\.d)\.ts$/.test(path) || path.includes('/dist/')) continue;
      const output = this.pathOf(path.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(output), { recursive: true });
      const { code } = transformSync(readFileSync(file, 'utf8'), {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
          keepClassNames: true,
        },
        module: { type: 'es6' },
      });
      writeFileSync(output, code);
    }
  }
}
