import { afterEach, describe, expect, it } from '@jest/globals';
import { openRedis, type OpenRedisOptions, type RedisConnection } from '../../lib/drivers/redis/open-redis.js';
import type { RedisClient } from '../../lib/drivers/redis/redis-client.js';
import { RedisTarget } from '../../lib/drivers/redis/redis-target.js';
import { failOver, ownSentinels } from '../support/fail-over.js';
import { OwnRedis } from '../support/own-redis.js';
import { redisVersions } from '../support/redis-versions.js';
import { connectionTo, describeNeeding } from '../support/services.js';

const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function open(url: string, options: OpenRedisOptions): Promise<RedisConnection> {
  const connection = await openRedis(new RedisTarget(url), options);
  cleanUps.push(() => connection.close());
  await connection.attempted;
  return connection;
}

async function ownRedis(...args: string[]): Promise<OwnRedis> {
  const redis = await OwnRedis.start(...args);
  cleanUps.push(() => redis.kill());
  return redis;
}

function next(client: RedisClient, event: string): Promise<unknown> {
  return new Promise((resolve) => client.once(event, resolve));
}

describe.each(redisVersions)('With $version', ({ load }) => {
  describeNeeding('redis', 'a Redis that is killed', () => {
    it('or only stopped, keeps nobody waiting who closes', async () => {
      const redis = await ownRedis();
      const connection = await open(redis.url, { load });
      redis.pause();
      const ended = next(connection.client, 'end');
      const from = performance.now();
      await connection.close();
      await ended;
      expect(performance.now() - from).toBeLessThan(3_000);
    });

    it('fails what is under way and what follows at once, and is found again by itself', async () => {
      const redis = await ownRedis();
      const { client } = await open(redis.url, { load });
      redis.pause();
      const underWay = client.call('INCR', 'n').catch((error: Error) => error.message);
      const closed = next(client, 'close');
      await redis.kill();
      expect(await underWay).toMatch(/closed|retries/);
      await closed;
      await expect(client.call('INCR', 'n')).rejects.toThrow(/writeable/);
      const found = next(client, 'ready');
      await redis.startAgain();
      await found;
      // Neither was sent again: it was not known whether the first had taken effect.
      expect(await client.call('INCR', 'n')).toBe(1);
    });

    it('may come later than the application', async () => {
      const redis = await ownRedis();
      await redis.kill();
      const { client } = await open(redis.url, { load });
      const found = next(client, 'ready');
      await redis.startAgain();
      await found;
      expect(await client.call('PING')).toBe('PONG');
    });

    it('is connected again also where ioredis gave up for good', async () => {
      const redis = await ownRedis();
      const { client } = await open(redis.url, { load });
      const found = next(client, 'ready');
      client.disconnect();
      await found;
      expect(await client.call('PING')).toBe('PONG');
    });
  });

  describeNeeding('redis', 'a Redis that no longer answers', () => {
    it('is given up by who suspects it, so that commands fail at once, and taken up when it answers', async () => {
      const redis = await ownRedis();
      const connection = await open(redis.url, { load, commandTimeoutMs: 500 });
      const { client } = connection;
      redis.pause();
      await expect(client.call('GET', 'x')).rejects.toThrow(/timed out/);
      const givenUp = next(client, 'close');
      connection.suspect();
      await givenUp;
      await expect(client.call('GET', 'x')).rejects.toThrow(/writeable/);
      const found = next(client, 'ready');
      redis.resume();
      await found;
      expect(await client.call('PING')).toBe('PONG');
    });

    it('keeps its connection when it was only slow', async () => {
      const redis = await ownRedis();
      const connection = await open(redis.url, { load, commandTimeoutMs: 2_000 });
      const id = await connection.client.call('CLIENT', 'ID');
      connection.suspect();
      expect(await connection.client.call('CLIENT', 'ID')).toBe(id);
    });

    it('keeps its connection when it answers that a user may not ask', async () => {
      const redis = await ownRedis();
      const connection = await open(redis.url, { load });
      const { client } = connection;
      await client.call('ACL', 'SETUSER', 'default', '-ping');
      const id = await client.call('CLIENT', 'ID');
      connection.suspect();
      // Behind what is done about the answer.
      await client.call('GET', 'x');
      await new Promise((resolve) => setImmediate(resolve));
      expect(await client.call('CLIENT', 'ID')).toBe(id);
    });
  });

  describeNeeding('redis-tls', 'a Redis that speaks TLS', () => {
    it('is reached when its certificate is trusted, and told of when it is not', async () => {
      const { url } = await connectionTo('redis-tls');
      const trusted = await open(url, { load });
      expect(await trusted.client.call('PING')).toBe('PONG');
      const careless = await open(url.replace(/\?.*/, '?tls.rejectUnauthorized=false'), { load });
      expect(await careless.client.call('PING')).toBe('PONG');
      const errors: Error[] = [];
      const careful = await open(url.replace(/\?.*/, ''), { load, onError: (error) => errors.push(error) });
      await expect(careful.client.call('PING')).rejects.toThrow(/writeable/);
      expect(errors[0].message).toMatch(/self-signed/);
    });
  });

  describeNeeding('redis-cluster', 'a Redis Cluster', () => {
    it('is connected with every primary when the first attempt is over, so that no first command fails', async () => {
      const { client } = await open((await connectionTo('redis-cluster')).url, { load });
      expect(client.nodes!('master').map(({ status }) => status)).toEqual(['ready', 'ready', 'ready']);
      const keys = Array.from({ length: 50 }, (_, i) => `drivers:${i}`);
      await Promise.all(keys.map((key) => client.call('SET', key, key, 'PX', 60_000)));
      expect(await Promise.all(keys.map((key) => client.call('GET', key)))).toEqual(keys);
    });

    it('connects again to a node that it lost', async () => {
      const { client } = await open((await connectionTo('redis-cluster')).url, { load });
      const [node] = client.nodes!('master');
      const lost = next(client, '-node');
      const id = (await node.call('CLIENT', 'ID')) as number;
      await node.call('CLIENT', 'KILL', 'ID', id, 'SKIPME', 'no').catch(() => {});
      await lost;
      const found = new Promise<RedisClient>((resolve) => {
        client.once('+node', (added) => resolve(added as RedisClient));
      });
      const keys = Array.from({ length: 50 }, (_, i) => `drivers:${i}`);
      const answers = await Promise.allSettled(keys.map((key) => client.call('GET', key)));
      expect(answers.some(({ status }) => status === 'fulfilled')).toBe(true);
      const added = await found;
      if (added.status !== 'ready') await next(added, 'ready');
      await Promise.all(keys.map((key) => client.call('GET', key)));
    });
  });

  describeNeeding('redis-sentinel', 'a Redis with sentinels', () => {
    it('is followed to its new primary when they fail over', async () => {
      const url = await ownSentinels();
      const { client } = await open(url, { load });
      const before = await client.call('INFO', 'server');
      expect(await client.call('ROLE')).toContain('master');
      const followed = next(client, 'ready');
      await failOver(url);
      await followed;
      expect(await client.call('ROLE')).toContain('master');
      const portOf = (info: unknown) => /tcp_port:(\d+)/.exec(String(info))?.[1];
      expect(portOf(await client.call('INFO', 'server'))).not.toBe(portOf(before));
    });
  });
});
