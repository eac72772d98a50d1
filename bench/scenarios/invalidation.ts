import { ZooCacheService } from 'nestjs-zoocache';
import { median } from '../harness/measure.js';
import { report } from '../harness/scenario.js';
import { openShop } from '../world/shop.js';

const ROUNDS = 301;

/** Invalidating a tag that many answers carry: nothing is looked for, so it makes no difference how many they are. */
await report(async () => {
  const small = await medianInvalidation(1_000);
  const large = await medianInvalidation(1_000_000);
  const ratio = large / small;
  return [
    {
      case: 'invalidating one tag of 1,000,000 entries, against 1,000',
      measured: `${ratio.toFixed(2)} x, ${large.toFixed(1)} us against ${small.toFixed(1)} us`,
      target: 'at most 1.5 x, at most 50 us',
      isMet: ratio <= 1.5 && large <= 50,
    },
  ];
});

/** Microseconds of one call. */
async function medianInvalidation(entries: number): Promise<number> {
  const app = await openShop({ storage: 'memory://?maxEntries=2000000&maxBytes=2gb' });
  const zooCache = app.get(ZooCacheService);
  const since = await zooCache.position();
  for (let i = 0; i < entries; i++) await zooCache.set(`report:${i}`, i, { tags: ['reports'], since });
  const took: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await zooCache.invalidate('reports');
    took.push((performance.now() - start) * 1_000);
  }
  await app.close();
  return median(took);
}
