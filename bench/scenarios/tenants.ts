import type { DataSourceOptions } from 'typeorm';
import { onServer } from '../harness/databases.js';
import { report, type Finding } from '../harness/scenario.js';
import { percentageOf, playTenants } from '../world/tenants/play-tenants.js';
import { TENANTS } from '../world/tenants/reads.js';

/** What a write of one tenant leaves cached of what the others asked. Counts, not times. */
await report(async () => [
  ...(await tenants({ type: 'sqljs' }, 'sql.js')),
  ...(await onServer('postgres', (options, title) => tenants(options, title, 98))),
  ...(await onServer('mariadb', (options, title) => tenants(options, title))),
]);

async function tenants(
  options: Omit<DataSourceOptions, 'entities'>,
  title: string,
  target?: number,
): Promise<readonly Finding[]> {
  const { all, byWrite, byRead } = await playTenants(options, { seed: 1, rounds: 5 });
  const share = percentageOf(all);
  return [
    {
      case: `${TENANTS} tenants on ${title}, answers of the others left by a write`,
      measured: `${share.toFixed(1)} % of ${all.before}`,
      target: target === undefined ? 'no target' : `at least ${target} %`,
      isMet: target === undefined || share >= target,
    },
    ...[...byWrite, ...byRead].map(([name, part]) => ({
      case: `${title},   ${name}`,
      measured: `${percentageOf(part).toFixed(1)} %`,
      target: 'no target',
      isMet: true,
    })),
  ];
}
