import type { DataSourceOptions } from 'typeorm';
import { onServer } from '../harness/databases.js';
import { report, type Finding } from '../harness/scenario.js';
import { hitRatio, sumOf, type Tally } from '../world/side-by-side.js';
import { playShop, type ShopDay } from '../world/shop/play-shop.js';
import { SHOP_READS } from '../world/shop/reads.js';

const DAY: ShopDay = {
  size: { products: 1_000, customers: 500, categories: 30, brands: 50 },
  seed: 1,
  warmUp: 20_000,
  operations: 40_000,
};

/** Where every drop is to have its reason. */
const PRECISE = ['by primary key', 'by unique column', 'list by equality'];

/**
 * How many answers writes drop that the database would give again, and what that makes of the hit ratio, beside answers
 * that every write to a table they read drops. Counts, not times: a seed gives the same ones on every machine.
 */
await report(async () => [
  ...(await shop({ type: 'sqljs' }, 'sql.js')),
  ...(await onServer('postgres', shop)),
  ...(await onServer('mariadb', shop)),
]);

async function shop(options: Omit<DataSourceOptions, 'entities'>, title: string): Promise<readonly Finding[]> {
  const { fine, byTable, writes } = await playShop(options, DAY);
  const { products, customers, categories } = DAY.size;
  const total = sumOf(fine);
  const asked = total.hits + total.misses;
  const quotient = hitRatio(total) / hitRatio(sumOf(byTable));
  const findings: Finding[] = [
    {
      case: `shop on ${title}: ${products} products, ${customers} customers, ${categories} categories, ${asked} reads, ${writes} writes`,
      measured: `hit ratio ${percent(hitRatio(total))} against ${percent(hitRatio(sumOf(byTable)))} by table, ${quotient.toFixed(2)} x`,
      target: 'at least 3 x',
      isMet: quotient >= 3,
    },
  ];
  for (const group of new Set(SHOP_READS.map((kind) => kind.group))) {
    const isGroup = (kind: { group: string }): boolean => kind.group === group;
    findings.push(lineOf(`${title}, ${group}`, sumOf(fine, isGroup), sumOf(byTable, isGroup), PRECISE.includes(group)));
    for (const kind of SHOP_READS.filter(isGroup)) {
      const isKind = (other: object): boolean => other === kind;
      findings.push(lineOf(`${title},   ${kind.name}`, sumOf(fine, isKind), sumOf(byTable, isKind), false));
    }
  }
  return findings;
}

function lineOf(title: string, fine: Tally, byTable: Tally, isTarget: boolean): Finding {
  return {
    case: title,
    measured: `${figures(fine)}; by table ${figures(byTable)}`,
    target: isTarget ? 'needless at most 2 % of the drops' : 'no target',
    isMet: !isTarget || fine.needless <= 0.02 * fine.drops,
  };
}

function figures(tally: Tally): string {
  const { hits, misses, drops, needless } = tally;
  return (
    `${hits} hits, ${misses} misses, ${drops} drops, ${needless} needless ` +
    `(${percent(needless / Math.max(1, drops))} of drops, ${percent(needless / Math.max(1, hits + misses))} of reads)`
  );
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
