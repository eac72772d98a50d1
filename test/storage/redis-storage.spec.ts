import { afterEach, describe, expect, it } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import { Cluster as Cluster6, Redis as Redis6 } from 'ioredis6';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openRedis, type OpenRedisOptions } from '../../lib/drivers/redis/open-redis.js';
import type { RedisClient } from '../../lib/drivers/redis/redis-client.js';
import { RedisTarget } from '../../lib/drivers/redis/redis-target.js';
import { openRedisStorage, redisStorage, type RedisStorage } from '../../lib/storage/redis/redis-storage.js';
import { Gate } from '../engine/engine-fixture.js';
import { failOver, ownSentinels } from '../support/fail-over.js';
import { OwnRedis } from '../support/own-redis.js';
import { redisVersions } from '../support/redis-versions.js';
import { connectionTo, describeNeeding, type RedisNeed } from '../support/services.js';

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const bytes = (text: string) => Buffer.from(text);
const MINUTE = 60_000;

interface World {
  readonly storage: RedisStorage;
  /** Another client, which sees what is really there. */
  readonly client: RedisClient;
  /** Before every key of this test; its keys are deleted after it. */
  readonly prefix: string;
}

async function openWorld(url: string, options: OpenRedisOptions): Promise<World> {
  const target = new RedisTarget(url);
  const storage = openRedisStorage(target, options);
  const observer = await openRedis(target, options);
  await observer.attempted;
  const prefix = `${randomUUID()}:`;
  cleanUps.push(async () => {
    await storage.clear(prefix);
    await Promise.all([storage.close(), observer.close()]);
  });
  return { storage, client: observer.client, prefix };
}

/** Commands that the servers have carried out since they started, by their names in lower case. */
async function commandCounts(client: RedisClient): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const node of client.nodes?.('master') ?? [client]) {
    const info = String(await node.call('INFO', 'commandstats'));
    for (const [, name, calls] of info.matchAll(/cmdstat_([\w|]+):calls=(\d+)/g)) {
      counts.set(name, (counts.get(name) ?? 0) + Number(calls));
    }
  }
  return counts;
}

async function commandsSentBy(client: RedisClient, act: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await commandCounts(client);
  await act();
  const after = await commandCounts(client);
  const sent = [...after].map(([name, calls]) => [name, calls - (before.get(name) ?? 0)] as const);
  return Object.fromEntries(sent.filter(([name, calls]) => calls > 0 && name !== 'info'));
}

const families: readonly RedisNeed[] = ['redis', 'redis-cluster', 'redis-sentinel'];

describe.each(redisVersions)('A storage in Redis by $version', ({ load }) => {
  for (const family of families) {
    describeNeeding(family, `on ${family}`, () => {
      const open = async () => openWorld((await connectionTo(family)).url, { load });

      it('returns the bytes that were last set, from its first command on', async () => {
        const { storage, prefix } = await open();
        const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
        await storage.set(`${prefix}a`, all.subarray(1, 255), MINUTE);
        await storage.set(`${prefix}ä`, bytes(''), MINUTE);
        expect(await storage.get(`${prefix}a`)).toEqual(Buffer.from(all.subarray(1, 255)));
        expect(await storage.get(`${prefix}ä`)).toEqual(bytes(''));
        await storage.set(`${prefix}a`, bytes('new'), MINUTE);
        expect(await storage.get(`${prefix}a`)).toEqual(bytes('new'));
        expect(await storage.get(`${prefix}never set`)).toBeUndefined();
      });

      it('keeps bytes as long as it is told, and for ever when told so', async () => {
        const { storage, client, prefix } = await open();
        await storage.set(`${prefix}minute`, bytes('x'), MINUTE);
        await storage.set(`${prefix}fraction`, bytes('x'), 59_999.2);
        await storage.set(`${prefix}ever`, bytes('x'), Infinity);
        for (const name of ['minute', 'fraction']) {
          expect(await client.call('PTTL', prefix + name)).toBeGreaterThan(MINUTE / 2);
          expect(await client.call('PTTL', prefix + name)).toBeLessThanOrEqual(MINUTE);
        }
        expect(await client.call('PTTL', `${prefix}ever`)).toBe(-1);
        await storage.set(`${prefix}minute`, bytes('x'), Infinity);
        expect(await client.call('PTTL', `${prefix}minute`)).toBe(-1);
      });

      it('reads many keys in their order, repeated and missing ones included', async () => {
        const { storage, prefix } = await open();
        const keys = Array.from({ length: 1_200 }, (_, at) => `${prefix}${at}`);
        await Promise.all(keys.map((key) => storage.set(key, bytes(key), MINUTE)));
        expect((await storage.getMany(keys)).map(String)).toEqual(keys);
        const some = [keys[3], `${prefix}none`, keys[3], keys[1]];
        expect(await storage.getMany(some)).toEqual([bytes(keys[3]), undefined, bytes(keys[3]), bytes(keys[1])]);
        expect(await storage.getMany([])).toEqual([]);
      });

      it('says of a deleted key whether it held something', async () => {
        const { storage, prefix } = await open();
        await storage.set(`${prefix}a`, bytes('x'), MINUTE);
        expect(await storage.delete(`${prefix}a`)).toBe(true);
        expect(await storage.delete(`${prefix}a`)).toBe(false);
        expect(await storage.get(`${prefix}a`)).toBeUndefined();
      });

      it('adds for exactly one of concurrent callers, with a lifetime', async () => {
        const { storage, client, prefix } = await open();
        const key = `${prefix}lock`;
        const added = await Promise.all(['a', 'b', 'c'].map((name) => storage.add(key, bytes(name), MINUTE)));
        expect(added.filter(Boolean)).toHaveLength(1);
        expect(await storage.get(key)).toEqual(bytes(['a', 'b', 'c'][added.indexOf(true)]));
        expect(await client.call('PTTL', key)).toBeGreaterThan(MINUTE / 2);
      });

      it('gives what a key holds another lifetime, or none, and tells when there is nothing', async () => {
        const { storage, client, prefix } = await open();
        const key = `${prefix}touched`;
        expect(await storage.touch(key, MINUTE)).toBe(false);
        expect(await storage.touch(key, Infinity)).toBe(false);
        await storage.set(key, bytes('held'), Infinity);
        expect(await storage.touch(key, MINUTE)).toBe(true);
        expect(await client.call('PTTL', key)).toBeGreaterThan(MINUTE / 2);
        expect(await storage.touch(key, Infinity)).toBe(true);
        expect(await client.call('PTTL', key)).toBe(-1);
      });

      it('counts every one of concurrent callers, from the initial number or from what is held', async () => {
        const { storage, client, prefix } = await open();
        const key = `${prefix}counter`;
        const sums = await Promise.all(Array.from({ length: 20 }, () => storage.increment(key, 2, 100)));
        expect(sums.sort((a, b) => a! - b!)).toEqual(Array.from({ length: 20 }, (_, at) => 102 + 2 * at));
        await client.call('SET', key, '-7', 'PX', MINUTE);
        expect(await storage.increment(key, 10, 0)).toBe(3);
        expect(await client.call('PTTL', key)).toBeGreaterThan(MINUTE / 2);
        expect(await storage.get(key)).toEqual(bytes('3'));
      });

      it('counts nothing where something else is held, and leaves that alone', async () => {
        const { storage, client, prefix } = await open();
        for (const held of ['x', '1.5', ' 1', '1e3', '', '9007199254740991', '9223372036854775807']) {
          await client.call('SET', `${prefix}held`, held);
          expect(await storage.increment(`${prefix}held`, 1, 0)).toBeUndefined();
          expect(await client.call('GET', `${prefix}held`)).toBe(held);
        }
        await client.call('RPUSH', `${prefix}list`, 'a');
        expect(await storage.increment(`${prefix}list`, 1, 0)).toBeUndefined();
        expect(await storage.get(`${prefix}list`).catch(() => undefined)).toBeUndefined();
        await client.call('DEL', `${prefix}list`);
      });

      it('clears a prefix and nothing beyond it, whatever characters it has', async () => {
        const { storage, client, prefix } = await open();
        const hostile = `${prefix}a*[b]?\\c^-`;
        const others = [prefix, `${prefix}a`, `${prefix}aXX[b]?\\c^-1`, `${prefix}a*b?\\c^-1`, `${prefix}A*[b]?\\c^-1`];
        const own = Array.from({ length: 2_500 }, (_, at) => hostile + (at === 0 ? '' : String(at)));
        await Promise.all([...own, ...others].map((key) => storage.set(key, bytes('x'), MINUTE)));
        await client.call('XADD', `${hostile}log`, '*', 'field', 'value');
        await storage.clear(hostile);
        expect(await storage.getMany(own)).toEqual(own.map(() => undefined));
        expect(await storage.getMany(others)).toEqual(others.map(() => bytes('x')));
        // Not a text, so not set by a storage: the log of a bus may stand under the same prefix.
        expect(await client.call('DEL', `${hostile}log`)).toBe(1);
      });

      it('has no two keys where UTF-8 has one', async () => {
        const { storage, prefix } = await open();
        const [one, other] = [`${prefix}\ud800`, `${prefix}\ud801`];
        await storage.set(one, bytes('x'), MINUTE);
        expect(await storage.get(other)).toBeUndefined();
        expect(await storage.get(`${prefix}\ufffd`)).toBeUndefined();
        expect(await storage.add(one, bytes('x'), MINUTE)).toBe(false);
        expect(await storage.increment(one, 1, 1)).toBeUndefined();
        expect(await storage.delete(one)).toBe(false);
        await storage.set(`${prefix}\ud83d\ude00`, bytes('pair'), MINUTE);
        expect(await storage.get(`${prefix}\ud83d\ude00`)).toEqual(bytes('pair'));
      });
    });
  }

  describeNeeding('redis', 'on a server of its own', () => {
    async function openAlone(): Promise<World & { redis: OwnRedis }> {
      const redis = await OwnRedis.start();
      cleanUps.push(() => redis.kill());
      const world = await openWorld(redis.url, { load, commandTimeoutMs: 1_000 });
      await world.storage.opened;
      return { ...world, redis };
    }

    it('sends one MGET for the reads of a turn, those behind promises included, and no key twice', async () => {
      const { storage, client, prefix } = await openAlone();
      const readLater = async (key: string) => {
        await Promise.resolve();
        await Promise.resolve();
        return storage.get(key);
      };
      const act = () => Promise.all([storage.get(`${prefix}a`), readLater(`${prefix}b`), readLater(`${prefix}a`)]);
      expect(await commandsSentBy(client, act)).toEqual({ mget: 1 });
      // A turn that begins outside of a promise, and another.
      const turn = (name: string) =>
        new Promise((resolve) => {
          setImmediate(() =>
            resolve(Promise.all([storage.get(`${prefix}${name}`), readLater(`${prefix}${name}${name}`)])),
          );
        });
      expect(await commandsSentBy(client, () => turn('c'))).toEqual({ mget: 1 });
      expect(await commandsSentBy(client, () => Promise.all([turn('d'), turn('e')]))).toEqual({ mget: 2 });
    });

    it('sends no command with so many keys that others would wait for it', async () => {
      const { storage, client, prefix } = await openAlone();
      const keys = Array.from({ length: 1_200 }, (_, at) => `${prefix}${at}`);
      expect(await commandsSentBy(client, () => storage.getMany(keys))).toEqual({ mget: 3 });
    });

    it('lets readers join a read that is under way, and asks anew once it is answered', async () => {
      const { storage, client, prefix } = await openAlone();
      const key = `${prefix}a`;
      await storage.set(key, bytes('one'), MINUTE);
      const readTwice = async (): Promise<void> => {
        const first = storage.get(key);
        await new Promise(setImmediate);
        expect(await Promise.all([first, storage.get(key)])).toEqual([bytes('one'), bytes('one')]);
      };
      expect(await commandsSentBy(client, readTwice)).toEqual({ mget: 1 });
      await client.call('SET', key, 'other');
      expect(await storage.get(key)).toEqual(bytes('other'));
    });

    it('lets nobody join a read from before his own write', async () => {
      const { storage, client, redis, prefix } = await openAlone();
      const key = `${prefix}a`;
      const writes = [
        () => storage.set(key, bytes('text'), MINUTE),
        () => storage.clear(prefix),
        () => storage.increment(key, 1, 0),
        () => storage.delete(key),
      ];
      for (const write of writes) {
        const readAround = async (): Promise<void> => {
          redis.pause();
          const before = storage.get(key);
          await new Promise(setImmediate);
          const written = write();
          const after = storage.get(key);
          redis.resume();
          await Promise.all([before, written, after]);
        };
        expect(await commandsSentBy(client, readAround)).toMatchObject({ mget: 2 });
      }
    });

    it('rejects at once while the server is away, and is back when it is', async () => {
      const { storage, client, redis, prefix } = await openAlone();
      const closed = new Promise((resolve) => {
        client.once('close', resolve);
      });
      await redis.kill();
      await closed;
      const started = performance.now();
      const calls = [
        () => storage.get(`${prefix}a`),
        () => storage.getMany([`${prefix}a`, `${prefix}b`]),
        () => storage.set(`${prefix}a`, bytes('x'), MINUTE),
        () => storage.clear(prefix),
      ];
      for (const call of calls) await expect(call()).rejects.toThrow(/writeable|closed|retries/);
      expect(performance.now() - started).toBeLessThan(500);
      const back = new Promise((resolve) => {
        client.once('ready', resolve);
      });
      await redis.startAgain();
      await back;
      await eventually(() => storage.set(`${prefix}a`, bytes('x'), MINUTE));
      expect(await storage.get(`${prefix}a`)).toEqual(bytes('x'));
    });

    it('says why there is no connection, which ioredis keeps to itself', async () => {
      const { url } = await connectionTo('redis');
      const storage = openRedisStorage(new RedisTarget(url.replace('//', '//ann:secret@')), { load });
      cleanUps.push(() => storage.close());
      for (const call of [() => storage.get('a'), () => storage.delete('a'), () => storage.clear('a')]) {
        await expect(call()).rejects.toMatchObject({
          message: expect.stringContaining('WRONGPASS'),
          cause: expect.not.objectContaining({ command: expect.anything() }),
        });
      }
    });

    describe('by a user with the rights that the README names', () => {
      const rights = /needs `~zoocache:\*`[^`]*`~\{zoocache\}:\*`[^`]*`([^`]+)`/.exec(
        readFileSync('README.md', 'utf8'),
      )![1];

      async function openAs(...rules: string[]): Promise<RedisStorage> {
        const { client, redis } = await openAlone();
        await client.call('ACL', 'SETUSER', 'app', 'on', '>secret', '~zoocache:*', ...rules);
        const own = openRedisStorage(new RedisTarget(redis.url.replace('//', '//app:secret@')), { load });
        cleanUps.push(() => own.close());
        return own;
      }

      it('does all that it can', async () => {
        const storage = await openAs(...rights.split(/\s+/));
        const [a, b] = ['zoocache::a', 'zoocache::b'];
        expect([await storage.increment(a, 1, 0), await storage.increment(a, 1, 0)]).toEqual([1, 2]);
        expect([await storage.touch(a, Infinity), await storage.touch(a, MINUTE)]).toEqual([true, true]);
        expect([await storage.add(b, bytes('b'), MINUTE), await storage.add(b, bytes('c'), MINUTE)]).toEqual([
          true,
          false,
        ]);
        await storage.set(b, bytes('c'), MINUTE);
        expect(await storage.getMany([a, b])).toEqual([bytes('2'), bytes('c')]);
        expect(await storage.delete(b)).toBe(true);
        await storage.clear('zoocache::');
        expect(await storage.get(a)).toBeUndefined();
      });

      it.each(['+get', '+set', '+incrby'])('does not take a counter for something else without %s', async (right) => {
        const storage = await openAs(
          '+eval',
          '+info',
          ...['+get', '+set', '+incrby'].filter((other) => other !== right),
        );
        const counting = async () => [
          await storage.increment('zoocache::a', 1, 0),
          await storage.increment('zoocache::a', 1, 0),
        ];
        await expect(counting()).rejects.toThrow(/can't run this command/);
      });
    });

    it('does not take a counter for something else while there is no room to count on', async () => {
      const { storage, client, prefix } = await openAlone();
      await storage.increment(`${prefix}a`, 1, 0);
      await client.call('CONFIG', 'SET', 'maxmemory', '1');
      await expect(storage.increment(`${prefix}a`, 1, 0)).rejects.toThrow(/OOM/);
      await client.call('CONFIG', 'SET', 'maxmemory', '0');
      expect(await storage.increment(`${prefix}a`, 1, 0)).toBe(2);
    });

    it('gives up a server that stopped in the middle, so that only the first reads wait for their timeout', async () => {
      const { storage, redis, prefix } = await openAlone();
      redis.pause();
      await expect(storage.get(`${prefix}a`)).rejects.toThrow(/timed out/);
      await expect(storage.get(`${prefix}b`)).rejects.toThrow(/timed out|writeable|closed/);
      const started = performance.now();
      await expect(eventuallyRejects(() => storage.get(`${prefix}c`))).resolves.toMatch(/writeable/);
      expect(performance.now() - started).toBeLessThan(2_500);
      redis.resume();
      await eventually(() => storage.get(`${prefix}d`));
    });
  });

  describeNeeding('redis-sentinel', 'with sentinels', () => {
    it('goes on at the new primary after a failover', async () => {
      const url = await ownSentinels();
      const { storage, client, prefix } = await openWorld(url, { load });
      await storage.set(`${prefix}a`, bytes('x'), MINUTE);
      const followed = new Promise((resolve) => {
        client.once('ready', resolve);
      });
      await failOver(url);
      await followed;
      await eventually(() => storage.set(`${prefix}b`, bytes('y'), MINUTE));
      expect(await storage.get(`${prefix}b`)).toEqual(bytes('y'));
    });
  });

  describeNeeding('redis-cluster', 'in a cluster whose slots have moved', () => {
    it('still answers every command of a turn', async () => {
      const { url } = await connectionTo('redis-cluster');
      const { Cluster } = (await load()) as unknown as typeof import('ioredis');
      const [host] = new RedisTarget(url).parts.hosts;
      const cluster = new Cluster([host], { redisOptions: { lazyConnect: true } });
      cleanUps.push(() => cluster.disconnect());
      await new Promise((resolve) => {
        cluster.once('ready', resolve);
      });
      const storage = redisStorage(cluster);
      const prefix = `${randomUUID()}:`;
      const keys = Array.from({ length: 60 }, (_, at) => `${prefix}${at}`);
      // What the client believes is as wrong as after a move: every slot belongs to one node.
      const { slots } = cluster as unknown as { slots: string[][] };
      const [node] = slots[0];
      const mislead = () => {
        for (let slot = 0; slot < slots.length; slot++) slots[slot] = [node];
      };
      mislead();
      await Promise.all(keys.map((key) => storage.set(key, bytes(key), MINUTE)));
      mislead();
      expect(await storage.getMany(keys)).toEqual(keys.map(bytes));
      await eventually(() => storage.clear(prefix));
    });

    it('refuses to clear while a primary is not connected, whose keys would stay', async () => {
      const { url } = await connectionTo('redis-cluster');
      const { storage, prefix } = await openWorld(url, { load });
      await storage.opened;
      const client = (storage as unknown as { connection: { client: RedisClient } }).connection.client;
      const lost = new Promise((resolve) => {
        client.once('-node', resolve);
      });
      const [, node] = client.nodes!('master');
      node.disconnect();
      await lost;
      await expect(storage.clear(prefix)).rejects.toThrow('Only 2 of the 3 primaries');
      await eventually(async () => {
        await storage.getMany(Array.from({ length: 60 }, (_, at) => `${prefix}${at}`));
        await storage.clear(prefix);
      });
    });
  });
});

describeNeeding('redis', 'A storage by a client of the user', () => {
  it.each([
    ['ioredis 5', (url: string) => new Redis(url)],
    ['ioredis 6', (url: string) => new Redis6(url)],
  ])('is his to close, with %s', async (_version, connect) => {
    const client: Redis | Redis6 = connect((await connectionTo('redis')).url);
    cleanUps.push(() => client.disconnect());
    const storage = redisStorage(client);
    const key = `${randomUUID()}:a`;
    await storage.set(key, bytes('x'), MINUTE);
    expect(await storage.get(key)).toEqual(bytes('x'));
    expect(await storage.increment(key, 1, 0)).toBeUndefined();
    expect(await storage.delete(key)).toBe(true);
    await storage.close();
    expect(await client.ping()).toBe('PONG');
  });

  it.each(['redis', 'redis-cluster'] as const)(
    'loses no first command where nothing may queue: %s is connected before, and not until it is needed',
    async (need) => {
      const { host, port } = new RedisTarget((await connectionTo(need)).url).parts.hosts[0];
      const options = { enableOfflineQueue: false, lazyConnect: true };
      for (const make of [
        () => new Redis(port, host, options),
        () => new Redis6(port, host, options),
        () => new Cluster([{ host, port }], options),
        () => new Cluster6([{ host, port }], options),
      ].slice(...(need === 'redis' ? [0, 2] : [2]))) {
        const lazy = make();
        const eager = make();
        cleanUps.push(() => [lazy, eager].forEach((client) => client.disconnect()));
        eager.connect().catch(() => {});
        const [storage, other] = [redisStorage(lazy), redisStorage(eager)];
        expect(lazy.status).toBe('wait');
        const keys = Array.from({ length: 20 }, () => `${randomUUID()}:a`);
        await Promise.all(keys.map((key) => other.set(key, bytes('x'), MINUTE)));
        expect(await storage.getMany(keys)).toEqual(keys.map(() => bytes('x')));
        await Promise.all(keys.map((key) => storage.delete(key)));
      }
    },
  );

  it('answers nobody with what was counted before he asked, though he joins a read that is under way', async () => {
    const { url } = await connectionTo('redis');
    const key = `${randomUUID()}:a`;
    const [client, otherClient] = [new Redis(url), new Redis(url)];
    cleanUps.push(() => [client, otherClient].forEach((one) => one.disconnect()));
    const [storage, other] = [redisStorage(client), redisStorage(otherClient)];
    await other.increment(key, 1, 0);
    cleanUps.push(() => other.delete(key));
    const late = new Gate();
    const read = client.mgetBuffer.bind(client) as (keys: string[]) => Promise<(Buffer | null)[]>;
    client.mgetBuffer = (async (keys: string[]) => {
      const answer = await read(keys);
      await late.opened;
      return answer;
    }) as typeof client.mgetBuffer;
    const before = storage.get(key);
    await client.ping();
    expect(await other.increment(key, 1, 0)).toBe(2);
    const after = [1, 2].map(() => storage.get(key));
    late.open();
    expect(await Promise.all([before, ...after])).toEqual([bytes('1'), bytes('2'), bytes('2')]);
  });

  it('counts also when the client returns numbers as texts', async () => {
    const client = new Redis((await connectionTo('redis')).url, { stringNumbers: true });
    cleanUps.push(() => client.disconnect());
    const storage = redisStorage(client);
    const key = `${randomUUID()}:a`;
    expect(await storage.increment(key, 1, 4)).toBe(5);
    expect(await storage.touch(key, MINUTE)).toBe(true);
    expect(await storage.touch(key, Infinity)).toBe(true);
    expect(await storage.delete(key)).toBe(true);
    expect(await storage.delete(key)).toBe(false);
    expect(await storage.touch(key, MINUTE)).toBe(false);
  });

  it('takes a Redis and a Cluster of both versions, and nothing that adds a prefix', () => {
    const makes: ((client: Redis | Cluster | Redis6 | Cluster6) => RedisStorage)[] = [redisStorage];
    const client = new Redis({ lazyConnect: true, keyPrefix: 'shop:' });
    expect(() => makes[0](client)).toThrow(/keyPrefix/);
    for (const none of ['redis://h', null, {}]) {
      expect(() => redisStorage(none as never)).toThrow(
        expect.objectContaining({
          code: 'INVALID_ARGUMENT',
          message: expect.stringMatching(/not a client of ioredis/),
        }),
      );
    }
  });
});

describe('A storage in Redis', () => {
  it('says with every command which package is missing', async () => {
    const load = () => Promise.reject(new Error('absent'));
    const storage = openRedisStorage(new RedisTarget('redis://h'), { load });
    const missing = { code: 'MISSING_PACKAGE' };
    await expect(storage.opened).rejects.toMatchObject(missing);
    await expect(storage.get('a')).rejects.toMatchObject(missing);
    await expect(storage.set('a', bytes('x'), 1)).rejects.toMatchObject(missing);
    await expect(storage.clear('a')).rejects.toMatchObject(missing);
    await storage.close();
  });

  it('does not clear what others may own: every key', async () => {
    const storage = redisStorage(new Redis({ lazyConnect: true }));
    await expect(storage.clear('')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('is shared by all that reach its server', () => {
    expect(redisStorage(new Redis({ lazyConnect: true })).reach).toBe('network');
  });
});

/** Calls until it succeeds, which a test waits for no longer than for anything else. */
async function eventually<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch {
      await new Promise(setImmediate);
    }
  }
}

/** Calls until it fails without waiting for an answer, and returns why. */
async function eventuallyRejects(call: () => Promise<unknown>): Promise<string> {
  for (;;) {
    const reason = await call().then(
      () => '',
      (error: Error) => error.message,
    );
    if (/writeable/.test(reason)) return reason;
    await new Promise(setImmediate);
  }
}
