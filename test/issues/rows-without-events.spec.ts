import { expect, it } from '@jest/globals';
import { Column, DeleteDateColumn, Entity, LessThan, PrimaryGeneratedColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Ticket {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ length: 20 }) status!: string;
  @Column() votes!: number;
  @DeleteDateColumn() deleted!: Date | null;
}

const reads = {
  row: (manager: EntityManager) => manager.findOneBy(Ticket, { id: 1 }),
  open: (manager: EntityManager) => manager.findBy(Ticket, { status: 'open' }),
  shut: (manager: EntityManager) => manager.existsBy(Ticket, { status: 'shut' }),
  wanted: (manager: EntityManager) => manager.findBy(Ticket, { votes: 7 }),
  sum: (manager: EntityManager) => manager.sum(Ticket, 'votes'),
  best: (manager: EntityManager) => manager.findOne(Ticket, { where: {}, order: { votes: 'DESC', id: 'ASC' } }),
  gone: (manager: EntityManager) => manager.count(Ticket, { withDeleted: true }),
};

/** None of them says which rows it wrote, nor what they held before: TypeORM #2246, #9973, #9205. */
const writes: Readonly<Record<string, (manager: EntityManager) => Promise<unknown>>> = {
  'an update by another column': (manager) => manager.update(Ticket, { status: 'open' }, { status: 'shut' }),
  'an update that computes': (manager) => manager.increment(Ticket, { status: 'open' }, 'votes', 5),
  'an update of all': (manager) => manager.updateAll(Ticket, { votes: 7 }),
  'an update by a builder': (manager) =>
    manager.createQueryBuilder().update(Ticket).set({ votes: 7 }).where('votes < 2').execute(),
  'a delete by another column': (manager) => manager.delete(Ticket, { votes: LessThan(2) }),
  'a soft delete by another column': (manager) => manager.softDelete(Ticket, { status: 'open' }),
  'an insert from a query': (manager) =>
    manager.query(`INSERT INTO ticket (status, votes) SELECT 'shut', 7 FROM ticket`),
  'a clear': (manager) => manager.clear(Ticket),
};

describeDatabases('A write without rows in its events is heard all the same,', (database) => {
  for (const [title, write] of Object.entries(writes)) {
    it(`it is ${title}`, async () => {
      const cached = await CachedReads.open(database, [Ticket], reads);
      const { manager } = cached.dataSource;
      await manager.insert(Ticket, [
        { status: 'open', votes: 1 },
        { status: 'open', votes: 2 },
        { status: 'new', votes: 3 },
      ]);
      await cached.fill();
      await write(manager);
      expect(await cached.wrong()).toEqual([]);
      expect(await cached.cache.has('sum')).toBe(true);
    });
  }
});
