import type { DataSource } from 'typeorm';
import { currentFrame, runOwn } from '../../engine/context.js';
import { processWritePath } from '../../engine/write-path.js';
import { connect, connectionOf, endsNatively } from '../connections/connections.js';
import type { OnItsWay } from '../connections/transaction-control.js';
import { heardDataSource, type HeardDataSource } from '../statements/heard-data-source.js';
import type { Call } from '../statements/call.js';
import { hearCoarsely, hearStatement } from './heard-statement.js';
import { hearStream, hearStreamedRead } from './heard-stream.js';
import { reportHookFailure } from '../library/hook-failures.js';
import type { HookedRunner } from '../library/hooked-runner.js';
import { isAnythingKeptOnSave } from '../reads/open-reads.js';
import { patch } from '../library/patch.js';
import { isPlainRead, isPlainWrite } from '../library/plain-text.js';
import { announceStart, leaveAllOf, withdrawStart } from '../connections/started-transactions.js';
import type { TransactionHandle } from '../connections/transaction-handle.js';

type Query = (this: HookedRunner, text: unknown, ...rest: unknown[]) => Promise<unknown>;

/** What `query` was, by the prototypes that carry the hooks of this loaded copy of the library; another copy has its own. */
const originals = new WeakMap<object, Query>();

/** Hears everything that is sent through this runner, and through all others of its class, from now on. */
export function hearRunner(runner: HookedRunner): void {
  const prototype: unknown = Object.getPrototypeOf(runner);
  if (typeof prototype !== 'object' || prototype === null || patchedAbove(prototype) !== null) return;
  originals.set(prototype, Reflect.get(prototype, 'query') as Query);
  patch(prototype, 'query', heardQuery);
  patch(prototype, 'stream', heardStreaming);
  patch(prototype, 'startTransaction', heardStart);
  patch(prototype, 'commitTransaction', (original) => heardEnd(original, 'commit'));
  patch(prototype, 'rollbackTransaction', (original) => heardEnd(original, 'rollback'));
  patch(prototype, 'release', heardRelease);
}

/** A statement of our own, as if there were no hooks. */
export function sendUnheard(runner: HookedRunner, text: string): Promise<unknown> {
  const prototype = patchedAbove(Object.getPrototypeOf(runner) as object);
  const original = prototype === null ? undefined : originals.get(prototype);
  return runOwn(() => (original === undefined ? runner.query(text) : original.call(runner, text)));
}

/** Which class on this way carries the hooks already, if any; two on one way would count every statement twice. */
function patchedAbove(prototype: object): object | null {
  let at: object | null = prototype;
  while (at !== null && !originals.has(at)) at = Object.getPrototypeOf(at) as object | null;
  return at;
}

function sourceOf(runner: HookedRunner): HeardDataSource {
  // TypeORM 0.3 calls it `connection`.
  const { dataSource = runner.connection } = runner as { dataSource?: DataSource };
  return heardDataSource(dataSource);
}

/** Reads outside of any load, which are most of what an application without this library sends, pass by at once. */
function heardQuery(original: Query): Query {
  return function query(text, ...rest) {
    if (typeof text !== 'string' || this.isReleased) return original.call(this, text, ...rest);
    const source = sourceOf(this);
    const load = currentFrame()?.load;
    if (load === undefined) {
      if (isPlainRead(text, source.dialect)) {
        if (isAnythingKeptOnSave()) overhear(this, source, text);
        return withFailureHeard(this, source, original.call(this, text, ...rest));
      }
      if (!processWritePath.hasFollowers && isPlainWrite(text, source.dialect)) {
        return hearCoarsely(callOf(this, source, text, rest, original));
      }
    }
    return hearStatement(callOf(this, source, text, rest, original), load);
  };
}

/** A read that nobody hears otherwise may be the victim of a deadlock, and its transaction with it. */
function withFailureHeard(runner: HookedRunner, source: HeardDataSource, answer: Promise<unknown>): Promise<unknown> {
  if (source.dialect === 'postgres') return answer;
  const connection = connectionOf(runner, source.dataSource);
  if (connection?.mayBeInTransaction !== true) return answer;
  return answer.catch((error: unknown) => {
    connection.hearFailure();
    throw error;
  });
}

/** A read that nobody hears otherwise, in a transaction that has saved something. */
function overhear(runner: HookedRunner, source: HeardDataSource, text: string): void {
  const saved = connectionOf(runner, source.dataSource)?.saved;
  if (saved === undefined || saved.isEmpty) return;
  try {
    saved.hearRead(source.planOf(text).obstacle);
  } catch (error) {
    saved.forget();
    reportHookFailure('hearing a statement', error);
  }
}

function callOf(runner: HookedRunner, source: HeardDataSource, text: string, rest: unknown[], original: Query): Call {
  return {
    runner,
    source,
    text,
    parameters: rest[0],
    isStructured: rest[1] === true,
    send: (sent) => original.call(runner, sent, ...rest),
    run: (own) => runOwn(() => original.call(runner, own)),
    isWithinOwn: currentFrame()?.isOwn === true,
  };
}

type Method = (this: HookedRunner, ...args: unknown[]) => unknown;

function heardStreaming(original: Method): Method {
  return function stream(...args) {
    const source = sourceOf(this);
    const load = currentFrame()?.load;
    load?.block('stream');
    const connection = connectionOf(this, source.dataSource);
    connection?.saved.forget();
    const [text] = args;
    if (typeof text !== 'string' || this.isReleased || isPlainRead(text, source.dialect)) {
      const sent = original.apply(this, args);
      return connection?.mayBeInTransaction === true ? hearStreamedRead(connection, sent) : sent;
    }
    return hearStream(this, source, text, args[1], load, () => original.apply(this, args));
  };
}

function heardStart(original: Method): Method {
  return function startTransaction(...args) {
    const source = sourceOf(this);
    // Before the first await, or the caller would not be seen to stand in the transaction.
    const handle = announceStart(this);
    let started: unknown;
    try {
      started = original.apply(this, args);
    } catch (error) {
      if (withdrawStart(this, handle)) handle.leave();
      throw error;
    }
    return finishStart(this, source, handle, started);
  };
}

async function finishStart(
  runner: HookedRunner,
  source: HeardDataSource,
  handle: TransactionHandle,
  started: unknown,
): Promise<unknown> {
  let result: unknown;
  try {
    result = await started;
  } catch (error) {
    if (withdrawStart(runner, handle)) handle.leave();
    throw error;
  }
  // No statement was sent, so the driver started the transaction by other means.
  if (withdrawStart(runner, handle)) {
    try {
      const connection = connectionOf(runner, source.dataSource) ?? (await connect(runner, source.dataSource));
      connection?.openNatively(handle);
    } catch (error) {
      reportHookFailure('hearing the start of a transaction', error);
    }
  }
  return result;
}

function heardEnd(original: Method, kind: 'commit' | 'rollback'): Method {
  return function endTransaction(...args) {
    const source = sourceOf(this);
    if (!endsNatively(source.dataSource)) return original.apply(this, args);
    return endNatively(this, source, kind, () => original.apply(this, args));
  };
}

async function endNatively(
  runner: HookedRunner,
  source: HeardDataSource,
  kind: 'commit' | 'rollback',
  send: () => unknown,
): Promise<unknown> {
  // Deeper down it is a savepoint, which is sent as a statement or not at all.
  const isOutermost = (runner.transactionDepth ?? 1) <= 1;
  const way: OnItsWay | undefined =
    runner.isTransactionActive && isOutermost
      ? connectionOf(runner, source.dataSource)?.startControl({ kind })
      : undefined;
  try {
    await processWritePath.announced();
    const result = await send();
    way?.succeeded();
    return result;
  } catch (error) {
    way?.failed();
    throw error;
  }
}

function heardRelease(original: Method): Method {
  return function release(...args) {
    const released = original.apply(this, args);
    // The shared runner of a SQLite driver is never released.
    if (this.isReleased) leaveAllOf(this);
    return released;
  };
}
