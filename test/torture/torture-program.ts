import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { transformSync } from '@swc/core';

const ROOT = process.cwd();

/** `npm run torture` on the sources as they are, without building the package. */
export class TortureProgram {
  private readonly directory = mkdtempSync(join(tmpdir(), 'zoocache-'));

  constructor() {
    // Applications name the package, and find the sources.
    const manifest = { name: 'nestjs-zoocache', type: 'module', exports: './lib/index.js' };
    writeFileSync(join(this.directory, 'package.json'), JSON.stringify(manifest));
    symlinkSync(join(ROOT, 'node_modules'), join(this.directory, 'node_modules'), 'junction');
    cpSync(join(ROOT, 'test/support/services'), join(this.directory, 'test/support/services'), { recursive: true });
    for (const folder of ['lib', 'test/support', 'torture']) this.compile(folder);
  }

  /** Runs it to its end: its exit code, and what it wrote. */
  async run(...args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
    const child = spawn(process.execPath, [join(this.directory, 'torture/run.js'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk) => (text += String(chunk)));
    const [code] = (await once(child, 'close')) as [number];
    return { code, text };
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }

  private compile(folder: string): void {
    for (const entry of readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name);
      if (!entry.isFile() || !/(?<!\.d)\.ts$/.test(file) || file.includes('/dist/')) continue;
      const output = join(this.directory, relative(ROOT, file).replace(/\.ts$/, '.js'));
      mkdirSync(dirname(output), { recursive: true });
      const { code } = transformSync(readFileSync(file, 'utf8'), {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
        },
        module: { type: 'es6' },
      });
      writeFileSync(output, code);
    }
  }
}
