import { expect, it } from '@jest/globals';
import { Column, Entity, PrimaryGeneratedColumn, type EntityManager } from 'typeorm';
import { describeDatabases } from '../support/databases.js';
import { CachedReads } from './cached-reads.js';

@Entity()
class Setting {
  @PrimaryGeneratedColumn() id!: number;
  @Column({ length: 20, unique: true }) name!: string;
  @Column({ length: 20 }) value!: string;
}

const reads = {
  first: (manager: EntityManager) => manager.findOneBy(Setting, { id: 1 }),
  second: (manager: EntityManager) => manager.findOneBy(Setting, { id: 2 }),
  // A key that TypeORM believes in is one that the database may give to another row later.
  third: (manager: EntityManager) => manager.findOneBy(Setting, { id: 3 }),
  byName: (manager: EntityManager) => manager.findOneBy(Setting, { name: 'colour' }),
  byValue: (manager: EntityManager) => manager.findBy(Setting, { value: 'red' }),
  all: (manager: EntityManager) => manager.count(Setting),
};

async function open(database: Parameters<typeof CachedReads.open>[0]): Promise<CachedReads> {
  const cached = await CachedReads.open(database, [Setting], reads);
  await cached.dataSource.manager.insert(Setting, [
    { name: 'colour', value: 'red' },
    { name: 'size', value: 'large' },
  ]);
  await cached.fill();
  return cached;
}

// TypeORM #12094, #10214, #10574: after an upsert that updated, it names rows that were never written.
describeDatabases('An upsert about whose rows TypeORM is wrong,', (database) => {
  it('changes the row that was there', async () => {
    const cached = await open(database);
    await cached.dataSource.manager.upsert(Setting, { name: 'colour', value: 'blue' }, ['name']);
    expect(await cached.ask('first')).toMatchObject({ value: 'blue' });
    expect(await cached.wrong()).toEqual([]);
  });

  it('changes one row and brings another', async () => {
    const cached = await open(database);
    await cached.dataSource.manager.upsert(
      Setting,
      [
        { name: 'size', value: 'small' },
        { name: 'shape', value: 'red' },
      ],
      ['name'],
    );
    expect(await cached.ask('byValue')).toHaveLength(2);
    expect(await cached.wrong()).toEqual([]);
  });

  it('brings nothing when it is told to ignore what is there', async () => {
    const cached = await open(database);
    const insert = (name: string) =>
      cached.dataSource.manager.createQueryBuilder().insert().into(Setting).values({ name, value: 'red' }).orIgnore();
    await insert('size').execute();
    expect(await cached.wrong()).toEqual([]);
    await insert('shape').execute();
    expect(await cached.ask('byValue')).toHaveLength(2);
    expect(await cached.wrong()).toEqual([]);
  });
});
