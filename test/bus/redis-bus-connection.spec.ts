import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Cluster } from 'ioredis';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { INCARNATION_CHANGED, type BusState, type NewRecord } from '../../lib/bus/invalidation-bus.js';
import { openRedisBus, redisBus, type OpenRedisBusOptions } from '../../lib/bus/redis/open-redis-bus.js';
import { duplicateClient } from '../../lib/bus/redis/duplicate-client.js';
import { logNames } from '../../lib/bus/redis/log-names.js';
import { RedisBus } from '../../lib/bus/redis/redis-bus.js';
import { RedisLink, type LinkClient } from '../../lib/bus/redis/redis-link.js';
import { redisVersions } from '../support/redis-versions.js';
import { describeNeeding } from '../support/services.js';
import { PrivateRedis, until } from './private-redis.js';

const mark: NewRecord = { kind: 'mark', transactionId: 't', invalidation: { touches: ['a'], sweeps: [] } };

let buses: RedisBus[] = [];

afterEach(async () => {
  await Promise.all(buses.map((bus) => bus.close()));
  buses = [];
});

/** What a bus says once it is connected (again), however often it was not. */
async function helloOf(bus: RedisBus): Promise<BusState> {
  let state: BusState | undefined;
  await until(async () => (state = await bus.hello().catch(() => undefined)) !== undefined);
  return state as BusState;
}

describeNeeding('redis', 'The connection of a bus in Redis', () => {
  let redis: PrivateRedis;

  beforeAll(async () => (redis = await PrivateRedis.start()));
  afterAll(() => redis.remove());
  beforeEach(() => redis.admin.flushall());

  describe.each([
    ...redisVersions.map(({ version, load }) => ({
      how: `opened by ${version}`,
      open: (options: OpenRedisBusOptions) => openRedisBus(redis.url, { ...options, load }),
    })),
    {
      how: "made like a user's client, although that one would give up",
      open: (options: OpenRedisBusOptions) => {
        const client = redis.connect({ lazyConnect: true, retryStrategy: () => null });
        return redisBus(client, options);
      },
    },
  ])('$how', ({ open: openBus }) => {
    async function open(options: OpenRedisBusOptions = {}): Promise<RedisBus> {
      const bus = await openBus(options);
      buses.push(bus);
      return bus;
    }

    it('fails at once while it is lost, says why, and is made again', async () => {
      const bus = await open();
      const { incarnation } = await bus.hello();
      await redis.kill();
      try {
        const attempts = [() => bus.hello(), () => bus.since(incarnation, 0), () => bus.append(incarnation, [mark])];
        await until(async () => {
          const error: unknown = await bus.hello().catch((reason: unknown) => reason);
          return /ECONNREFUSED/.test(String((error as { cause?: unknown }).cause));
        });
        for (const attempt of attempts) {
          await expect(attempt()).rejects.toMatchObject({
            code: 'BUS_FAILED',
            // Logs show no cause.
            message: expect.stringContaining('ECONNREFUSED'),
            cause: expect.objectContaining({ message: expect.stringContaining('ECONNREFUSED') }),
          });
        }
      } finally {
        await redis.start();
      }
      expect((await helloOf(bus)).incarnation).not.toBe(incarnation);
    });

    it('is given up when there is no answer in time, and everything goes on when there is one again', async () => {
      const bus = await open({ commandTimeoutMs: 60 });
      const { incarnation } = await bus.hello();
      redis.signal('SIGSTOP');
      try {
        await expect(bus.since(incarnation, 0)).rejects.toMatchObject({
          cause: expect.objectContaining({ message: 'Command timed out' }),
        });
        // The next one does not wait for the same silence.
        await expect(bus.since(incarnation, 0)).rejects.toThrow("Stream isn't writeable");
      } finally {
        redis.signal('SIGCONT');
      }
      await until(async () => Array.isArray(await bus.since(incarnation, 0).catch(() => undefined)));
    });

    it('never carries the same records twice: a mark that came after its release would stay open', async () => {
      const bus = await open({ commandTimeoutMs: 600_000 });
      const { incarnation } = await bus.hello();
      await redis.admin.client('PAUSE', '60000', 'WRITE');
      const appending = bus.append(incarnation, [mark]);
      await until(async () => /blocked_clients:1/.test(await redis.admin.info('clients')));
      await redis.admin.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await expect(appending).rejects.toMatchObject({ code: 'BUS_FAILED' });
      await redis.admin.client('UNPAUSE');

      await until(async () => Array.isArray(await bus.since(incarnation, 0).catch(() => undefined)));
      expect(await bus.since(incarnation, 0)).toEqual([]);
    });

    it('is closed with the bus, once: calls on their way reject, and those that come later', async () => {
      const bus = await open({ commandTimeoutMs: 600_000 });
      const { incarnation } = await bus.hello();
      bus.follow(() => {});
      await until(async () => (await redis.admin.pubsub('NUMSUB', '{zoocache}:wake'))[1] === 1);
      await redis.admin.client('PAUSE', '60000', 'WRITE');
      const onTheirWay = [bus.since(incarnation, 0), bus.append(incarnation, [mark])];
      const rejections = Promise.all(
        onTheirWay.map((call) => expect(call).rejects.toMatchObject({ code: 'BUS_FAILED' })),
      );
      await Promise.all([bus.close(), bus.close()]);
      await rejections;
      await redis.admin.client('UNPAUSE');

      await expect(bus.hello()).rejects.toThrow('The bus was closed');
      expect(await redis.admin.ping()).toBe('PONG');
      await until(async () => Number(/connected_clients:(\d+)/.exec(await redis.admin.info('clients'))?.[1]) === 1);
    });
  });

  function open(options: OpenRedisBusOptions = {}, client: unknown = redis.admin): RedisBus {
    const bus = redisBus(client, options);
    buses.push(bus);
    return bus;
  }

  it('is all that it needs: where no other can be made for it, it is never woken, which is allowed', async () => {
    const connection = duplicateClient(redis.admin, 'the test', 1_000);
    const another = () => Promise.reject(new Error('no other'));
    const bus = new RedisBus(logNames(undefined), { first: connection, another, place: 'here' }, {});
    bus.follow(() => {});
    const { incarnation } = await helloOf(bus);
    expect(await bus.append(incarnation, [mark])).toBe(1);
    await bus.close();
  });

  it('keeps no command in an error, because causes end up in logs', async () => {
    await redis.admin.set('{zoocache}:meta', 'a text');
    const error = await open()
      .hello()
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ cause: expect.objectContaining({ message: expect.stringContaining('WRONGTYPE') }) });
    expect((error as { cause: object }).cause).not.toHaveProperty('command');
  });

  it("puts the prefix of a user's client before its keys", async () => {
    const client = redis.connect({ keyPrefix: 'app:' });
    const bus = open({}, client);
    const { incarnation } = await bus.hello();
    await bus.append(incarnation, [mark]);
    client.disconnect();
    expect((await redis.admin.keys('*')).sort()).toEqual(['app:{zoocache}:log', 'app:{zoocache}:meta']);
  });

  it("tells positions as numbers, although a user's client asks for texts", async () => {
    const client = redis.connect({ stringNumbers: true });
    const bus = open({}, client);
    client.disconnect();
    const { incarnation, position, quarantineMs } = await bus.hello();
    expect([position, quarantineMs]).toEqual([0, expect.any(Number)]);
    expect(await bus.append(incarnation, [mark])).toBe(1);
    expect(await bus.since(incarnation, 0)).toMatchObject([{ position: 1 }]);
    expect(await open().hello()).toMatchObject({ position: 1, pending: [{ position: 1 }] });
  });

  describe('of a user with few rights', () => {
    const rights =
      '+eval +evalsha +info +time +hmget +hgetall +hset +hdel +xadd +xlen +xrange +unlink +client|setname +client|list';

    async function openAs(...rules: string[]): Promise<RedisBus> {
      await redis.admin.acl('SETUSER', 'app', 'reset', 'on', '>secret', '~{zoocache}:*', ...rules);
      const client = redis.connect({ username: 'app', password: 'secret', enableReadyCheck: false });
      const bus = open({}, client);
      client.disconnect();
      return bus;
    }

    it('works with what the scripts call, without being woken', async () => {
      const bus = await openAs(...rights.split(' '));
      const { incarnation } = await bus.hello();
      bus.follow(() => {});
      expect(await bus.append(incarnation, [mark, { ...mark, kind: 'release' }])).toBe(2);
      expect(await bus.since(incarnation, 0)).toHaveLength(2);
    });

    it.each(rights.split(' ').filter((right) => right !== '+client|list'))('says so without %s', async (right) => {
      const bus = await openAs(...rights.split(' ').filter((other) => other !== right));
      const work = async () => {
        const { incarnation } = await bus.hello();
        // Only a server that has not seen a script is sent it.
        await redis.admin.script('FLUSH');
        await bus.append(incarnation, [mark, { ...mark, kind: 'release' }]);
        await bus.since(incarnation, 0);
      };
      const error = await work().catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        code: 'BUS_FAILED',
        message: expect.stringMatching(/Allow the user what .*\+info/),
      });
    });
  });
});

describeNeeding('redis', 'A bus in a Redis Cluster', () => {
  let nodes: PrivateRedis[];
  let client: Cluster;

  beforeAll(async () => {
    const start = () => PrivateRedis.start('--cluster-enabled', 'yes');
    nodes = await Promise.all([start(), start()]);
    const [one, other] = nodes;
    await one.admin.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16383);
    await one.admin.call('CLUSTER', 'MEET', '127.0.0.1', other.port);
    for (const { admin } of nodes) {
      await until(async () => /cluster_state:ok[^]*cluster_known_nodes:2/.test(await admin.cluster('INFO')));
    }
  });
  afterAll(() => Promise.all(nodes.map((node) => node.remove())));
  beforeEach(() => {
    client = new Cluster([{ host: '127.0.0.1', port: nodes[0].port }]).on('error', () => {});
  });
  afterEach(() => client.disconnect());

  it('follows its slot to another node, which is another life of the log', async () => {
    const [from, to] = nodes;
    const [bus, other] = [redisBus(client), redisBus(client)];
    buses.push(bus, other);
    const { incarnation } = await bus.hello();
    let wakes = 0;
    bus.follow(() => wakes++);
    await until(() => wakes === 1);
    await other.hello();
    await other.append(incarnation, [mark]);
    await until(() => wakes === 2);
    expect(await bus.since(incarnation, 0)).toHaveLength(1);

    const slot = await from.admin.cluster('KEYSLOT', '{zoocache}:log');
    const [fromId, toId] = await Promise.all(
      [from, to].map(({ admin }) => admin.call('CLUSTER', 'MYID') as Promise<string>),
    );
    await to.admin.cluster('SETSLOT', slot, 'IMPORTING', fromId);
    await from.admin.cluster('SETSLOT', slot, 'MIGRATING', toId);
    const keys = ['{zoocache}:log', '{zoocache}:meta'];
    await from.admin.call('MIGRATE', '127.0.0.1', to.port, '', 0, 5000, 'KEYS', ...keys);
    // Between the two nodes: one must be asked, the other still owns the slot.
    const isChanged = async () => (await bus.since(incarnation, 1).catch(() => 'away')) === INCARNATION_CHANGED;
    await until(isChanged);
    for (const { admin } of [to, from]) await admin.cluster('SETSLOT', slot, 'NODE', toId);
    await until(isChanged);

    const state = await bus.hello(incarnation);
    expect(state).toMatchObject({ position: 1, pending: [{ transactionId: 't' }] });
    expect(await bus.append(state.incarnation, [{ ...mark, kind: 'release' }])).toBe(2);
    expect(await to.admin.exists(...keys)).toBe(2);
  });

  it('asks every node who is connected, because the log may have been on another', async () => {
    const [, other] = nodes;
    await Promise.all(nodes.map((node) => node.grownUp()));
    const bus = redisBus(client, { prefix: 'new' });
    buses.push(bus);
    const witness = other.connect({ connectionName: 'zoocache-log:new' });
    await witness.ping();
    expect((await bus.hello()).quarantineMs).toBe(2000);
    witness.disconnect();
  });
});

describe('A Redis without flags of scripts', () => {
  let server: Server;
  const sockets = new Set<Socket>();

  /** Answers as Redis 6.2 does: it knows no script, and cannot compile one that begins with its flags. */
  class RedisSix {
    static answer(command: string): string {
      if (command === 'evalsha') return '-NOSCRIPT No matching script. Please use EVAL.\r\n';
      if (command !== 'eval') return '+OK\r\n';
      return "-ERR Error compiling script (new function): user_script:1: unexpected symbol near '#'\r\n";
    }
  }

  beforeAll(
    () =>
      new Promise<void>((resolve) => {
        server = createServer((socket) => {
          sockets.add(socket);
          socket.on('error', () => {});
          socket.on('data', (data) => {
            // The first word after the length of each command.
            for (const [, command] of String(data).matchAll(/\*\d+\r\n\$\d+\r\n(\w+)/g)) {
              socket.write(RedisSix.answer(command.toLowerCase()));
            }
          });
        }).listen(0, '127.0.0.1', resolve);
      }),
  );
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it('is refused with the version that is needed', async () => {
    const bus = await openRedisBus(`redis://127.0.0.1:${(server.address() as AddressInfo).port}`);
    buses.push(bus);
    await expect(bus.hello()).rejects.toMatchObject({
      code: 'UNSUPPORTED_SERVER',
      message: expect.stringContaining('Use Redis 7'),
    });
  });
});

describe('The name of a connection to a cluster', () => {
  /** A node, and what was sent to it; one that is away fails commands at once. */
  function node(status: string) {
    const sent: unknown[] = [];
    const call = async (...command: unknown[]): Promise<void> => {
      sent.push(command);
      if (status !== 'ready') throw new Error('This node is away');
    };
    const options: { connectionName?: string } = {};
    return { status, options, call, sent, on: () => undefined };
  }

  it('is told to every node that is there, and to the others when they are connected again', async () => {
    const nodes = [node('ready'), node('reconnecting'), node('ready')];
    const client = { ...node('ready'), nodes: () => nodes } as unknown as LinkClient;
    const link = new RedisLink({ client, attempted: Promise.resolve(), close: () => Promise.resolve() }, 'here');
    for (let times = 0; times < 2; times++) await link.setName('known');
    const once = [['client', 'SETNAME', 'known']];
    expect(nodes.map(({ sent }) => sent)).toEqual([once, [], once]);
    expect(nodes.map(({ options }) => options)).toEqual(nodes.map(() => ({ connectionName: 'known' })));
  });
});
