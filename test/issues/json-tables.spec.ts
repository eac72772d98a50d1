import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Basket {
  @PrimaryColumn() id!: number;
  @Column({ type: 'json' }) fruits!: string[];
}

describeDatabases(
  'A table that is made of JSON',
  (database) => {
    it('is cached, and depends on the table that holds the JSON', async () => {
      const cached = await CachedReads.open(database, [Basket], {
        fruits: (manager) =>
          manager.query(
            `SELECT f.fruit FROM basket b, JSON_TABLE(b.fruits, '$[*]' COLUMNS (fruit varchar(9) PATH '$')) f
             ORDER BY f.fruit`,
          ),
      });
      const { manager } = cached.dataSource;
      await manager.insert(Basket, { id: 1, fruits: ['fig'] });
      await cached.fill();
      await manager.update(Basket, 1, { fruits: ['fig', 'kiwi'] });
      expect(await cached.wrong()).toEqual([]);
    });
  },
  { only: ({ family }) => family === 'mysql' },
);
