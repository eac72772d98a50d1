import { InvalidationSet } from '../../tags/invalidation-set.js';
import { NOTHING, type Invalidation } from '../../tags/tag.js';
import type { Knowledge } from '../databases/knowledge.js';
import { EffectLevel } from './effect-level.js';
import type { RunningWrite } from './running-write.js';

/** What may write besides statements that are known to: a text of several of them, and what may do anything. */
export interface Attempt {
  readonly attempted: Invalidation;
}

/**
 * What the transaction on a connection has done so far, and what is still unanswered there.
 *
 * A statement that is unanswered belongs to the level on which it was sent, wherever that goes meanwhile: merged into the one
 * below when its savepoint is released, or put on top of what another statement leaves.
 */
export class TransactionEffects {
  /** From the start of the transaction to its latest savepoint; never empty. */
  private levels: EffectLevel[] = [new EffectLevel()];
  private readonly writes = new Set<RunningWrite>();
  private readonly attempts = new Set<Attempt>();

  add(effects: Invalidation, judgedBy?: Knowledge): void {
    this.top.add(effects, judgedBy);
  }

  /** A write is on its way; `isPart` of the transaction, if it may be. */
  startWrite(write: RunningWrite, isPart: boolean): void {
    for (const other of this.writes) other.isAlone = write.isAlone = false;
    this.writes.add(write);
    if (isPart) write.level = this.top;
  }

  endWrite(write: RunningWrite): void {
    this.writes.delete(write);
  }

  /** Writes that are unanswered now may be executed after what is about to be sent. */
  markWrites(): void {
    for (const write of this.writes) write.markNow();
  }

  startAttempt(attempted: Invalidation): Attempt {
    const attempt = { attempted };
    this.attempts.add(attempt);
    for (const write of this.writes) write.isAlone = false;
    return attempt;
  }

  endAttempt(attempt: Attempt): void {
    this.attempts.delete(attempt);
  }

  /** What was done on all levels, and `also`. */
  done(also: Invalidation = NOTHING): Invalidation {
    return EffectLevel.everythingOn(this.levels, also);
  }

  /** The same, with what the unanswered may do. */
  everything(also: Invalidation = NOTHING): Invalidation {
    const done = this.done(also);
    if (this.writes.size + this.attempts.size === 0) return done;
    const all = new InvalidationSet().add(done);
    for (const { attempted } of [...this.writes, ...this.attempts]) all.add(attempted);
    return all;
  }

  /** Lets go of what was done; what is unanswered stays on the levels that it was on. */
  forget(): void {
    this.levels = [new EffectLevel()];
  }

  /** A new transaction is about to start, of which the unanswered may become part; returns the levels of the former one. */
  restart(): EffectLevel[] {
    const ended = this.levels;
    this.forget();
    for (const write of this.writes) write.level = this.top;
    return ended;
  }

  /** There is no transaction. */
  abandon(): void {
    this.forget();
    for (const write of this.writes) write.level = undefined;
  }

  /** The transaction with these levels has not ended after all; what was done since comes on top. */
  resume(ended: EffectLevel[]): void {
    const later = this.levels;
    this.levels = ended;
    this.append(later);
  }

  /** A level for all that is unanswered, and for what is sent from now on. */
  openMeanwhile(): EffectLevel {
    return this.openLevelFor(() => true);
  }

  /** Takes this level away, and those above it; nothing when it has gone. */
  takeFrom(level: EffectLevel): EffectLevel[] {
    const at = this.levels.indexOf(level);
    return at > 0 ? this.levels.splice(at) : [];
  }

  /** Adds levels on top; the lowest of them becomes part of the present top. */
  append(levels: readonly EffectLevel[]): void {
    const [lowest, ...others] = levels;
    if (lowest === undefined) return;
    this.top.merge(lowest);
    for (const write of this.writes) if (write.level === lowest) write.level = this.top;
    this.levels.push(...others);
  }

  openSavepoint(name: string): void {
    this.levels.push(new EffectLevel(name));
  }

  /** Whether the innermost savepoint of that name is the first of the transaction. */
  isFirst(savepoint: string): boolean {
    return this.indexOf(savepoint) === 1;
  }

  releaseSavepoint(name: string): void {
    const at = this.indexOf(name);
    if (at > 0) this.append(this.levels.splice(at));
  }

  /** What was done since the savepoint is undone. */
  undo(savepoint: string): void {
    const at = this.indexOf(savepoint);
    if (at > 0) this.levels.splice(at, Infinity, new EffectLevel(savepoint));
  }

  /**
   * What was done since the savepoint is about to be undone: one of the two functions says whether it was. Undefined where there
   * is no such savepoint.
   */
  startUndoing(savepoint: string): Undoing | undefined {
    const at = this.indexOf(savepoint);
    if (at < 0) return undefined;
    const undone = this.levels.slice(at);
    // Unanswered writes may be executed after the rollback, and survive it.
    const meanwhile = this.openLevelFor(({ level }) => level !== undefined && undone.includes(level));
    return {
      succeeded: () => {
        if (this.levels[at] !== undone[0] || !this.levels.includes(meanwhile)) return;
        const later = this.takeFrom(meanwhile);
        this.levels.splice(at, Infinity, new EffectLevel(savepoint));
        this.append(later);
      },
      failed: () => this.append(this.takeFrom(meanwhile)),
    };
  }

  private get top(): EffectLevel {
    return this.levels[this.levels.length - 1];
  }

  /** The innermost savepoint of that name, or -1. */
  private indexOf(savepoint: string): number {
    return this.levels.findLastIndex((level) => level.savepoint === savepoint);
  }

  private openLevelFor(moves: (write: RunningWrite) => boolean): EffectLevel {
    const level = new EffectLevel();
    for (const write of this.writes) if (moves(write)) write.level = level;
    this.levels.push(level);
    return level;
  }
}

interface Undoing {
  readonly succeeded: () => void;
  readonly failed: () => void;
}
