import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Dice } from '../../test/support/dice.js';
import type { Arguments } from '../arguments.js';
import type { Fleet, Place } from '../fleet.js';
import type { Servers } from '../servers/servers.js';
import { now } from '../world/clock.js';

/** What faults happen to. */
export interface Victims {
  readonly servers: Servers;
  readonly fleet: Fleet;
  readonly dice: Dice;
  /** Places at which something happens: one thing at a time, or a process that owes would be killed before it has paid. */
  readonly busy: Set<Place>;
  readonly told: FaultLog;
}

/** Something that was done to a process, or to all of them. */
export interface Interval {
  readonly what: string;
  /** The name of the process; undefined: all of them. */
  readonly of: string | undefined;
  readonly from: number;
  /** When it reached Redis again, if that is what it was kept from. */
  healedAt?: number;
  to: number;
}

/** When what happened, for the checker and for the report. */
export class FaultLog {
  readonly counts = new Map<string, number>();
  /** Everything, for a person who looks at a violation. */
  readonly all: Interval[] = [];
  /** Processes were stopped, so their reads took longer than anybody's fault but ours. */
  readonly stops: Interval[] = [];
  /** Processes reached the database and not Redis, or not in time. */
  readonly partitions: Interval[] = [];

  /** Something happens from now on, to that process or to all; it is over when `to` of the result is set. */
  begin(what: string, of?: string): Interval {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
    const interval: Interval = { what, of, from: now(), to: Infinity };
    this.all.push(interval);
    return interval;
  }
}

interface Fault {
  readonly storages: readonly string[];
  /** To one process, chosen among those to which nothing else happens. */
  readonly toProcess?: (place: Place, victims: Victims, interval: Interval) => Promise<void>;
  readonly toAll?: (victims: Victims) => Promise<void>;
}

const EVERYWHERE = ['redis', 'lmdb', 'memory'];
const REDIS = ['redis'];

/** Redis is owed what was written while a process did not reach it, until the process has connected and appended it: about this long. */
export const GRACE_MS = 3_000;

export const FAULTS = {
  'kill -9': {
    storages: EVERYWHERE,
    async toProcess(place) {
      await place.kill();
      await place.start();
    },
  },
  stop: {
    storages: EVERYWHERE,
    async toProcess(place, { dice, told }, interval) {
      told.stops.push(interval);
      place.stop();
      await pause(dice.between(100, 3_000));
      place.goOn();
    },
  },
  'end a connection': {
    storages: EVERYWHERE,
    async toAll({ servers, dice }) {
      // One that has sent nothing yet may be ended with the same packet that says it is ready, before TypeORM listens to it:
      // the process would die of an unheard error, cache or no cache.
      const [{ pid }] = await servers.admin.query<[{ pid: number }]>(
        `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
           AND query_start IS NOT NULL
         ORDER BY query_start DESC LIMIT 1 OFFSET $1`,
        [dice.between(0, 5)],
      );
      await servers.admin.query('SELECT pg_terminate_backend($1)', [pid]);
    },
  },
  partition: network((place) => place.link!.cut(['there', 'back'])),
  'lost answers': network((place) => place.link!.cut(['back'])),
  refuse: network((place) => place.link!.refuse()),
  reset: network((place) => place.link!.reset(), 0),
  delay: network((place, dice) => place.link!.slowDown(dice.between(50, 300))),
  // So little that nobody has to do without Redis: nothing is owed.
  slow: {
    storages: REDIS,
    async toProcess(place, { dice }) {
      place.link!.slowDown(dice.between(1, 15));
      await pause(dice.between(200, 3_000));
      place.link!.heal();
    },
  },
  'kill Redis': {
    storages: REDIS,
    toAll: ({ servers, dice }) => servers.restartRedis(() => pause(dice.between(0, 2_000))),
  },
  // It knows that Redis is away, and not that it has been back for so long that the others trust it.
  'sleep while Redis returns': {
    storages: REDIS,
    async toProcess(place, { servers, told }, interval) {
      told.stops.push(interval);
      await servers.restartRedis(async () => {
        await pause(1_500);
        place.stop();
      });
      await pause(3_500);
      place.goOn();
    },
  },
  flush: command((redis) => redis.flushall()),
  'flush scripts': command((redis) => redis.script('FLUSH')),
  evict: {
    storages: REDIS,
    toAll: (victims) => withRedis(victims, evict),
  },
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof FAULTS;

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name);
}

/** Lets faults happen, one every moment and several at a time, until `isOver` says so; all are over when it resolves. */
export async function torture(
  { faults, rhythmMs }: Pick<Arguments, 'faults' | 'rhythmMs'>,
  victims: Victims,
  isOver: () => boolean,
): Promise<void> {
  const happening = new Set<Promise<void>>();
  // Two of these at once would be one too many for a server that is just starting.
  let server: Promise<void> = Promise.resolve();
  while (!isOver()) {
    await pause(victims.dice.between(rhythmMs / 4, (7 * rhythmMs) / 4));
    if (faults.length === 0 || happening.size > 2) continue;
    const name = choose(faults, victims.dice);
    if (isTooSoon(name, victims)) continue;
    const fault: Fault = FAULTS[name];
    const { toAll } = fault;
    const fate =
      toAll === undefined
        ? happenTo(name, fault, victims)
        : (server = server.then(() => toEverybody(name, toAll, victims)));
    happening.add(fate);
    void fate.finally(() => happening.delete(fate));
  }
  await Promise.all(happening);
}

/**
 * Most often what leaves something to be judged: a process that is cut off owes all it writes for a while, and when Redis
 * loses everything nobody trusts it for two seconds.
 */
function choose(names: readonly FaultName[], dice: Dice): FaultName {
  const name = dice.of(names);
  return PARALYSING.includes(name) && dice.roll() < 0.75 ? dice.of(names) : name;
}

const PARALYSING: readonly FaultName[] = [
  'partition',
  'lost answers',
  'refuse',
  'reset',
  'delay',
  'kill Redis',
  'sleep while Redis returns',
  'flush',
  'evict',
];

/** After these nothing in Redis is trusted for two seconds. */
const EMPTYING: readonly FaultName[] = ['kill Redis', 'sleep while Redis returns', 'flush', 'evict'];

/** Until Redis is trusted again, and for as long as it takes to keep answers and to doubt them. */
const RESPITE_MS = 4_000;

/**
 * Three times of four Redis is left alone until something is kept again, as an answer that is never cached is never stale.
 * The fourth, it loses everything before anybody trusts it.
 */
function isTooSoon(name: FaultName, { dice, told }: Victims): boolean {
  if (!EMPTYING.includes(name)) return false;
  const since = now() - RESPITE_MS * 1_000;
  return told.all.some(({ what, to }) => EMPTYING.includes(what as FaultName) && to > since) && dice.roll() < 0.75;
}

async function happenTo(name: FaultName, fault: Fault, victims: Victims): Promise<void> {
  const free = victims.fleet.places.filter((place) => !victims.busy.has(place));
  if (free.length === 0) return;
  const place = victims.dice.of(free);
  victims.busy.add(place);
  const interval = victims.told.begin(name, place.name);
  await fault.toProcess!(place, victims, interval);
  interval.to = now();
  victims.busy.delete(place);
}

async function toEverybody(name: FaultName, fault: NonNullable<Fault['toAll']>, victims: Victims): Promise<void> {
  const interval = victims.told.begin(name);
  try {
    await fault(victims);
  } catch {
    // A server that is down cannot be asked.
  }
  interval.to = now();
}

/** Something between a process and Redis, for a while. */
function network(disturb: (place: Place, dice: Dice) => void, longest = 1_500): Fault {
  return {
    storages: REDIS,
    async toProcess(place, { dice, told }, interval) {
      told.partitions.push(interval);
      disturb(place, dice);
      await pause(dice.between(0, longest + 1));
      place.link!.heal();
      interval.healedAt = now();
      // Whoever owes is not killed before it has paid.
      await pause(GRACE_MS);
    },
  };
}

function command(send: (redis: Redis) => Promise<unknown>): Fault {
  return { storages: REDIS, toAll: (victims) => withRedis(victims, send) };
}

async function withRedis({ servers }: Victims, send: (redis: Redis) => Promise<unknown>): Promise<void> {
  const redis = new Redis(servers.redisPort!, '127.0.0.1', { retryStrategy: null, maxRetriesPerRequest: 0 });
  redis.on('error', () => {});
  try {
    await send(redis);
  } finally {
    redis.disconnect();
  }
}

/** So little memory that Redis throws away what is there, whatever it is. */
async function evict(redis: Redis): Promise<void> {
  const used = Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  await redis.config('SET', 'maxmemory', used + 2 ** 20);
  const filler = 'x'.repeat(20_000);
  for (let at = 0; at < 200; at++) await redis.set(`filler:${at}`, filler);
  await redis.config('SET', 'maxmemory', 0);
  await redis.del(...Array.from({ length: 200 }, (_, at) => `filler:${at}`));
}
