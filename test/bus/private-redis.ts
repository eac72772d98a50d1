import { Redis, type RedisOptions } from 'ioredis';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, startServer } from '../support/services/programs.mjs';

/** Nothing on disk that is not asked for, and replicas that need not wait for each other. */
const SETTINGS = ['--save', '', '--appendonly', 'no', '--repl-diskless-sync-delay', '0'];

/**
 * A Redis that a test has to itself, to be restarted, demoted, filled, paused and killed.
 *
 * It keeps its port and its directory when it is started again, and what it has on disk.
 */
export class PrivateRedis {
  /** A connection to look and to meddle with; it connects by itself again. */
  readonly admin: Redis;
  private pid = 0;
  private ended: () => Promise<void> = () => Promise.resolve();

  private constructor(
    readonly port: number,
    private readonly directory: string,
    private readonly settings: readonly string[],
  ) {
    this.admin = this.connect({ retryStrategy: () => 20, maxRetriesPerRequest: null });
  }

  /** Starts one; settings as in `--save ''`. */
  static async start(...settings: string[]): Promise<PrivateRedis> {
    const directory = await mkdtemp(join(tmpdir(), 'zoo-redis-'));
    const server = new PrivateRedis(await freePort(), directory, [...SETTINGS, ...settings]);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  connect(options: RedisOptions = {}): Redis {
    return new Redis(this.port, '127.0.0.1', options).on('error', () => {});
  }

  async start(): Promise<void> {
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.directory, ...this.settings];
    ({ stop: this.ended } = await startServer(findProgram('redis-server', 'valkey-server'), args, {
      cwd: this.directory,
      log: join(this.directory, 'log'),
      stopSignal: 'SIGKILL',
      isReady: async () => {
        const probe = new Redis(this.port, '127.0.0.1', { retryStrategy: null, maxRetriesPerRequest: 0 });
        probe.on('error', () => {});
        try {
          this.pid = Number(/process_id:(\d+)/.exec(await probe.info('server'))?.[1]);
        } finally {
          probe.disconnect();
        }
      },
    }));
  }

  /** Holds it still, as if the network had gone without a word, or lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.pid, signal);
  }

  /** Gone, as if its machine were. */
  kill(): Promise<void> {
    return this.ended();
  }

  /** Dead and alive again, with nothing but what was on disk. */
  async restart(): Promise<void> {
    await this.ended();
    await this.start();
  }

  /** Waits until the server is older than a quarantine, so that its age is no reason for one. */
  async grownUp(): Promise<void> {
    await until(async () => Number(/uptime_in_seconds:(\d+)/.exec(await this.admin.info('server'))?.[1]) >= 4);
  }

  async remove(): Promise<void> {
    this.admin.disconnect();
    await this.ended();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Asks again and again until the answer is yes; the test's own timeout ends it otherwise. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** A port nobody listens on: the system chose it, and gave it back a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
