import { AsyncResource } from 'node:async_hooks';
import type { FailureReporter } from '../events/failure-reporter.js';
import { currentFrame, type Frame } from './context.js';
import type { Entry } from './entry.js';
import type { LoadCapture } from './load-capture.js';
import type { NearEntries } from './near-entries.js';
import { blockLoadsOfOthers } from './other-copies.js';
import type { ReadPlan } from './read-plan.js';
import type { Validity } from './validity.js';

/** Instead of an answer, where there is none: any value may be one. */
export const NO_ANSWER: unique symbol = Symbol('no answer');

/** Hands out what entries hold, as private copies; a load around the caller depends on them from then on. */
export class Answers {
  /** Where an entry may make what it keeps: before Node 24 a promise holds on to all that is around who makes it, a request. */
  private readonly apart = new AsyncResource('ZooCacheAnswers');

  constructor(
    private readonly near: NearEntries,
    private readonly validity: Validity,
    private readonly failures: FailureReporter,
  ) {}

  /** The answer of an entry that was just found valid. */
  from<T>(entry: Entry, plan: ReadPlan, frame: Frame | undefined): T | typeof NO_ANSWER {
    const answer = this.copied<T>(entry);
    if (answer === NO_ANSWER) return NO_ANSWER;
    if (frame?.load !== undefined) this.hand(entry, frame.load);
    plan.counters.hits++;
    return answer;
  }

  /** The same as a promise: where all share the value, one for all of them, since to make one takes longer than the rest. */
  promisedFrom<T>(entry: Entry, plan: ReadPlan, frame: Frame | undefined): Promise<T> | typeof NO_ANSWER {
    const answer = this.from<T>(entry, plan, frame);
    if (answer === NO_ANSWER) return NO_ANSWER;
    if (answer !== entry.value) return Promise.resolve(answer);
    return (entry.promise ??= this.apart.runInAsyncScope(() => Promise.resolve(answer))) as Promise<T>;
  }

  /** The same for whoever counts and depends by himself. */
  copied<T>(entry: Entry): T | typeof NO_ANSWER {
    try {
      return entry.copy(entry.value) as T;
    } catch (error) {
      // A class whose constructor or setter throws must not make a read fail that the database could answer.
      this.failures.report('copying a cached value', error);
      this.near.drop(entry.key, 'not copyable');
      return NO_ANSWER;
    }
  }

  /** Whatever load runs around the caller depends on the entry from now on. */
  dependOn(entry: Entry): void {
    blockLoadsOfOthers();
    const load = currentFrame()?.load;
    if (load !== undefined) this.hand(entry, load);
  }

  /** Hands what an entry depends on to a load. */
  private hand(entry: Entry, load: LoadCapture): void {
    // Between finding it and this, others may have taken its place.
    if (entry.nodes === undefined) load.block('evicted');
    else for (const node of entry.nodes) load.depend(this.validity.tagOf(node));
  }
}
