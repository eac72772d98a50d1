import { afterEach, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { INCARNATION_CHANGED, type BusState, type NewRecord } from '../../lib/bus/invalidation-bus.js';
import { openRedisBus, redisBus } from '../../lib/bus/redis/open-redis-bus.js';
import type { RedisBus } from '../../lib/bus/redis/redis-bus.js';
import { RedisTarget } from '../../lib/drivers/redis/redis-target.js';
import { failOver, ownSentinels } from '../support/fail-over.js';
import { redisVersions } from '../support/redis-versions.js';
import { connectionTo, describeNeeding } from '../support/services.js';
import { until } from './private-redis.js';

const mark: NewRecord = { kind: 'mark', transactionId: 't', invalidation: { touches: ['a'], sweeps: [] } };

let buses: RedisBus[] = [];

afterEach(async () => {
  await Promise.all(buses.map((bus) => bus.close()));
  buses = [];
});

describeNeeding('redis-sentinel', 'A log whose primary is replaced by the sentinels', () => {
  it.each(redisVersions)('is found at the new one, as another life of it ($version)', async ({ load }) => {
    const url = await ownSentinels();
    const prefix = randomUUID();
    const open = async () => {
      const bus = await openRedisBus(url, { prefix, load });
      buses.push(bus);
      return bus;
    };
    const [writer, reader] = [await open(), await open()];
    const { incarnation } = await writer.hello();
    await reader.hello();
    await writer.append(incarnation, [mark]);
    await failOver(url);

    const answers = new Set<unknown>();
    await until(async () => {
      const answer = await reader.since(incarnation, 1).catch(() => 'away');
      answers.add(Array.isArray(answer) ? answer.length : answer);
      return answer === INCARNATION_CHANGED;
    });
    // Before that: nothing new, while the old one was the primary still, or no answer at all.
    for (const answer of answers) expect([0, 'away', INCARNATION_CHANGED]).toContain(answer);

    const found: BusState[] = [];
    for (const bus of [writer, reader])
      await until(() =>
        bus.hello(incarnation).then(
          (state) => found.push(state) > 0,
          () => false,
        ),
      );
    expect(found[1].incarnation).toBe(found[0].incarnation);
    expect(found[0].incarnation).not.toBe(incarnation);
    expect(found[0].quarantineMs).toBeGreaterThan(0);
    const next = await writer.append(found[0].incarnation, [{ ...mark, kind: 'release' }]);
    expect(await reader.since(found[0].incarnation, Number(next) - 1)).toMatchObject([{ kind: 'release' }]);
  });
});

describeNeeding('redis-sentinel', 'A log of a client that reads from replicas', () => {
  it('is kept by the primary all the same', async () => {
    const { hosts, masterName: name } = new RedisTarget((await connectionTo('redis-sentinel')).url).parts;
    const client = new Redis({ sentinels: [...hosts], name, role: 'slave', lazyConnect: true });
    const bus = redisBus(client, { prefix: randomUUID() });
    buses.push(bus);
    const { incarnation } = await bus.hello();
    expect(await bus.append(incarnation, [mark])).toBe(1);
  });
});

describeNeeding('redis-sentinel', 'A log of a client that gives up when no sentinel answers', () => {
  it('is found all the same when one does', async () => {
    const { hosts, masterName: name } = new RedisTarget((await connectionTo('redis-sentinel')).url).parts;
    const [{ host, port }] = hosts;
    const sockets = new Set<Socket>();
    const way = createServer((socket) => {
      const onwards = connect(port, host);
      for (const one of [socket, onwards]) sockets.add(one.on('error', () => {}));
      socket.pipe(onwards).pipe(socket);
    });
    way.listen(0, '127.0.0.1');
    await once(way, 'listening');
    const sentinels = [{ host: '127.0.0.1', port: (way.address() as AddressInfo).port }];
    way.close();
    await once(way, 'close');

    const client = new Redis({ sentinels, name, lazyConnect: true, sentinelRetryStrategy: () => null });
    const bus = redisBus(client, { prefix: randomUUID() });
    buses.push(bus);
    await expect(bus.hello()).rejects.toMatchObject({ code: 'BUS_FAILED' });
    way.listen(sentinels[0]);
    try {
      await until(() => bus.hello().then(Boolean, () => false));
    } finally {
      way.close();
      for (const socket of sockets) socket.destroy();
    }
  });
});

describeNeeding('redis-cluster', 'A log in a cluster of several primaries', () => {
  it.each(redisVersions)('is at the one that serves its slot, whichever that is ($version)', async ({ load }) => {
    const { url } = await connectionTo('redis-cluster');
    for (let n = 0; n < 6; n++) {
      const prefix = randomUUID();
      const [bus, other] = await Promise.all([1, 2].map(() => openRedisBus(url, { prefix, load })));
      buses.push(bus, other);
      const { incarnation } = await bus.hello();
      await other.hello();
      let wakes = 0;
      other.follow(() => wakes++);
      await until(() => wakes === 1);
      expect(await bus.append(incarnation, [mark])).toBe(1);
      await until(() => wakes === 2);
      expect(await other.since(incarnation, 0)).toMatchObject([{ transactionId: 't' }]);
    }
  });
});
