import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { CompiledSources } from './compiled-sources.js';

/** Rooms of lib/ as JavaScript in a directory of their own, for programs that run in processes of their own. */
export class CompiledLibrary {
  private programs = 0;
  private readonly running: RunningProgram[] = [];

  private constructor(private readonly sources: CompiledSources) {}

  /**
   * @param rooms `.` for all of them
   * @param packages whether programs find the packages that are installed here
   */
  static of(rooms: readonly string[], options: { packages?: boolean } = {}): CompiledLibrary {
    return new CompiledLibrary(
      new CompiledSources(
        rooms.map((room) => `lib/${room}`),
        options,
      ),
    );
  }

  /** Where its rooms are. */
  get directory(): string {
    return this.sources.pathOf('lib');
  }

  /** Runs a program to its end while this process waits; what it wrote. */
  run(program: string, flags: readonly string[] = []): string {
    return execFileSync(process.execPath, [...flags, this.file(program)], { encoding: 'utf8' });
  }

  /** Starts a program that goes on by itself; `command` is what is to run its file. */
  start(program: string, command: readonly string[] = [process.execPath]): RunningProgram {
    const [executable, ...flags] = command;
    const child = spawn(executable, [...flags, this.file(program)], { stdio: ['pipe', 'pipe', 'ignore'] });
    const started = new RunningProgram(child);
    this.running.push(started);
    return started;
  }

  /** Ends what still runs, and removes everything. */
  remove(): void {
    for (const { process } of this.running) process.kill('SIGKILL');
    this.sources.remove();
  }

  private file(program: string): string {
    const file = this.sources.pathOf(`program-${this.programs++}.js`);
    writeFileSync(file, program);
    return file;
  }
}

/** A program in a process of its own, which says what it does in lines. */
export class RunningProgram {
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  private readonly lines: AsyncIterator<string>;

  constructor(readonly process: ChildProcess) {
    this.ended = new Promise((resolve) => process.once('exit', (code, signal) => resolve(code ?? signal ?? -1)));
    this.lines = createInterface({ input: process.stdout! })[Symbol.asyncIterator]();
  }

  /** The next line it wrote; rejects when it ends without one. */
  async line(): Promise<string> {
    const { value, done } = await this.lines.next();
    if (done === true) throw new Error(`The program ended with ${await this.ended} and had nothing more to say`);
    return value;
  }

  /** Sends a line to it. */
  say(line: string): void {
    this.process.stdin!.write(`${line}\n`);
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended;
  }
}
