import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Arguments } from './arguments.js';
import type { Servers } from './servers/servers.js';
import { Link } from './servers/link.js';
import type { Answer, Command, WorkerOptions } from './worker/commands.js';

/** One place in the fleet: the process that holds it is replaced when it is killed, its way to Redis stays. */
export class Place {
  private child!: ChildProcess;
  private generation = 0;
  private waiting = new Map<Answer['told'], (answer: Answer) => void>();
  private isExpectedToEnd = false;
  name = '';

  constructor(
    readonly number: number,
    /** Undefined when there is no server to reach. */
    readonly link: Link | undefined,
    private readonly optionsOf: (name: string) => WorkerOptions,
    private readonly onCrash: (name: string, code: number | null) => void,
  ) {}

  /** Starts a process; resolves when it reads and writes. */
  async start(): Promise<void> {
    this.name = `${this.number}.${++this.generation}`;
    this.isExpectedToEnd = false;
    const { name } = this;
    const file = new URL('./worker/worker.js', import.meta.url);
    const child = fork(file, [JSON.stringify(this.optionsOf(name))], { execArgv: [] });
    this.child = child;
    child.on('message', (answer: Answer) => {
      this.waiting.get(answer.told)?.(answer);
      this.waiting.delete(answer.told);
    });
    child.once('exit', (code) => {
      if (child !== this.child || this.isExpectedToEnd) return;
      this.onCrash(name, code);
      for (const resolve of this.waiting.values()) resolve({ told: 'gone' });
    });
    await this.answer('ready');
  }

  async kill(): Promise<void> {
    this.isExpectedToEnd = true;
    // One that crashed by itself ends no second time.
    if (this.child.exitCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }

  stop(): void {
    this.child.kill('SIGSTOP');
  }

  goOn(): void {
    this.child.kill('SIGCONT');
  }

  tell(command: Command, expected: Answer['told']): Promise<Answer> {
    if (!this.child.connected) return Promise.resolve({ told: 'gone' });
    const answer = this.answer(expected);
    this.child.send(command);
    return answer;
  }

  async end(): Promise<void> {
    if (this.child.connected) {
      this.isExpectedToEnd = true;
      const exit = once(this.child, 'exit');
      this.child.send('end' satisfies Command);
      const impatience = setTimeout(() => this.child.kill('SIGKILL'), 5_000);
      await exit;
      clearTimeout(impatience);
    }
    this.link?.close();
  }

  private answer(told: Answer['told']): Promise<Answer> {
    return new Promise((resolve) => this.waiting.set(told, resolve));
  }
}

/** The processes under torture, and what became of them. */
export class Fleet {
  readonly crashes: string[] = [];

  private constructor(readonly places: readonly Place[]) {}

  static async start(servers: Servers, args: Arguments): Promise<Fleet> {
    const { storage, processes, seed, isNaive, level, writePauseMs } = args;
    if (storage === 'redis') await servers.startRedis();
    const places: Place[] = [];
    const fleet = new Fleet(places);
    for (let number = 1; number <= processes; number++) {
      const link = storage === 'redis' ? await Link.open(servers.redisPort!) : undefined;
      const url = {
        redis: `redis://127.0.0.1:${link?.port}`,
        lmdb: `lmdb:${servers.directory}/lmdb`,
        memory: 'memory://',
      };
      const optionsOf = (name: string): WorkerOptions => ({
        name,
        seed: seed * 1_000 + number * 50 + Number(name.split('.')[1]),
        journal: join(servers.directory, 'journals', name),
        database: servers.database,
        storage: url[storage],
        level,
        isNaive,
        readers: 4,
        writePauseMs,
      });
      places.push(
        new Place(number, link, optionsOf, (name, code) => void fleet.crashes.push(`${name} ended with ${code}`)),
      );
    }
    await Promise.all(places.map((place) => place.start()));
    return fleet;
  }

  async beQuiet(): Promise<void> {
    await Promise.all(this.places.map((place) => place.tell('be quiet', 'quiet')));
  }

  /** One after the other, so that one process may find what another has stored. */
  async rest(): Promise<{ asked: number; wrong: number; hits: number }> {
    const total = { asked: 0, wrong: 0, hits: 0 };
    for (const place of this.places) {
      const rested = await place.tell('rest', 'rested');
      if (rested.told !== 'rested') continue;
      total.asked += rested.asked;
      total.wrong += rested.wrong;
      total.hits += rested.hits;
    }
    return total;
  }

  async end(): Promise<void> {
    await Promise.all(this.places.map((place) => place.end()));
  }
}
