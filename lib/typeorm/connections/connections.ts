import type { DataSource } from 'typeorm';
import { processWritePath } from '../../engine/write-path.js';
import { ConnectionState } from './connection-state.js';
import { dialectOf } from '../library/dialect.js';
import type { HookedRunner } from '../library/hooked-runner.js';

/** What is known of a connection. Keyed by the driver's object, so that a lost connection takes its state with it. */
const states = new WeakMap<object, ConnectionState>();

/** Drivers whose runners are their connections: they hand out none, or another one every time. */
const RUNNERS_ARE_CONNECTIONS: ReadonlySet<string> = new Set(['mssql', 'spanner', 'aurora-mysql', 'aurora-postgres']);

/** Drivers that start and end transactions by other means than statements. */
const NATIVE_ENDS = RUNNERS_ARE_CONNECTIONS;

/** Whether COMMIT and ROLLBACK are not sent as statements. */
export function endsNatively(dataSource: DataSource): boolean {
  return NATIVE_ENDS.has(dataSource.options.type);
}

/** The state of the connection a runner has, or undefined while it has none. */
export function connectionOf(runner: HookedRunner, dataSource: DataSource): ConnectionState | undefined {
  if (RUNNERS_ARE_CONNECTIONS.has(dataSource.options.type)) return stateOf(runner, dataSource);
  const connection = driverConnectionOf(runner);
  return connection === undefined ? undefined : stateOf(connection, dataSource);
}

/** The driver's own object for the connection a runner has, or undefined while it has none. */
export function driverConnectionOf(runner: HookedRunner): object | undefined {
  const connection = runner.databaseConnection ?? runner.driver?.databaseConnection;
  return typeof connection === 'object' && connection !== null ? connection : undefined;
}

/** The same for a runner that has none yet; undefined if it gets none: its own call will fail for the same reason. */
export function connect(runner: HookedRunner, dataSource: DataSource): Promise<ConnectionState | undefined> {
  try {
    // One layer over the runner's promise and no more: every read of a load waits for it.
    return runner.connect().then(
      (connection: unknown) =>
        stateOf(typeof connection === 'object' && connection !== null ? connection : runner, dataSource),
      () => undefined,
    );
  } catch {
    return Promise.resolve(undefined);
  }
}

function stateOf(connection: object, dataSource: DataSource): ConnectionState {
  let state = states.get(connection);
  if (state === undefined) {
    const dialect = dialectOf(dataSource);
    state = new ConnectionState(processWritePath, {
      beginCommits: dialect === 'mysql',
      savepointBegins: dialect === 'sqlite',
      failureMayEnd: dialect !== 'postgres',
      saysNoneIsOpen: (error) => dialect === 'sqlite' && /no transaction is active/.test(String(error)),
    });
    states.set(connection, state);
  }
  return state;
}
