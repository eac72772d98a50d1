import type { NewRecord } from '../../lib/bus/invalidation-bus.js';
import { microsecondsEach } from '../harness/in-flight.js';
import { median, ratioOf } from '../harness/measure.js';
import { report, times } from '../harness/scenario.js';
import { onRedis, type RedisServer } from '../world/redis-server.js';

const { openRedisBus } = await import('../../lib/bus/redis/open-redis-bus.js');
const { encodeRecord } = await import('../../lib/bus/redis/record-text.js');

const ROUNDS = 15;
const CALLS = 2_000;

/** What an UPDATE of one column of one row tells, to those who named the schema and to those who did not. */
function update(kind: NewRecord['kind'], id: number): NewRecord {
  const database = 'postgres:db.internal:5432:shop';
  const touches = [`${database}\u001fproduct\u001f.\u001fpublic`, `${database}\u001fproduct`].flatMap((table) =>
    ['', ':\u001f' + id, '~\u001f*', '~\u001f#price', '~\u001f?price\u001f' + id * 10].map((node) =>
      node === '' ? table : `${table}\u001f${node}`,
    ),
  );
  return { kind, transactionId: `4f1c9a02-${id}`, invalidation: { touches, sweeps: [] } };
}

/**
 * What the log in Redis costs its server, its readers, and whoever waits for news. Writer and reader share one event loop
 * here, so news travel faster between two processes.
 */
await report(() =>
  onRedis(async (server) => {
    const [bus, other] = [await openRedisBus(server.url), await openRedisBus(server.url)];
    const { incarnation } = await bus.hello();
    await other.hello();
    let position = 0;
    const append = async (...records: NewRecord[]) => {
      position = (await bus.append(incarnation, records)) as number;
    };

    const mark = await serverTime(server, (n) => append(update('mark', n)));
    const release = await serverTime(server, (n) => append(update('release', n)));
    const barrier = await serverTime(server, () => bus.since(incarnation, position));

    const alone = { calls: CALLS, inFlight: 1 };
    const barrierAlone: number[] = [];
    const barriersPerSecond: number[] = [];
    const appendAlone: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const ping = await microsecondsEach(() => server.admin.ping(), alone);
      barrierAlone.push((await microsecondsEach(() => bus.since(incarnation, position), alone)) / ping);
      appendAlone.push((await microsecondsEach((n) => append(update('release', n)), alone)) / ping);
      barriersPerSecond.push(
        1e6 / (await microsecondsEach(() => bus.since(incarnation, position), { calls: CALLS, inFlight: 50 })),
      );
    }

    const freshness = await pushed(server, async (told) => {
      let applied = position;
      let reading = Promise.resolve();
      other.follow(() => {
        reading = reading.then(async () => {
          const records = (await other.since(incarnation, applied)) as readonly { position: number }[];
          applied = records.at(-1)?.position ?? applied;
          if (applied === position && records.length > 0) told();
        });
      });
      return (n) => bus.append(incarnation, [update('release', n)]).then((at) => void (position = at as number));
    });

    await Promise.all([bus.close(), other.close()]);
    return [
      {
        case: 'Redis CPU of appending a typical transaction (10 tags), mark and release',
        measured: `${mark.toFixed(1)} us and ${release.toFixed(1)} us, ${encodeRecord(update('release', 42)).length} bytes`,
        target: 'at most 25 us each',
        isMet: Math.max(mark, release) <= 25,
      },
      {
        case: 'Redis CPU of a barrier with nothing new',
        measured: `${barrier.toFixed(1)} us, ${Math.round(median(barriersPerSecond))} barriers/s at concurrency 50`,
        target: 'at most 15 us',
        isMet: barrier <= 15,
      },
      {
        case: 'a barrier alone, against PING',
        measured: times(ratioOf(barrierAlone)),
        target: 'at most 2 x',
        isMet: median(barrierAlone) <= 2,
      },
      {
        case: 'an append alone, against PING',
        measured: times(ratioOf(appendAlone)),
        target: 'at most 3 x',
        isMet: median(appendAlone) <= 3,
      },
      {
        case: 'another process has applied a write, by push, against a bare PUBLISH to its message',
        measured: times(ratioOf(freshness)),
        target: 'at most 3 x',
        isMet: median(freshness) <= 3,
      },
    ];
  }),
);

/** Microseconds of the server for one call, as it counts them itself: all of it is the script. */
async function serverTime({ admin }: RedisServer, call: (n: number) => Promise<unknown>): Promise<number> {
  for (let n = 0; n < CALLS; n++) await call(n);
  await admin.config('RESETSTAT');
  for (let n = 0; n < CALLS; n++) await call(n);
  return Number(/cmdstat_evalsha:.*usec_per_call=([\d.]+)/.exec(await admin.info('commandstats'))?.[1]);
}

/** How long until the news has arrived, against a message of the same server, round by round. */
async function pushed(
  { admin }: RedisServer,
  listen: (told: () => void) => Promise<(n: number) => Promise<unknown>>,
): Promise<number[]> {
  let arrive: () => void = () => {};
  const arrived = async (send: () => Promise<unknown>) => {
    const start = performance.now();
    const told = new Promise<void>((resolve) => (arrive = resolve));
    await Promise.all([send(), told]);
    return performance.now() - start;
  };
  const subscriber = admin.duplicate();
  await subscriber.subscribe('news');
  subscriber.on('message', () => arrive());
  const send = await listen(() => arrive());
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const [raw, own]: [number[], number[]] = [[], []];
    for (let n = 0; n < 200; n++) {
      raw.push(await arrived(() => admin.publish('news', 'x')));
      own.push(await arrived(() => send(n)));
    }
    ratios.push(median(own) / median(raw));
  }
  subscriber.disconnect();
  return ratios;
}
