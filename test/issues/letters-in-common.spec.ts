import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Word {
  @PrimaryColumn() id!: number;
  @Column({ length: 20 }) text!: string;
}

describeDatabases(
  'Texts that differ in letters which their collation takes for one',
  (database) => {
    it('are no names of values', async () => {
      const cached = await CachedReads.open(database, [Word], {
        count: (manager: EntityManager) => manager.countBy(Word, { text: 'ten' }),
      });
      await cached.dataSource.query('ALTER TABLE word MODIFY text VARCHAR(20) CHARACTER SET macce NOT NULL');
      await cached.ask('count');
      await cached.fill();
      await cached.dataSource.manager.insert(Word, { id: 1, text: 'tem' });
      expect(await cached.wrong()).toEqual([]);
    });
  },
  { only: ({ family }) => family === 'mysql' },
);
