import { afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Column, Entity, In, PrimaryColumn } from 'typeorm';
import { cached } from '../../lib/typeorm/cached-repository.js';
import { installHooks } from '../../lib/typeorm/install-hooks.js';
import { Reading } from '../typeorm/reading.js';
import { describeDatabases, openDataSource } from '../support/databases.js';

@Entity({ orderBy: { rank: 'DESC' } })
class Medal {
  @PrimaryColumn() id!: number;
  @Column() rank!: number;
}

let reading: Reading;

beforeAll(installHooks);
beforeEach(() => {
  reading = new Reading();
});
afterEach(() => reading.close());

describeDatabases('Rows that are asked for by their keys,', (database) => {
  it('come in the order that their entity has of its own', async () => {
    const dataSource = await openDataSource(database, [Medal]);
    await dataSource.manager.insert(
      Medal,
      [1, 2, 3].map((id) => ({ id, rank: id % 3 })),
    );
    const ids = { id: In([1, 2, 3]) };
    const medals = cached(dataSource.getRepository(Medal));
    for (const ranks of [await medals.findBy(ids), await medals.find({ where: ids })]) {
      expect(ranks.map(({ rank }) => rank)).toEqual([2, 1, 0]);
    }
  });
});
