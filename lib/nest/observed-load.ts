import { AsyncResource } from 'node:async_hooks';
import { from, isObservable, of, type Observable, type Subscriber, type Subscription } from 'rxjs';
import type { Copier } from '../codec/copy/copier.js';

/*
 * An Observable as a load.
 *
 * Its values go on to the subscriber as they come, and are collected; when it completes the list is what the load found.
 * An error, and a subscriber who leaves early, end the load with nothing to store. Nobody joins such a load, because it
 * may never end: each subscriber has his own.
 */

/** Why a load that nobody listens to any more has failed; nobody hears of it. */
const ABANDONED = new Error('Nobody is subscribed any more');

type Collect = (source: Observable<unknown>, subscriber: Subscriber<unknown>) => Subscription;

/**
 * Answers a subscription: by `read`, which is given the load and calls it unless the answer is known.
 *
 * @param call makes the source; called inside the load, so that what it does at once is captured too
 */
export function stream(
  subscriber: Subscriber<unknown>,
  copier: Copier,
  call: () => unknown,
  read: (load: () => Promise<unknown[]>) => Promise<unknown[]>,
): () => void {
  // What the subscriber does with a value is none of the load's business: it runs where it subscribed.
  const there = new AsyncResource('ZooCacheSubscriber');
  let source: Subscription | undefined;
  let abandon: (() => void) | undefined;
  const load = (): Promise<unknown[]> =>
    new Promise((resolve, reject) => {
      abandon = () => reject(ABANDONED);
      source = collector(copier, there, resolve, reject)(observableOf(call()), subscriber);
    });
  read(load).then(
    (values) => {
      if (source === undefined) for (const value of values) subscriber.next(value);
      subscriber.complete();
    },
    (error: unknown) => subscriber.error(error),
  );
  return () => {
    source?.unsubscribe();
    abandon?.();
  };
}

/** A source whose load has begun with the call that made it, and goes on when somebody subscribes. */
export class PendingStream {
  readonly collected: Promise<unknown[]>;

  /** Whether the one subscription that continues the load has been made, or never will be. */
  isTaken = false;

  private readonly inLoad = new AsyncResource('ZooCacheLoad');
  private resolve!: (values: unknown[]) => void;
  private reject!: (error: unknown) => void;

  /** Made inside the load. */
  constructor(
    private readonly source: Observable<unknown>,
    private readonly copier: Copier,
  ) {
    this.collected = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** @param answer what the load ends with, when its values are stored */
  subscribe(subscriber: Subscriber<unknown>, answer: Promise<unknown[]>): () => void {
    this.isTaken = true;
    const there = new AsyncResource('ZooCacheSubscriber');
    const collect = collector(this.copier, there, this.resolve, this.reject);
    const subscription = this.inLoad.runInAsyncScope(collect, undefined, this.source, subscriber);
    answer.then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    );
    return () => {
      subscription.unsubscribe();
      this.reject(ABANDONED);
    };
  }

  /** Ends the load if nobody has subscribed so far: it must not stay open for a subscription that may never come. */
  abandon(): void {
    if (this.isTaken) return;
    this.isTaken = true;
    this.reject(ABANDONED);
  }
}

function collector(
  copier: Copier,
  there: AsyncResource,
  resolve: (values: unknown[]) => void,
  reject: (error: unknown) => void,
): Collect {
  const values: unknown[] = [];
  return (source, subscriber) =>
    source.subscribe({
      next: (value) => {
        values.push(ownCopy(copier, value));
        there.runInAsyncScope(() => subscriber.next(value));
      },
      error: reject,
      complete: () => resolve(values),
    });
}

/** The subscriber may change a value before the last one comes. */
function ownCopy(copier: Copier, value: unknown): unknown {
  try {
    return copier.store(value).value;
  } catch {
    // It cannot be stored either, and whoever tries says why.
    return value;
  }
}

function observableOf(result: unknown): Observable<unknown> {
  if (isObservable(result)) return result;
  return result instanceof Promise ? from(result) : of(result);
}
