import { everybodysScope, scopeForPlainStart, type TransactionScope } from '../../engine/context.js';
import { processWritePath } from '../../engine/write-path.js';
import type { HookedRunner } from '../library/hooked-runner.js';
import { TransactionHandle } from './transaction-handle.js';

/** Transactions whose starting method was called on a runner and whose statement has not been sent yet, oldest first. */
const started = new WeakMap<HookedRunner, TransactionHandle[]>();

/** The handles of callers who stand in a transaction of a runner. */
const handles = new WeakMap<HookedRunner, Set<TransactionHandle>>();

/** The caller, who must not have awaited anything yet, stands in a transaction from now on. */
export function newHandle(runner: HookedRunner): TransactionHandle {
  return newHandleIn(scopeForPlainStart(), runner);
}

/** All callers stand in a transaction of the runner from now on. */
export function newHandleOfEverybody(runner: HookedRunner): TransactionHandle {
  return newHandleIn(everybodysScope, runner);
}

function newHandleIn(scope: TransactionScope, runner: HookedRunner): TransactionHandle {
  let ofRunner = handles.get(runner);
  if (ofRunner === undefined) handles.set(runner, (ofRunner = new Set()));
  const known = ofRunner;
  // The shared runner of a SQLite driver lives as long as the process: what is over must not stay with it.
  const handle = new TransactionHandle(scope, processWritePath, (over) => void known.delete(over));
  known.add(handle);
  return handle;
}

/** `startTransaction` was called on the runner, and the statement it sends will follow. */
export function announceStart(runner: HookedRunner): TransactionHandle {
  const handle = newHandle(runner);
  const waiting = started.get(runner);
  if (waiting === undefined) started.set(runner, [handle]);
  else waiting.push(handle);
  return handle;
}

/** The oldest start that is waiting for its statement. */
export function takeStart(runner: HookedRunner): TransactionHandle | undefined {
  return started.get(runner)?.shift();
}

/** Takes back a start whose statement was never sent; false if it was. */
export function withdrawStart(runner: HookedRunner, handle: TransactionHandle): boolean {
  const waiting = started.get(runner);
  const at = waiting?.indexOf(handle) ?? -1;
  if (at < 0) return false;
  waiting!.splice(at, 1);
  return true;
}

/** The runner cannot be used any longer, so nobody stands in a transaction of it, open or not. */
export function leaveAllOf(runner: HookedRunner): void {
  for (const handle of handles.get(runner) ?? []) handle.leave();
  handles.delete(runner);
}
