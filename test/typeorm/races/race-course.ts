import { Column, Entity, PrimaryGeneratedColumn, type DataSource } from 'typeorm';
import { Copier } from '../../../lib/codec/copy/copier.js';
import { processWritePath } from '../../../lib/engine/write-path.js';
import type { CacheKey } from '../../../lib/keys/cache-key.js';
import { initializedDataSources } from '../../../lib/typeorm/databases/data-sources.js';
import { describeEntityClass } from '../../../lib/typeorm/entities/entity-shape.js';
import { installHooks } from '../../../lib/typeorm/hooks/install-hooks.js';
import { createEngine, type Fixture } from '../../engine/engine-fixture.js';
import { connect, openDataSource, type TestDatabase } from '../../support/databases.js';
import { Wire, type Held, type Moment } from './wire.js';

@Entity()
export class Account {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  balance!: number;
}

/** A database with two accounts of 100 each, and a cache before it. */
export interface RaceCourse extends Fixture {
  readonly dataSource: DataSource;
  /** The balance of an account, as the cache answers. */
  balance(id?: number): Promise<number | undefined>;
  /** The sum of all balances, as the cache answers. */
  total(): Promise<number>;
  /** How often the database was asked. */
  loads(): number;
  /** Stops the next statement that matches on its way; see {@link Wire}. */
  hold(text: RegExp, moment: Moment): Held;
  close(): void;
}

/** Opens a course on a fresh database; `options` go to its DataSource. */
export async function openRaceCourse(database: TestDatabase, options: object = {}): Promise<RaceCourse> {
  installHooks();
  const dataSource = await openDataSource(database, [Account], options);
  await dataSource.manager.insert(Account, [{ balance: 100 }, { balance: 100 }]);
  return runOn(dataSource);
}

/** Another course, with a cache of its own, on the database of the first. */
export async function openBeside({ dataSource }: RaceCourse): Promise<RaceCourse> {
  return runOn(await connect({ ...dataSource.options, synchronize: false }));
}

function runOn(dataSource: DataSource): RaceCourse {
  const fixture = createEngine({ copier: new Copier(describeEntityClass(initializedDataSources)) });
  const detach = processWritePath.attach(fixture.log, fixture.engine);
  const { manager } = dataSource;
  const read = <T>(name: string, load: () => Promise<T>): Promise<T> =>
    fixture.engine.read(name as CacheKey, fixture.plan(), load);
  let wire: Wire | undefined;
  return {
    ...fixture,
    dataSource,
    balance: (id = 1) =>
      read(`account ${id}`, () => manager.findOneBy(Account, { id })).then((found) => found?.balance),
    total: () => read('total', () => manager.sum(Account, 'balance')).then(Number),
    loads: () => fixture.statistics.of('test').loads,
    hold: (text, moment) => (wire ??= new Wire(dataSource)).hold(text, moment),
    close() {
      wire?.releaseAll();
      detach();
      fixture.engine.close();
    },
  };
}
