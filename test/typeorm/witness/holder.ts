import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { DataSourceOptions } from 'typeorm';
import { RunningProgram, type CompiledLibrary } from '../../support/compiled-library.js';

const TESTS = join(process.cwd(), 'test');

/** Another process that holds a connection, and whatever transaction is open on it; it is gone after `end()`. */
export class Holder {
  private readonly program: RunningProgram;

  constructor(library: CompiledLibrary, { entities: _, synchronize: __, prepareDatabase: ___, ...options }: Options) {
    const child = spawn(
      process.execPath,
      [join(TESTS, 'typeorm/witness/holding-process.mjs'), library.directory, JSON.stringify(options)],
      // What is only installed below test/ is found by TypeORM here.
      { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, NODE_PATH: join(TESTS, 'node_modules') } },
    );
    this.program = new RunningProgram(child);
  }

  query(query: string): Promise<unknown> {
    return this.tell({ query });
  }

  witness(options: { endsTransaction: boolean }): Promise<string> {
    return this.tell({ witness: options.endsTransaction }) as Promise<string>;
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.program.process.kill(signal);
  }

  end(): Promise<void> {
    return this.program.kill();
  }

  private async tell(command: object): Promise<unknown> {
    this.program.say(JSON.stringify(command));
    return JSON.parse(await this.program.line());
  }
}

type Options = DataSourceOptions & { prepareDatabase?: unknown };
