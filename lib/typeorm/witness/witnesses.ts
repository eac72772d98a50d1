import type { DataSource } from 'typeorm';
import { nodeTimers, within } from '../../support/timers.js';
import { connect, connectionOf, driverConnectionOf } from '../connections/connections.js';
import type { ConnectionState } from '../connections/connection-state.js';
import { initializedDataSources } from '../databases/data-sources.js';
import { livesInMemory, placeOfDatabase } from '../databases/database-identity.js';
import type { Call } from '../statements/call.js';
import type { HookedRunner } from '../library/hooked-runner.js';
import { mysqlWatcher } from './mysql-watcher.js';
import { postgresWatcher } from './postgres-watcher.js';
import { sqliteWatcher } from './sqlite-watcher.js';
import { NOTHING_SEEN, type Sight, type Watcher } from './watcher.js';

/*
 * How a process learns that another process's transaction is over
 * ================================================================
 *
 * A process that dies between its mark and its release leaves its tags pending, and a bare timer is no way out: the
 * process may be stopped, not dead, or its COMMIT may be on its way for longer than any timer. The database knows. So a
 * mark carries a witness: which connection of which database its transaction is on, by the name that the database itself
 * has for the connection. Whoever has a DataSource on that database can look.
 *
 *   - The connection is gone: over. The database has rolled back what it had not committed.
 *   - The mark was made in an explicit transaction for the statement that ends it, and now no transaction is open on the
 *     connection: over. Also if there is another one than when we looked before, because the first look came after the mark.
 *   - The mark was made around a statement that is a transaction of its own, and its connection is idle: open. The
 *     statement may have been executed, or its process may be about to send it.
 *   - Anything that is not told, for lack of rights or because another server answered: open.
 *
 * What waits for COMMIT PREPARED is no connection's; that statement is marked as one that is a transaction of its own.
 */

/** DataSources that can tell; another one that speaks the same protocol need not know its connections. */
const WATCHERS: Readonly<Record<string, Watcher>> = {
  postgres: postgresWatcher,
  mysql: mysqlWatcher,
  mariadb: mysqlWatcher,
  'better-sqlite3': sqliteWatcher,
};

/** How long a look may take, in milliseconds, with waiting for a connection of the pool and for other looks. */
const LIMIT_MS = 2_000;

/** How many transactions that were seen open are remembered; of those forgotten it takes another look to tell. */
const MAX_SEEN = 1_000;

const LATE = 'The database did not answer in time';

interface Named {
  readonly connection: object;
  readonly watcher: Watcher;
  readonly database: string;
  readonly name: string;
}

/** What a mark carries. */
interface Witness {
  readonly database: string;
  readonly name: string;
  readonly endsTransaction: boolean;
}

/** Makes witnesses for the marks of this process, and judges those of others. One for a process. */
export class Witnesses {
  /** Null: there is nobody to tell of that connection. */
  private readonly names = new WeakMap<ConnectionState, Named | null>();
  private readonly learning = new WeakMap<ConnectionState, Promise<void>>();
  /** Tells the marks of one connection apart: what was seen of one says nothing of the next. */
  private serial = 0;

  private readonly seen = new Map<string, string>();
  /** The last look at each database that waits or runs. */
  private readonly looks = new Map<string, Promise<unknown>>();

  constructor(private readonly limitMs: number = LIMIT_MS) {}

  /**
   * Asks who the connection is, once; undefined when that is known, or cannot be asked now because a transaction may be
   * open, which a failing statement would end. To be waited for before the first statement that writes or begins is sent.
   * Never rejects.
   */
  learn(call: Call, connection: ConnectionState): Promise<void> | undefined {
    if (this.names.has(connection)) return undefined;
    const { dataSource } = call.source;
    const watcher = watcherOf(dataSource);
    if (watcher === undefined) {
      this.names.set(connection, null);
      return undefined;
    }
    if (connection.mayBeInTransaction) return undefined;
    let learning = this.learning.get(connection);
    if (learning === undefined) {
      learning = this.learnNow(call, connection, watcher);
      this.learning.set(connection, learning);
    }
    return learning;
  }

  /**
   * The witness of a mark that is about to be made, different for each; undefined when nobody will be able to tell.
   *
   * @param endsTransaction the mark is made for one statement, which ends a transaction that is surely open on the
   *   connection and does nothing else; false for every other, as for those that are transactions of their own.
   */
  of(connection: ConnectionState, endsTransaction: boolean): string | undefined {
    const named = this.names.get(connection);
    if (named === undefined || named === null) return undefined;
    const { watcher, database, name } = named;
    const isJudgedByTransaction = endsTransaction && (watcher.hasOneTransaction?.(named.connection) ?? true);
    return JSON.stringify([database, name, isJudgedByTransaction, ++this.serial]);
  }

  /**
   * Whether the transaction of a witness is over: nothing it did will be committed from now on, and what it committed is
   * seen by every read that starts from now on. Undefined when that is not told.
   *
   * Never rejects, takes two seconds at most, and may be called concurrently.
   */
  async isOver(text: string): Promise<boolean | undefined> {
    try {
      const witness = witnessIn(text);
      const dataSource = witness && dataSourceOn(witness.database);
      if (dataSource === undefined) return undefined;
      const { database, name } = witness!;
      const look = this.lookInTurn(database, () =>
        lookThrough(dataSource, (watcher, connection) => watcher.look(connection, name), NOTHING_SEEN),
      );
      const sight = await within(nodeTimers, this.limitMs, look, () => new Error(LATE));
      return this.verdict(text, witness!, sight ?? NOTHING_SEEN);
    } catch {
      return undefined;
    }
  }

  /**
   * Names the transactions of all databases that are open now and may have written, as far as their databases tell.
   *
   * Never rejects, and takes two seconds at most.
   */
  async writing(): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    const databases = new Map<string, DataSource>();
    for (const dataSource of initializedDataSources()) databases.set(placeOfDatabase(dataSource), dataSource);
    await Promise.all(
      [...databases].map(async ([database, dataSource]) => {
        if (watcherOf(dataSource)?.writing === undefined) return;
        try {
          const look = this.lookInTurn(database, () => lookThrough(dataSource, allWriting, []));
          const names = await within(nodeTimers, this.limitMs, look, () => new Error(LATE));
          for (const name of names ?? []) found.add(`${database} ${name}`);
        } catch {
          // Who cannot be asked tells nothing.
        }
      }),
    );
    return found;
  }

  /**
   * Whether the server still has a connection that was lost here; undefined when nobody can tell.
   *
   * Rejects when it cannot be asked now, after two seconds at most.
   */
  async isThere(dataSource: DataSource, lost: object): Promise<boolean | undefined> {
    const look = this.lookInTurn(placeOfDatabase(dataSource), () =>
      lookThrough(dataSource, async (watcher, connection) => [await watcher.isThere!(connection, lost)], [true]),
    );
    const [isThere] = (await within(nodeTimers, this.limitMs, look, () => new Error(LATE))) ?? [true];
    return isThere;
  }

  private async learnNow(call: Call, connection: ConnectionState, watcher: Watcher): Promise<void> {
    const { runner } = call;
    const { dataSource } = call.source;
    try {
      const driverConnection = driverConnectionOf(runner);
      if (driverConnection === undefined) return;
      const name = await watcher.nameOf(driverConnection, async (sql) => {
        const rows = await call.run(sql);
        return Array.isArray(rows) ? rows : [];
      });
      const named = { connection: driverConnection, watcher, database: placeOfDatabase(dataSource), name };
      this.names.set(connection, name === undefined ? null : { ...named, name });
      connection.witness = (endsTransaction) => this.of(connection, endsTransaction);
    } catch {
      this.names.set(connection, null);
    } finally {
      this.learning.delete(connection);
    }
  }

  /** One look at a time, so that a database that does not answer costs one connection of the pool and not all. */
  private async lookInTurn<T>(database: string, lookNow: () => Promise<T>): Promise<T | undefined> {
    let isGivenUp = false;
    const timer = setTimeout(() => (isGivenUp = true), this.limitMs);
    timer.unref();
    const before = this.looks.get(database);
    const look = (async () => {
      await before?.catch(() => undefined);
      return isGivenUp ? undefined : lookNow();
    })();
    this.looks.set(database, look);
    try {
      return await look;
    } finally {
      clearTimeout(timer);
      if (this.looks.get(database) === look) this.looks.delete(database);
    }
  }

  private verdict(text: string, { endsTransaction }: Witness, { isGone, transaction }: Sight): boolean | undefined {
    if (isGone === true) return this.over(text);
    if (!endsTransaction) return isGone;
    if (transaction === undefined) return undefined;
    if (transaction === null) return this.over(text);
    const before = this.seen.get(text);
    if (before !== undefined && before !== transaction) return this.over(text);
    if (this.seen.size >= MAX_SEEN) this.seen.clear();
    this.seen.set(text, transaction);
    return false;
  }

  private over(text: string): true {
    this.seen.delete(text);
    return true;
  }
}

/** Who tells of the connections of a DataSource, if anybody does. */
export function watcherOf(dataSource: DataSource): Watcher | undefined {
  return livesInMemory(dataSource) ? undefined : WATCHERS[dataSource.options.type];
}

function allWriting(watcher: Watcher, connection: object): Promise<readonly string[]> {
  return watcher.writing!(connection);
}

/** Undefined for what another version of this library may have written. */
function witnessIn(text: string): Witness | undefined {
  const [database, name, endsTransaction] = JSON.parse(text) as unknown[];
  if (typeof database !== 'string' || typeof name !== 'string' || typeof endsTransaction !== 'boolean')
    return undefined;
  return { database, name, endsTransaction };
}

function dataSourceOn(database: string): DataSource | undefined {
  for (const dataSource of initializedDataSources()) {
    if (watcherOf(dataSource) !== undefined && placeOfDatabase(dataSource) === database) return dataSource;
  }
  return undefined;
}

/** Speaks to the driver itself: what passes the runner is heard, and logged as if the application had sent it. */
async function lookThrough<T>(
  dataSource: DataSource,
  look: (watcher: Watcher, connection: object) => Promise<T>,
  nothing: T,
): Promise<T> {
  const runner = dataSource.createQueryRunner('master') as HookedRunner;
  try {
    const connection = connectionOf(runner, dataSource) ?? (await connect(runner, dataSource));
    const driverConnection = driverConnectionOf(runner);
    // A connection may have come back to the pool with somebody's transaction open, and that of SQLite belongs to all.
    if (connection === undefined || driverConnection === undefined || connection.mayBeInTransaction) {
      return nothing;
    }
    return await look(watcherOf(dataSource)!, driverConnection);
  } finally {
    await runner.release();
  }
}

/** The witnesses of this process: like the hooks they belong to it, and not to one of its applications. */
export const processWitnesses: Witnesses = new Witnesses();
