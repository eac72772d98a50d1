import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Ticket {
  @PrimaryGeneratedColumn('identity') id!: number;
  @Column() seat!: number;
}

describeDatabases(
  'A key that is generated although another one is given',
  (database) => {
    it('is that of any row', async () => {
      const cached = await CachedReads.open(database, [Ticket], {
        first: (manager) => manager.findOneBy(Ticket, { id: 1 }),
      });
      await cached.fill();
      await cached.dataSource.query('INSERT INTO ticket (id, seat) OVERRIDING USER VALUE VALUES (50, 7)');
      expect(await cached.wrong()).toEqual([]);
    });
  },
  { only: ({ family }) => family === 'postgres' },
);
