import { ZooCacheService } from 'nestjs-zoocache';
import { setTimeout as pause } from 'node:timers/promises';
import { median } from '../harness/measure.js';
import { report } from '../harness/scenario.js';
import { openShop } from '../world/shop.js';

const CALLS = 1_000;
const LOAD_MS = 20;
const ROUNDS = 15;

/** A thousand calls on a cold key at once, with a load that takes 20 ms. */
await report(async () => {
  const app = await openShop();
  const zooCache = app.get(ZooCacheService);
  let loads = 0;
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const alone = performance.now();
    await pause(LOAD_MS);
    const loadTook = performance.now() - alone;
    const start = performance.now();
    await Promise.all(
      Array.from({ length: CALLS }, () =>
        zooCache.getOrLoad(`cold:${round}`, async () => {
          loads++;
          await pause(LOAD_MS);
          return { round };
        }),
      ),
    );
    ratios.push((performance.now() - start) / loadTook);
  }
  await app.close();
  const ratio = median(ratios);
  return [
    {
      case: '1,000 concurrent calls on a cold key',
      measured: `${ratio.toFixed(2)} x the load's time, ${(loads / ROUNDS).toFixed(2)} loads`,
      target: "one load, at most 1.3 x the load's time",
      isMet: ratio <= 1.3 && loads === ROUNDS,
    },
  ];
});
