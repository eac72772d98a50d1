import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Column, DataSource, Entity, EntitySchema, PrimaryColumn, type DataSourceOptions } from 'typeorm';
import { cached, zooCacheProvider } from '../../lib/index.js';
import { MapStorage, ReferenceBus, ReferenceLog } from '../../lib/testing/index.js';
import { DataSourceNames } from '../../lib/typeorm/databases/data-source-names.js';
import { accessOfDatabase } from '../../lib/typeorm/databases/database-identity.js';
import { start } from '../nest/application.js';
import { describeDatabases } from '../support/databases.js';

interface Named {
  id: number;
  name: string;
}

/** Entities of one name and one text. */
function itemsIn(table: string): new () => Named {
  @Entity(table)
  class Item implements Named {
    @PrimaryColumn() id!: number;
    @Column() name!: string;
  }
  return Item;
}

const [Red, Blue] = [itemsIn('red'), itemsIn('blue')];

const opened: DataSource[] = [];

afterEach(async () => {
  for (const dataSource of opened.splice(0)) await dataSource.destroy();
});

async function open(options: DataSourceOptions): Promise<DataSource> {
  const dataSource = await new DataSource({ ...options, cache: { provider: zooCacheProvider } }).initialize();
  opened.push(dataSource);
  return dataSource;
}

describeDatabases(
  'Two processes with one storage,',
  (database) => {
    let startProcess: (options: DataSourceOptions[]) => Promise<DataSource[]>;

    beforeEach(() => {
      const [log, place] = [new ReferenceLog(), new Map()];
      startProcess = async (options) => {
        const dataSources: DataSource[] = [];
        for (const each of options) dataSources.push(await open(each));
        await start({
          options: { storage: new MapStorage(place), bus: new ReferenceBus(log) },
          providers: dataSources.map((useValue, at) => ({ provide: `database ${at}`, useValue })),
        });
        return dataSources;
      };
    });

    it('each with several databases that nobody named, ask the right ones, whichever they ask first', async () => {
      const options = [await database.createOptions([Red]), await database.createOptions([Red])];
      const [[one, other], [sameOne, sameOther]] = [await startProcess(options), await startProcess(options)];
      await one.manager.insert(Red, { id: 1, name: 'one' });
      await other.manager.insert(Red, { id: 1, name: 'other' });
      const ask = async (dataSource: DataSource): Promise<unknown> => [
        (await cached(dataSource.getRepository(Red)).findOneBy({ id: 1 }))?.name,
        (await dataSource.manager.find(Red, { cache: 60_000 }))[0].name,
      ];
      expect([await ask(one), await ask(other)]).toEqual([
        ['one', 'one'],
        ['other', 'other'],
      ]);
      expect([await ask(sameOther), await ask(sameOne)]).toEqual([
        ['other', 'other'],
        ['one', 'one'],
      ]);
    });

    it('whose entities come from a factory ask the right tables, whichever they ask first', async () => {
      const options = [await database.createOptions([Red, Blue])];
      const [[one], [other]] = [await startProcess(options), await startProcess(options)];
      await one.manager.insert(Red, { id: 1, name: 'red' });
      await one.manager.insert(Blue, { id: 1, name: 'blue' });
      const ask = async (dataSource: DataSource, type: new () => Named): Promise<unknown> =>
        (await cached(dataSource.getRepository(type)).findOneBy({ id: 1 }))?.name;
      expect([await ask(one, Red), await ask(one, Blue)]).toEqual(['red', 'blue']);
      expect([await ask(other, Blue), await ask(other, Red)]).toEqual(['blue', 'red']);
    });

    it('of which one hides a column by a decorator, find what is their own', async () => {
      const schemaOf = (select: boolean): EntitySchema<Named> =>
        new EntitySchema<Named>({
          name: 'Red',
          tableName: 'red',
          columns: { id: { type: Number, primary: true }, name: { type: 'varchar', length: 255, select } },
        });
      const options = await database.createOptions([schemaOf(true)]);
      const [open] = await startProcess([options]);
      const [hiding] = await startProcess([{ ...options, entities: [schemaOf(false)] }]);
      await open.getRepository<Named>('Red').insert({ id: 1, name: 'secret' });
      const ask = async (dataSource: DataSource): Promise<Named | null> =>
        cached(dataSource.getRepository<Named>('Red')).findOneBy({ id: 1 });
      expect(await ask(open)).toEqual({ id: 1, name: 'secret' });
      expect(await ask(hiding)).toEqual({ id: 1 });
    });
  },
  { only: ({ supportsSharing }) => supportsSharing },
);

it('The access to a database differs wherever one statement may have two answers', () => {
  const postgres = { type: 'postgres', host: 'localhost', username: 'app', database: 'zoo' } as const;
  const ways: DataSourceOptions[] = [
    postgres,
    { ...postgres, database: 'other' },
    { ...postgres, username: 'tenant' },
    { ...postgres, port: 5433 },
    { ...postgres, host: '/run/one' },
    { ...postgres, extra: { options: '-c search_path=tenant' } },
    { type: 'mysql', host: 'localhost', username: 'app', database: 'zoo' },
    { type: 'mysql', host: 'localhost', username: 'app', database: 'other' },
    { type: 'mysql', host: 'localhost', username: 'app', database: 'zoo', timezone: '+05:00' },
  ];
  expect(new Set(ways.map((options) => accessOfDatabase(new DataSource(options)))).size).toBe(ways.length);
  const same: DataSourceOptions[] = [
    { ...postgres, password: 'secret', extra: { max: 3 } },
    { type: 'postgres', url: 'postgres://app:secret@localhost/zoo' },
  ];
  for (const options of same) {
    expect(accessOfDatabase(new DataSource(options))).toBe(accessOfDatabase(new DataSource(postgres)));
  }
});

it('What speaks to a database tells DataSources apart where it was handed over, as it may be the database itself', () => {
  const names = new DataSourceNames();
  const [one, other] = [{}, {}];
  const name = (driver: object): string => names.of(new DataSource({ type: 'postgres', database: 'zoo', driver }));
  expect(name(other)).not.toBe(name(one));
  expect(name(other)).toBe(name(other));
});
