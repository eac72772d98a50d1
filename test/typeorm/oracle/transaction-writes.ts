import type { QueryRunner } from 'typeorm';
import type { TestDatabase } from '../../support/databases.js';
import { untilNothingIsPending } from '../../support/pending.js';
import { writeALittle } from './entity-writes.js';
import { Item, Person, Price, Scrap } from './schema.js';
import { make, some, sql, withRunner, type World, type WriteKind } from './world.js';

const onPostgres = ({ family }: TestDatabase): boolean => family === 'postgres';
const onMysql = ({ family }: TestDatabase): boolean => family === 'mysql';
const onSqlite = ({ family }: TestDatabase): boolean => family === 'sqlite';
const notOnSqlite = ({ family }: TestDatabase): boolean => family !== 'sqlite';

const BACK = new Error('back');

/** Swallows the error that was thrown to make a transaction roll back, and no other. */
function unlessBack(error: unknown): void {
  if (error !== BACK) throw error;
}

const transactions: readonly WriteKind[] = [
  {
    title: 'transaction() that commits',
    run: (world) => world.dataSource.transaction((manager) => writeALittle({ ...world, manager })),
  },
  {
    title: 'transaction() that rolls back',
    isUndone: true,
    run: (world) =>
      world.dataSource
        .transaction(async (manager) => {
          await writeALittle({ ...world, manager });
          throw BACK;
        })
        .catch(unlessBack),
  },
  {
    title: 'transaction() of another isolation level',
    run: (world) => world.dataSource.transaction('SERIALIZABLE', (manager) => writeALittle({ ...world, manager })),
  },
  {
    title: 'a savepoint that is kept in a transaction that commits',
    run: (world) =>
      world.dataSource.transaction(async (outer) => {
        await make({ ...world, manager: outer }, Scrap);
        await outer.transaction((manager) => writeALittle({ ...world, manager }));
      }),
  },
  {
    title: 'a savepoint that is rolled back in a transaction that commits',
    run: (world) =>
      world.dataSource.transaction(async (outer) => {
        await make({ ...world, manager: outer }, Scrap);
        await outer
          .transaction(async (manager) => {
            await writeALittle({ ...world, manager });
            throw BACK;
          })
          .catch(unlessBack);
        await outer.update(Item, (await some({ ...world, manager: outer }, Item)).id, { name: 'after' });
      }),
  },
  {
    title: 'a savepoint that is kept in a transaction that rolls back',
    isUndone: true,
    run: (world) =>
      world.dataSource
        .transaction(async (outer) => {
          await outer.transaction((manager) => writeALittle({ ...world, manager }));
          throw BACK;
        })
        .catch(unlessBack),
  },
  {
    title: 'savepoints in savepoints, kept and rolled back',
    run: (world) =>
      world.dataSource.transaction(async (one) => {
        await one.transaction(async (two) => {
          await make({ ...world, manager: two }, Scrap);
          await two
            .transaction(async (three) => {
              await three.transaction((manager) => writeALittle({ ...world, manager }));
              throw BACK;
            })
            .catch(unlessBack);
          await make({ ...world, manager: two }, Price);
        });
      }),
  },
  {
    title: 'a query runner that begins and commits',
    run: (world) =>
      withRunner(world, async (runner, inside) => {
        await runner.startTransaction();
        await writeALittle(inside);
        await runner.commitTransaction();
      }),
  },
  {
    title: 'a query runner that begins and rolls back',
    isUndone: true,
    run: (world) =>
      withRunner(world, async (runner, inside) => {
        await runner.startTransaction();
        await writeALittle(inside);
        await runner.rollbackTransaction();
      }),
  },
  {
    title: 'two transactions and a write without one over one query runner',
    run: (world) =>
      withRunner(world, async (runner, inside) => {
        await runner.startTransaction();
        await make(inside, Scrap);
        await runner.commitTransaction();
        await runner.manager.update(Item, (await some(inside, Item)).id, { name: 'between' });
        await runner.startTransaction();
        await make(inside, Price);
        await runner.rollbackTransaction();
      }),
  },
  {
    title: 'BEGIN and COMMIT written in SQL',
    run: (world) =>
      withRunner(world, async (runner) => {
        await runner.query('BEGIN');
        await runner.query(`UPDATE item SET name = 'begun'`);
        await runner.query('COMMIT');
      }),
  },
  {
    title: 'BEGIN and ROLLBACK written in SQL',
    isUndone: true,
    run: (world) =>
      withRunner(world, async (runner) => {
        await runner.query(onMysql(world.database) ? 'START TRANSACTION' : 'BEGIN');
        await runner.query(`UPDATE item SET name = 'never'`);
        await runner.query('ROLLBACK');
      }),
  },
  {
    title: 'other spellings of BEGIN and COMMIT',
    run: (world) =>
      withRunner(world, async (runner) => {
        const [begin, commit] = onMysql(world.database)
          ? ['begin work', 'commit work']
          : onSqlite(world.database)
            ? ['begin immediate transaction', 'end transaction']
            : ['/* x */ begin isolation level serializable', 'end work'];
        await runner.query(begin);
        await runner.query(`UPDATE item SET counter = counter + 1`);
        await runner.query(commit);
      }),
  },
  {
    title: 'COMMIT AND CHAIN, which begins the next transaction',
    run: (world) =>
      withRunner(world, async (runner) => {
        await runner.query('BEGIN');
        await runner.query(`UPDATE item SET name = 'chained'`);
        await runner.query('COMMIT AND CHAIN');
        await runner.query(`UPDATE scrap SET text = 'never'`);
        await runner.query('ROLLBACK');
      }),
    on: notOnSqlite,
  },
  {
    title: 'savepoints written in SQL',
    run: (world) =>
      withRunner(world, async (runner) => {
        await runner.query('BEGIN');
        await runner.query(`UPDATE item SET name = 'kept'`);
        await runner.query('SAVEPOINT a');
        await runner.query(`UPDATE scrap SET text = 'undone'`);
        await runner.query('ROLLBACK TO SAVEPOINT a');
        await runner.query(`INSERT INTO scrap (text) VALUES ('kept')`);
        await runner.query('RELEASE SAVEPOINT a');
        await runner.query('COMMIT');
      }),
  },
  {
    title: 'a savepoint without a transaction, which is one',
    run: (world) =>
      withRunner(world, async (runner) => {
        await runner.query('SAVEPOINT a');
        await runner.query(`UPDATE item SET name = 'saved'`);
        await runner.query('RELEASE a');
      }),
    on: onSqlite,
  },
  {
    title: 'entities saved inside a BEGIN written in SQL',
    run: (world) =>
      withRunner(world, async (runner, inside) => {
        await runner.query('BEGIN');
        await runner.query(`UPDATE item SET name = 'begun'`);
        await make(inside, Scrap);
        await runner.query('COMMIT');
      }),
    // A second BEGIN is an error there.
    on: notOnSqlite,
  },
  {
    title: 'entities saved inside a BEGIN written in SQL and rolled back, as far as the database still can',
    run: (world) =>
      withRunner(world, async (runner, inside) => {
        await runner.query('BEGIN');
        await runner.query(`UPDATE item SET name = 'begun'`);
        await make(inside, Scrap);
        await runner.query(`UPDATE item SET name = 'more'`);
        await runner.query('ROLLBACK');
      }),
    on: notOnSqlite,
  },
  {
    title: 'a transaction without BEGIN, where committing by itself was turned off',
    run: (world) =>
      withRunner(world, async (runner) => {
        await runner.query('SET autocommit = 0');
        await runner.query(`UPDATE item SET name = 'off'`);
        await runner.query('COMMIT');
        await runner.query(`UPDATE scrap SET text = 'off'`);
        await runner.query('SET autocommit = 1');
      }),
    on: onMysql,
  },
  {
    title: 'a transaction without BEGIN that is rolled back',
    isUndone: true,
    run: (world) =>
      withRunner(world, async (runner) => {
        await runner.query('SET autocommit = 0');
        await runner.query(`UPDATE item SET name = 'never'`);
        await runner.query('ROLLBACK');
        await runner.query('SET autocommit = 1');
      }),
    on: onMysql,
  },
  {
    title: 'a distributed transaction that commits in one phase and in two, and one that rolls back',
    run: (world) =>
      withRunner(world, async (runner) => {
        const within = async (text: string, ...ends: string[]): Promise<void> => {
          for (const statement of [`XA START 'zoo'`, text, `XA END 'zoo'`, ...ends]) await runner.query(statement);
        };
        await within(`UPDATE item SET name = 'one phase'`, `XA COMMIT 'zoo' ONE PHASE`);
        await within(`UPDATE person SET name = 'two phases'`, `XA PREPARE 'zoo'`, `XA COMMIT 'zoo'`);
        await within(`UPDATE scrap SET text = 'never'`, `XA ROLLBACK 'zoo'`);
      }),
    on: onMysql,
  },
  {
    title: 'a rollback that cannot undo what DDL committed',
    run: (world) =>
      withRunner(world, async (runner) => {
        await runner.startTransaction();
        await runner.query(`UPDATE item SET name = 'committed by DDL'`);
        await runner.query('CREATE TABLE implicit (id int)');
        await runner.query(`UPDATE scrap SET text = 'committed by itself'`);
        await runner.rollbackTransaction();
        await runner.query('DROP TABLE implicit');
      }),
    on: onMysql,
  },
  {
    title: 'a rollback that undoes DDL too',
    isUndone: true,
    run: (world) =>
      withRunner(world, async (runner, inside) => {
        await runner.startTransaction();
        await runner.query('ALTER TABLE scrap ADD COLUMN gone int');
        await runner.query('TRUNCATE item');
        await make(inside, Price);
        await runner.rollbackTransaction();
      }),
    on: onPostgres,
  },
  {
    title: 'a rollback after TRUNCATE, which had committed',
    run: (world) =>
      withRunner(world, async (runner, inside) => {
        await make(world, Scrap);
        await runner.startTransaction();
        await make(inside, Price);
        await runner.query('TRUNCATE TABLE scrap');
        await runner.rollbackTransaction();
      }),
    on: onMysql,
  },
  {
    title: 'a transaction in which a statement failed',
    mayChangeNothing: true,
    run: (world) =>
      world.dataSource
        .transaction(async (manager) => {
          await writeALittle({ ...world, manager });
          await manager.query('SELECT nothing FROM nowhere').catch(() => undefined);
        })
        .catch(() => undefined),
  },
  {
    title: 'a COMMIT that fails because a deferred constraint does',
    mayChangeNothing: true,
    run: async (world) => {
      await world.dataSource
        .transaction(async (manager) => {
          await manager.update(Item, (await some({ ...world, manager }, Item)).id, { name: 'never' });
          await manager.query('INSERT INTO deferred_one (id) VALUES (1), (1)');
        })
        .then(
          () => Promise.reject(new Error('it should have failed')),
          () => undefined,
        );
    },
    on: onPostgres,
  },
  {
    title: 'a connection that is lost before COMMIT',
    mayChangeNothing: true,
    run: async (world) => {
      const killer = world.dataSource.createQueryRunner();
      await withRunner(world, async (runner, inside) => {
        await runner.startTransaction();
        await writeALittle(inside);
        await kill(world, killer, runner);
        await runner.commitTransaction().then(
          () => Promise.reject(new Error('it should have failed')),
          () => undefined,
        );
      });
      await killer.release();
      await untilNothingIsPending();
    },
    on: notOnSqlite,
  },
  {
    title: 'a connection given back with its transaction open, which somebody else commits',
    run: async (world) => {
      const pool = poolOfOne(world);
      await withRunner(world, async (runner) => {
        await runner.startTransaction();
        await runner.query(`UPDATE item SET name = 'left open'`);
      });
      await pool();
    },
    on: onSqlite,
  },
  {
    title: 'transactions side by side over several connections',
    run: (world) =>
      Promise.all([
        world.dataSource.transaction((manager) => make({ ...world, manager }, Scrap)),
        world.dataSource
          .transaction(async (manager) => {
            await make({ ...world, manager }, Price);
            throw BACK;
          })
          .catch(unlessBack),
        world.manager.insert(Item, { name: 'beside' }),
      ]),
    on: notOnSqlite,
  },
  {
    title: 'clear() inside a transaction that rolls back',
    mayChangeNothing: true,
    run: (world) =>
      world.dataSource
        .transaction(async (manager) => {
          await make({ ...world, manager }, Scrap);
          await manager.clear(Scrap);
          throw BACK;
        })
        .catch(unlessBack),
  },
  {
    title: 'transactions side by side over one connection',
    mayChangeNothing: true,
    run: async (world) => {
      await Promise.all([
        world.dataSource.transaction((manager) => make({ ...world, manager }, Scrap)),
        world.dataSource
          .transaction(async (manager) => {
            await make({ ...world, manager }, Price);
            throw BACK;
          })
          .catch(() => undefined),
      ]).catch(() => undefined);
      await settle(world);
    },
    on: onSqlite,
  },
];

/** Transactions in all their forms; all of them stand alone. */
export const transactionWrites: readonly WriteKind[] = transactions.map((kind) => ({
  ...kind,
  standsAlone: true,
  prepare: async (world) => {
    for (const entity of [Person, Item, Scrap]) await make(world, entity);
  },
}));

async function kill(world: World, killer: QueryRunner, victim: QueryRunner): Promise<void> {
  if (onPostgres(world.database)) {
    const [{ pid }] = (await victim.query('SELECT pg_backend_pid() AS pid')) as [{ pid: number }];
    await killer.query('SELECT pg_terminate_backend($1)', [pid]);
  } else {
    const [{ id }] = (await victim.query('SELECT CONNECTION_ID() AS id')) as [{ id: number }];
    await killer.query(`KILL ${id}`);
  }
}

/** Commits what somebody left open on the only connection there is. */
function poolOfOne(world: World): () => Promise<unknown> {
  return () => sql(world, 'COMMIT');
}

/** After transactions have run into each other on one connection, ends whatever they left open. */
async function settle(world: World): Promise<void> {
  const runner = world.dataSource.createQueryRunner();
  while (runner.isTransactionActive) {
    try {
      await runner.rollbackTransaction();
    } catch {
      break;
    }
  }
  await sql(world, 'ROLLBACK').catch(() => undefined);
}
