import type { LocalLog } from '../bus/invalidation-bus.js';
import { Ids } from '../support/ids.js';
import { NOTHING, type Invalidation, type Tag } from '../tags/tag.js';
import { currentFrame } from './context.js';
import { followed, type FollowedLog } from './log/followed-log.js';

/** A mark that is open in every log: its tags are pending until one of the two methods is called, once. */
export class Mark {
  /**
   * @param transactionId what its records are called by in every log
   * @param close appends the release everywhere.
   */
  constructor(
    readonly transactionId: string,
    private readonly close: (invalidation: Invalidation) => void,
  ) {}

  /** The transaction is over and this is what it invalidated, or what it may have, when its outcome is unknown. */
  release(invalidation: Invalidation): void {
    this.close(invalidation);
  }

  /** The transaction changed nothing after all. */
  withdraw(): void {
    this.close(NOTHING);
  }
}

/** Who is told what a log says. */
export interface Listener {
  /** Whether the tag, or any below it, concerns him. */
  knows(tag: Tag): boolean;
}

const CURIOUS: Listener = { knows: () => true };

interface OpenMark {
  readonly invalidation: Invalidation;
  readonly witness: string | undefined;
}

/**
 * Where writes are announced: every log that anybody in this process follows.
 *
 * Two applications, or two DataSources on one database, may live in one process with a cache each. A write sent by one
 * of them concerns all, and tags name the database, so each write goes to every log and means something only where
 * somebody depends on that database.
 */
export class WritePath {
  /** How many times each log was attached: two applications may share a bus. */
  private readonly logs = new Map<FollowedLog, number>();
  private readonly listeners = new Set<Listener>();
  private readonly open = new Map<string, OpenMark>();
  private readonly ids = new Ids();
  /** What must be awaited of the marks that were made since somebody asked. */
  private announcing: Promise<void>[] = [];

  /**
   * Announces writes to this log from now on; the result ends that.
   *
   * Marks that are open are made up for: a load that starts now may read what such a transaction is about to change.
   *
   * @param listener the only one who follows it, besides other processes if they share it
   * @default one whom everything concerns
   */
  attach(given: FollowedLog | LocalLog, listener: Listener = CURIOUS): () => void {
    const log = followed(given);
    const heard: Listener = { knows: (tag) => listener.knows(tag) || log.isHeardElsewhere?.(tag) === true };
    this.listeners.add(heard);
    const times = this.logs.get(log) ?? 0;
    if (times === 0) {
      for (const [id, { invalidation, witness }] of this.open)
        // Nobody waits: what is marked may be committed already.
        log.mark(id, invalidation, witness)?.catch(() => undefined);
    }
    this.logs.set(log, times + 1);
    return once(() => {
      this.listeners.delete(heard);
      this.detach(log);
    });
  }

  private detach(log: FollowedLog): void {
    const times = this.logs.get(log)! - 1;
    if (times === 0) this.logs.delete(log);
    else this.logs.set(log, times);
  }

  /** Something was defined in the database, by which other processes judge where their writes reach. */
  define(database: string): void {
    for (const log of this.logs.keys()) log.define?.(database);
  }

  /** Whether anybody follows; without, writes need not be analysed. */
  get hasFollowers(): boolean {
    return this.logs.size > 0;
  }

  /**
   * Whether the tag, or any below it, concerns anybody as far as is known now. A load that is running may yet come to
   * depend on it, and other processes need not have said that they do, so what is said of it may be coarse, but must be
   * said.
   */
  isHeard(tag: Tag): boolean {
    for (const listener of this.listeners) if (listener.knows(tag)) return true;
    return false;
  }

  /** Whether other processes follow too, which this one may not outlive: its marks need witnesses. */
  get hasOthers(): boolean {
    for (const log of this.logs.keys()) if (log.isShared) return true;
    return false;
  }

  get openMarks(): number {
    return this.open.size;
  }

  /**
   * Makes the tags of a transaction pending. Before its COMMIT is sent, {@link announced} must be awaited, if there is
   * anything to await.
   *
   * @param witness how other processes learn that the transaction is over, should this one die
   */
  mark(invalidation: Invalidation, witness?: string): Mark {
    const transactionId = this.ids.next();
    this.open.set(transactionId, { invalidation, witness });
    for (const log of this.logs.keys()) {
      const announced = log.mark(transactionId, invalidation, witness);
      if (announced !== undefined) this.announcing.push(announced);
    }
    return new Mark(transactionId, (released) => {
      if (!this.open.delete(transactionId)) return;
      for (const log of this.logs.keys()) log.release(transactionId, released);
    });
  }

  /**
   * What must be awaited before that is sent for which marks were made since the last call: every process that asks from
   * then on knows of them. Undefined when there is nothing to wait for.
   *
   * @throws ZooCacheError (rejects) `LOG_UNREACHABLE` where writes are to fail while a log cannot be reached
   */
  announced(): Promise<unknown> | undefined {
    const { announcing } = this;
    if (announcing.length === 0) return undefined;
    this.announcing = [];
    return announcing.length === 1 ? announcing[0] : Promise.all(announcing);
  }

  /** Invalidates at once what no transaction did; resolves when every process that asks from then on hears of it. */
  async invalidate(invalidation: Invalidation): Promise<void> {
    await Promise.all([...this.logs.keys()].map((log) => log.invalidate(invalidation)));
  }

  /** Invalidates when the transaction around the caller commits, or at once outside of any. */
  async invalidateAfterCommit(invalidation: Invalidation): Promise<void> {
    const transaction = currentFrame()?.transactions.current;
    if (transaction === undefined) await this.invalidate(invalidation);
    else transaction.collect(invalidation);
  }
}

function once(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) action();
    isDone = true;
  };
}

/**
 * The write path of this process.
 *
 * One for all applications in it, because a connection belongs to the process: TypeORM is hooked once, and whoever
 * caches what was read from a database must hear of every write to it.
 */
export const processWritePath: WritePath = new WritePath();
