import { afterAll, describe, expect, it } from '@jest/globals';
import { rmSync } from 'node:fs';
import { openLmdbBus } from '../../lib/bus/lmdb/lmdb-bus.js';
import { LocalBus } from '../../lib/bus/local/local-bus.js';
import { openRedisBus } from '../../lib/bus/redis/open-redis-bus.js';
import {
  busConformance,
  ReferenceBus,
  ReferenceLog,
  type BusConformanceOptions,
  type OpenBus,
} from '../../lib/testing/index.js';
import { PrivateRedis } from '../bus/private-redis.js';
import { redisVersions } from '../support/redis-versions.js';
import { connectionTo, describeNeeding, type Need } from '../support/services.js';
import { temporaryDirectory } from './temporary-directory.js';

interface Implementation extends BusConformanceOptions {
  readonly name: string;
  readonly needs?: Need;
  readonly open: OpenBus;
}

const localBus = new LocalBus();
const log = new ReferenceLog();
const smallLog = new ReferenceLog({ maxRecords: 100 });
const directory = temporaryDirectory();

/** One that may lose what it holds. */
let redis: PrivateRedis | undefined;
afterAll(() => redis?.remove());

/** Removes the file, and waits until it is noticed: where it is open, it is looked for from time to time only. */
async function loseLmdbLog(): Promise<void> {
  const bus = await openLmdbBus(`lmdb:${directory}/large`, { prefix: 'zoo' });
  const { incarnation } = await bus.hello();
  rmSync(`${directory}/large`, { recursive: true });
  // Whoever says hello just when it is noticed is rejected, and says it again.
  const isAnother = () =>
    bus.hello().then(
      (state) => state.incarnation !== incarnation,
      () => false,
    );
  while (!(await isAnother())) await new Promise(setImmediate);
  await bus.close();
}

const IMPLEMENTATIONS: readonly Implementation[] = [
  { name: 'LocalBus', open: () => localBus, local: true },
  {
    name: 'ReferenceBus',
    open: () => new ReferenceBus(log),
    follows: true,
    loseLog: () => log.lose(2_000),
    smallLog: { open: () => new ReferenceBus(smallLog), records: 100 },
  },
  {
    name: 'LMDB',
    open: () => openLmdbBus(`lmdb:${directory}/large`, { prefix: 'zoo' }),
    follows: true,
    loseLog: loseLmdbLog,
    smallLog: { open: () => openLmdbBus(`lmdb:${directory}/small`, { prefix: 'zoo', maxRecords: 100 }), records: 100 },
  },
  ...redisVersions.flatMap(({ version, load }): Implementation[] => {
    const openOn = (url: string, log: string, maxLength?: number) =>
      openRedisBus(url, { prefix: `${log} log of ${version}`, maxLength, load });
    const openOnPrivate = async (log: string, maxLength?: number) => {
      redis ??= await PrivateRedis.start();
      return openOn(redis.url, log, maxLength);
    };
    return [
      {
        name: `Redis by ${version}`,
        needs: 'redis',
        open: () => openOnPrivate('large'),
        follows: true,
        loseLog: () => redis!.admin.flushall(),
        smallLog: { open: () => openOnPrivate('small', 100), records: 100 },
      },
      ...(['redis-cluster', 'redis-sentinel'] as const).map((needs) => ({
        name: `${needs} by ${version}`,
        needs,
        open: async () => openOn((await connectionTo(needs)).url, 'large'),
        follows: true,
        smallLog: { open: async () => openOn((await connectionTo(needs)).url, 'small', 100), records: 100 },
      })),
    ];
  }),
];

for (const { name, needs, open, ...options } of IMPLEMENTATIONS) {
  const describeIt = needs === undefined ? describe : describeNeeding.bind(undefined, needs);

  describeIt(name, () => {
    it.each(busConformance(open, options))('$title', async ({ run }) => {
      await expect(run()).resolves.toBeUndefined();
    });
  });
}
