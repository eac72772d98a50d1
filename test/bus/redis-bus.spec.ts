import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FORGOTTEN, INCARNATION_CHANGED, type NewRecord } from '../../lib/bus/invalidation-bus.js';
import { openRedisBus, redisBus, type OpenRedisBusOptions } from '../../lib/bus/redis/open-redis-bus.js';
import type { RedisBus } from '../../lib/bus/redis/redis-bus.js';
import { tagOf } from '../../lib/tags/tag.js';
import { redisVersions } from '../support/redis-versions.js';
import { describeNeeding } from '../support/services.js';
import { PrivateRedis, until } from './private-redis.js';

let redis: PrivateRedis;
let buses: RedisBus[] = [];

const log = '{zoocache}:log';
const meta = '{zoocache}:meta';

function invalidation(...touches: string[]) {
  return { touches, sweeps: [] };
}

const mark = (transactionId: string): NewRecord => ({ kind: 'mark', transactionId, invalidation: invalidation('t') });
const release = (transactionId: string): NewRecord => ({ ...mark(transactionId), kind: 'release' });
const invalidate = (...tags: string[]): NewRecord => ({
  kind: 'invalidate',
  transactionId: '',
  invalidation: invalidation(...tags),
});

/** How often Redis ran a command since its statistics were reset. */
async function callsOf(command: string): Promise<number> {
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await redis.admin.info('commandstats'))?.[1] ?? 0);
}

describeNeeding('redis', 'A bus in Redis', () => {
  beforeAll(async () => (redis = await PrivateRedis.start()));
  afterAll(() => redis.remove());
  beforeEach(() => redis.admin.flushall());
  afterEach(async () => {
    await Promise.all(buses.map((bus) => bus.close()));
    buses = [];
  });

  describe.each(redisVersions)('by $version', ({ load }) => {
    async function open(options: OpenRedisBusOptions = {}): Promise<RedisBus> {
      const bus = await openRedisBus(redis.url, { load, ...options });
      buses.push(bus);
      return bus;
    }

    it('gives records consecutive positions, and every reader the same records in the same order', async () => {
      const [one, other] = [await open(), await open()];
      const { incarnation } = await one.hello();
      expect((await other.hello()).incarnation).toBe(incarnation);

      const positions = await Promise.all(
        Array.from({ length: 40 }, (_, n) =>
          (n % 2 ? one : other).append(incarnation, [invalidate(`a${n}`), invalidate(`b${n}`)]),
        ),
      );

      expect([...positions].sort((a, b) => Number(a) - Number(b))).toEqual(
        Array.from({ length: 40 }, (_, n) => 2 * n + 2),
      );
      const records = await one.since(incarnation, 0);
      expect(await other.since(incarnation, 0)).toEqual(records);
      expect(records).toHaveLength(80);
      for (const [n, position] of positions.entries()) {
        const [first, second] = records.slice(Number(position) - 2, Number(position));
        expect([first, second]).toMatchObject([
          { position: Number(position) - 1, invalidation: { touches: [`a${n}`] } },
          { position, invalidation: { touches: [`b${n}`] } },
        ]);
      }
      expect(await one.since(incarnation, 78)).toEqual((records as unknown[]).slice(78));
      expect(await one.since(incarnation, 80)).toEqual([]);
    });

    it('keeps every field, with any characters', async () => {
      const bus = await open();
      const { incarnation } = await bus.hello();
      const odd = ['', '\0\r\n$3\r\n', '"\\u001f', '\ud83d\udc3c', '\ud83d', 'ÿ', ' m 1 '];
      const record: NewRecord = {
        kind: 'mark',
        transactionId: '4f-1 \r\n',
        invalidation: {
          touches: odd.map((text) => tagOf('db', text)),
          sweeps: odd.map((text) => tagOf('db', text, 'x')),
        },
        witness: '{"pid":17}',
        schemas: { [tagOf('db', 'zoo')]: 'f00d' },
      };
      await bus.append(incarnation, [record]);

      expect(await bus.since(incarnation, 0)).toEqual([{ ...record, position: 1 }]);
      expect((await bus.hello()).pending).toEqual([{ ...record, position: 1 }]);
    });

    it('asks once for each call, and tells a server that has not seen a script what it is', async () => {
      const bus = await open();
      const { incarnation } = await bus.hello();
      await redis.admin.script('FLUSH');
      for (let round = 0; round < 3; round++) {
        if (round === 1) await redis.admin.config('RESETSTAT');
        await bus.append(incarnation, [mark(`t${round}`), release(`t${round}`)]);
        await bus.since(incarnation, 0);
        await bus.hello();
      }

      expect(await bus.since(incarnation, 4)).toHaveLength(2);
      expect([await callsOf('evalsha'), await callsOf('eval'), await callsOf('client\\|setname')]).toEqual([7, 0, 0]);
    });

    it('hands out a long backlog in answers that are short each, up to where the log stood at first', async () => {
      const bus = await open();
      const { incarnation } = await bus.hello();
      const tag = 'x'.repeat(80);
      expect(
        await bus.append(
          incarnation,
          Array.from({ length: 10_000 }, (_, n) => invalidate(tag + n)),
        ),
      ).toBe(10_000);
      await redis.admin.config('RESETSTAT');

      const records = await bus.since(incarnation, 3);

      expect(records).toHaveLength(9_997);
      expect(records[9_996]).toMatchObject({ position: 10_000, invalidation: { touches: [`${tag}9999`] } });
      // A megabyte and more, by a quarter of one.
      expect(await callsOf('evalsha')).toBe(4);
    });

    it('is woken when others append, and once whenever it is connected again', async () => {
      const [one, other] = [await open(), await open()];
      const { incarnation } = await one.hello();
      const wakes = countdown();
      const unfollow = one.follow(wakes.count);
      await wakes.reached(1);

      for (let n = 0; n < 5; n++) await one.append(incarnation, [invalidate('own')]);
      await other.append(incarnation, [invalidate('a'), invalidate('b')]);
      await wakes.reached(2);

      await redis.admin.client('KILL', 'TYPE', 'pubsub');
      await wakes.reached(3);
      await other.append(incarnation, [invalidate('c')]);
      await wakes.reached(4);

      unfollow();
      const later = countdown();
      one.follow(later.count);
      await other.append(incarnation, [invalidate('d')]);
      await later.reached(1);
      expect(wakes.counted).toBe(4);
    });
  });

  function open(options: OpenRedisBusOptions = {}): RedisBus {
    const bus = redisBus(redis.admin, options);
    buses.push(bus);
    return bus;
  }

  it('appends nothing to another incarnation, and tells nothing of it', async () => {
    const bus = open();
    const { incarnation } = await bus.hello();
    await bus.append(incarnation, [invalidate('a')]);

    expect(await bus.append('another', [mark('t'), invalidate('b')])).toBe(INCARNATION_CHANGED);
    expect(await bus.since('another', 1)).toBe(INCARNATION_CHANGED);
    expect(await bus.hello()).toMatchObject({ incarnation, position: 1, pending: [] });
    expect(await redis.admin.xlen(log)).toBe(1);
  });

  it('does not know a position that the log has not reached', async () => {
    const bus = open();
    const { incarnation } = await bus.hello();
    await bus.append(incarnation, [invalidate('a')]);
    expect(await bus.since(incarnation, 2)).toBe(INCARNATION_CHANGED);
  });

  it('counts on for longer than any application lives', async () => {
    const bus = open();
    const { incarnation } = await bus.hello();
    await redis.admin.hset(meta, 'head', '12345678901234', 'start', '12345678901234');
    expect(await bus.append(incarnation, [mark('t'), invalidate('a')])).toBe(12345678901236);
    expect(await bus.since(incarnation, 12345678901235)).toMatchObject([{ position: 12345678901236 }]);
    expect(await bus.hello()).toMatchObject({ floor: 12345678901234, pending: [{ position: 12345678901235 }] });
  });

  it('keeps about as many records as it is told, and says of which it has forgotten the next', async () => {
    const bus = open({ maxLength: 200 });
    const { incarnation } = await bus.hello();
    for (let n = 0; n < 10; n++)
      await bus.append(
        incarnation,
        Array.from({ length: 100 }, () => invalidate('a')),
      );

    const { floor, position } = await bus.hello();
    expect(position).toBe(1000);
    expect(1000 - floor).toBeLessThan(400);
    expect(1000 - floor).toBeGreaterThanOrEqual(200);
    expect(await bus.since(incarnation, floor - 1)).toBe(FORGOTTEN);
    expect(await bus.since(incarnation, floor)).toHaveLength(1000 - floor);
  });

  it('does not hand out what stands after a record that is gone', async () => {
    const bus = open();
    const { incarnation } = await bus.hello();
    await bus.append(incarnation, [invalidate('a'), invalidate('b'), invalidate('c')]);
    await redis.admin.xdel(log, '2-0');
    expect(await bus.since(incarnation, 0)).toBe(FORGOTTEN);
  });

  it('reaches the end of a backlog that grows faster than it is read', async () => {
    const writer = open();
    const { incarnation } = await writer.hello();
    const more = () =>
      writer.append(
        incarnation,
        Array.from({ length: 3000 }, () => invalidate('x'.repeat(100))),
      );
    await more();
    const growingWhileRead = {
      options: {},
      duplicate(options: object) {
        const client = redis.admin.duplicate(options);
        const call = client.call.bind(client) as (...args: unknown[]) => Promise<unknown>;
        client.call = async (...args: unknown[]) => {
          const answer = await call(...args);
          await more();
          return answer;
        };
        return client;
      },
    };
    const reader = redisBus(growingWhileRead);
    buses.push(reader);
    await reader.hello();

    const records = (await reader.since(incarnation, 0)) as unknown[];
    expect(records.length).toBeGreaterThanOrEqual(3000);
  });

  it('tells of open marks in their order, wherever in the log they stand, and of no other', async () => {
    const bus = open({ maxLength: 100 });
    const { incarnation } = await bus.hello();
    const marks = Array.from({ length: 20 }, (_, n) => ({ ...mark(`t${n}`), witness: 'w'.repeat(100) }));
    await bus.append(incarnation, marks);
    await bus.append(
      incarnation,
      Array.from({ length: 1000 }, () => invalidate('a')),
    );
    await bus.append(incarnation, [release('t1'), release('unheard of'), mark('late'), release('late')]);

    const { floor, pending } = await bus.hello();
    expect(floor).toBeGreaterThan(20);
    expect(pending).toEqual(marks.map((record, n) => ({ ...record, position: n + 1 })).filter((_, n) => n !== 1));
  });

  it('leaves the logs of other prefixes and all other keys alone', async () => {
    await redis.admin.set('{zoo}:log', 'of somebody else');
    const prefixes = ['zoo-cache', 'a{b}c', '{}', '%7b%7d', 'Zürich 8'];
    const found = prefixes.map((prefix) => open({ prefix }));
    const states = await Promise.all(found.map((bus) => bus.hello()));
    for (const [n, bus] of found.entries()) await bus.append(states[n].incarnation, [invalidate(prefixes[n])]);

    expect(new Set(states.map(({ incarnation }) => incarnation)).size).toBe(prefixes.length);
    for (const [n, bus] of found.entries()) {
      expect(await bus.since(states[n].incarnation, 0)).toMatchObject([{ invalidation: { touches: [prefixes[n]] } }]);
    }
    expect(await redis.admin.get('{zoo}:log')).toBe('of somebody else');
    expect((await redis.admin.keys('*')).sort()).toEqual([
      '{%257b%257d}:log',
      '{%257b%257d}:meta',
      '{%7b%7d}:log',
      '{%7b%7d}:meta',
      '{Z%c3%bcrich%208}:log',
      '{Z%c3%bcrich%208}:meta',
      '{a%7bb%7dc}:log',
      '{a%7bb%7dc}:meta',
      '{zoo-cache}:log',
      '{zoo-cache}:meta',
      '{zoo}:log',
    ]);
  });

  it('goes on appending when Redis is full, because an invalidation that is lost makes answers stale', async () => {
    const bus = open();
    const { incarnation } = await bus.hello();
    await redis.admin.config('SET', 'maxmemory', '1');
    try {
      await expect(redis.admin.set('x', 'y')).rejects.toThrow('OOM');
      expect(await bus.append(incarnation, [mark('t')])).toBe(1);
      expect(await bus.since(incarnation, 0)).toHaveLength(1);
      expect((await bus.hello()).pending).toHaveLength(1);
      await redis.admin.flushall();
      expect(await bus.append(incarnation, [mark('t')])).toBe(INCARNATION_CHANGED);
      expect(await bus.hello()).toMatchObject({ position: 0 });
    } finally {
      await redis.admin.config('SET', 'maxmemory', '0');
    }
  });

  it('says which prefix and which client it cannot use', () => {
    expect(() => redisBus(redis.admin, { prefix: '' })).toThrow(/may not be empty/);
    for (const client of [undefined, null, {}, 'redis://localhost', { duplicate: 1 }]) {
      expect(() => redisBus(client)).toThrow(
        expect.objectContaining({
          code: 'INVALID_ARGUMENT',
          message: expect.stringMatching(/not a client of ioredis: redisBus\(\)/),
        }),
      );
    }
  });

  it('refuses a URL before anything is opened', async () => {
    await expect(openRedisBus('redis://localhost/x')).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('says so when it meets a record that it cannot read', async () => {
    const bus = open();
    const { incarnation } = await bus.hello();
    await redis.admin.xadd(log, '1-0', 'r', '["?"]');
    await redis.admin.hset(meta, 'head', '1');
    await expect(bus.since(incarnation, 0)).rejects.toMatchObject({
      message: expect.stringMatching(/Another version .*'{zoocache}:log'/),
      cause: expect.objectContaining({ message: 'This is no record of a log: ["?"]' }),
    });
  });
});

/** Counts, and tells when it has come so far. */
function countdown() {
  let counted = 0;
  return {
    count: () => void counted++,
    get counted() {
      return counted;
    },
    reached: (count: number) => until(() => counted >= count),
  };
}
