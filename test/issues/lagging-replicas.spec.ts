import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, type DataSource, type DataSourceOptions } from 'typeorm';
import { ReferenceBus, ReferenceLog } from '../../lib/testing/index.js';
import { heardDataSource } from '../../lib/typeorm/statements/heard-data-source.js';
import { zooCacheProvider } from '../../lib/typeorm/reads/zoo-cache-provider.js';
import { start } from '../nest/application.js';
import { connect, describeDatabases, openDataSource, type TestDatabase } from '../support/databases.js';
import { listen, load } from '../typeorm/hearing.js';
import { Reading } from '../typeorm/reading.js';

@Entity()
class Ferry {
  @PrimaryColumn()
  id!: number;

  @Column()
  port!: string;
}

type Row = Readonly<Record<string, unknown>>;

type Place = Readonly<Record<'host' | 'port' | 'username' | 'password' | 'database' | 'socketPath', unknown>>;

const placeOf = ({ host, port, username, password, database, socketPath }: Place) => ({
  ...{ host, port, username, password, database, socketPath },
});

/** A primary with one row and a replica that has got no further than the day before. */
async function openReplicated(database: TestDatabase, extra: Partial<DataSourceOptions> = {}): Promise<DataSource> {
  const primary = await openDataSource(database, [Ferry]);
  const replica = await openDataSource(database, [Ferry]);
  await replica.manager.insert(Ferry, { id: 1, port: 'yesterday' });
  await primary.manager.insert(Ferry, { id: 1, port: 'today' });
  const [master, slave] = [primary, replica].map(({ options }) => placeOf(options as unknown as Place));
  const { type, entities } = primary.options;
  return connect({
    type,
    entities,
    ...extra,
    replication: { master, slaves: [slave] },
  } as unknown as DataSourceOptions);
}

let reading: Reading;

beforeEach(() => {
  reading = new Reading();
});
afterEach(() => reading.close());

describeDatabases(
  'what a lagging replica says',
  (database) => {
    it('is not kept where a load asks it through a runner that was there before', async () => {
      const dataSource = await openReplicated(database);
      const runner = dataSource.createQueryRunner('slave');
      listen();
      const read = () => dataSource.createQueryBuilder(Ferry, 'ferry').setQueryRunner(runner).getMany();
      expect(await load(read)).toMatchObject({ value: [{ port: 'yesterday' }], blockedBy: 'replica' });
      await runner.release();
    });

    it('says nothing of the tables that a load depends on', async () => {
      const dataSource = await openReplicated(database);
      const runner = dataSource.createQueryRunner('slave');
      listen();
      await dataSource.query('CREATE VIEW harbour AS SELECT id, port FROM ferry');
      await load(() => runner.query('SELECT 1 FROM ferry'));
      const { blockedBy } = await load(() => dataSource.query('SELECT port FROM harbour'));
      expect(blockedBy).toBeUndefined();
      await runner.release();
    });

    it("is not what TypeORM's own cache keeps, with zooCacheProvider", async () => {
      const dataSource = await openReplicated(database, { cache: { provider: zooCacheProvider } });
      const ferries = dataSource.getRepository(Ferry);
      const reads = [
        () => ferries.find({ cache: true }),
        () => ferries.find({ cache: true, take: 1, order: { id: 'ASC' }, relationLoadStrategy: 'join' }),
        () => ferries.createQueryBuilder('ferry').cache(60_000).getRawMany(),
        async () => (await ferries.findAndCount({ cache: true }))[0],
      ];
      expect(await ferries.find()).toMatchObject([{ port: 'yesterday' }]);
      for (const read of reads) {
        for (let times = 0; times < 2; times++) {
          expect([String(read), JSON.stringify(await read())]).toEqual([
            String(read),
            expect.stringContaining('today'),
          ]);
        }
      }
      expect(reading.counts('typeorm cache').hits).toBeGreaterThanOrEqual(reads.length);
    });
  },
  { only: ({ supportsConcurrentConnections }) => supportsConcurrentConnections },
);

/** Runs what asks for the catalogue as if the server were a replica that says so. */
const asReplica = (dataSource: DataSource) => async (sql: string) => {
  const rows: Row[] = await dataSource.query(sql.replace(/current_setting\('in_hot_standby', true\)/, `'on'`));
  return rows.map((row) => (row['Variable_name'] === 'read_only' ? { ...row, Value: 'ON' } : row));
};

describeDatabases(
  'what a DataSource of its own says that leads to a replica',
  (database) => {
    async function openBoth(): Promise<{ primary: DataSource; replica: DataSource }> {
      const options = await database.createOptions([Ferry]);
      const primary = await connect(options);
      const replica = await connect({ ...options, synchronize: false });
      heardDataSource(replica).forgetCatalogue();
      await reading.unheard(() => heardDataSource(replica).readCatalogue(asReplica(replica)));
      return { primary, replica };
    }

    const reasonOf = async (dataSource: DataSource) => (await load(() => dataSource.manager.find(Ferry))).blockedBy;

    it('is not kept where the primary is written to as well, because it may be older than that', async () => {
      const { primary, replica } = await openBoth();
      listen();
      expect([await reasonOf(primary), await reasonOf(replica)]).toEqual([undefined, 'replica']);
    });

    it('is kept where nobody could hear of a write anyway', async () => {
      const { primary, replica } = await openBoth();
      await primary.destroy();
      listen();
      expect(await reasonOf(replica)).toBeUndefined();
    });

    it('is not kept where other processes tell of writes to the primary', async () => {
      const { primary, replica } = await openBoth();
      await primary.destroy();
      await start({ options: { bus: new ReferenceBus(new ReferenceLog()) } });
      expect(await reasonOf(replica)).toBe('replica');
    });
  },
  { only: ({ supportsConcurrentConnections }) => supportsConcurrentConnections },
);
