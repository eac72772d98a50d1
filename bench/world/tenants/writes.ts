import type { DataSource } from 'typeorm';
import type { Dice } from '../../../test/support/dice.js';
import { Contact, Ticket } from './entities.js';
import { emailOf, idsOf, STATES, TICKETS } from './reads.js';

/** One way in which a tenant writes, with the tenant in every condition. */
export interface TenantWrite {
  readonly name: string;
  perform(dataSource: DataSource, tenantId: number, dice: Dice): Promise<unknown>;
}

export const TENANT_WRITES: readonly TenantWrite[] = [
  {
    name: 'save of a changed title',
    async perform({ manager }, tenantId, dice) {
      const ticket = await manager.findOneBy(Ticket, { tenantId, id: dice.of(idsOf(tenantId, TICKETS)) });
      if (ticket === null) return;
      ticket.title = `Title ${dice.below(1_000_000)}`;
      await manager.save(ticket);
    },
  },
  {
    name: 'save of a changed state',
    async perform({ manager }, tenantId, dice) {
      const ticket = await manager.findOneBy(Ticket, { tenantId, id: dice.of(idsOf(tenantId, TICKETS)) });
      if (ticket === null) return;
      ticket.status = STATES[(STATES.indexOf(ticket.status as (typeof STATES)[number]) + 1) % STATES.length];
      await manager.save(ticket);
    },
  },
  {
    name: 'update of a state by tenant and id',
    perform: ({ manager }, tenantId, dice) =>
      manager.update(Ticket, { tenantId, id: dice.of(idsOf(tenantId, TICKETS)) }, { status: dice.of(STATES) }),
  },
  {
    name: 'update of a priority by tenant and state',
    perform: ({ manager }, tenantId, dice) =>
      manager.update(Ticket, { tenantId, status: dice.of(STATES) }, { priority: dice.below(5) }),
  },
  {
    name: 'update of a state by tenant and state',
    perform: ({ manager }, tenantId, dice) =>
      manager.update(Ticket, { tenantId, status: dice.of(STATES) }, { status: dice.of(STATES) }),
  },
  {
    name: 'insert of a ticket',
    perform: ({ manager }, tenantId, dice) =>
      manager.insert(Ticket, { tenantId, status: dice.of(STATES), priority: dice.below(5), title: 'New' }),
  },
  {
    name: 'save of a new ticket',
    perform: ({ manager }, tenantId, dice) =>
      manager.save(manager.create(Ticket, { tenantId, status: dice.of(STATES), priority: 1, title: 'New' })),
  },
  {
    name: 'delete of a ticket by tenant and id',
    perform: ({ manager }, tenantId, dice) =>
      manager.delete(Ticket, { tenantId, id: dice.of(idsOf(tenantId, TICKETS)) }),
  },
  {
    name: 'delete of tickets by tenant and state',
    perform: ({ manager }, tenantId, dice) =>
      manager.delete(Ticket, { tenantId, status: 'closed', priority: dice.below(5) }),
  },
  {
    name: 'two writes in a transaction',
    perform: (dataSource, tenantId, dice) =>
      dataSource.transaction(async (manager) => {
        await manager.insert(Ticket, { tenantId, status: 'open', priority: 1, title: 'New' });
        await manager.update(Contact, { tenantId, email: emailOf(tenantId, 1) }, { name: `N${dice.below(1_000_000)}` });
      }),
  },
];
