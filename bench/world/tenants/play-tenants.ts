import { ZooCacheService } from 'nestjs-zoocache';
import { DataSource, type DataSourceOptions, type EntityManager } from 'typeorm';
import { Dice } from '../../../test/support/dice.js';
import { openApplication } from '../application.js';
import { Contact, Ticket, TENANT_ENTITIES } from './entities.js';
import { emailOf, idsOf, readsOf, STATES, TENANTS, TICKETS, type TenantRead } from './reads.js';
import { TENANT_WRITES } from './writes.js';

/** How many answers of others there were at a write, and how many were still there after it. */
export interface Share {
  before: number;
  after: number;
}

/** What writes of one tenant left of the others' answers. */
export interface TenantFigures {
  readonly byWrite: ReadonlyMap<string, Readonly<Share>>;
  readonly byRead: ReadonlyMap<string, Readonly<Share>>;
  readonly all: Readonly<Share>;
}

/**
 * Plays writes of single tenants on an empty database; before each one, everything that anybody asks is cached.
 *
 * @param rounds how often each kind of write is done.
 */
export async function playTenants(
  options: Omit<DataSourceOptions, 'entities'>,
  { seed, rounds }: { readonly seed: number; readonly rounds: number },
): Promise<TenantFigures> {
  const application = await openApplication({ ...options, entities: TENANT_ENTITIES } as DataSourceOptions);
  try {
    const dataSource = application.get(DataSource);
    const cache = application.get(ZooCacheService);
    const dice = new Dice(seed);
    await settle(dataSource.manager, dice);
    const readsByTenant = new Map(numbers(TENANTS).map((tenant) => [tenant, readsOf(tenant)]));
    const ask = ({ key, ask }: TenantRead): Promise<unknown> =>
      cache.getOrLoad(key, () => ask(dataSource.manager), { ttl: 'never' });
    const byWrite = new Map<string, Share>();
    const byRead = new Map<string, Share>();
    const all: Share = { before: 0, after: 0 };
    for (let round = 0; round < rounds; round++) {
      for (const { name, perform } of TENANT_WRITES) {
        for (const reads of readsByTenant.values()) for (const read of reads) await ask(read);
        const tenant = 1 + dice.below(TENANTS);
        await perform(dataSource, tenant, dice);
        for (const [other, reads] of readsByTenant) {
          if (other === tenant) continue;
          for (const read of reads) {
            const isThere = await cache.has(read.key);
            for (const share of [all, shareOf(byWrite, name), shareOf(byRead, read.group)]) {
              share.before++;
              if (isThere) share.after++;
            }
          }
        }
      }
    }
    return { byWrite, byRead, all };
  } finally {
    await application.close();
  }
}

export function percentageOf({ before, after }: Readonly<Share>): number {
  return (after / Math.max(1, before)) * 100;
}

async function settle(manager: EntityManager, dice: Dice): Promise<void> {
  for (const tenantId of numbers(TENANTS)) {
    await manager.insert(
      Ticket,
      idsOf(tenantId, TICKETS).map((id) => ({
        tenantId,
        status: dice.of(STATES),
        priority: dice.below(5),
        title: `Ticket ${id}`,
      })),
    );
    await manager.insert(
      Contact,
      [1, 2, 3].map((number) => ({ tenantId, email: emailOf(tenantId, number), name: `Person ${number}` })),
    );
  }
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}

function shareOf(shares: Map<string, Share>, name: string): Share {
  let share = shares.get(name);
  if (share === undefined) shares.set(name, (share = { before: 0, after: 0 }));
  return share;
}
