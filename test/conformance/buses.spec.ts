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
import { describeNeeding, type Need } from '../support/services.js';
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

const IMPLEMENTATIONS: readonly Implementation[] = [
  { name: 'LocalBus', open: () => localBus, local: true },
  {
    name: 'ReferenceBus',
    open: () => new ReferenceBus(log),
    follows: true,
    loseLog: () => log.lose(1_000),
    smallLog: { open: () => new ReferenceBus(smallLog), records: 100 },
  },
  {
    name: 'LMDB',
    open: () => openLmdbBus(`lmdb:${directory}/large`, { prefix: 'zoo' }),
    follows: true,
    loseLog: () => rmSync(`${directory}/large`, { recursive: true }),
    smallLog: { open: () => openLmdbBus(`lmdb:${directory}/small`, { prefix: 'zoo', maxRecords: 100 }), records: 100 },
  },
  ...redisVersions.map(({ version, load }): Implementation => {
    const open = async (prefix: string, maxLength?: number) => {
      redis ??= await PrivateRedis.start();
      return openRedisBus(redis.url, { prefix: `${prefix} ${version}`, maxLength, load });
    };
    return {
      name: `Redis by ${version}`,
      needs: 'redis',
      open: () => open('large'),
      follows: true,
      loseLog: () => redis!.admin.flushall(),
      smallLog: { open: () => open('small', 100), records: 100 },
    };
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
