import { AsyncResource } from 'node:async_hooks';
import { isObservable, takeWhile, type Observable, type Subscriber, type Subscription } from 'rxjs';
import type { Copier } from '../codec/copy/copier.js';

/*
 * An Observable as a load.
 *
 * Its values go on to the subscriber as they come, and are collected; when it completes the list is what the load found.
 * An error, and a subscriber who leaves early, end the load with nothing to store. Nobody joins such a load, because it
 * may never end: each subscriber has his own.
 *
 * A value is held back for a moment. Most sources complete right behind their only value, and then it is stored before
 * the subscriber hears of it: who wants one value, as firstValueFrom() does, leaves with it, and the next caller should
 * find it. The moment ends with the next value or the next microtask, so nobody is kept waiting.
 */

/** What a load of an Observable found: its values, by a name that tells them from a list that was the one answer. */
export interface Streamed {
  readonly 'zoocache:values': readonly unknown[];
}

/** What a load found that is not worth keeping: an Observable that goes on and on, and does so without the load. */
export const ENDLESS: Streamed = { 'zoocache:values': [] };

/** So many values are collected; a list of more is no answer, and the stream may be one without end. */
const MOST_VALUES = 10_000;

/** Why a load that nobody listens to any more has failed; nobody hears of it. */
const ABANDONED = new Error('Nobody is subscribed any more');

/**
 * Answers a subscription: by `read`, which is given the load and calls it unless the answer is known.
 *
 * @param call makes the source; called inside the load, so that what it does at once is captured too
 * @returns what to do when the subscriber leaves
 */
export function stream(
  subscriber: Subscriber<unknown>,
  copier: Copier,
  call: (args: readonly unknown[]) => unknown,
  read: (load: (args: readonly unknown[]) => unknown) => Promise<unknown>,
): () => void {
  const load = new StreamedLoad(copier);
  const there = new AsyncResource('ZooCacheSubscriber');
  let isLoading = false;
  const begin = (args: readonly unknown[]): unknown => {
    const source = call(args);
    // Stored as what it is: others await it.
    if (!isObservable(source)) return source;
    isLoading = true;
    load.subscribe(source, subscriber, there);
    return load.collected;
  };
  read(begin).then(
    (found) => {
      if (found === ENDLESS) return;
      if (isLoading) load.deliver();
      else for (const value of valuesOf(found)) subscriber.next(value);
      subscriber.complete();
    },
    (error: unknown) => subscriber.error(error),
  );
  return () => load.leave();
}

/** A source whose load has begun with the call that made it, and goes on when somebody subscribes. */
export class PendingStream {
  /** Whether the one subscription that continues the load has been made, or never will be. */
  isTaken = false;

  private readonly inLoad = new AsyncResource('ZooCacheLoad');
  private readonly load: StreamedLoad;

  /** Made inside the load. */
  constructor(
    private readonly source: Observable<unknown>,
    copier: Copier,
  ) {
    this.load = new StreamedLoad(copier);
  }

  get collected(): Promise<Streamed> {
    return this.load.collected;
  }

  /**
   * @param answer what the load ends with, when its values are stored
   * @returns what to do when the subscriber leaves
   */
  subscribe(subscriber: Subscriber<unknown>, answer: Promise<unknown>): () => void {
    this.isTaken = true;
    const there = new AsyncResource('ZooCacheSubscriber');
    this.inLoad.runInAsyncScope(() => this.load.subscribe(this.source, subscriber, there));
    answer.then(
      (found) => {
        if (found === ENDLESS) return;
        this.load.deliver();
        subscriber.complete();
      },
      (error: unknown) => subscriber.error(error),
    );
    return () => this.load.leave();
  }

  /** Ends the load if nobody has subscribed so far: it must not stay open for a subscription that may never come. */
  abandon(): void {
    if (this.isTaken) return;
    this.isTaken = true;
    this.load.leave();
  }
}

/**
 * The values of an answer: those of an Observable, or the answer itself, which a method gave that returns Observables
 * at other times.
 */
export function valuesOf(found: unknown): readonly unknown[] {
  return isStreamed(found) ? found['zoocache:values'] : [found];
}

export function isStreamed(found: unknown): found is Streamed {
  return typeof found === 'object' && found !== null && Object.hasOwn(found, 'zoocache:values');
}

class StreamedLoad {
  readonly collected: Promise<Streamed>;

  private resolve!: (values: Streamed) => void;
  private reject!: (error: unknown) => void;
  private readonly values: unknown[] = [];
  private source: Subscription | undefined;
  private heldBack: (() => void) | undefined;
  private isCutShort = false;
  private isComplete = false;
  private isEndless = false;

  constructor(private readonly copier: Copier) {
    this.collected = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // On a hit nobody loads, so nobody listens.
    this.collected.catch(() => undefined);
  }

  /** @param there where the subscriber subscribed: what he does with a value is none of the load's business. */
  subscribe(source: Observable<unknown>, subscriber: Subscriber<unknown>, there: AsyncResource): void {
    // A source that emits while it is being subscribed to runs before anybody can be told to leave.
    this.source = source.pipe(takeWhile(() => !subscriber.closed || !(this.isCutShort = true))).subscribe({
      next: (value) => {
        this.collect(value);
        this.deliver();
        const deliver = (): void => there.runInAsyncScope(() => subscriber.next(value));
        this.heldBack = deliver;
        queueMicrotask(() => {
          if (this.heldBack === deliver && !this.isComplete) this.deliver();
        });
      },
      error: (error: unknown) => {
        this.deliver();
        if (this.isEndless) there.runInAsyncScope(() => subscriber.error(error));
        else this.reject(error);
      },
      complete: () => {
        if (this.isCutShort) this.reject(ABANDONED);
        else if (this.isEndless) {
          this.deliver();
          there.runInAsyncScope(() => subscriber.complete());
        } else {
          this.isComplete = true;
          this.resolve({ 'zoocache:values': this.values });
        }
      },
    });
  }

  /** Hands over the value that was held back, if any. */
  deliver(): void {
    const deliver = this.heldBack;
    this.heldBack = undefined;
    deliver?.();
  }

  /** The subscriber has left, or nobody ever came. */
  leave(): void {
    this.source?.unsubscribe();
    this.reject(ABANDONED);
  }

  private collect(value: unknown): void {
    if (this.isEndless) return;
    if (this.values.length < MOST_VALUES) {
      this.values.push(this.ownCopy(value));
      return;
    }
    this.values.length = 0;
    this.isEndless = true;
    this.resolve(ENDLESS);
  }

  /** The subscriber may change a value before the last one comes. */
  private ownCopy(value: unknown): unknown {
    try {
      return this.copier.store(value).value;
    } catch {
      // It cannot be stored either, and whoever tries says why.
      return value;
    }
  }
}
