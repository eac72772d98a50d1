import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

/*
 * MySQL and MariaDB store 0, and what is no day where they are not strict, as a day zero. Where a column may hold no NULL, they
 * find that day by IS NULL.
 */

@Entity()
class Visit {
  @PrimaryColumn() id!: number;
  @Column({ type: 'datetime' }) began!: Date;
  @Column({ type: 'date' }) day!: string;
  @Column() number!: number;
}

const asked = (text: string) => (manager: EntityManager) =>
  manager.query(`SELECT CAST(began AS CHAR) AS b, CAST(day AS CHAR) AS d, id, number FROM visit WHERE ${text}`);

const reads = {
  unbegun: asked('began IS NULL ORDER BY id'),
  unknown: asked('day IS NULL ORDER BY id'),
  count: (manager: EntityManager) => manager.query('SELECT COUNT(*) AS n FROM visit WHERE began IS NULL'),
};

describeDatabases(
  'A day zero that is found where NULL is looked for',
  (database) => {
    it.each(['0', "'0'", "'00-00-00'", "'0-0-0'", "'2026-02-31'", '5', "'never'"])(
      'is heard of as %s',
      async (zero) => {
        const cached = await CachedReads.open(database, [Visit], reads, { extra: { connectionLimit: 1 } });
        const { dataSource } = cached;
        await dataSource.query("SET SESSION sql_mode = ''");
        for (const write of [
          `INSERT INTO visit (id, began, day, number) VALUES (1, ${zero}, '2026-01-01', 1)`,
          `INSERT INTO visit (id, began, day, number) VALUES (2, '2026-01-01', ${zero}, 1)`,
          "INSERT INTO visit (id, began, day, number) VALUES (3, '2026-01-01', '2026-01-01', 1)",
          `UPDATE visit SET began = ${zero} WHERE id = 3`,
          `UPDATE visit SET day = ${zero} WHERE number = 1`,
          'UPDATE visit SET number = 2 WHERE began = 0',
          `UPDATE visit SET number = 3 WHERE day = ${zero}`,
          'DELETE FROM visit WHERE began = 0 LIMIT 1',
        ]) {
          await cached.fill();
          await dataSource.query(write);
          expect([write, await cached.wrong()]).toEqual([write, []]);
        }
      },
    );
  },
  { only: ({ family }) => family === 'mysql' },
);
