import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:net';
import { inspect } from 'node:util';
import {
  borrowRedis,
  openRedis,
  type OpenRedisOptions,
  type RedisConnection,
} from '../../lib/drivers/redis/open-redis.js';
import { checkRedisClient, type RedisClient } from '../../lib/drivers/redis/redis-client.js';
import { RedisTarget } from '../../lib/drivers/redis/redis-target.js';
import { redisVersions } from '../support/redis-versions.js';
import { connectionTo, describeNeeding } from '../support/services.js';

let opened: RedisConnection[] = [];

afterEach(async () => {
  await Promise.all(opened.map((connection) => connection.close()));
  opened = [];
});

async function open(url: string, options: OpenRedisOptions): Promise<RedisConnection> {
  const connection = await openRedis(new RedisTarget(url), options);
  opened.push(connection);
  return connection;
}

describeNeeding('redis', 'A connection to Redis', () => {
  describe.each(redisVersions)('by $version', ({ load }) => {
    it('answers once the first attempt to connect is over', async () => {
      const { url } = await connectionTo('redis');
      const connection = await open(`${url}/3?connectionName=shop`, { load });
      await connection.attempted;
      expect(await connection.client.call('CLIENT', 'GETNAME')).toBe('shop');
      expect(await connection.client.call('CLIENT', 'INFO')).toMatch(/ db=3 .* resp=2/);
    });

    it('reaches a server by its socket', async () => {
      const { socketPath } = await connectionTo('redis');
      const connection = await open(`redis+unix://${socketPath}?db=2`, { load });
      await connection.attempted;
      expect(await connection.client.call('CLIENT', 'INFO')).toMatch(/ db=2 /);
    });

    it('tells of a refused password without the password, and fails commands at once', async () => {
      const { url } = await connectionTo('redis');
      const errors: Error[] = [];
      const connection = await open(url.replace('//', '//ann:secret@'), {
        load,
        onError: (error) => errors.push(error),
      });
      await connection.attempted;
      await expect(connection.client.call('PING')).rejects.toThrow(/writeable|closed/);
      expect(errors[0].message).toMatch(/WRONGPASS/);
      expect(connection.trouble!.reason!.message).toMatch(/WRONGPASS/);
      expect(Object.values(errors[0])).not.toContainEqual(expect.objectContaining({ args: expect.anything() }));
    });

    it('never goes on in another database, where others may have keys of the same names', async () => {
      const { url } = await connectionTo('redis');
      const { client, attempted, trouble } = await open(`${url}/99?connectionName=astray`, { load });
      await attempted;
      for (let tries = 0; tries < 3; tries++) {
        await expect(client.call('SET', 'astray', 'x', 'PX', 1_000)).rejects.toThrow(/writeable/);
        expect(trouble!.reason!.message).toMatch(/DB index is out of range/);
        await new Promise((resolve) => client.once('connect', resolve));
      }
      const observer = await open(url, { load });
      await observer.attempted;
      expect(await observer.client.call('EXISTS', 'astray')).toBe(0);
    });

    it.each([
      ['redis://127.0.0.1:1', /^connect ECONNREFUSED/],
      ['redis+cluster://127.0.0.1:1', /Connection is closed|ECONNREFUSED/],
      ['redis://nowhere.invalid', /ENOTFOUND|EAI_AGAIN/],
    ])('knows why there is none to %s, which commands do not say', async (url, why) => {
      const { attempted, trouble } = await open(url, { load });
      await attempted;
      expect(trouble!.reason!.message).toMatch(why);
    });

    it.each(['redis://127.0.0.1:1', 'redis+sentinel://127.0.0.1:1,127.0.0.1:2/m', 'redis+cluster://127.0.0.1:1'])(
      'is no error of the one who opens %s while it is away: commands fail at once',
      async (url) => {
        const errors: Error[] = [];
        const connection = await open(url, { load, onError: (error) => errors.push(error) });
        await connection.attempted;
        await expect(connection.client.call('GET', 'x')).rejects.toThrow(/enableOfflineQueue options is false/);
        expect(inspect(errors[0])).toMatch(/ECONNREFUSED|slots cache|sentinels are unreachable/);
      },
    );

    it('fails a command that is not answered in time, by the URL or else by the caller', async () => {
      const silent = await silentServer();
      try {
        for (const [query, options] of [
          ['?commandTimeout=40', { commandTimeoutMs: 60_000 }],
          ['', { commandTimeoutMs: 40 }],
        ] as const) {
          const errors: Error[] = [];
          const connection = await open(`redis://127.0.0.1:${silent.port}${query}`, {
            ...options,
            load,
            onError: (error) => errors.push(error),
          });
          await connection.attempted;
          expect(errors[0].message).toMatch(/timed out/);
        }
      } finally {
        silent.close();
      }
    });

    it('closes what it opened, once, and a client that a user handed in never', async () => {
      const { url } = await connectionTo('redis');
      const own = await open(url, { load });
      await own.attempted;
      expect(own.isOwned).toBe(true);
      const borrowed = borrowRedis(checkRedisClient(own.client, 'redisStorage()'));
      expect(borrowed.isOwned).toBe(false);
      await borrowed.attempted;
      await borrowed.close();
      expect(await own.client.call('PING')).toBe('PONG');
      await Promise.all([own.close(), own.close()]);
      await expect(own.client.call('PING')).rejects.toThrow(/writeable|closed/);
    });

    it('can be closed before the first attempt to connect is over', async () => {
      const { url } = await connectionTo('redis');
      const connection = await open(url, { load });
      await connection.close();
      await connection.attempted;
      await expect(connection.client.call('PING')).rejects.toThrow(/writeable|closed/);
    });
  });
});

describe('Opening Redis', () => {
  it('names the package to install when there is no driver', async () => {
    const load = () => Promise.reject(new Error("Cannot find package 'ioredis'"));
    const opening = openRedis(new RedisTarget('redis://ann:secret@h'), { load });
    await expect(opening).rejects.toMatchObject({
      code: 'MISSING_PACKAGE',
      message: expect.stringMatching(/npm install ioredis/),
      cause: expect.objectContaining({ message: expect.stringContaining('Cannot find') }),
    });
  });

  it.each(redisVersions)('takes $version also from a bundler that gives all of it as `default`', async ({ load }) => {
    const { client } = await open('redis://127.0.0.1:1', { load: async () => ({ default: await load() }) });
    expect(checkRedisClient(client, 'redisStorage()')).toBe(client);
  });

  it.each([[undefined], [{}], [{ get: () => {}, mGet: () => {} }], ['redis://h']])(
    'refuses %p as a client, because it is none of ioredis',
    (client) => {
      expect(() => checkRedisClient(client, 'redisStorage()')).toThrow(/client of ioredis: redisStorage\(\)/);
    },
  );

  it('refuses a client with a prefix of its own, whose keys a search would not find', () => {
    const client = { mgetBuffer: () => {}, pipeline: () => {}, options: { keyPrefix: 'shop:' } };
    expect(() => checkRedisClient(client as unknown as RedisClient, 'redisStorage()')).toThrow(/'shop:'.*keyPrefix/);
  });
});

/** Takes connections and never says a word. */
async function silentServer(): Promise<{ port: number; close: () => void }> {
  const sockets = new Set<{ destroy(): void }>();
  const server: Server = createServer((socket) => sockets.add(socket.on('error', () => {})));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { port: (server.address() as { port: number }).port, close };
}
