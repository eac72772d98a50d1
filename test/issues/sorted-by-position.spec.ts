import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Runner {
  @PrimaryColumn() id!: number;
  @Column() seconds!: number;
}

const first = (order: string, parameters?: unknown[]) => (manager: EntityManager) =>
  manager.query(`select id, seconds from runner order by ${order} limit 1`, parameters);

const reads = {
  number: first('2'),
  bracketed: first('(2)'),
  descending: first('((2)) asc'),
  signed: first('+2'),
  count: (manager: EntityManager) =>
    manager.query('select seconds from runner group by seconds order by count(*) desc, seconds limit 1'),
};

describeDatabases('A page that is sorted by the number of a column', (database) => {
  it('is asked for again when a row that it does not hold moves to its top', async () => {
    // MySQL's clients write the number into the text; to other databases it is a constant.
    const all = database.family === 'mysql' ? { ...reads, parameter: first('?', [2]) } : reads;
    const cached = await CachedReads.open(database, [Runner], all);
    await cached.dataSource.manager.insert(Runner, [
      { id: 1, seconds: 10 },
      { id: 2, seconds: 20 },
    ]);
    await cached.fill();
    await cached.dataSource.manager.update(Runner, 2, { seconds: 5 });
    expect(await cached.wrong()).toEqual([]);
  });
});
