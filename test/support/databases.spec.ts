import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { Column, DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { connect, databases, describeDatabases, openDataSource } from './databases.js';

@Entity()
class Animal {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  name!: string;
}

describeDatabases('A fresh database', (database) => {
  it('holds what a test writes, in the tables of its entities', async () => {
    const dataSource = await openDataSource(database, [Animal]);
    await dataSource.manager.insert(Animal, { name: 'okapi' });

    expect(await dataSource.manager.findBy(Animal, {})).toEqual([{ id: 1, name: 'okapi' }]);
  });

  it('is another one for the next caller, so that tests never see each other', async () => {
    const [first, second] = [await openDataSource(database, [Animal]), await openDataSource(database, [Animal])];
    await first.manager.insert(Animal, { name: 'okapi' });

    expect(await second.manager.count(Animal)).toBe(0);
  });

  it('supports what it says it supports', async () => {
    const options = await database.createOptions([Animal]);
    const [first, second] = [await connect(options), await connect({ ...options, synchronize: false })];
    const runner = first.createQueryRunner();
    await runner.manager.insert(Animal, { name: 'okapi' });

    expect(first.driver.isReturningSqlSupported('update')).toBe(database.supportsReturning);
    expect(first.createQueryRunner() !== runner).toBe(database.supportsConcurrentConnections);
    const seenBySecond = second.manager.count(Animal).catch(() => 'no such table');
    expect((await seenBySecond) === 1).toBe(database.supportsSharing);
    const streaming = (async () => once((await runner.stream('SELECT 1')).resume(), 'end'))();
    expect(await streaming.then(Boolean, () => false)).toBe(database.supportsStreams);
    await runner.release();
  });
});

describe('Cleaning up', () => {
  const opened: DataSource[] = [];
  let shared: DataSource;

  beforeAll(async () => {
    shared = await openDataSource(databases()[0], [Animal]);
  });

  it('leaves a DataSource alone while its test runs', async () => {
    opened.push(await openDataSource(databases()[0], [Animal]));
    expect(opened[0].isInitialized).toBe(true);
  });

  it('has destroyed it before the next test, and kept the one opened for the whole file', () => {
    expect(opened[0].isInitialized).toBe(false);
    expect(shared.isInitialized).toBe(true);
  });

  afterAll(() => expect(shared.isInitialized).toBe(true));
});
