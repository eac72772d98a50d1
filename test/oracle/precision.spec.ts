import { expect, it } from '@jest/globals';
import { hitRatio, sumOf } from '../../bench/world/side-by-side.js';
import { playShop } from '../../bench/world/shop/play-shop.js';
import { percentageOf, playTenants } from '../../bench/world/tenants/play-tenants.js';
import { describeDatabases } from '../support/databases.js';

/** A small day in the shop of the benchmark; how it is read and written is what makes the figures, not its size. */
const DAY = {
  size: { products: 100, customers: 50, categories: 10, brands: 10 },
  seed: 7,
  warmUp: 1_000,
  operations: 2_500,
  checksHits: true,
};

describeDatabases('Answers stay until a write changes them,', (database) => {
  it('so in a shop nearly all drops of rows and of lists by equality have their reason', async () => {
    const options = await database.createOptions([]);
    const { fine, byTable, stale } = await playShop(options, DAY);
    expect(stale).toEqual([]);
    const shares = (group: string) => {
      const { hits, misses, drops, needless } = sumOf(fine, (kind) => kind.group === group);
      return { ofDrops: needless / drops, ofReads: needless / (hits + misses) };
    };
    expect(shares('by primary key').ofDrops).toBeLessThanOrEqual(0.02);
    expect(shares('by unique column').ofDrops).toBeLessThanOrEqual(0.02);
    // Where a criteria write does not tell its rows, it is any of the table.
    const lists = shares('list by equality');
    if (database.tellsChangedRows) expect(lists.ofDrops).toBeLessThanOrEqual(0.02);
    else expect(lists.ofReads).toBeLessThanOrEqual(0.2);
    expect(hitRatio(sumOf(fine)) / hitRatio(sumOf(byTable))).toBeGreaterThanOrEqual(2);
  }, 120_000);

  it('so a write of one tenant leaves what the others asked', async () => {
    const options = await database.createOptions([]);
    const { all } = await playTenants(options, { seed: 7, rounds: 1 });
    expect(percentageOf(all)).toBeGreaterThanOrEqual(database.tellsChangedRows ? 98 : 60);
  }, 120_000);
});
