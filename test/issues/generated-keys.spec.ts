import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn, type EntityManager } from 'typeorm';
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

/** Says nothing of what the database does. */
@Entity({ synchronize: false })
class Visit {
  @PrimaryColumn() id!: number;
  @Column() page!: number;
}

describeDatabases(
  'A key that is generated for 0 although its entity does not say so',
  (database) => {
    it('is that of any row', async () => {
      const cached = await CachedReads.open(database, [Visit], {
        row: (manager: EntityManager) => manager.findOneBy(Visit, { id: 1 }),
        raw: (manager: EntityManager) => manager.query('SELECT page FROM visit WHERE id = 1 AND page > 0'),
      });
      await cached.dataSource.query('CREATE TABLE visit (id INT AUTO_INCREMENT PRIMARY KEY, page INT NOT NULL)');
      await cached.ask('row');
      await cached.fill();
      await cached.dataSource.manager.insert(Visit, { id: 0, page: 3 });
      expect(await cached.wrong()).toEqual([]);
    });
  },
  { only: ({ family }) => family === 'mysql' },
);
