import { AsyncLocalStorage } from 'node:async_hooks';
import type { Invalidation } from '../tags/tag.js';
import type { LoadCapture } from './load-capture.js';

/** A transaction that is open on some connection, as far as the calls inside it care. */
export interface OpenTransaction {
  /** Adds to what the transaction will invalidate when, and only if, it commits. */
  collect(invalidation: Invalidation): void;
}

/** The transactions that the code running now stands in. */
export class TransactionScope {
  /** Most scopes are those of loads, in which no transaction is ever opened. */
  private open: Set<OpenTransaction> | undefined;

  constructor(private outer?: TransactionScope) {
    outer?.forgetOver();
  }

  /** The innermost open transaction, or undefined outside of any. */
  get current(): OpenTransaction | undefined {
    let last: OpenTransaction | undefined;
    for (const transaction of this.open ?? []) last = transaction;
    return last ?? (this.nearestOpen ?? this.everybodys)?.current;
  }

  get isOpen(): boolean {
    return this.hasOpen || this.nearestOpen !== undefined || this.everybodys !== undefined;
  }

  enter(transaction: OpenTransaction): void {
    (this.open ??= new Set()).add(transaction);
  }

  leave(transaction: OpenTransaction): void {
    this.open?.delete(transaction);
  }

  get hasOpen(): boolean {
    return this.open !== undefined && this.open.size > 0;
  }

  /** The nearest scope around this one in which a transaction is open. */
  private get nearestOpen(): TransactionScope | undefined {
    this.forgetOver();
    return this.outer;
  }

  /** Around all others, and in nobody's way while it is empty. */
  private get everybodys(): TransactionScope | undefined {
    return this !== everybodysScope && everybodysScope.hasOpen ? everybodysScope : undefined;
  }

  /**
   * Lets go of the scopes around this one in which no transaction is open. A job that starts the next one from inside of
   * itself would otherwise stand in those of all before it, until to walk through them exceeds the stack.
   */
  private forgetOver(): void {
    while (this.outer !== undefined && !this.outer.hasOpen) this.outer = this.outer.outer;
  }
}

/** The scope of transactions that all code of the process has been made part of. */
export const everybodysScope = new TransactionScope();

/** What is being saved; whoever runs a frame with it knows more of it. */
export type Saving = object;

/** What is known about the code running now; handed on to everything it awaits. */
export interface Frame {
  /** The load whose dependencies are being captured. */
  readonly load?: LoadCapture;
  /** Why cached answers are not read here, for example `'no-cache'`. */
  readonly bypass?: string;
  readonly transactions: TransactionScope;
  /** What the code running now is saving, for whoever hears its queries. */
  readonly saving?: Saving;
  /** A statement of our own is under way: whoever is told of it, and whom its answer waits for, must not wait for that answer. */
  readonly isOwn?: boolean;
  /** Entered without a function to leave again: when its transactions are over it must not be shared any longer. */
  readonly isLoose?: boolean;
}

// The one AsyncLocalStorage of the package, made with its first use: on Node 20 each one that is in use slows every
// await of the process by half, and a process that never loads or writes through the cache should pay nothing.
let frames: AsyncLocalStorage<Frame> | undefined;

/** The frame of code that has none of its own while everybody stands in a transaction. */
const everybodysFrame: Frame = { transactions: everybodysScope };

/** The frame of the code running now, if it has one. */
export function currentFrame(): Frame | undefined {
  return ownFrame() ?? (everybodysScope.hasOpen ? everybodysFrame : undefined);
}

function ownFrame(): Frame | undefined {
  return frames === undefined ? undefined : frames.getStore();
}

/** Runs `body` and all it awaits in `frame`. */
export function runInFrame<T>(frame: Frame, body: () => T): T {
  return storage().run(frame, body);
}

/** Makes `frame` the one of the rest of the running function, and of what it awaits. */
export function enterFrame(frame: Frame): void {
  storage().enterWith(frame);
}

function storage(): AsyncLocalStorage<Frame> {
  return (frames ??= new AsyncLocalStorage());
}

/** Runs `body` so that no cached answer is read or stored in it; `reason` is what the statistics call it. */
export function runBypassed<T>(reason: string, body: () => T): T {
  const outer = currentFrame();
  return runInFrame(
    { load: outer?.load, bypass: reason, transactions: new TransactionScope(outer?.transactions), isOwn: outer?.isOwn },
    body,
  );
}

/**
 * Runs `body`, which sends a statement of our own. Others are told of it too, and may ask and write before it is answered:
 * none of that belongs to the load that needs it, or may join one that waits for it.
 */
export function runOwn<T>(body: () => T): T {
  const transactions = new TransactionScope(currentFrame()?.transactions);
  return runInFrame({ bypass: 'catalogue being read', transactions, isOwn: true }, body);
}

/** Runs `body` in a transaction scope of its own, as the callback of `dataSource.transaction()` is. */
export function runInTransactionScope<T>(body: () => T): T {
  const outer = currentFrame();
  return runInFrame({ ...outer, transactions: new TransactionScope(outer?.transactions), isLoose: false }, body);
}

/** Runs `body` as the saving of something, or of nothing that anybody need know. */
export function runSaving<T>(saving: Saving | undefined, body: () => T): T {
  const outer = currentFrame();
  return runInFrame(
    { ...outer, saving, transactions: new TransactionScope(outer?.transactions), isLoose: false },
    body,
  );
}

/**
 * The scope that a transaction started by a plain call belongs to.
 *
 * A frame that was entered without a function around it may have been inherited by a whole server that started inside
 * it; as soon as its own transactions are over the next transaction gets a scope of its own, or one request's
 * transaction would make every other request bypass the cache.
 */
export function scopeForPlainStart(): TransactionScope {
  const frame = ownFrame();
  if (frame !== undefined && (!frame.isLoose || frame.transactions.isOpen)) return frame.transactions;
  const transactions = new TransactionScope();
  enterFrame({ load: frame?.load, bypass: frame?.bypass, transactions, isLoose: true });
  return transactions;
}

/** The frame in which a load runs: its queries are captured, and the transactions around it stay around it. */
export function frameForLoad(load: LoadCapture, outer: Frame | undefined): Frame {
  return { load, transactions: new TransactionScope(outer?.transactions) };
}
