import { ZooCacheService } from 'nestjs-zoocache';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Dice } from '../../../test/support/dice.js';
import { openApplication } from '../application.js';
import { SideBySide, type SideBySideFigures } from '../side-by-side.js';
import { weighted } from '../uneven-chances.js';
import { SHOP_ENTITIES } from './entities.js';
import { SHOP_READS } from './reads.js';
import { Shop, type ShopSize } from './shop.js';
import { SHOP_WRITES } from './writes.js';

/** How a shop is used. */
export interface ShopDay {
  readonly size: ShopSize;
  readonly seed: number;
  /** Reads and writes that fill the cache and are not counted. */
  readonly warmUp: number;
  /** Reads and writes that are counted. */
  readonly operations: number;
  /** Whether every hit is compared with the database, which takes far longer. */
  readonly checksHits?: boolean;
}

/** What a day in the shop showed. */
export interface ShopFigures extends SideBySideFigures {
  readonly writes: number;
  /** Hits that were compared with the database, and were wrong. */
  readonly stale: readonly string[];
}

/** One operation in twenty is a write. */
const WRITES = 0.05;

/** Plays a day in a shop on an empty database: one customer after the other, so the same seed gives the same figures. */
export async function playShop(options: Omit<DataSourceOptions, 'entities'>, day: ShopDay): Promise<ShopFigures> {
  const application = await openApplication({ ...options, entities: SHOP_ENTITIES } as DataSourceOptions);
  try {
    const dataSource = application.get(DataSource);
    const dice = new Dice(day.seed);
    const shop = new Shop(day.size);
    await shop.open(dataSource.manager, dice);
    const caches = new SideBySide(application.get(ZooCacheService), dataSource.manager, day.checksHits);
    const aRead = weighted(SHOP_READS);
    const aWrite = weighted(SHOP_WRITES);
    let writes = 0;
    for (let at = 0; at < day.warmUp + day.operations; at++) {
      if (at === day.warmUp) {
        caches.startCounting();
        writes = 0;
      }
      if (dice.roll() < WRITES) {
        await aWrite(dice).perform(dataSource, shop, dice);
        if (at >= day.warmUp) await caches.noticeDrops();
        writes++;
      } else {
        const kind = aRead(dice);
        await caches.ask({ kind, ...kind.draw(shop, dice) });
      }
    }
    return { ...caches.figures, writes, stale: caches.stale };
  } finally {
    await application.close();
  }
}
