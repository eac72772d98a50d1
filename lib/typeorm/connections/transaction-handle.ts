import type { OpenTransaction, TransactionScope } from '../../engine/context.js';
import type { WritePath } from '../../engine/write-path.js';
import { InvalidationSet } from '../../tags/invalidation-set.js';
import type { Invalidation } from '../../tags/tag.js';

/** What collects for a transaction once it is open. */
export interface Collecting {
  collect(invalidation: Invalidation): void;
}

/**
 * A transaction as the code around it sees it.
 *
 * It must be there before the first await of the call that starts the transaction, or the caller would not be seen to
 * stand in one; which connection it is on turns out later.
 */
export class TransactionHandle implements OpenTransaction {
  private connection: Collecting | undefined;
  private early: InvalidationSet | undefined;
  private isOver = false;

  constructor(
    private readonly scope: TransactionScope,
    private readonly writePath: WritePath,
    private readonly onLeave?: (handle: TransactionHandle) => void,
  ) {
    scope.enter(this);
  }

  collect(invalidation: Invalidation): void {
    if (this.isOver) void this.writePath.invalidate(invalidation);
    else if (this.connection === undefined) (this.early ??= new InvalidationSet()).add(invalidation);
    else this.connection.collect(invalidation);
  }

  /** The transaction is open on this connection. */
  bind(connection: Collecting): void {
    if (this.isOver) return;
    this.connection = connection;
    if (this.early !== undefined) connection.collect(this.early);
  }

  /** The transaction is over, or was never started. */
  leave(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.scope.leave(this);
    if (this.connection === undefined && this.early !== undefined) void this.writePath.invalidate(this.early);
    this.onLeave?.(this);
  }
}
