import type { EntityManager } from 'typeorm';
import { Contact, Ticket } from './entities.js';

export const TENANTS = 50;
/** Tickets of each tenant at the beginning. */
export const TICKETS = 8;
export const STATES = ['open', 'pending', 'closed'] as const;

/** The ids that a tenant's first tickets and contacts get, which are inserted tenant by tenant. */
export function idsOf(tenant: number, perTenant: number): readonly number[] {
  return Array.from({ length: perTenant }, (_, i) => (tenant - 1) * perTenant + i + 1);
}

/** One read of one tenant. */
export interface TenantRead {
  readonly group: string;
  readonly key: string;
  ask(manager: EntityManager): Promise<unknown>;
}

/** Everything that a tenant's pages ask, with the tenant in every condition. */
export function readsOf(tenantId: number): readonly TenantRead[] {
  const read = (group: string, key: string, ask: TenantRead['ask']): TenantRead => ({
    group,
    key: `${tenantId}/${group}/${key}`,
    ask,
  });
  return [
    ...idsOf(tenantId, TICKETS).map((id) =>
      read('ticket by id', String(id), (manager) => manager.findOneBy(Ticket, { tenantId, id })),
    ),
    ...STATES.map((status) =>
      read('tickets in a state', status, (manager) => manager.findBy(Ticket, { tenantId, status })),
    ),
    ...STATES.map((status) =>
      read('page of tickets in a state', status, (manager) =>
        manager.find(Ticket, { where: { tenantId, status }, order: { priority: 'DESC', id: 'ASC' }, take: 10 }),
      ),
    ),
    ...STATES.map((status) =>
      read('tickets in a state, counted', status, (manager) => manager.countBy(Ticket, { tenantId, status })),
    ),
    read('all tickets, counted', '', (manager) => manager.countBy(Ticket, { tenantId })),
    read('contacts', '', (manager) => manager.findBy(Contact, { tenantId })),
    read('contact by email', '', (manager) => manager.findOneBy(Contact, { tenantId, email: emailOf(tenantId, 1) })),
  ];
}

/** The address of a tenant's contact with that number. */
export function emailOf(tenant: number, number: number): string {
  return `person${number}at${tenant}`;
}
