import { beforeEach, expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

/*
 * MariaDB computes a VIRTUAL column whenever it is read, and lets it ask for the day or for who is there: nobody writes anything,
 * and what the table shows is another thing.
 */

@Entity()
class Person {
  @PrimaryColumn() id!: number;
  @Column({ type: 'date' }) born!: string;
  @Column({ type: 'time' }) rises!: string;
  @Column({ type: 'datetime', nullable: true }) noted!: Date | null;
}

const FIRST = Date.UTC(2026, 10, 30, 12) / 1000;
const LATER = Date.UTC(2036, 3, 7, 12) / 1000;

const reads = {
  all: (manager: EntityManager) => manager.query('SELECT * FROM person'),
  people: (manager: EntityManager) => manager.find(Person),
  view: (manager: EntityManager) => manager.query('SELECT * FROM people'),
};

describeDatabases(
  'A column that is computed when it is read',
  (database) => {
    let cached: CachedReads;
    const kept = async (): Promise<string[]> => {
      const names: string[] = [];
      for (const name of Object.keys(reads)) {
        await cached.ask(name);
        if (await cached.cache.has(name)) names.push(name);
      }
      return names;
    };

    beforeEach(async () => {
      cached = await CachedReads.open(database, [Person], reads, { extra: { connectionLimit: 1 } });
      await cached.dataSource.manager.insert(Person, { id: 1, born: '2000-01-01', rises: '07:00:00' });
    });

    it.each([
      'YEAR(CURDATE()) - YEAR(born)',
      "CONCAT('it''s ', NOW())",
      'DATE(rises)',
      'rises < CAST(born AS DATETIME)',
      'CONNECTION_ID()',
    ])('by %s keeps its table out of the cache', async (expression) => {
      const { dataSource } = cached;
      await dataSource.query(`SET timestamp = ${FIRST}`);
      await dataSource.query(`ALTER TABLE person ADD age VARCHAR(40) AS (${expression}) VIRTUAL`);
      await dataSource.query('CREATE VIEW people AS SELECT id, age FROM person');
      await cached.ask('all');
      const names = await kept();
      await dataSource.query(`SET timestamp = ${LATER}`);
      expect(await cached.wrong()).toEqual([]);
      expect(names).toEqual([]);
    });

    it.each([
      'YEAR(born)',
      "CONCAT('it''s ', born)",
      'HOUR(rises)',
      'IF(born > noted, 1, 2)',
      'HEX(NATURAL_SORT_KEY(born))',
    ])('by %s lets its table be cached', async (expression) => {
      const { dataSource } = cached;
      await dataSource.query(`ALTER TABLE person ADD age VARCHAR(40) AS (${expression}) VIRTUAL`);
      await dataSource.query('CREATE VIEW people AS SELECT id, age FROM person');
      await cached.ask('all');
      expect(await kept()).toEqual(['all', 'people', 'view']);
      await dataSource.query("UPDATE person SET born = '1999-01-01', rises = '08:00:00'");
      expect(await cached.wrong()).toEqual([]);
    });

    it('and stored lets its table be cached, whatever it is made of', async () => {
      const { dataSource } = cached;
      await dataSource.query('ALTER TABLE person ADD age VARCHAR(40) AS (DATE(rises)) STORED');
      await dataSource.query('CREATE VIEW people AS SELECT id, age FROM person');
      await cached.ask('all');
      expect(await kept()).toEqual(['all', 'people', 'view']);
    });
  },
  { only: ({ family }) => family === 'mysql' },
);
