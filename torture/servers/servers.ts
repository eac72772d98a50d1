import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import type { DatabaseOptions } from '../world/database.js';
import { postgres } from '../../test/support/services/postgres.mjs';
import { startRedis } from '../../test/support/services/redis.mjs';
import { Animal, ANIMALS, ENTITIES, Grave, Keeper, KEEPERS } from '../world/entities.js';
import { Journal } from '../world/journal.js';
import { animalState, keeperState } from '../world/states.js';

type Stop = () => Promise<void>;

/** What the fleet lives on: a PostgreSQL that keeps everything, and a Redis that is killed now and then. */
export class Servers {
  private stopRedis: Stop | undefined;
  private starts = 0;
  private restarting: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly directory: string,
    readonly database: DatabaseOptions,
    /** A connection past everything, to look around. */
    readonly admin: DataSource,
    private readonly stopPostgres: Stop,
  ) {}

  static async start(): Promise<Servers> {
    const directory = mkdtempSync(join(tmpdir(), 'zoo-torture-'));
    // PostgreSQL runs as another user when we are root, and must be able to walk through.
    chmodSync(directory, 0o711);
    mkdirSync(join(directory, 'journals'));
    const { connection, stop } = await postgres.start(directory);
    const { user: username, ...rest } = connection;
    const database: DatabaseOptions = { type: 'postgres', ...rest, username };
    // One connection, so that what ends connections never ends the one that it is sent by.
    const admin = await new DataSource({
      ...database,
      poolSize: 1,
      entities: ENTITIES,
      synchronize: true,
    }).initialize();
    await populate(admin, new Journal(join(directory, 'journals', '0.1')));
    return new Servers(directory, database, admin, stop);
  }

  /** The port of Redis, which it keeps. */
  redisPort: number | undefined;

  /** Starts Redis, empty; again, after `killRedis()`. */
  async startRedis(): Promise<number> {
    const { port, stop } = await startRedis({
      directory: this.directory,
      name: `redis-${++this.starts}`,
      port: this.redisPort,
      args: [],
    });
    this.redisPort = port;
    this.stopRedis = stop;
    return port;
  }

  /** Kills Redis, does something while it is away, and starts it again, empty; one restart after the other. */
  restartRedis(meanwhile: () => Promise<unknown>): Promise<void> {
    const restart = this.restarting.then(async () => {
      await this.killRedis();
      await meanwhile();
      await this.startRedis();
    });
    this.restarting = restart.catch(() => undefined);
    return restart;
  }

  /** As `kill -9`: connections break, and all data is gone. */
  async killRedis(): Promise<void> {
    await this.stopRedis?.();
    this.stopRedis = undefined;
  }

  async stop(): Promise<void> {
    await this.admin.destroy().catch(() => undefined);
    await this.killRedis();
    await this.stopPostgres();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function populate(admin: DataSource, journal: Journal): Promise<void> {
  const keepers = Array.from({ length: KEEPERS }, (_, at) => ({ id: at + 1, note: 'first' }));
  const graves = Array.from({ length: ANIMALS }, (_, at) => ({ id: at + 1, life: 1 }));
  await admin.getRepository(Keeper).insert(keepers);
  await admin.getRepository(Grave).insert(graves);
  const animals = graves.map((grave) => ({ ...grave, note: 'first', keeperId: 1 + (grave.id % KEEPERS) }));
  await admin.getRepository(Animal).insert(animals);
  const first = { version: 1 };
  journal.attempt([
    ...keepers.map((keeper) => keeperState({ ...keeper, ...first })),
    ...animals.map((animal) => animalState({ ...animal, ...first })),
  ])();
  journal.close();
}
