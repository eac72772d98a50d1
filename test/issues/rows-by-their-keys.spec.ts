import { afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Column, Entity, In, PrimaryColumn } from 'typeorm';
import { cached } from '../../lib/typeorm/reads/cached-repository.js';
import { installHooks } from '../../lib/typeorm/hooks/install-hooks.js';
import { Reading } from '../typeorm/reading.js';
import { describeDatabases, openDataSource } from '../support/databases.js';

@Entity({ orderBy: { rank: 'DESC' } })
class Medal {
  @PrimaryColumn() id!: number;
  @Column() rank!: number;
}

@Entity()
class City {
  @PrimaryColumn({ length: 20 }) name!: string;
  @Column() size!: number;
}

@Entity()
class Ticket {
  @PrimaryColumn('uuid') id!: string;
  @Column() seat!: number;
}

@Entity()
class Pass {
  @PrimaryColumn({ length: 36 }) id!: string;
  @Column() seat!: number;
}

const UUID = '00000000-0000-4000-8000-00000000000a';

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

  it('are asked for where conditions stand, since TypeORM overlooks options that it does not know', async () => {
    const dataSource = await openDataSource(database, [Ticket]);
    await dataSource.manager.insert(
      Ticket,
      [1, 2].map((seat) => ({ id: UUID.replace('0', `${seat}`), seat })),
    );
    const tickets = cached(dataSource.getRepository(Ticket));
    const ids = { id: In([UUID.replace('0', '1')]) };
    expect(await tickets.find({ where: ids })).toHaveLength(1);
    expect(await tickets.find(ids as object)).toHaveLength(2);
    await expect(tickets.findBy({ where: ids } as object)).rejects.toThrow('"where" was not found');
  });

  it('are found by every text that the database calls equal to the key', async () => {
    const dataSource = await openDataSource(database, [City]);
    await dataSource.manager.insert(City, [
      { name: 'é', size: 1 },
      { name: 'B', size: 2 },
    ]);
    const cities = cached(dataSource.getRepository(City));
    const sizes = (rows: City[]) => rows.map(({ size }) => size).sort((a, b) => a - b);
    // Two texts may be two rows, or one that is to be answered once.
    for (const names of [
      ['E', 'b', 'none'],
      ['b', 'B'],
    ]) {
      const where = { name: In(names) };
      expect(sizes(await cities.findBy(where))).toEqual(sizes(await dataSource.manager.findBy(City, where)));
    }
    for (const name of ['E', 'b', 'none']) {
      expect(await cities.findOneBy({ name })).toEqual(await dataSource.manager.findOneBy(City, { name }));
    }
  });

  it('are found by no spelling of a uuid that the database does not know', async () => {
    const dataSource = await openDataSource(database, [Ticket]);
    await dataSource.manager.insert(Ticket, { id: UUID, seat: 1 });
    const tickets = cached(dataSource.getRepository(Ticket));
    for (const id of [UUID, UUID.toUpperCase(), UUID.replaceAll('-', ''), `{${UUID}}`, UUID.replace('-', '')]) {
      const plain = await dataSource.manager.findOneBy(Ticket, { id }).catch(String);
      expect(await tickets.findOneBy({ id }).catch(String)).toEqual(plain);
    }
  });
});

describeDatabases(
  'Rows that are asked for by their keys, when the database names them otherwise than their entity,',
  (database) => {
    it('depend on what the database calls them, as soon as that is known', async () => {
      const dataSource = await openDataSource(database, [Pass]);
      const ids = ['1', '2'].map((digit) => UUID.replace('0', digit));
      const rows = ids.map((id, seat) => ({ id, seat }));
      await dataSource.manager.insert(Pass, rows);
      const passes = cached(dataSource.getRepository(Pass));
      expect(await passes.findBy({ id: In(ids) })).toEqual(rows);
      await dataSource.query('ALTER TABLE pass ALTER COLUMN id TYPE uuid USING id::uuid');
      for (const seat of [2, 3]) {
        for (const id of ids) await dataSource.manager.update(Pass, { id }, { seat });
        expect(await passes.findBy({ id: In(ids) })).toEqual(ids.map((id) => ({ id, seat })));
      }
    });
  },
  { only: ({ family }) => family === 'postgres' },
);
