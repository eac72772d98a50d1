import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { ShopOptions } from './api/shop.module.js';

/** What an API process answered, and what it says in its headers that it cost. */
export interface Answer<T> {
  value: T;
  /** How long the process took, without the way there and back. */
  ms: number;
  /** Statements that reached the database. */
  statements: number;
  /** Whether the bus or the storage did not answer in time, so that this answer shows nothing of them. */
  isDisturbed: boolean;
}

const PATIENCE_MS = 5_000;

/** An API in a process of its own, asked as anybody would: by HTTP. */
export class ApiProcess {
  private readonly child: ChildProcess;
  private url: string | undefined;

  /** Starts it; what it prints goes to `say`. */
  constructor(options: ShopOptions, say: (line: string) => void) {
    const file = new URL('./api/main.js', import.meta.url);
    this.child = fork(file, [JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    createInterface({ input: this.child.stdout! }).on('line', say);
  }

  get processId(): number | undefined {
    return this.child.pid;
  }

  /** Resolves to its URL when it listens. @throws when it ends instead */
  async listens(): Promise<string> {
    this.url = await new Promise<string>((resolve, reject) => {
      this.child.once('message', (url: string) => resolve(url));
      this.child.once('exit', (code) => reject(new Error(`The API process ended with ${code} before it listened.`)));
    });
    return this.url;
  }

  /** @throws when the answer is an error, or the process dies before it answers */
  async ask<T>(method: string, path: string, body?: object): Promise<Answer<T>> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`);
    }
    const timing = response.headers.get('server-timing') ?? '';
    return {
      value: (text === '' ? undefined : JSON.parse(text)) as T,
      ms: Number(/app;dur=([\d.]+)/.exec(timing)?.[1]),
      isDisturbed: /detail="(bus away|error)"/.test(response.headers.get('cache-status') ?? ''),
      statements: Number(/db;.*desc="([\d,]+) /.exec(timing)?.[1]),
    };
  }

  /** `kill -9`: it closes nothing, rolls nothing back and tells nobody. */
  async kill(): Promise<void> {
    await this.end(() => this.child.kill('SIGKILL'));
  }

  /** Lets it close what it has open, if it got as far as that. May be called when it has ended. */
  async stop(): Promise<void> {
    const impatience = setTimeout(() => this.child.kill('SIGKILL'), PATIENCE_MS);
    await this.end(() => (this.url && this.child.connected ? this.child.disconnect() : this.child.kill()));
    clearTimeout(impatience);
  }

  private async end(how: () => unknown): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) {
      return;
    }
    const ended = once(this.child, 'exit');
    how();
    await ended;
  }
}
