import { askLauncher } from './services.js';

interface Started {
  readonly port: number;
  readonly pid: number;
}

/**
 * A Redis that one spec has to itself, to be killed, stopped in the middle and started again; it keeps its port for life.
 *
 * It belongs to the process that owns all servers of the run, so none is left behind however the run ends.
 */
export class OwnRedis {
  private constructor(
    readonly port: number,
    private readonly args: readonly string[],
    private pid: number,
  ) {}

  /** @param args further arguments of redis-server, such as `--requirepass x` */
  static async start(...args: string[]): Promise<OwnRedis> {
    const { port, pid } = await startAnother({ args });
    return new OwnRedis(port, args, pid);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** As `kill -9`: connections break, and all data is gone. Returns when the process has ended. */
  async kill(): Promise<void> {
    await askLauncher(`stop ${this.pid}`);
  }

  /** Starts it again, empty, after `kill()`. */
  async startAgain(): Promise<void> {
    ({ pid: this.pid } = await startAnother({ port: this.port, args: this.args }));
  }

  /** Stops it in the middle: connections stay and nothing is answered. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }
}

async function startAnother(options: { port?: number; args: readonly string[] }): Promise<Started> {
  return (await askLauncher(`redis ${JSON.stringify(options)}`)) as Started;
}
