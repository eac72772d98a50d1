import type { Mark, WritePath } from '../../engine/write-path.js';
import { InvalidationSet } from '../../tags/invalidation-set.js';
import { NOTHING, type Invalidation } from '../../tags/tag.js';
import type { CommitAnswer } from './commit-answer.js';
import { withDoubt, type Knowledge } from '../databases/knowledge.js';
import { RunningWrite } from './running-write.js';
import { SavedRows } from './saved-rows.js';
import type { AutocommitControl, Control, OnItsWay, Step, TransactionRules } from './transaction-control.js';
import { TransactionEffects } from './transaction-effects.js';
import type { Collecting, TransactionHandle } from './transaction-handle.js';

/*
 * Whether a connection is in a transaction, and what that transaction has done so far
 * ===================================================================================
 *
 * Nobody tells. TypeORM's own flag knows nothing of a BEGIN that was sent as text, nor of a connection that came back
 * to the pool with its transaction open, so it is learned from the statements themselves, per connection.
 *
 * What is learned is true of the moments between two statements only. Where drivers share one connection (all of the
 * SQLite family do), statements of several callers are on their way at once, and the order in which they were sent need
 * not be the one in which they are executed. Hence two rules:
 *
 *   - while a statement that starts or ends a transaction is on its way, a write sent meanwhile, or still unanswered,
 *     counts twice: as committed with its own execution, and as part of the transaction;
 *   - what is still unanswered when a COMMIT is sent, because nobody waited for it, is released by the COMMIT as well: its own
 *     answer comes before it is committed, and whoever reads in between reads the old rows;
 *   - when such a statement fails, or overlaps another one, the connection is `unsure` until the next one succeeds
 *     alone: reads are not stored, and every write counts twice. So it is when any other statement of a transaction
 *     fails where failures may end it: the victim of a deadlock has none any more, and whoever goes on commits each write.
 *     SQLite refuses a ROLLBACK then, and says why: TypeORM takes the transaction for open ever after, but there is none.
 *
 * Counting twice costs a needless miss. Counting once, wrongly, would be a stale answer.
 */

export class ConnectionState implements Collecting {
  /**
   * Makes the witness of a mark, while other processes want one; see `Witnesses`.
   *
   * @param endsTransaction the mark is made for a statement that ends a transaction, surely, and does nothing else
   */
  witness: ((endsTransaction: boolean) => string | undefined) | undefined;

  /** What the open transaction saved. */
  readonly saved = new SavedRows();

  private phase: 'idle' | 'open' | 'unsure' = 'idle';

  /** Statements on their way that start, end or subdivide transactions. */
  private controls = 0;
  private haveOverlapped = false;
  private turns = 0;

  private readonly effects = new TransactionEffects();
  private handles: TransactionHandle[] = [];

  /** MySQL's: while it is off a transaction is always open, and it may have been set to nobody knows what. */
  private autocommit: AutocommitControl = 'autocommit-on';

  /** MySQL's `SET completion_type = 1`: another transaction follows each that ends, unless the statement says otherwise. */
  private mayBeFollowed = false;

  /** The transaction ends with the release of its first savepoint. */
  private beganBySavepoint = false;

  constructor(
    private readonly writePath: WritePath,
    private readonly rules: TransactionRules,
  ) {}

  /** Whether what is read on this connection may be what only its own transaction sees. */
  get mayBeInTransaction(): boolean {
    return this.phase !== 'idle' || this.controls > 0;
  }

  /** Grows with everything that starts, ends or subdivides a transaction. */
  get turn(): number {
    return this.turns;
  }

  /** Adds what somebody inside the transaction wants invalidated with it. */
  collect(invalidation: Invalidation): void {
    this.saved.hear(invalidation);
    if (this.mayBeInTransaction) this.effects.add(invalidation);
    if (!this.isSurelyOpen) void this.writePath.invalidate(invalidation);
  }

  /**
   * A statement is about to write.
   *
   * @param before what it invalidates, as far as that is known now; asked only if it must speak for itself.
   * @param isDurable it survives a rollback, because its table knows no transactions.
   */
  startWrite(before: () => Invalidation, judgedBy: Knowledge | undefined, isDurable: boolean): RunningWrite {
    const write = new RunningWrite((invalidation) => this.markOf(invalidation), before, judgedBy);
    if (this.controls > 0) write.isAlone = false;
    this.effects.startWrite(write, this.mayBeInTransaction);
    if (isDurable || !this.isSurelyOpen) write.markNow();
    return write;
  }

  endWrite(write: RunningWrite, after: Invalidation): void {
    this.effects.endWrite(write);
    write.settle(after);
    this.saved.hear(after);
  }

  /** A statement that neither starts nor ends a transaction has failed. */
  hearFailure(): void {
    if (this.phase !== 'open' || !this.rules.failureMayEnd) return;
    this.phase = 'unsure';
    this.saved.forget();
    // Those that are unanswered may be executed after it.
    this.effects.markWrites();
  }

  /**
   * A statement is about to be sent that starts, ends or subdivides a transaction.
   *
   * @param handle of a caller who starts one
   * @param commitAnswer tells what came of a COMMIT; without, nothing is put back
   */
  startControl(control: Control, handle?: TransactionHandle, commitAnswer?: CommitAnswer): OnItsWay {
    switch (control.kind) {
      case 'begin':
        return this.begin(handle);
      case 'autocommit-off':
        return this.wayOf(
          () => {
            this.autocommit = control.kind;
            this.open(handle);
          },
          () => handle?.leave(),
        );
      case 'autocommit-on':
        handle?.leave();
        if (this.autocommit === control.kind) return this.wayOf();
        return this.end('commit', { onSuccess: () => (this.autocommit = control.kind) });
      case 'autocommit-unknown':
        return this.unsettle(handle);
      case 'commits-chain':
      case 'commits-end':
        return this.wayOf(() => (this.mayBeFollowed = control.kind === 'commits-chain'));
      case 'commit':
      case 'rollback':
        return this.end(control.kind, { isChained: control.isChained, commitAnswer });
      case 'prepare':
        // What was done waits for COMMIT PREPARED, which any connection may send and which sweeps the database.
        return this.end('rollback');
      case 'end-prepared':
        return this.phase === 'idle' ? this.wayOf() : this.end('rollback');
      case 'savepoint':
        return this.savepoint(control.savepoint, handle);
      case 'release-savepoint':
        if (!this.rules.savepointBegins)
          return this.wayOf(() => this.effects.releaseSavepoint(control.savepoint), undefined, true);
        if (this.phase === 'unsure') return this.commitPerhaps();
        if (this.beganBySavepoint && this.effects.isFirst(control.savepoint)) return this.end('commit');
        return this.wayOf(() => this.effects.releaseSavepoint(control.savepoint));
      case 'rollback-to-savepoint': {
        const undoing = this.effects.startUndoing(control.savepoint);
        return this.wayOf(undoing?.succeeded, undoing?.failed);
      }
    }
  }

  /**
   * A statement is about to be sent that commits the transaction around it, and writes `before` itself.
   *
   * @param isChained another transaction goes on where it ended.
   */
  startImplicitCommit(before: Invalidation, isChained: boolean): OnItsWay {
    return this.end('commit', { alsoWritten: before, isChained: isChained && this.phase !== 'idle' });
  }

  /** A statement is about to be sent that may do anything, also end the transaction around it. */
  startAnything(before: Invalidation): OnItsWay {
    return this.commitPerhaps(before);
  }

  /** A text of several statements is about to be sent; `handle` is of a caller whom it leaves in a transaction. */
  startSteps(steps: readonly Step[], judgedBy: Knowledge | undefined, handle?: TransactionHandle): OnItsWay {
    const written = new InvalidationSet();
    for (const step of steps) if (step.write !== undefined) written.add(step.write);
    const attempted = written.isEmpty ? written : withDoubt(written, judgedBy);
    const all = this.everything(attempted);
    const attempt = this.effects.startAttempt(attempted);
    this.effects.markWrites();
    const meanwhile = this.effects.openMeanwhile();
    const mark = this.markOf(all);
    const settle = (): void => {
      this.effects.endAttempt(attempt);
      if (this.phase === 'idle') {
        this.effects.abandon();
        this.leaveAll();
        handle?.leave();
      } else if (handle !== undefined) this.adopt(handle);
      mark.release(all);
    };
    return this.wayOf(
      () => {
        const later = this.effects.takeFrom(meanwhile);
        for (const step of steps) this.replay(step, judgedBy);
        this.effects.append(later);
        settle();
      },
      () => {
        this.effects.append(this.effects.takeFrom(meanwhile));
        this.effects.add(written, judgedBy);
        if (steps.some(({ control, commits = false }) => control !== undefined || commits !== false))
          this.phase = 'unsure';
        settle();
      },
    );
  }

  /** A transaction was started by other means than a statement. */
  openNatively(handle: TransactionHandle | undefined): void {
    this.begin(handle).succeeded();
  }

  private markOf(invalidation: Invalidation, endsTransaction = false): Mark {
    return this.writePath.mark(invalidation, this.witness?.(endsTransaction));
  }

  /** What the end of a transaction leaves behind. */
  private phaseAfterEnd(isChained: boolean): 'idle' | 'open' | 'unsure' {
    if (isChained || this.autocommit === 'autocommit-off') return 'open';
    return this.autocommit === 'autocommit-unknown' || this.mayBeFollowed ? 'unsure' : 'idle';
  }

  /** Whether what is written now is surely part of a transaction. */
  get isSurelyOpen(): boolean {
    return this.phase === 'open' && this.controls === 0;
  }

  /** Counts a statement as being on its way until one of its functions has been called. */
  private wayOf(
    onSuccess?: (wasAlone: boolean) => void,
    onFailure?: (wasAlone: boolean, error: unknown) => void,
    keepsSaved = false,
  ): OnItsWay {
    this.turns++;
    if (++this.controls > 1) this.haveOverlapped = true;
    const arrive = (): boolean => {
      const wasAlone = !this.haveOverlapped;
      if (!keepsSaved) this.saved.forget();
      if (--this.controls === 0) this.haveOverlapped = false;
      if (!wasAlone) this.phase = 'unsure';
      return wasAlone;
    };
    return {
      succeeded: () => {
        const wasAlone = arrive();
        onSuccess?.(wasAlone);
        if (!wasAlone) this.phase = 'unsure';
      },
      failed: (error) => {
        const wasAlone = arrive();
        onFailure?.(wasAlone, error);
      },
    };
  }

  private begin(handle?: TransactionHandle): OnItsWay {
    const wasIdle = this.phase === 'idle';
    if (!wasIdle && this.rules.beginCommits) return this.end('commit', { isChained: true, nextHandle: handle });
    if (wasIdle) this.effects.restart();
    return this.wayOf(
      () => {
        if (wasIdle) this.beganBySavepoint = false;
        this.open(handle);
      },
      () => {
        handle?.leave();
        if (wasIdle && this.phase === 'idle') this.effects.abandon();
      },
    );
  }

  private savepoint(savepoint: string, handle?: TransactionHandle): OnItsWay {
    const begins = this.phase === 'idle' && this.rules.savepointBegins;
    if (begins) this.effects.restart();
    return this.wayOf(
      () => {
        if (begins) {
          this.beganBySavepoint = true;
          this.open(handle);
        } else if (this.phase === 'idle') handle?.leave();
        else if (handle !== undefined) this.adopt(handle);
        // Only now: what was sent before the answer may have been executed before the savepoint, which must keep it.
        if (this.phase !== 'idle') this.effects.openSavepoint(savepoint);
      },
      () => {
        handle?.leave();
        if (begins && this.phase === 'idle') this.effects.abandon();
      },
      true,
    );
  }

  private open(handle: TransactionHandle | undefined): void {
    this.phase = 'open';
    if (handle !== undefined) this.adopt(handle);
  }

  /** The caller with this handle stands in the open transaction until it is over. */
  adopt(handle: TransactionHandle): void {
    this.handles.push(handle);
    handle.bind(this);
  }

  private leaveAll(): void {
    for (const handle of this.handles) handle.leave();
    this.handles = [];
  }

  /**
   * The transaction is about to end.
   *
   * A COMMIT that fails may have happened, so what it would have invalidated is released all the same; and it may not
   * have happened, so it is kept: SQLite lets a COMMIT be tried again.
   */
  private end(how: 'commit' | 'rollback', options: EndOptions = {}): OnItsWay {
    const wasIdle = this.phase === 'idle';
    const endsSurely = this.isSurelyOpen && options.alsoWritten === undefined;
    const invalidated = how === 'commit' ? this.everything(options.alsoWritten) : NOTHING;
    const handles = this.handles;
    this.effects.markWrites();
    const ended = this.effects.restart();
    this.handles = [];
    const mark = invalidated === NOTHING ? undefined : this.markOf(invalidated, endsSurely);
    // A statement that is still unanswered may write the same rows again; its own mark, and so its release, tells that.
    const saved = this.saved.take();
    return this.wayOf(
      (wasAlone) => {
        const isCommitted = options.commitAnswer?.() === true;
        options.onSuccess?.();
        this.phase = this.phaseAfterEnd(options.isChained === true);
        const isStillOpen = this.phase === 'open';
        if (this.phase === 'idle' && wasAlone) this.effects.abandon();
        mark?.release(invalidated);
        if (mark !== undefined && isCommitted) for (const row of saved) row.put(mark.transactionId);
        if (options.nextHandle !== undefined) this.adopt(options.nextHandle);
        for (const handle of handles) {
          if (isStillOpen && options.nextHandle === undefined) this.handles.push(handle);
          else handle.leave();
        }
      },
      (wasAlone, error) => {
        options.commitAnswer?.();
        if (wasAlone && this.rules.saysNoneIsOpen(error)) this.phase = 'idle';
        else if (!wasIdle) this.phase = 'unsure';
        this.effects.resume(ended);
        this.handles.push(...handles);
        if (this.phase === 'idle') {
          this.effects.abandon();
          this.leaveAll();
        }
        options.nextHandle?.leave();
        mark?.release(invalidated);
      },
    );
  }

  /** The transaction may or may not be committed by what is about to be sent. */
  private commitPerhaps(alsoWritten: Invalidation = NOTHING): OnItsWay {
    this.effects.markWrites();
    const invalidated = this.everything(alsoWritten);
    const attempt = this.effects.startAttempt(alsoWritten);
    const mark = this.markOf(invalidated);
    const settle = (): void => {
      this.effects.endAttempt(attempt);
      this.phase = 'unsure';
      this.effects.add(alsoWritten);
      mark.release(invalidated);
    };
    return this.wayOf(settle, settle);
  }

  /** Autocommit is about to be set to what cannot be told: a transaction may end, and the next one be open already. */
  private unsettle(handle: TransactionHandle | undefined): OnItsWay {
    const way = this.commitPerhaps();
    return {
      succeeded: () => {
        way.succeeded();
        this.autocommit = 'autocommit-unknown';
        if (handle !== undefined) this.adopt(handle);
      },
      failed: () => {
        way.failed();
        handle?.leave();
      },
    };
  }

  private replay(step: Step, judgedBy: Knowledge | undefined): void {
    // Also outside of a transaction: what PostgreSQL has executed of a text becomes part of one that begins further on.
    if (step.write !== undefined) this.effects.add(step.write, judgedBy);
    if (step.commits === true) this.replayEnd(false);
    else if (step.commits === 'perhaps' && this.phase !== 'idle') this.phase = 'unsure';
    const { control } = step;
    if (control === undefined) return;
    switch (control.kind) {
      case 'begin':
        if (this.rules.beginCommits) this.effects.forget();
        this.beganBySavepoint = false;
        this.phase = 'open';
        break;
      case 'autocommit-off':
        this.autocommit = control.kind;
        this.phase = 'open';
        break;
      case 'autocommit-on': {
        const ends = this.autocommit !== control.kind;
        this.autocommit = control.kind;
        if (ends) this.replayEnd(false);
        break;
      }
      case 'autocommit-unknown':
        this.autocommit = control.kind;
        this.phase = 'unsure';
        break;
      case 'commits-chain':
      case 'commits-end':
        this.mayBeFollowed = control.kind === 'commits-chain';
        break;
      case 'commit':
      case 'rollback':
        this.replayEnd(control.isChained === true);
        break;
      case 'prepare':
      case 'end-prepared':
        this.replayEnd(false);
        break;
      case 'savepoint':
        if (this.phase === 'idle' && this.rules.savepointBegins) {
          this.effects.forget();
          this.beganBySavepoint = true;
          this.phase = 'open';
        }
        if (this.phase !== 'idle') this.effects.openSavepoint(control.savepoint);
        break;
      case 'release-savepoint':
        if (this.rules.savepointBegins && this.beganBySavepoint && this.effects.isFirst(control.savepoint)) {
          this.replayEnd(false);
        } else this.effects.releaseSavepoint(control.savepoint);
        break;
      case 'rollback-to-savepoint':
        this.effects.undo(control.savepoint);
        break;
    }
  }

  private replayEnd(isChained: boolean): void {
    this.effects.forget();
    this.phase = this.phaseAfterEnd(isChained);
  }

  /** What the transaction invalidates if it is committed now, and `also`. */
  private everything(also?: Invalidation): Invalidation {
    return this.mayBeInTransaction ? this.effects.everything(also) : this.effects.done(also);
  }
}

interface EndOptions {
  /** Another transaction starts at once. */
  readonly isChained?: boolean;
  /** Of the caller who starts that one; undefined: whoever stood in this one stands in that one. */
  readonly nextHandle?: TransactionHandle;
  /** What the statement writes itself. */
  readonly alsoWritten?: Invalidation;
  readonly onSuccess?: () => void;
  readonly commitAnswer?: CommitAnswer;
}
