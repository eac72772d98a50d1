import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { INCARNATION_CHANGED, type NewRecord } from '../../lib/bus/invalidation-bus.js';
import { redisBus, type OpenRedisBusOptions } from '../../lib/bus/redis/open-redis-bus.js';
import type { RedisBus } from '../../lib/bus/redis/redis-bus.js';
import { describeNeeding } from '../support/services.js';
import { PrivateRedis, until } from './private-redis.js';

const log = '{zoocache}:log';
const meta = '{zoocache}:meta';

const mark: NewRecord = { kind: 'mark', transactionId: 't', invalidation: { touches: ['a'], sweeps: [] } };

let buses: RedisBus[] = [];

function open(redis: PrivateRedis, options: OpenRedisBusOptions = {}): RedisBus {
  const bus = redisBus(redis.admin, options);
  buses.push(bus);
  return bus;
}

async function closeAll(): Promise<void> {
  await Promise.all(buses.map((bus) => bus.close()));
  buses = [];
}

describeNeeding('redis', 'A log in Redis that is not what it was', () => {
  let redis: PrivateRedis;

  beforeAll(async () => (redis = await PrivateRedis.start()));
  afterAll(() => redis.remove());
  beforeEach(() => redis.admin.flushall());
  afterEach(closeAll);

  it.each<[string, () => Promise<unknown>]>([
    ['was emptied', () => redis.admin.flushall()],
    ['lost its stream', () => redis.admin.del(log)],
    ['lost its hash', () => redis.admin.del(meta)],
  ])('is another one to all who knew it, once it %s', async (_how, breakIt) => {
    const [one, other] = [open(redis), open(redis)];
    const { incarnation } = await one.hello();
    await one.append(incarnation, [mark]);
    await breakIt();

    // Also to who has read everything: he would not hear of what comes next.
    for (const position of [0, 1]) expect(await other.since(incarnation, position)).toBe(INCARNATION_CHANGED);
    expect(await one.append(incarnation, [mark])).toBe(INCARNATION_CHANGED);

    const states = await Promise.all([one, other, one, other].map((bus) => bus.hello(incarnation)));
    expect(new Set(states.map((state) => state.incarnation)).size).toBe(1);
    expect(states[0].incarnation).not.toBe(incarnation);
    expect(states[0].floor).toBe(states[0].position);
    const next = await one.append(states[0].incarnation, [mark]);
    expect(await other.since(states[0].incarnation, states[0].position)).toMatchObject([{ position: next }]);
  });

  it('keeps the marks that are open, because whoever made them may be gone and his transaction not', async () => {
    const bus = open(redis);
    const { incarnation } = await bus.hello();
    await bus.append(incarnation, [{ ...mark, kind: 'invalidate', transactionId: '' }, mark]);
    await redis.admin.del(log);

    const state = await bus.hello(incarnation);
    expect(state).toMatchObject({ position: 2, floor: 2, pending: [{ ...mark, position: 2 }] });
    await bus.append(state.incarnation, [{ ...mark, kind: 'release' }]);
    expect(await bus.hello()).toMatchObject({ position: 3, floor: 2, pending: [] });
  });

  it('is the same as long as nothing happened, even before anything was appended', async () => {
    const bus = open(redis);
    const { incarnation } = await bus.hello();
    expect(await bus.since(incarnation, 0)).toEqual([]);
    expect((await bus.hello(incarnation)).incarnation).toBe(incarnation);
    expect((await bus.hello('another')).incarnation).toBe(incarnation);
  });

  it('is not believed after a restart, however whole it looks: the last second of it may be missing', async () => {
    const bus = open(redis);
    const { incarnation } = await bus.hello();
    await bus.append(incarnation, [mark]);
    await redis.admin.save();
    await redis.restart();

    await until(async () => (await bus.since(incarnation, 1).catch(() => 'away')) === INCARNATION_CHANGED);
    expect(await redis.admin.xlen(log)).toBe(1);
    const state = await bus.hello(incarnation);
    expect(state).toMatchObject({ position: 1, floor: 1, pending: [{ transactionId: 't' }] });
    expect(state.incarnation).not.toBe(incarnation);
    expect(state.quarantineMs).toBeGreaterThan(1000);
  });
});

describeNeeding('redis', 'A primary and its replica', () => {
  let primary: PrivateRedis;
  let replica: PrivateRedis;

  beforeAll(async () => {
    [primary, replica] = await Promise.all([PrivateRedis.start(), PrivateRedis.start()]);
  });
  afterAll(() => Promise.all([primary.remove(), replica.remove()]));
  afterEach(async () => {
    await closeAll();
    await Promise.all([primary, replica].map(({ admin }) => admin.replicaof('NO', 'ONE')));
  });

  async function replicate(from: PrivateRedis, to: PrivateRedis): Promise<void> {
    await to.admin.replicaof('127.0.0.1', from.port);
    await until(async () => (await to.admin.info('replication')).includes('master_link_status:up'));
  }

  it('have different lives: what was promoted may lack what the other acknowledged', async () => {
    await replicate(primary, replica);
    const before = open(primary);
    const { incarnation } = await before.hello();
    await before.append(incarnation, [mark]);
    await until(async () => (await replica.admin.xlen(log)) === 1);
    await replica.admin.replicaof('NO', 'ONE');

    const after = open(replica);
    await until(async () => (await after.since(incarnation, 1).catch(() => 'away')) === INCARNATION_CHANGED);
    const state = await after.hello(incarnation);
    expect(state.incarnation).not.toBe(incarnation);
    expect(state.pending).toMatchObject([{ transactionId: 't' }]);
    expect(state.quarantineMs).toBeGreaterThan(1000);
  });

  it.each(['yes', 'no'])(
    'are told apart when one was demoted and kept its connections (replica-read-only %s)',
    async (readOnly) => {
      await primary.admin.config('SET', 'replica-read-only', readOnly);
      const bus = open(primary);
      const { incarnation } = await bus.hello();
      const { id } = await busConnection(primary);
      await replicate(replica, primary);

      await expect(bus.since(incarnation, 0)).rejects.toMatchObject({
        code: 'BUS_FAILED',
        cause: expect.objectContaining({ message: expect.stringMatching(/^READONLY/) }),
      });
      // Another connection finds the primary, where sentinels or names lead to it.
      await until(async () => ((await busConnection(primary))?.id ?? id) !== id);
      for (const attempt of [
        () => bus.since(incarnation, 0),
        () => bus.append(incarnation, [mark]),
        () => bus.hello(),
      ]) {
        await expect(attempt()).rejects.toMatchObject({ code: 'BUS_FAILED' });
      }
    },
  );

  async function busConnection(redis: PrivateRedis): Promise<{ id: string }> {
    const line = String(await redis.admin.client('LIST'))
      .split('\n')
      .find((text) => text.includes(' name=zoocache-log:zoocache '));
    return (line && { id: /id=(\d+)/.exec(line)?.[1] }) as { id: string };
  }
});

describeNeeding('redis', 'The quarantine of a log', () => {
  let old: PrivateRedis;

  beforeAll(async () => {
    old = await PrivateRedis.start();
    await old.grownUp();
  });
  afterAll(() => old.remove());
  beforeEach(() => old.admin.flushall());
  afterEach(async () => {
    await closeAll();
    await until(async () => !(await isKnown()));
  });

  /** Whether a connection has the name of those who have known a log. */
  async function isKnown(): Promise<boolean> {
    return String(await old.admin.client('LIST')).includes('name=zoocache-log');
  }

  it('is none for one that is new for everybody, also when processes start together', async () => {
    const states = await Promise.all([open(old), open(old), open(old)].map((bus) => bus.hello()));
    expect(states.map(({ quarantineMs }) => quarantineMs)).toEqual([0, 0, 0]);
    expect(new Set(states.map(({ incarnation }) => incarnation)).size).toBe(1);
  });

  describe('lasts for what is left of two seconds', () => {
    it('and everybody is told the rest of the same', async () => {
      const bus = open(old);
      const first = await bus.hello('former');
      expect(first.quarantineMs).toBe(2000);
      await until(async () => (await bus.hello()).quarantineMs < 1900);
      const later = await open(old).hello('another one that came late');
      expect(later.incarnation).toBe(first.incarnation);
      expect(later.quarantineMs).toBeLessThan(1900);
      expect(later.quarantineMs).toBeGreaterThan(0);
    });

    it('and not longer when the clock of the server is set back', async () => {
      const bus = open(old);
      await bus.hello('former');
      await old.admin.hset(meta, 'until', '99999999999999');
      expect((await bus.hello()).quarantineMs).toBe(2000);
    });

    it('and is over after it', async () => {
      const bus = open(old, { quarantineMs: 50 });
      expect((await bus.hello('former')).quarantineMs).toBe(50);
      let state = await bus.hello();
      // It may be over since the very millisecond in which this is asked.
      await until(async () => (state = await bus.hello()).quarantineMs === 0 && state.trustedForMs !== 0);
      expect(state.trustedForMs).toBeGreaterThan(0);
      expect(state.trustedForMs).toBeLessThan(10_000);
    });
  });

  describe('is needed', () => {
    it('when the caller knew a former life', async () => {
      expect((await open(old).hello('former')).quarantineMs).toBe(2000);
    });

    it('when this very process has known it, even if it does not say so', async () => {
      const bus = open(old);
      expect((await bus.hello()).quarantineMs).toBe(0);
      await old.admin.flushall();
      expect((await bus.hello()).quarantineMs).toBe(2000);
    });

    it.each([log, meta])('when %s is left of a former life', async (part) => {
      const bus = open(old);
      const { incarnation } = await bus.hello();
      await bus.append(incarnation, [mark]);
      await bus.close();
      await until(async () => !(await isKnown()));
      await old.admin.del(part === log ? meta : log);

      expect((await open(old).hello()).quarantineMs).toBe(2000);
    });

    it('when others are connected who have known it, but not when they know another log', async () => {
      const other = open(old);
      await other.hello();
      await other.since('none', 0);
      await old.admin.flushall();
      expect((await open(old, { prefix: 'zoo' }).hello()).quarantineMs).toBe(0);
      expect((await open(old).hello()).quarantineMs).toBe(2000);
    });

    it('when others who have known it connected again', async () => {
      const other = open(old);
      const { incarnation } = await other.hello();
      await old.admin.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await until(async () => Array.isArray(await other.since(incarnation, 0).catch(() => undefined)));
      await old.admin.flushall();
      expect((await open(old).hello()).quarantineMs).toBe(2000);
    });

    it('when the server does not say who is connected', async () => {
      await old.admin.acl('SETUSER', 'shy', 'reset', 'on', 'nopass', '~*', '&*', '+@all', '-client|list');
      const shy = old.connect({ username: 'shy', password: 'x' });
      const bus = redisBus(shy);
      buses.push(bus);
      shy.disconnect();
      expect((await bus.hello()).quarantineMs).toBe(2000);
    });
  });

  it('is needed when the server has just started, or has been the replica of another', async () => {
    const young = await PrivateRedis.start();
    try {
      expect((await open(young).hello()).quarantineMs).toBe(2000);
      await young.grownUp();

      await old.admin.replicaof('127.0.0.1', young.port);
      await until(async () => (await old.admin.info('replication')).includes('master_link_status:up'));
      await old.admin.replicaof('NO', 'ONE');
      await old.admin.flushall();
      expect((await open(old).hello()).quarantineMs).toBe(2000);
    } finally {
      await young.remove();
    }
  });
});
