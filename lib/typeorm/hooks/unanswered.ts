import { setTimeout } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { processWritePath } from '../../engine/write-path.js';
import { ZooCacheError } from '../../errors/zoocache.error.js';
import { reportHookFailure } from '../library/hook-failures.js';
import { processWitnesses, watcherOf } from '../witness/witnesses.js';

/*
 * Statements whose promises are rejected although nobody knows what becomes of them
 * ==================================================================================
 *
 * The network between a driver and its server breaks, and the server does not notice before it answers: an UPDATE that waits
 * for a lock is executed when it gets it, and a COMMIT is committed, long after the driver has rejected.
 *
 *     without waiting:  UPDATE sent, connection lost, released | reader: the old row, kept | server: UPDATE executed
 *
 * So what such a statement marked stays pending until the server says that the connection is gone there too.
 */

/** Between looks, in milliseconds. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/** When the server has lost those that were lost here. */
const ends = new WeakMap<object, Promise<void>>();

/** Those of which nobody can tell. */
const untold = new Set<() => void>();

/**
 * Calls `conclude` when a statement that was rejected is over at the server too: at once where the server has answered, or where
 * no database tells of its connections.
 *
 * @param connection the driver's object that it was sent on
 */
export function whenOver(
  dataSource: DataSource,
  connection: object | undefined,
  error: unknown,
  conclude: () => void,
): void {
  const end = endOf(dataSource, connection, error);
  if (end === undefined) conclude();
  else void end.then(conclude);
}

/** Takes all of which nobody can tell for over, because somebody says so who knows. */
export function giveUpUntold(): void {
  for (const giveUp of untold) giveUp();
  untold.clear();
}

function endOf(dataSource: DataSource, connection: object | undefined, error: unknown): Promise<void> | undefined {
  const watcher = watcherOf(dataSource);
  if (connection === undefined || watcher?.fateOf === undefined || !processWritePath.hasFollowers) return undefined;
  if (typeof error !== 'object' || error === null) return undefined;
  const fate = watcher.fateOf((error as { readonly driverError?: object }).driverError ?? error, connection);
  if (fate === 'over') return undefined;
  if (fate === 'lost') return untilGone(dataSource, connection);
  return fate.then((end) => (end === 'lost' ? untilGone(dataSource, connection) : undefined));
}

function untilGone(dataSource: DataSource, lost: object): Promise<void> {
  let end = ends.get(lost);
  if (end === undefined) ends.set(lost, (end = lookUntilGone(dataSource, lost)));
  return end;
}

async function lookUntilGone(dataSource: DataSource, lost: object): Promise<void> {
  for (let pauseMs = FIRST_PAUSE_MS; dataSource.isInitialized; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      const isThere = await processWitnesses.isThere(dataSource, lost);
      if (isThere === false) return;
      if (isThere === undefined) {
        reportHookFailure('waiting for a write whose connection was lost', untoldError(dataSource));
        return await new Promise<void>((resolve) => untold.add(resolve));
      }
    } catch {
      // The database is out of reach; it may go on all the same.
    }
    await setTimeout(pauseMs, undefined, { ref: false });
  }
}

function untoldError(dataSource: DataSource): ZooCacheError {
  return new ZooCacheError('UNSUPPORTED', {
    what: 'A connection was lost during a write, and nobody can tell whether the server goes on with it',
    name: `a DataSource on ${dataSource.options.type}`,
    next: 'A pooler hides who is connected: what the write touches is not cached until you call clear()',
  });
}
