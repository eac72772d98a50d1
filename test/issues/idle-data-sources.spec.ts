import { beforeEach, expect, it, jest } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { Column, Entity, ManyToOne, PrimaryColumn, type DataSource } from 'typeorm';
import { learnWhenIdle } from '../../lib/typeorm/hooks/learn-catalogue.js';
import {
  forgetCatalogues,
  heardDataSource,
  HeardDataSource,
  onForgottenCatalogue,
} from '../../lib/typeorm/statements/heard-data-source.js';
import { knownSchemas } from '../../lib/typeorm/statements/schema-knowledge.js';
import { SteppedTime } from '../simulation/fleet/stepped-time.js';
import { describeDatabases, openDataSource } from '../support/databases.js';
import { listen, takeFailures, type Listener } from '../typeorm/hearing.js';

@Entity()
class Harbour {
  @PrimaryColumn() id!: number;
  @Column({ length: 20, default: '' }) name!: string;
}

@Entity()
class Ferry {
  @PrimaryColumn() id!: number;
  @ManyToOne(() => Harbour) from!: Harbour;
  @ManyToOne(() => Harbour) to!: Harbour;
}

const isNobodyPaused = (): boolean => false;
let time: SteppedTime;

beforeEach(() => {
  time = new SteppedTime();
  onForgottenCatalogue((source) => learnWhenIdle(source, time.timersOf(source)));
});

/** Lets the time come for which the DataSource waits, and what it does then; how many milliseconds passed. */
async function passToTheNextTry(source: HeardDataSource): Promise<number> {
  const from = time.now();
  time.pass(isNobodyPaused);
  while (!source.isCatalogueRead && !time.canPass(isNobodyPaused)) await pause(1);
  return time.now() - from;
}

describeDatabases('a DataSource that sends nothing', (database) => {
  it('reads the catalogue that it forgot, so that its process knows what others know', async () => {
    listen();
    const dataSource = await openDataSource(database, [Harbour, Ferry]);
    const source = heardDataSource(dataSource);
    const known = knownSchemas();
    time.pass(isNobodyPaused);
    await pause(1);
    expect(time.canPass(isNobodyPaused)).toBe(false);

    forgetCatalogues(source.database);
    forgetCatalogues(source.database);
    expect(knownSchemas()).not.toBe(known);
    expect(await passToTheNextTry(source)).toBe(5_000);
    expect(knownSchemas()).toBe(known);
    expect(time.canPass(isNobodyPaused)).toBe(false);
  });

  it('tries again later and later, up to a minute, what it could not read', async () => {
    listen();
    const dataSource = await openDataSource(database, [Harbour, Ferry]);
    const source = heardDataSource(dataSource);
    time.pass(isNobodyPaused);
    await pause(1);
    const createRunner = jest.spyOn(dataSource, 'createQueryRunner').mockImplementation(() => {
      throw new Error('the database is away');
    });
    forgetCatalogues(source.database);
    const waits: number[] = [];
    for (let tries = 0; tries < 6; tries++) waits.push(await passToTheNextTry(source));
    expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
    expect(takeFailures()).toEqual([]);
    createRunner.mockRestore();
    await passToTheNextTry(source);
    expect(source.isCatalogueRead).toBe(true);
  });

  it.each([
    ['is destroyed', (dataSource: DataSource): unknown => dataSource.destroy()],
    ['has nobody left who caches', (_: DataSource, heard: Listener): unknown => heard.close()],
  ])('stops when it %s', async (_, end) => {
    const heard = listen();
    const dataSource = await openDataSource(database, [Harbour, Ferry]);
    const source = heardDataSource(dataSource);
    forgetCatalogues(source.database);
    await end(dataSource, heard);
    time.pass(isNobodyPaused);
    await pause(1);
    expect(source.isCatalogueRead).toBe(false);
    expect(time.canPass(isNobodyPaused)).toBe(false);
  });
});

describeDatabases('what is known of a database', (database) => {
  it('is the same in whatever order its tables and keys are told', async () => {
    const dataSource = await openDataSource(database, [Harbour, Ferry]);
    const [told, reversed] = [new HeardDataSource(dataSource), new HeardDataSource(dataSource)];
    const isOneRowEach = (text: string): boolean => /'key' AS what|definition/i.test(text);
    await told.readCatalogue((text) => dataSource.query(text));
    await reversed.readCatalogue(async (text) => {
      const rows: object[] = await dataSource.query(text);
      return (isOneRowEach(text) ? rows.reverse() : rows) as never;
    });
    expect(told.isCatalogueRead).toBe(true);
    expect(reversed.knownColumns).toBe(told.knownColumns);
  });
});
