import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { transformSync } from '@swc/core';

const ROOT = process.cwd();

/** Samples as JavaScript on the sources of the library as they are, for stories that start processes of their own. */
export class CompiledSamples {
  private readonly directory = mkdtempSync(join(tmpdir(), 'zoocache-'));

  constructor(...samples: readonly string[]) {
    // Samples name the package, and find the sources.
    const manifest = { name: 'nestjs-zoocache', type: 'module', exports: './lib/index.js' };
    writeFileSync(join(this.directory, 'package.json'), JSON.stringify(manifest));
    symlinkSync(join(ROOT, 'node_modules'), join(this.directory, 'node_modules'), 'junction');
    cpSync(join(ROOT, 'test/support/services'), join(this.directory, 'test/support/services'), { recursive: true });
    for (const folder of ['lib', 'sample/shared', ...samples.map((sample) => `sample/${sample}`)]) this.compile(folder);
  }

  /** Runs a sample to its end: its exit code, and what it wrote. */
  async run(
    sample: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv,
  ): Promise<{ readonly code: number | null; readonly text: string }> {
    const child = spawn(process.execPath, [join(this.directory, 'sample', sample, 'src/main.js'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '', ...env },
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
      if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
      const output = join(this.directory, relative(ROOT, file).replace(/\.ts$/, '.js'));
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
