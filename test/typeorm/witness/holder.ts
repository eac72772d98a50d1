import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { transformSync } from '@swc/core';
import type { DataSourceOptions } from 'typeorm';

const ROOT = process.cwd();

/** The library as Node loads it, for processes of their own. */
export class CompiledLibrary {
  readonly directory = mkdtempSync(join(tmpdir(), 'zoocache-'));

  constructor() {
    writeFileSync(join(this.directory, 'package.json'), '{ "type": "module" }');
    symlinkSync(join(ROOT, 'node_modules'), join(this.directory, 'node_modules'));
    for (const entry of readdirSync(join(ROOT, 'lib'), { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && entry.name.endsWith('.ts')) this.compile(join(entry.parentPath, entry.name));
    }
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }

  private compile(from: string): void {
    const output = join(this.directory, relative(ROOT, from).replace(/\.ts$/, '.js'));
    mkdirSync(dirname(output), { recursive: true });
    const { code } = transformSync(readFileSync(from, 'utf8'), {
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

/** Another process that holds a connection, and whatever transaction is open on it; it is gone after `end()`. */
export class Holder {
  private readonly child: ChildProcess;
  private readonly answers: AsyncIterator<string>;

  constructor(library: CompiledLibrary, { entities: _, synchronize: __, prepareDatabase: ___, ...options }: Options) {
    this.child = spawn(
      process.execPath,
      [join(ROOT, 'test/typeorm/witness/holding-process.mjs'), join(library.directory, 'lib'), JSON.stringify(options)],
      // What is only installed below test/ is found by TypeORM here.
      { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, NODE_PATH: join(ROOT, 'test/node_modules') } },
    );
    this.answers = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  query(query: string): Promise<unknown> {
    return this.tell({ query });
  }

  witness(options: { endsTransaction: boolean }): Promise<string> {
    return this.tell({ witness: options.endsTransaction }) as Promise<string>;
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(signal);
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }

  private async tell(command: object): Promise<unknown> {
    this.child.stdin!.write(`${JSON.stringify(command)}\n`);
    const { value } = await this.answers.next();
    return JSON.parse(String(value));
  }
}

type Options = DataSourceOptions & { prepareDatabase?: unknown };
